"""The same caption files with webvtt-py alone: their cues, written to Parquet; nothing is aligned."""

import io
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import webvtt


def prepare(folder: Path) -> Callable[[], None]:
    """The work is to read each file and to write its cues."""

    def work() -> None:
        rows = [
            {"start": cue.start_in_seconds, "end": cue.end_in_seconds, "text": cue.text}
            for tracks in pq.read_table(folder / "videos.parquet")["tracks"].to_pylist()
            for track in tracks
            for cue in webvtt.from_buffer(io.StringIO(track["body"])).captions
        ]
        pq.write_table(pa.Table.from_pylist(rows), folder / "bare.parquet")

    return work

"""A shard of caption files to aligned captions: parsing, timelines, clips, alignment, each table written and read."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from multihowto.captions import formats
from multihowto.stage import Map
from multihowto.stages.align_captions import AlignCaptions
from multihowto.stages.form_clips import FormClips
from multihowto.stages.match_timelines import MatchTimelines
from multihowto.tables.track_rows import cue_column


def prepare(folder: Path) -> Callable[[], None]:
    """The work is to read the caption files, and three stages on one shard, from Parquet to Parquet."""

    def work() -> None:
        pq.write_table(_tracks(pq.read_table(folder / "videos.parquet")), folder / "tracks.parquet")
        for stage in (MatchTimelines(), FormClips(min_ms=5000), AlignCaptions()):
            inputs = {
                view.table.name: pq.read_table(
                    folder / f"{view.table.name}.parquet", columns=list(view.columns)
                )
                for view in stage.reads
            }
            made = _rows(stage, inputs)
            pq.write_table(made, folder / f"{stage.writes.name}.parquet", compression="zstd")
        assert made.num_rows

    return work


def _tracks(videos: pa.Table) -> pa.Table:
    """Rows of `tracks` as far as they are read; which language a track is in has rows of its own (lid)."""
    rows = [
        {**track, "video_id": video["video_id"]} for video in videos.to_pylist() for track in video["tracks"]
    ]
    plain = [
        {
            "track_id": f"{row['video_id']}/{row['language']}",
            **{name: row[name] for name in ("video_id", "language", "tag", "kind")},
        }
        for row in rows
    ]
    cues = cue_column([formats.read(row["body"], row["format"]) for row in rows])
    return pa.Table.from_pylist(plain).append_column("cues", cues)


def _rows(stage: Map, inputs: dict[str, pa.Table]) -> pa.Table:
    """The rows of all videos, so many at a time as the runner gives."""
    videos = sorted(set(inputs[stage.reads[0].table.name]["video_id"].to_pylist()))
    parts = []
    for at in range(0, len(videos), stage.videos_per_batch):
        mine = pa.array(videos[at : at + stage.videos_per_batch])
        batch = {name: rows.filter(pc.is_in(rows["video_id"], mine)) for name, rows in inputs.items()}
        parts.append(stage.run(batch, None).rows)
    return pa.concat_tables(parts)

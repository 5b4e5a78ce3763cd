"""A shard of caption files to aligned captions: parsing, timelines, clips, alignment, each table written and read."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from multihowto.adapters.language_id import Detector, Distribution
from multihowto.stage import Map
from multihowto.stages.align_captions import AlignCaptions
from multihowto.stages.form_clips import FormClips
from multihowto.stages.match_timelines import MatchTimelines
from multihowto.stages.read_tracks import ReadTracks


class Unasked(Detector):
    """Decides nothing: identifying languages has rows of its own."""

    def distributions(self, texts: Sequence[str]) -> list[Distribution]:
        return [{}] * len(texts)


def prepare(folder: Path) -> Callable[[], None]:
    """The work is four stages on one shard of `videos`, from Parquet to Parquet."""

    def work() -> None:
        stages: tuple[tuple[Map, object], ...] = (
            (ReadTracks(), Unasked()),
            (MatchTimelines(), None),
            (FormClips(min_ms=5000), None),
            (AlignCaptions(), None),
        )
        for stage, tools in stages:
            inputs = {
                view.table.name: pq.read_table(folder / f"{view.table.name}.parquet", columns=list(view.columns))
                for view in stage.reads
            }
            made = _rows(stage, inputs, tools)
            pq.write_table(made, folder / f"{stage.writes.name}.parquet", compression="zstd")
        assert made.num_rows

    return work


def _rows(stage: Map, inputs: dict[str, pa.Table], tools: object) -> pa.Table:
    """The rows of all videos, so many at a time as the runner gives."""
    videos = sorted(set(inputs[stage.reads[0].table.name]["video_id"].to_pylist()))
    parts = []
    for at in range(0, len(videos), stage.videos_per_batch):
        mine = pa.array(videos[at : at + stage.videos_per_batch])
        batch = {name: rows.filter(pc.is_in(rows["video_id"], mine)) for name, rows in inputs.items()}
        parts.append(stage.run(batch, tools).rows)
    return pa.concat_tables(parts)

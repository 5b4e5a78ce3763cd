"""One threshold with pyarrow alone: captions and languages read and joined, clips written."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather
import pyarrow.parquet as pq


def prepare(folder: Path) -> Callable[[], None]:
    """Writes both tables; the work is to read them, to decide, and to write, on one core."""
    pa.set_cpu_count(1)
    for name in ("captions", "languages"):
        pq.write_table(pyarrow.feather.read_table(folder / f"{name}.arrow"), folder / f"bare-{name}.parquet")

    def work() -> None:
        captions = pq.read_table(
            folder / "bare-captions.parquet", columns=["caption_id", "clip_id", "text", "score"]
        )
        found = pq.read_table(folder / "bare-languages.parquet", columns=["caption_id", "track_score"])
        where = pc.index_in(captions["caption_id"], value_set=found["caption_id"].combine_chunks())
        sure = pc.greater(found["track_score"].combine_chunks().take(where.combine_chunks()), 0.6)
        passing = captions.filter(pc.and_(sure, pc.greater_equal(captions["score"], 0.5)))
        kept = passing.group_by("clip_id").aggregate([([], "count_all")])
        pq.write_table(kept, folder / "bare-kept.parquet", compression="zstd")

    return work

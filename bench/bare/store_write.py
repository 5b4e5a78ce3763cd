"""pyarrow alone: writes a shard."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.feather
import pyarrow.parquet as pq


def prepare(folder: Path) -> Callable[[], None]:
    """Loads the rows; the work is to write them."""
    rows = pyarrow.feather.read_table(folder / "rows.arrow").combine_chunks()

    def work() -> None:
        pq.write_table(rows, folder / "bare.parquet", compression="zstd")

    return work

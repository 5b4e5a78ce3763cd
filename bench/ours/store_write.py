"""Writes a shard as the runner does: hashes, accounts, stamp, both files."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.feather

from multihowto import tables
from multihowto.storage import Store
from ours.parts import write


def prepare(folder: Path) -> Callable[[], None]:
    """Loads the rows; the work is to write them."""
    rows = pyarrow.feather.read_table(folder / "rows.arrow").combine_chunks()
    store = Store(str(folder / "store"))
    return lambda: write(store, tables.CAPTIONS, rows)

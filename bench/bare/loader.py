"""Reads every file of the store that `ours.loader` trains on, whole, with Arrow alone."""

from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq


def prepare(folder: Path) -> Callable[[], None]:
    """Needs the store of `ours.loader`."""
    files = sorted((folder / "loader-store" / "tables").rglob("*.parquet"))
    if not files:
        raise RuntimeError("ours.loader writes the store: it must come first")

    def work() -> None:
        for file in files:
            pq.read_table(file)

    return work

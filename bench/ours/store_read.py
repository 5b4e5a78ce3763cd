"""Reads a shard of a store."""

from collections.abc import Callable
from pathlib import Path

from multihowto import tables
from multihowto.storage import Store


def prepare(folder: Path) -> Callable[[], None]:
    """Opens the store; the work is to read its shard."""
    store = Store(str(folder / "store"))

    def work() -> None:
        store.read_shard(tables.CAPTIONS, 0)

    return work

"""What builds leave in a store, and how two stores are compared."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from multihowto.storage import Stamp, Store

SHARDS: Final = 8
DIFFERS: Final = ("ledger.jsonl", "lock", "fetched_at")
"""Names of files that tell when, where and who: they differ between equal builds."""


def files(root: Path) -> Iterator[Path]:
    """All files below a root, from the root; those in tmp/ too."""
    for folder, _, names in os.walk(root):
        yield from (Path(folder).relative_to(root) / name for name in names)


def count_files(root: Path) -> int:
    """How many finished files a store has."""
    return sum(path.parts[0] != "tmp" for path in files(root))


def fingerprint(root: Path) -> dict[str, str]:
    """The checksum of every file below the root, but of those that differ between equal builds."""
    data = {str(path): b"" if path.name in DIFFERS else (root / path).read_bytes() for path in files(root)}
    return {name: hashlib.sha256(whole).hexdigest() for name, whole in data.items()}


def tables_of(root: Path) -> list[str]:
    """Tables that a store's builds make, in the order of the stages."""
    made: list[str] = Store(str(root)).require()["tables"]
    return made


def stamps(root: Path) -> dict[tuple[str, str, int], Stamp | None]:
    """The stamp of every table and account of every shard."""
    store = Store(str(root))
    places = [
        (kind, table, shard)
        for kind in ("tables", "accounts")
        for table in tables_of(root)
        for shard in range(SHARDS)
    ]
    return {(kind, table, shard): store.stamp(table, shard, kind) for kind, table, shard in places}


def expect_equal(root: Path, reference: Path) -> None:
    """Fails unless two stores have equal stamps (recipes and contents), the same files, and equal bytes in them."""
    mine, theirs = stamps(root), stamps(reference)
    assert None not in theirs.values()
    assert mine == theirs
    left, right = fingerprint(root), fingerprint(reference)
    assert sorted(left.keys() ^ right.keys()) == []
    assert [name for name, checksum in left.items() if right[name] != checksum] == []
    assert not (root / "tmp").exists()

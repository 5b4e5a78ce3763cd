"""A toy store whose videos are spread over many shards, as the runner spreads them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from learning_toys import make_store
from multihowto import digests, tables
from multihowto.contract import close
from multihowto.manifests import shard_of
from multihowto.storage import Store


def make_sharded(root: Path, shards: int, videos: int = 24, clips: int = 3) -> Store:
    """The store of `learning_toys`, in so many shards; the last two videos are validation and test."""
    whole = make_store(root, videos, clips)
    return whole if shards == 1 else spread(whole, f"{root}-{shards}", shards)


def spread(whole: Store, root: str, shards: int) -> Store:
    """A copy of a store of one shard, in so many; a shard is there even if it has no row."""
    names = whole.require()["tables"]
    store = Store(root)
    store.create("toy", shards, names)
    for name in names:
        rows = whole.read(name)
        of = pa.array([shard_of(video, shards) for video in rows["video_id"].to_pylist()], pa.int64())
        for shard in range(shards):
            write_shard(store, tables.TABLES[name], shard, rows.filter(pc.equal(of, shard)))
    return store


def write_shard(store: Store, table: tables.Table, shard: int, rows: pa.Table) -> None:
    """Writes a shard as the runner does."""
    rows = rows.sort_by("video_id").replace_schema_metadata(None).combine_chunks()
    accounts = [
        {"video_id": video, "input_hash": b"\0" * digests.SIZE, "rows_in": 1, "rejects": [], "flaws": []}
        for video in digests.video_slices(rows)
    ]
    stamp, full = close("recipe", "how", rows, accounts)
    store.write_shard(table, shard, rows, full, stamp)

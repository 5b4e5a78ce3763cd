"""What the measured work of multihowto has in common: tasks, and input shards written as the runner does."""

from pathlib import Path

import pyarrow as pa

from multihowto import digests, tables
from multihowto.contract import close
from multihowto.kept import KeptFiles
from multihowto.manifests import shipped
from multihowto.runner import Task, run_shard
from multihowto.stage import Stage, World, fingerprint
from multihowto.storage import Store


def task(name: str, stage: Stage, store: Store, models: dict[str, Path] | None = None) -> Task:
    """A task on a store of one shard."""
    folder = shipped("manifests")
    world = World(KeptFiles(store, 1), folder, folder, models or {})
    return Task(name, stage, fingerprint(name, stage, {}), store, world)


def make(task: Task) -> None:
    """Runs a task on the only shard; every row must come through."""
    report = run_shard(task, 0)
    if report.status != "made" or report.rejects or report.flaws:
        raise RuntimeError(f"{task.name}: {report}")


def write(store: Store, table: tables.Table, rows: pa.Table) -> None:
    """Writes a shard as the runner does: hashes, accounts, stamp, files."""
    accounts = [
        {"video_id": video, "input_hash": b"\0" * digests.SIZE, "rows_in": 1, "rejects": [], "flaws": []}
        for video in digests.video_slices(rows)
    ]
    stamp, full = close("recipe", "how", rows, accounts)
    store.write_shard(table, 0, rows, full, stamp)

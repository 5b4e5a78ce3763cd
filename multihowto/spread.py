"""Scatter and gather: a manifest into shards, and a few columns of all shards into a score table."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import digests
from multihowto.contract import Inputs, check, check_schema, close, contents, count
from multihowto.errors import ConfigError, RetryableError
from multihowto.manifests import shard_of
from multihowto.rejects import Reject
from multihowto.runner import Report, Task, unchanged
from multihowto.stage import Gather, Output, Scatter
from multihowto.storage import Stamp


def run_scatter(task: Task, shards: Sequence[int], total: int) -> dict[int, Report]:
    """Reads the manifest once and writes those of the shards whose rows have changed."""
    assert isinstance(task.stage, Scatter)
    rows: dict[int, list[dict[str, Any]]] = {shard: [] for shard in range(total)}
    accounts: dict[int, dict[str, dict[str, Any]]] = {shard: {} for shard in range(total)}
    for video_id, made in task.stage.scan(task.world):
        shard = shard_of(video_id, total)
        empty = {
            "video_id": video_id,
            "input_hash": b"\0" * digests.SIZE,
            "rows_in": 0,
            "rejects": [],
            "flaws": [],
        }
        account = accounts[shard].setdefault(video_id, empty)
        account["rows_in"] += 1
        if isinstance(made, Reject):
            account["rejects"].append(asdict(made))
        else:
            rows[shard].append(made)
    if not any(rows.values()):
        raise ConfigError(f"the manifest {task.world.videos} gives no video: nothing to build")
    if task.world.limit is not None:
        _refuse_to_shrink(task, rows, shards)
    return {
        shard: _write(task, shard, _table(task, rows[shard]), list(accounts[shard].values()))
        for shard in shards
    }


def _table(task: Task, rows: list[dict[str, Any]]) -> pa.Table:
    table = pa.Table.from_pylist(rows, schema=task.stage.writes.schema)
    return table.sort_by("video_id").combine_chunks()


def _refuse_to_shrink(task: Task, rows: Mapping[int, list[dict[str, Any]]], shards: Sequence[int]) -> None:
    """--limit is for trying out: it never takes videos from a store that has more."""
    for shard in shards:
        if task.store.stamp(task.stage.writes.name, shard) is None:
            continue
        there = set(task.store.read_shard(task.stage.writes.only("video_id"), shard)["video_id"].to_pylist())
        lost = there - {row["video_id"] for row in rows[shard]}
        if lost:
            raise ConfigError(
                f"--limit {task.world.limit} would drop videos that the store has ({min(lost)} is one): "
                "leave the limit out, raise it, or use another --root"
            )


def _write(task: Task, shard: int, rows: pa.Table, accounts: list[dict[str, Any]]) -> Report:
    """Writes a shard of a scatter, if its rows or what was left out have changed."""
    started = time.monotonic()
    table = task.stage.writes
    check_schema(task.name, table, rows)
    recipe = digests.of_values(
        task.how, rows.to_pylist(), [[a["video_id"], a["rows_in"], a["rejects"]] for a in accounts]
    )
    old = task.store.stamp(table.name, shard)
    if old is not None and old.recipe == recipe:
        return unchanged(old)
    stamp, full = close(recipe, task.how, rows, accounts)
    before = _contents(task, shard, old)
    after = dict(zip(full["video_id"].to_pylist(), full["content_hash"].to_pylist(), strict=True))
    task.store.write_shard(table, shard, rows, full, stamp)
    copied = sum(before.get(video) == content for video, content in after.items())
    gone = len(before.keys() - after.keys())
    return _report(stamp, copied, gone, accounts, started)


def _contents(task: Task, shard: int, old: Stamp | None) -> dict[str, bytes]:
    if old is None or task.store.stamp(task.stage.writes.name, shard, "accounts") != old:
        return {}
    return contents(task.store, task.stage.writes.name, shard)


def _report(
    stamp: Stamp, copied: int, gone: int, accounts: Sequence[Mapping[str, Any]], started: float
) -> Report:
    return Report(
        "made",
        videos=stamp.videos,
        ran=len(accounts) - copied,
        copied=copied,
        removed=gone,
        rows=stamp.rows,
        rejects=count(accounts, "rejects"),
        seconds=time.monotonic() - started,
    )


def run_gather(task: Task, total: int) -> dict[int, Report]:
    """Scores all videos together, if any shard of its inputs has changed."""
    stage = task.stage
    assert isinstance(stage, Gather)
    recipe = digests.of_values(task.how, [_input_contents(task, shard) for shard in range(total)])
    stamps = [task.store.stamp(stage.writes.name, shard) for shard in range(total)]
    old = [stamp for stamp in stamps if stamp is not None and stamp.recipe == recipe]
    if len(old) == total:
        return {shard: unchanged(stamp) for shard, stamp in enumerate(old)}
    started = time.monotonic()
    parts = [Inputs.read(stage.reads, task.store, shard) for shard in range(total)]
    inputs = Inputs.concat(parts)
    made = stage.score(inputs.tables, stage.open(task.world))
    check(task.name, stage, inputs, list(inputs.slices[inputs.first]), made)
    owners = {key: video for video, keys in inputs.keys(inputs.hashes).items() for key in keys}
    reports = {}
    for shard, part in enumerate(parts):
        mine = pc.is_in(made.rows["video_id"], value_set=pa.array(list(part.hashes), pa.string()))
        rows = made.rows.filter(mine).sort_by([("video_id", "ascending"), (stage.writes.key, "ascending")])
        rejects = [reject for reject in made.rejects if owners[reject.key] in part.hashes]
        accounts = part.accounts(list(part.hashes), Output(rows, rejects))
        stamp, full = close(recipe, task.how, rows.combine_chunks(), accounts)
        task.store.write_shard(stage.writes, shard, rows.combine_chunks(), full, stamp)
        reports[shard] = _report(stamp, 0, 0, accounts, started)
    return reports


def _input_contents(task: Task, shard: int) -> list[str]:
    stamps = [task.store.stamp(view.table.name, shard) for view in task.stage.reads]
    missing = [view.table.name for view, stamp in zip(task.stage.reads, stamps, strict=True) if stamp is None]
    if missing:
        raise RetryableError(
            f"{task.name} needs all shards, and shard {shard} of {missing[0]} is not made yet"
        )
    return [stamp.content for stamp in stamps if stamp is not None]

"""Scatter and gather: a manifest into shards, and a few columns of all shards into a score table."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import checksums, digests
from multihowto.contract import Inputs, check, check_schema, close, contents, count
from multihowto.errors import ConfigError, RetryableError
from multihowto.manifests import shard_of
from multihowto.rejects import Reject
from multihowto.runner import Report, Task, unchanged
from multihowto.stage import Gather, Output, Scatter
from multihowto.storage import Stamp

FEW_VIDEOS = 5
FEW_SHARE = 0.1
"""A build that takes more videos than this from a store, by number and by share, has to be told to."""


def run_scatter(
    task: Task, shards: Sequence[int], total: int, allow_removal: bool = False
) -> dict[int, Report]:
    """Reads the manifest once, as a stream, and writes those of the shards whose rows have changed.

    store.json notes which manifest all shards are of, so that an unchanged one is not read again. ConfigError before
    anything is written if many videos would go, unless `allow_removal`.
    """
    assert isinstance(task.stage, Scatter)
    manifest = checksums.of_values(task.how, checksums.of_file(task.world.videos), task.world.limit)
    if (task.store.settings() or {}).get("scattered") == manifest:
        stamps = {shard: task.store.whole_stamp(task.stage.writes.name, shard) for shard in shards}
        there = {shard: unchanged(stamp) for shard, stamp in stamps.items() if stamp is not None}
        if len(there) == len(shards):
            return there
    rows, rejects = _scan(task, total)
    if task.world.limit is not None:
        _refuse_to_shrink(task, rows, rejects, shards)
    elif not allow_removal:
        _refuse_to_empty(task, rows, rejects, shards)
    task.store.note("scattered", None)
    reports = {shard: _write(task, shard, rows[shard], rejects[shard]) for shard in shards}
    if len(shards) == total:
        task.store.note("scattered", manifest)
    return reports


def _scan(task: Task, total: int) -> tuple[list[pa.Table], list[dict[str, list[Reject]]]]:
    """The manifest's rows by shard, sorted, and its rejects by shard and video."""
    assert isinstance(task.stage, Scatter)
    names = task.stage.writes.schema.names
    rows: list[list[tuple[Any, ...]]] = [[] for _ in range(total)]
    rejects: list[dict[str, list[Reject]]] = [{} for _ in range(total)]
    for video_id, made in task.stage.scan(task.world):
        shard = shard_of(video_id, total)
        if isinstance(made, Reject):
            rejects[shard].setdefault(video_id, []).append(made)
        else:
            rows[shard].append(tuple(made[name] for name in names))
    if not any(rows):
        raise ConfigError(f"the manifest {task.world.videos} gives no video: nothing to build")
    return [_table(task, its) for its in rows], rejects


def _table(task: Task, rows: list[tuple[Any, ...]]) -> pa.Table:
    schema = task.stage.writes.schema
    columns = list(zip(*sorted(rows), strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )


def _refuse_to_shrink(
    task: Task,
    rows: Sequence[pa.Table],
    rejects: Sequence[Mapping[str, list[Reject]]],
    shards: Sequence[int],
) -> None:
    """--limit is for trying out: it never takes videos from a store that has more."""
    for shard in shards:
        lost = _lost(_videos(task, shard), rows[shard], rejects[shard])
        if lost:
            raise ConfigError(
                f"--limit {task.world.limit} would drop videos that the store has ({min(lost)} is one): "
                "leave the limit out, raise it, or use another --root"
            )


def _refuse_to_empty(
    task: Task,
    rows: Sequence[pa.Table],
    rejects: Sequence[Mapping[str, list[Reject]]],
    shards: Sequence[int],
) -> None:
    """Another manifest under the old name would take all downloads with it; what is taken down may always go."""
    there, lost, example = 0, 0, ""
    for shard in shards:
        here = _videos(task, shard)
        gone = _lost(here, rows[shard], rejects[shard])
        there, lost = there + len(here), lost + len(gone)
        example = min(gone, default=example)
    if lost > FEW_VIDEOS and lost > FEW_SHARE * there:
        raise ConfigError(
            f"{lost:,} of the {there:,} videos in {task.store.root} are no longer in {task.world.videos} "
            f"({example} is one), and would be removed with all that was downloaded and made of them: put the manifest "
            "back, use another --root, or say `build --allow-removal`"
        )


def _videos(task: Task, shard: int) -> set[str]:
    """The videos that a shard of the store has now."""
    if task.store.stamp(task.stage.writes.name, shard) is None:
        return set()
    return set(task.store.read_shard(task.stage.writes.only("video_id"), shard)["video_id"].to_pylist())


def _lost(there: set[str], rows: pa.Table, rejects: Mapping[str, list[Reject]]) -> set[str]:
    """Videos that would go, but for those that are taken down."""
    excluded = (video for video, its in rejects.items() if any(one.code == "excluded" for one in its))
    return there.difference(rows["video_id"].to_pylist(), excluded)


def _write(task: Task, shard: int, rows: pa.Table, rejects: Mapping[str, list[Reject]]) -> Report:
    """Writes a shard of a scatter, if its rows or what was left out have changed."""
    started = time.monotonic()
    table = task.stage.writes
    check_schema(task.name, table, rows)
    accounts = _accounts(rows["video_id"].to_pylist(), rejects)
    content = digests.of_slices(rows, [rows.num_rows])[0].hex()
    recipe = checksums.of_values(task.how, content, [account["rejects"] for account in accounts])
    old = task.store.whole_stamp(table.name, shard)
    if old is not None and old.recipe == recipe:
        return unchanged(old)
    stamp, full = close(recipe, task.how, rows, accounts)
    before = _contents(task, shard, old)
    after = dict(zip(full["video_id"].to_pylist(), full["content_hash"].to_pylist(), strict=True))
    task.store.write_shard(table, shard, rows, full, stamp)
    copied = sum(before.get(video) == content for video, content in after.items())
    gone = len(before.keys() - after.keys())
    return _report(stamp, copied, gone, accounts, started)


def _accounts(videos: Sequence[str], rejects: Mapping[str, list[Reject]]) -> list[dict[str, Any]]:
    """One account a video, or a row without a good id: how many rows the manifest has of it."""
    made = set(videos)
    return [
        {
            "video_id": video,
            "input_hash": b"\0" * digests.SIZE,
            "rows_in": (video in made) + len(rejects.get(video, [])),
            "rejects": [asdict(reject) for reject in rejects.get(video, [])],
            "flaws": [],
        }
        for video in sorted(made | rejects.keys())
    ]


def _contents(task: Task, shard: int, old: Stamp | None) -> dict[str, bytes]:
    return {} if old is None else contents(task.store, task.stage.writes.name, shard)


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
    recipe = checksums.of_values(task.how, [_input_contents(task, shard) for shard in range(total)])
    stamps = [task.store.whole_stamp(stage.writes.name, shard) for shard in range(total)]
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

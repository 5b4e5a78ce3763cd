"""Scatter and gather: a manifest into shards, and a few columns of all shards into a score table."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import accumulate
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import checksums, digests, manifests
from multihowto.contract import Inputs, check, check_schema, close, contents, count
from multihowto.errors import ConfigError, RetryableError
from multihowto.manifests.remote import called
from multihowto.rejects import Reject
from multihowto.runner import Report, Task, unchanged
from multihowto.stage import Gather, Output, Scatter
from multihowto.storage import Stamp

FEW_VIDEOS = 5
FEW_SHARE = 0.1
"""A build that takes more videos than this from a store, by number and by share, has to be told to."""


_SHARD = " shard"
"""A column that no table has."""
_AT_ONCE = 50_000


class Lost(NamedTuple):
    """Videos that the store has, and how many of them would go."""

    there: int
    gone: int
    example: str


def run_scatter(
    task: Task, shards: Sequence[int], total: int, allow_removal: bool = False
) -> dict[int, Report]:
    """Reads the manifest once, as a stream, and writes those of the shards whose rows have changed.

    store.json notes which manifest all shards are of, so that an unchanged one is not read again. ConfigError before
    anything is written if many videos would go, unless `allow_removal`.
    """
    assert isinstance(task.stage, Scatter)
    manifest = checksums.of_values(task.how, manifests.checksum(task.world.videos), task.world.limit)
    if (task.store.settings() or {}).get("scattered") == manifest:
        stamps = {shard: task.store.whole_stamp(task.stage.writes.name, shard) for shard in shards}
        there = {shard: unchanged(stamp) for shard, stamp in stamps.items() if stamp is not None}
        if len(there) == len(shards):
            return there
    rows, rejects = _scan(task, total)
    if task.world.limit is not None:
        _refuse_to_shrink(task, _lost(task, rows, rejects, shards))
    elif not allow_removal:
        _refuse_to_empty(task, _lost(task, rows, rejects, shards))
    task.store.note("scattered", None)
    reports = {shard: _write(task, shard, rows[shard], rejects[shard]) for shard in shards}
    if len(shards) == total:
        task.store.note("scattered", manifest)
    return reports


def _scan(task: Task, total: int) -> tuple[list[pa.Table], list[dict[str, list[Reject]]]]:
    """The manifest's rows by shard, sorted, and its rejects by shard and video.

    Rows wait as Arrow columns, which take a fifth of the memory of Python's.
    """
    assert isinstance(task.stage, Scatter)
    names = task.stage.writes.schema.names
    rejects: list[dict[str, list[Reject]]] = [{} for _ in range(total)]
    pieces, waiting = list[pa.Table](), list[tuple[Any, ...]]()
    for video_id, made in task.stage.scan(task.world):
        shard = manifests.shard_of(video_id, total)
        if isinstance(made, Reject):
            rejects[shard].setdefault(video_id, []).append(made)
            continue
        waiting.append((shard, *(made[name] for name in names)))
        if len(waiting) == _AT_ONCE:
            pieces.append(_piece(task, waiting))
            waiting.clear()
    pieces.append(_piece(task, waiting))
    rows = pa.concat_tables(pieces)
    if not rows.num_rows:
        raise ConfigError(f"the manifest {called(task.world.videos)} gives no video: nothing to build")
    return _by_shard(rows, total), rejects


def _piece(task: Task, rows: list[tuple[Any, ...]]) -> pa.Table:
    """Some rows as a table, the shard of each first."""
    schema = pa.schema([pa.field(_SHARD, pa.int32()), *task.stage.writes.schema])
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )


def _by_shard(rows: pa.Table, total: int) -> list[pa.Table]:
    """The rows of each shard, sorted by video."""
    order = pc.sort_indices(rows, [(_SHARD, "ascending"), ("video_id", "ascending")])
    rows = rows.take(order)
    counts = [0] * total
    for entry in pc.value_counts(rows[_SHARD]).to_pylist():
        counts[entry["values"]] = entry["counts"]
    ends = list(accumulate(counts))
    bare = rows.drop_columns([_SHARD])
    return [bare.slice(end - count, count).combine_chunks() for end, count in zip(ends, counts, strict=True)]


def _refuse_to_shrink(task: Task, lost: Lost) -> None:
    """--limit is for trying out: it never takes videos from a store that has more."""
    if lost.gone:
        raise ConfigError(
            f"--limit {task.world.limit} would drop videos that the store has ({lost.example} is one): "
            "leave the limit out, raise it, or use another --root"
        )


def _refuse_to_empty(task: Task, lost: Lost) -> None:
    """Another manifest under the old name would take all downloads with it; what is taken down may always go."""
    if lost.gone > FEW_VIDEOS and lost.gone > FEW_SHARE * lost.there:
        raise ConfigError(
            f"{lost.gone:,} of the {lost.there:,} videos in {task.store.root} are no longer in "
            f"{called(task.world.videos)} ({lost.example} is one), and would be removed with all that was "
            "downloaded and made of them: put the manifest back, use another --root, or say `build --allow-removal`"
        )


def _lost(
    task: Task,
    rows: Sequence[pa.Table],
    rejects: Sequence[Mapping[str, list[Reject]]],
    shards: Sequence[int],
) -> Lost:
    """How many videos of the store would go, but for those that are taken down."""
    there, gone, example = 0, 0, ""
    for shard in shards:
        here = _videos(task, shard)
        excluded = [
            video for video, its in rejects[shard].items() if any(one.code == "excluded" for one in its)
        ]
        lost = here.difference(rows[shard]["video_id"].to_pylist(), excluded)
        there, gone = there + len(here), gone + len(lost)
        example = example or min(lost, default="")
    return Lost(there, gone, example)


def _videos(task: Task, shard: int) -> set[str]:
    """The videos that a shard of the store has now."""
    if task.store.stamp(task.stage.writes.name, shard) is None:
        return set()
    return set(task.store.read_shard(task.stage.writes.only("video_id"), shard)["video_id"].to_pylist())


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

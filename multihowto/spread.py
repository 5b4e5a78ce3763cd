"""Scatter: a manifest into the shards of a first table."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import accumulate
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import checksums, digests, manifests
from multihowto.contract import check_schema, close, contents, count
from multihowto.errors import ConfigError
from multihowto.manifests.remote import called
from multihowto.rejects import Reject
from multihowto.runner import Report, Task, unchanged
from multihowto.stage import Scatter, settings
from multihowto.storage import LEAVING, Stamp

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
    """But for those that are taken down."""
    example: str
    taken_from: tuple[int, ...]
    """Shards that had a video which is taken down now."""


def run_scatter(
    task: Task, shards: Sequence[int], total: int, allow_removal: bool = False
) -> dict[int, Report]:
    """Reads the manifest once, as a stream, and writes those of the shards whose rows have changed.

    store.json notes which manifest all shards are of, so that an unchanged one is not read again. ConfigError before
    anything is written if many videos would go, unless `allow_removal`.
    """
    noted, manifest = task.store.settings() or {}, mark(task)
    if noted.get("scattered") == manifest:
        stamps = {shard: task.store.whole_stamp(task.stage.writes.name, shard) for shard in shards}
        there = {shard: unchanged(stamp) for shard, stamp in stamps.items() if stamp is not None}
        if len(there) == len(shards):
            return there
    rows, rejects = _scan(task, total)
    lost = _lost(task, rows, rejects, shards)
    if task.world.limit is not None:
        _refuse_to_shrink(task, lost)
    elif not allow_removal:
        _refuse_to_empty(task, lost)
    task.store.note("scattered", None)
    # Noted before the videos leave the first table: whatever kills this build, the next one knows where to look.
    task.store.note(LEAVING, sorted({*noted.get(LEAVING, ()), *lost.taken_from}) or None)
    reports = {shard: _write(task, shard, rows[shard], rejects[shard]) for shard in shards}
    if len(shards) == total:
        task.store.note("scattered", manifest)
    return reports


def mark(task: Task) -> str:
    """What store.json notes once all shards are of the task's manifest."""
    return checksums.of_values(task.how, manifests.checksum(task.world.videos), task.world.limit)


def moved(task: Task, total: int, ids: pa.Array) -> tuple[pa.Array, pa.Array] | None:
    """Which of the manifest's videos the store does not have, and which of its own the manifest does not name.

    `ids` are those that the manifest gives; None if the store is of this manifest.
    """
    store, table = task.store, task.stage.writes
    if store.require().get("scattered") == mark(task):
        return None
    there = [ids[:0]]
    for shard in range(total):
        if store.stamp(table.name, shard) is not None:
            there += store.read_shard(table.only("video_id"), shard)["video_id"].chunks
    old = pa.concat_arrays(there)
    new = ids.filter(pc.invert(pc.is_in(ids, value_set=old)))
    return new, old.filter(pc.invert(pc.is_in(old, value_set=ids)))


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
    """How many videos of the store would go, and from which shards some are taken down."""
    listed = _listed(task)
    there, gone, example, taken_from = 0, 0, "", list[int]()
    for shard in shards:
        here = _videos(task, shard)
        excluded = {
            video for video, its in rejects[shard].items() if any(one.code == "excluded" for one in its)
        }
        leaving = here.difference(rows[shard]["video_id"].to_pylist())
        lost = leaving - excluded - listed
        there, gone = there + len(here), gone + len(lost)
        example = example or min(lost, default="")
        # A shard that is not there does not say what left it.
        taken_from += [shard] if len(lost) < len(leaving) or (excluded and not here) else []
    return Lost(there, gone, example, tuple(taken_from))


def _listed(task: Task) -> set[str]:
    """Videos that the stage's list excludes, also those that the manifest does not name any more."""
    if "exclusions" not in task.stage.manifests:
        return set()
    return set(manifests.read_exclusions(task.world.manifest(settings(task.stage)["exclusions"])))


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

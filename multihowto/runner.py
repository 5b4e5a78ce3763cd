"""One stage on one shard: skip, run, check, account, write."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import checksums
from multihowto.adapters.pacing import Pause, noted
from multihowto.contract import Inputs, check, close, codes, count, inputs_of
from multihowto.errors import RetryableError, SessionBlocked
from multihowto.rejects import Reject
from multihowto.stage import Map, Output, Stage, World
from multihowto.storage import Stamp, Store
from multihowto.tables import Table

TRIES = 3
WAIT_S = 2.0
# Own settings: a site that blocks us six times in a row, or for two hours, ends the run.
BLOCKED_PAUSES_S = (60.0, 120.0, 240.0, 480.0, 960.0)
MOST_BLOCKED_S = 7200.0


@dataclass(frozen=True)
class Task:
    """A stage and all that a worker needs to run it on any shard of a store."""

    name: str
    stage: Stage
    how: str
    store: Store
    world: World
    retry: frozenset[str] = frozenset()
    """Codes of rejects to try again."""
    doomed: frozenset[str] = frozenset()
    """Videos on which a worker died: rejected without being run."""
    careful: bool = False
    """Video by video, noting each before it is run."""
    blocked_pauses_s: tuple[float, ...] = BLOCKED_PAUSES_S
    """Pauses while a site blocks us, where the stage knows of none; one more block in a row ends the run."""
    most_blocked_s: float = MOST_BLOCKED_S
    """A site that would block us for longer without one success ends the run."""
    wait_s: float = WAIT_S
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Report:
    """What was done with one shard; counts are videos unless they say rows."""

    status: str
    """made, unchanged or failed."""
    videos: int = 0
    ran: int = 0
    copied: int = 0
    removed: int = 0
    rows: int = 0
    rejects: Mapping[str, int] = field(default_factory=dict)
    flaws: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    """What the stage noted for the ledger, by key."""
    seconds: float = 0.0
    problem: str = ""


@dataclass(frozen=True)
class Plan:
    """Why a shard has to be made: its recipe, and the stamp that it has now."""

    recipe: str
    old: Stamp | None


def plan(task: Task, shard: int) -> Plan | Stamp:
    """What is to be done for a shard; its stamp if it is as it should be. RetryableError if an input is missing."""
    contents = []
    for view in inputs_of(task.stage, task.store):
        stamp = task.store.stamp(view.table.name, shard)
        if stamp is None:
            raise RetryableError(f"shard {shard} of {view.table.name} is not made yet")
        contents.append(stamp.content)
    recipe = checksums.of_values(task.how, contents)
    old = task.store.whole_stamp(task.stage.writes.name, shard)
    if old is not None and old.recipe == recipe and not task.retry.intersection(old.reject_codes):
        return old
    return Plan(recipe, old)


def unchanged(stamp: Stamp) -> Report:
    """The report of a shard that is as it should be."""
    return Report("unchanged", videos=stamp.videos, rows=stamp.rows)


def run_shard(task: Task, shard: int) -> Report:
    """Makes one shard of a map stage; a failure of the world is tried again, then reported.

    Raises SessionBlocked if a site goes on blocking us: other shards would fare no better.
    """
    forgotten: set[str] = set()
    for left in reversed(range(TRIES)):
        try:
            return _run_once(task, shard, forgotten)
        except SessionBlocked:
            raise
        except RetryableError as error:
            if not left:
                return Report("failed", problem=str(error))
            task.sleep(task.wait_s)
    raise AssertionError


def _run_once(task: Task, shard: int, forgotten: set[str]) -> Report:
    """Makes one shard, or finds it as it should be; `forgotten`: videos that are asked again already."""
    started = time.monotonic()
    todo = plan(task, shard)
    if isinstance(todo, Stamp):
        return unchanged(todo)
    stage = task.stage
    assert isinstance(stage, Map)
    inputs = Inputs.read(inputs_of(stage, task.store), task.store, shard)
    old = _Old.read(task, shard, todo, inputs.hashes)
    run = [video for video in inputs.hashes if video not in old.accounts]
    if stage.keeps_files:
        _forget(task, shard, inputs.hashes, old, forgotten)
    made = _run_videos(task, shard, inputs, run)
    rows = _sorted(pa.concat_tables([old.rows, made.rows]), stage.writes)
    accounts = [*old.accounts.values(), *inputs.accounts(run, made)]
    stamp, account_rows = close(todo.recipe, task.how, rows, accounts)
    task.store.write_shard(stage.writes, shard, rows, account_rows, stamp)
    return Report(
        "made",
        videos=len(inputs.hashes),
        ran=len(run),
        copied=len(old.accounts),
        removed=old.gone,
        rows=rows.num_rows,
        rejects=count(accounts, "rejects"),
        flaws=count(accounts, "flaws"),
        notes=made.notes,
        seconds=time.monotonic() - started,
    )


@dataclass(frozen=True)
class _Old:
    """What is kept of the shard that is there: videos whose input is unchanged and that are not tried again."""

    rows: pa.Table
    accounts: Mapping[str, dict[str, Any]]
    retried: frozenset[str]
    gone: int
    """How many of its videos are no longer in the input."""

    @staticmethod
    def read(task: Task, shard: int, todo: Plan, hashes: Mapping[str, bytes]) -> "_Old":
        table, old = task.stage.writes, todo.old
        if old is None:
            return _Old(table.empty(), {}, frozenset(), 0)
        accounts = {row["video_id"]: row for row in task.store.read_accounts(table.name, shard).to_pylist()}
        retried = frozenset(video for video, row in accounts.items() if codes(row) & task.retry)
        gone = len(accounts.keys() - hashes.keys())
        if old.how != task.how:
            return _Old(table.empty(), {}, retried, gone)
        same = {v: r for v, r in accounts.items() if hashes.get(v) == r["input_hash"] and v not in retried}
        rows = task.store.read_shard(table, shard)
        kept = rows.filter(pc.is_in(rows["video_id"], value_set=pa.array(list(same), pa.string())))
        return _Old(kept, same, retried, gone)


def _forget(task: Task, shard: int, videos: Mapping[str, bytes], old: _Old, forgotten: set[str]) -> None:
    """Drops the kept files of videos that are gone, and once the failures of those that are tried again."""
    kept = task.world.kept
    for video in kept.videos(shard):
        if video not in videos:
            kept.forget(video)
        elif task.retry and video not in old.accounts and video not in forgotten:
            # of what a killed shard was told, only the files tell
            kept.forget_failures(video, None if video in old.retried else task.retry)
            forgotten.add(video)


def _run_videos(task: Task, shard: int, inputs: Inputs, videos: Sequence[str]) -> Output:
    """Runs the stage over videos in batches, and checks each batch's rows against its keys."""
    stage = task.stage
    rows, rejects, flaws = [stage.writes.empty()], list[Reject](), list[Reject]()
    notes: dict[str, str] = {}
    doomed = [video for video in videos if video in task.doomed]
    for keys in inputs.keys(doomed).values():
        rejects += [
            Reject(key, "worker_died", "the worker process was killed twice at this video") for key in keys
        ]
    alive = [video for video in videos if video not in task.doomed]
    for batch, made in _run_batches(task, shard, inputs, alive):
        check(task.name, stage, inputs, batch, made)
        rows.append(made.rows)
        rejects += made.rejects
        flaws += made.flaws
        notes |= made.notes
    return Output(pa.concat_tables(rows), rejects, flaws, notes)


def _run_batches(
    task: Task, shard: int, inputs: Inputs, videos: Sequence[str]
) -> Iterator[tuple[Sequence[str], Output]]:
    """Batches of videos, and what the stage makes of each; one that meets a block is tried again after the others.

    So others tell whether the site blocks us, or only refuses that one.
    """
    assert isinstance(task.stage, Map)
    tools = _open(task) if videos else None
    size = 1 if task.careful else task.stage.videos_per_batch
    waiting = deque(videos[begin : begin + size] for begin in range(0, len(videos), size))
    tries, since_s = 0, math.inf
    while waiting:
        batch = waiting.popleft()
        if task.careful:
            task.store.files.write_bytes(careful_note(task.name, shard), batch[0].encode())
        try:
            made = task.stage.run(inputs.of(batch), tools)
        except SessionBlocked as error:
            tries += 1
            # who counts over all workers knows of their successes, which begin a new row
            since_s = error.since_s if error.in_a_row else min(since_s, error.since_s)
            pause_s = _pause_s(task, error, tries, since_s)
            note = f"{task.name}-{shard:05d}"
            with noted(
                task.store.files, note, Pause(task.name, error.site or "the site", time.time() + pause_s)
            ):
                task.sleep(pause_s)
            waiting.append(batch)
        else:
            tries, since_s = 0, math.inf
            yield batch, made


_opened: dict[tuple[str, str], tuple[Stage, Any]] = {}


def _open(task: Task) -> Any:
    """What the stage opened, kept by this worker until another stage needs the place."""
    key = (task.store.root, task.how)
    if key not in _opened:
        close_tools()
        _opened[key] = (task.stage, task.stage.open(task.world))
    return _opened[key][1]


def close_tools() -> None:
    """Closes what this process still has open."""
    for stage, tools in _opened.values():
        stage.close(tools)
    _opened.clear()


def careful_note(name: str, shard: int) -> str:
    """The file in which a careful worker notes the video that it is about to run."""
    return f"tmp/careful-{name}-{shard:05d}"


def _pause_s(task: Task, error: SessionBlocked, tries: int, since_s: float) -> float:
    """Seconds until something is asked again; raises SessionBlocked for good if that may not help any more."""
    own = task.blocked_pauses_s
    in_a_row = error.in_a_row or tries
    if error.in_a_row and error.pause_s is not None:
        pause_s = error.pause_s
    else:
        pause_s = max(own[min(tries, len(own)) - 1] if own else 0.0, error.pause_s or 0.0)
    if in_a_row <= len(own) and time.time() + pause_s - since_s <= task.most_blocked_s:
        return pause_s
    # rounded up to the minute: nobody is told to come too early
    moments = (since_s, time.time() + pause_s + 59)
    since, then = (time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(moment)) for moment in moments)
    raise SessionBlocked(
        f"{task.name}: {error.site or 'the site'} blocks this session since {since}, {in_a_row} times in a row "
        f"({error}); the run stops, and nothing is lost. Run the same command again after {then}; or go to the "
        "site from another address, with cookies (MULTIHOWTO_COOKIES), or more slowly (pacing: polite)",
        error.site,
        pause_s,
        in_a_row,
        since_s,
    ) from error


def _sorted(rows: pa.Table, table: Table) -> pa.Table:
    order = pc.sort_indices(rows, [("video_id", "ascending"), (table.key, "ascending")])
    return rows.take(order).combine_chunks()

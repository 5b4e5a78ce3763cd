"""Builds a pipeline into a store: every stage, every shard that is not as it should be."""

import contextlib
import functools
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from multihowto import extras, manifests, retention
from multihowto.adapters import models
from multihowto.contract import is_sound
from multihowto.errors import ConfigError, RetryableError
from multihowto.executors import EXECUTORS, Died, Executor
from multihowto.gathering import run_gather
from multihowto.kept import KeptFiles
from multihowto.pipeline import Pipeline, model_names
from multihowto.rejects import REASONS
from multihowto.runner import Plan, Report, Task, careful_note, close_tools, plan, run_shard, unchanged
from multihowto.spread import run_scatter
from multihowto.stage import Gather, Map, Scatter, World, settings
from multihowto.storage import Store, shard_name
from multihowto.tables import Table


@dataclass(frozen=True)
class Order:
    """What one `build` was asked for."""

    executor: str = "processes"
    workers: int = 2
    shards: tuple[int, ...] | None = None
    """Only these shards; None for all."""
    limit: int | None = None
    """Only so many videos of the manifest."""
    retry: frozenset[str] = frozenset()
    """Codes of rejects that are tried again."""
    verify: bool = False
    """Read every shard first, and make damaged ones again."""
    allow_removal: bool = False
    """Go on even if the manifest lost many of the videos that the store has."""


@dataclass(frozen=True)
class StageBegins:
    """A stage starts; `videos` is about how many its stale shards hold."""

    stage: str
    shards: int
    stale: int
    videos: int


@dataclass(frozen=True)
class ShardEnds:
    """A shard is made, was as it should be, or failed."""

    stage: str
    shard: int
    report: Report


@dataclass(frozen=True)
class StageEnds:
    """A stage is through; counts are sums over its shards."""

    stage: str
    seconds: float
    reports: dict[int, Report] = field(repr=False)

    def total(self, name: str) -> int:
        """Sum of one count of the shards' reports."""
        return sum(int(getattr(report, name)) for report in self.reports.values())

    def codes(self, what: str) -> Counter[str]:
        """Rejects, or flaws, of the shards' reports, by code."""
        return sum((Counter(getattr(report, what)) for report in self.reports.values()), Counter())

    def failed(self) -> dict[int, str]:
        """What went wrong, by shard."""
        return {shard: report.problem for shard, report in self.reports.items() if report.status == "failed"}


@dataclass(frozen=True)
class TablesRemoved:
    """Tables, and their accounts, that the pipeline no longer makes are gone from the store."""

    tables: tuple[str, ...]


Event = StageBegins | ShardEnds | StageEnds | TablesRemoved


def may_pass() -> frozenset[str]:
    """Codes of rejects that `--retry` tries again."""
    return frozenset(code for code, reason in REASONS.items() if not reason.final)


def build(
    pipeline: Pipeline, store: Store, order: Order, fetch: Callable[[str], Path] = models.fetch
) -> Iterator[Event]:
    """Runs the stages in order; ConfigError before any work if something is missing.

    Shards that fail are reported in the events and left out of later stages; all others go on. SessionBlocked ends
    the stream if a site goes on blocking us: what is made by then stays. `fetch` gives the folder of a model.
    """
    executor = _check(pipeline, store, order)
    folders = {name: fetch(name) for stage in pipeline.stages.values() for name in model_names(stage)}
    with store.files.lock("build"), contextlib.ExitStack() as last:
        last.callback(close_tools)
        made = [stage.writes for stage in pipeline.stages.values()]
        store.create(pipeline.name, pipeline.shards, [table.name for table in made])
        world = World(
            KeptFiles(store, pipeline.shards), pipeline.manifest, pipeline.path.parent, folders, order.limit
        )
        _refuse_another_list(pipeline, store, world)
        shards = range(pipeline.shards) if order.shards is None else order.shards
        tasks = [
            Task(name, pipeline.stages[name], how, store, world, order.retry)
            for name, how in pipeline.fingerprints().items()
        ]
        if order.verify:
            _remove_damaged(store, made, shards)
        retention.drop_gone(tasks)  # what a build that was killed began
        retention.refuse_loss(tasks, shards)
        for task in tasks:
            retention.fetch_lost_again(task, shards)
            for event in _run_stage(task, shards, pipeline.shards, executor, order):
                if isinstance(event, ShardEnds) and task.stage.reads_media:
                    retention.drop_media(tasks, [event.shard])
                yield event
            if isinstance(task.stage, Scatter):
                yield from _tidy(pipeline, store, world, shards)
                retention.drop_gone(tasks)
        retention.drop_media(tasks, world.kept.shards_with_media())


def _check(pipeline: Pipeline, store: Store, order: Order) -> Executor:
    """Refuses an order that cannot be carried out, before any work."""
    if order.executor not in EXECUTORS:
        raise ConfigError(f"no executor {order.executor!r}; {manifests.meant(order.executor, EXECUTORS)}")
    if order.executor != "here" and store.root.startswith("memory:"):
        raise ConfigError("a memory:// store is seen by one process only: use --executor here")
    wrong = [code for code in order.retry if code not in REASONS]
    if wrong:
        raise ConfigError(f"no reject code {wrong[0]!r}; {manifests.meant(wrong[0], REASONS)}")
    outside = [shard for shard in order.shards or () if not 0 <= shard < pipeline.shards]
    if outside:
        raise ConfigError(
            f"there is no shard {outside[0]}: {pipeline.name} has shards 0 to {pipeline.shards - 1}"
        )
    for name, stage in pipeline.stages.items():
        for extra in stage.needs():
            extras.require(extra, f"stage {name}")
    return EXECUTORS[order.executor]


def _remove_damaged(store: Store, made: Sequence[Table], shards: Sequence[int]) -> None:
    """Reads shards whole, and removes those that are not what their stamp says."""
    for table in made:
        for shard in shards:
            if store.stamp(table.name, shard) is not None and not is_sound(store, table, shard):
                store.files.remove(shard_name("tables", table.name, shard))


def _tidy(pipeline: Pipeline, store: Store, world: World, shards: Sequence[int]) -> Iterator[Event]:
    """Notes the exclusions, and removes what no stage looks after: a video that is taken down may be in it."""
    stages = pipeline.stages.values()
    listed = _exclusions(pipeline, world)
    store.note("exclusions", None if listed is None else manifests.as_note(listed))
    if not any(stage.keeps_files for stage in stages):
        for shard in shards:
            retention.forget_strays(store, world.kept, next(iter(stages)).writes, shard)
    removed = store.drop_others([stage.writes.name for stage in stages])
    if removed:
        _append(store, {"tables_removed": removed})
        yield TablesRemoved(removed)


def _exclusions(pipeline: Pipeline, world: World) -> Path | None:
    """The list of excluded videos that the pipeline names."""
    names = [
        settings(stage)["exclusions"] for stage in pipeline.stages.values() if "exclusions" in stage.manifests
    ]
    return world.manifest(names[0]) if names else None


def _refuse_another_list(pipeline: Pipeline, store: Store, world: World) -> None:
    """Videos that were taken down do not come back because another list is found under the name."""
    noted, now = store.require().get("exclusions"), _exclusions(pipeline, world)
    if noted is None or now is None or not manifests.of_note(noted).is_file():
        return
    back = manifests.read_exclusions(manifests.of_note(noted)).keys() - manifests.read_exclusions(now).keys()
    if back:
        raise ConfigError(
            f"{store.root} was built with the exclusions of {manifests.of_note(noted)}, and {now} does not list "
            f"{min(back)}, which would come back: list it there too, or take it out of the first"
        )


def _run_stage(
    task: Task, shards: Sequence[int], total: int, executor: Executor, order: Order
) -> Iterator[Event]:
    started = time.monotonic()
    reports: dict[int, Report] = {}
    runs = {Scatter: _scatter, Map: _map, Gather: _gather}
    run = next(function for shape, function in runs.items() if isinstance(task.stage, shape))
    for event in run(task, shards, total, executor, order):
        if isinstance(event, ShardEnds):
            _note(task, event)
            # What was noted is in the ledger now; here it would only fill the memory.
            event = replace(event, report=replace(event.report, notes={}))
            reports[event.shard] = event.report
        yield event
    yield StageEnds(task.name, time.monotonic() - started, reports)


def _scatter(
    task: Task, shards: Sequence[int], total: int, executor: Executor, order: Order
) -> Iterator[Event]:
    yield StageBegins(task.name, len(shards), 0, 0)
    for shard, report in run_scatter(task, shards, total, order.allow_removal).items():
        yield ShardEnds(task.name, shard, report)


def _gather(
    task: Task, shards: Sequence[int], total: int, executor: Executor, order: Order
) -> Iterator[Event]:
    yield StageBegins(task.name, total, total, 0)
    for shard, report in run_gather(task, total).items():
        yield ShardEnds(task.name, shard, report)


def _map(task: Task, shards: Sequence[int], total: int, executor: Executor, order: Order) -> Iterator[Event]:
    plans = {shard: _plan(task, shard) for shard in shards}
    stale = [shard for shard, todo in plans.items() if isinstance(todo, Plan)]
    others = {shard: todo for shard, todo in plans.items() if isinstance(todo, Report)}
    first = task.stage.reads[0].table.name
    videos = sum(stamp.videos for shard in stale if (stamp := task.store.stamp(first, shard)) is not None)
    yield StageBegins(task.name, len(shards), len(stale), videos)
    for shard, report in others.items():
        yield ShardEnds(task.name, shard, report)
    suspects = []
    with contextlib.closing(executor(functools.partial(run_shard, task), stale, order.workers)) as results:
        for shard, result in results:
            if isinstance(result, Died):
                suspects.append(shard)
            else:
                yield ShardEnds(task.name, shard, result)
    for shard in suspects:
        yield ShardEnds(task.name, shard, _run_suspect(task, shard, executor))


def _plan(task: Task, shard: int) -> Plan | Report:
    try:
        todo = plan(task, shard)
        return todo if isinstance(todo, Plan) else unchanged(todo)
    except RetryableError as error:
        return Report("failed", problem=str(error))


def _run_suspect(task: Task, shard: int, executor: Executor) -> Report:
    """A shard whose worker was killed: alone once more, then video by video; the culprits are rejected."""
    while True:
        [(_, result)] = executor(functools.partial(run_shard, task), [shard], 1)
        if isinstance(result, Report):
            return result
        note = task.store.files.read_bytes(careful_note(task.name, shard)) if task.careful else None
        if task.careful and (note is None or note.decode() in task.doomed):
            return Report(
                "failed", problem="the worker was killed before its first video: too little memory?"
            )
        task.store.files.remove(careful_note(task.name, shard))
        doomed = task.doomed | ({note.decode()} if note is not None else set())
        task = replace(task, careful=True, doomed=doomed)


def _note(task: Task, event: ShardEnds) -> None:
    """Writes into the ledger what differs between equal runs: when, where, how fast."""
    if event.report.status == "unchanged":
        return
    _append(task.store, {"stage": event.stage, "shard": event.shard, **asdict(event.report)})


def _append(store: Store, what: dict[str, object]) -> None:
    """Adds a line to the ledger."""
    line: dict[str, object] = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "host": os.uname().nodename,
    }
    store.files.append_line("ledger.jsonl", json.dumps(line | what, ensure_ascii=False))

"""The seven guarantees of the runner, with toy stages."""

import calendar
import json
import pickle
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

import toys
from multihowto import tables
from multihowto.errors import ContractError, RetryableError, SessionBlocked
from multihowto.kept import KeptFiles, parse_record
from multihowto.rejects import Reject
from multihowto.runner import BLOCKED_PAUSES_S, TRIES, Report, Task, plan, run_shard
from multihowto.spread import run_scatter
from multihowto.stage import Map, Output, Stage, World, fingerprint
from multihowto.storage import Stamp, Store

ORDERS = {
    "a": "one",
    "b": "three",
    "c": "reject",
    "d": "later",
    "e": "eleven",
    "f": "x",
    "g": "yy",
    "h": "zzz",
}

PLAIN = toys.CountWords()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return toys.write_manifest(tmp_path / "videos.csv", ORDERS)


def scatter(store: Store, manifest: Path) -> dict[int, Report]:
    return run_scatter(toys.task("scatter_toys", toys.ScatterToys(), store, manifest), range(4), 4)


def count(
    store: Store, manifest: Path, stage: Map = PLAIN, retry: frozenset[str] = frozenset()
) -> list[Report]:
    task = toys.task("count_words", stage, store, manifest, retry)
    return [run_shard(task, shard) for shard in range(4)]


def rows(store: Store, table: tables.Table = toys.WORDS) -> list[dict[str, Any]]:
    return [row for shard in range(4) for row in store.read_shard(table, shard).to_pylist()]


def total(reports: list[Report], name: str) -> int:
    return sum(getattr(report, name) for report in reports)


def test_every_row_comes_back_or_is_accounted_for(store: Store, manifest: Path) -> None:
    scatter(store, manifest)
    reports = count(store, manifest)
    assert {row["video_id"]: row["length"] for row in rows(store)} == {
        "a": 3,
        "b": 5,
        "e": 6,
        "f": 1,
        "g": 2,
        "h": 3,
    }
    assert total(reports, "videos") == 8 == total(reports, "rows") + 2
    rejects = [reject for video in "cd" for reject in store_rejects(store, video)]
    assert rejects == [("c", "private", "as ordered"), ("d", "server_error", "as ordered")]


def store_rejects(store: Store, video: str) -> list[tuple[str, str, str]]:
    return [
        (reject["key"], reject["code"], reject["detail"])
        for shard in store.shards_of("words")
        for account in store.read_accounts("words", shard).to_pylist()
        if account["video_id"] == video
        for reject in account["rejects"]
    ]


@dataclass(frozen=True)
class Broken(toys.CountWords):
    """Breaks its promise in the way that it is told."""

    way: str = ""

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        made = toys.CountWords.run(self, inputs, tools)
        ways: dict[str, Callable[[], Output]] = {
            "loses a row": lambda: Output(made.rows.slice(1), made.rejects),
            "makes one up": lambda: Output(made.rows, [*made.rejects, Reject("nobody", "private")]),
            "gives a key twice": lambda: Output(pa.concat_tables([made.rows, made.rows]), made.rejects),
            "row and reject": lambda: Output(
                made.rows, [*made.rejects, Reject(made.rows["video_id"][0].as_py(), "private")]
            ),
            "unknown code": lambda: Output(
                made.rows.slice(1), [Reject(made.rows["video_id"][0].as_py(), "dislike")]
            ),
            "wrong type": lambda: Output(
                made.rows.set_column(1, "length", made.rows["length"].cast("int64")), made.rejects
            ),
            "forbidden null": lambda: Output(
                pa.table(
                    [made.rows["video_id"], pa.nulls(len(made.rows), pa.int32()), made.rows["note"]],
                    schema=toys.WORDS.schema,
                ),
                made.rejects,
            ),
        }
        return ways[self.way]() if made.rows.num_rows else made


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("loses a row", "was lost"),
        ("makes one up", "was not in the input"),
        ("gives a key twice", "comes twice"),
        ("row and reject", "both as a row and as a reject"),
        ("unknown code", "no reject code 'dislike'"),
        ("wrong type", "promised words"),
        ("forbidden null", "may not be null"),
    ],
)
def test_a_stage_that_breaks_its_promise_stops_the_run(
    store: Store, manifest: Path, way: str, words: str
) -> None:
    scatter(store, manifest)
    with pytest.raises(ContractError, match=words):
        count(store, manifest, Broken(way=way))
    assert store.shards_of("words") in ([], [0], [0, 1], [0, 1, 2])


def test_a_shard_is_skipped_until_something_that_decides_it_changes(store: Store, manifest: Path) -> None:
    scatter(store, manifest)
    count(store, manifest)
    assert {report.status for report in count(store, manifest)} == {"unchanged"}
    assert {report.status for report in count(store, manifest, toys.CountWords(plus=1))} == {"made"}
    assert {row["length"] for row in rows(store)} == {2, 3, 4, 6, 7}


def test_the_fingerprint_covers_name_version_settings_shapes_and_files_but_not_meanings() -> None:
    stage = toys.CountWords()

    class Newer(toys.CountWords):
        version: ClassVar[int] = 2

    class Wider(toys.CountWords):
        reads: ClassVar = (tables.SOURCES.only("category_1", "rank"),)

    class Reworded(toys.CountWords):
        writes: ClassVar = replace(
            toys.WORDS,
            schema=pa.schema([field.with_metadata({"meaning": "reworded"}) for field in toys.WORDS.schema]),
        )

    prints = [
        fingerprint("count_words", stage, {}),
        fingerprint("count_letters", stage, {}),
        fingerprint("count_words", Newer(), {}),
        fingerprint("count_words", Wider(), {}),
        fingerprint("count_words", toys.CountWords(plus=1), {}),
        fingerprint("count_words", stage, {"exclusions.csv": "0"}),
        fingerprint("count_words", stage, {"exclusions.csv": "1"}),
    ]
    assert len(set(prints)) == len(prints)
    assert fingerprint("count_words", Reworded(), {}) == prints[0]


def test_only_what_changed_is_made_again(store: Store, manifest: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.mkdir()
    stage = toys.CountWords(log=str(log))
    scatter(store, manifest)
    count(store, manifest, stage)
    changed = {**ORDERS, "b": "changed", "new": "w"}
    del changed["h"]
    scattered = scatter(store, toys.write_manifest(manifest, changed))
    assert sum(report.removed for report in scattered.values()) == 1
    reports = count(store, manifest, stage)
    assert (total(reports, "ran"), total(reports, "removed")) == (2, 1)
    runs = {path.name: len(path.read_text().splitlines()) for path in log.iterdir()}
    assert runs == {**dict.fromkeys("acdefgh", 1), "b": 2, "new": 1}
    fresh = Store(str(tmp_path / "fresh"))
    scatter(fresh, manifest)
    count(fresh, manifest, stage)
    assert rows(fresh) == rows(store)
    assert stamps(fresh) == stamps(store)


def stamps(store: Store) -> list[Any]:
    return [store.stamp("words", shard) for shard in range(4)]


def test_retry_makes_exactly_the_rejects_of_its_codes_again(
    store: Store, manifest: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    log.mkdir()
    stage = toys.CountWords(log=str(log))
    scatter(store, manifest)
    count(store, manifest, stage)
    reports = count(store, manifest, stage, frozenset({"server_error", "timed_out"}))
    assert total(reports, "ran") == 1
    assert sorted(report.status for report in reports) == ["made", "unchanged", "unchanged", "unchanged"]
    assert len((log / "d").read_text().splitlines()) == 2
    assert {report.status for report in count(store, manifest, stage, frozenset({"drm"}))} == {"unchanged"}


class StopsBeforeRows(Store):
    """A store whose process ends between the account of a shard and its rows."""

    def _write_parquet(
        self, name: str, rows: pa.Table, stamp: Stamp, table: tables.Table | None = None
    ) -> None:
        if name.startswith("tables/words"):
            raise KeyboardInterrupt
        super()._write_parquet(name, rows, stamp, table)


def test_a_shard_is_whole_or_not_there(store: Store, manifest: Path) -> None:
    scatter(store, manifest)
    with pytest.raises(KeyboardInterrupt):
        count(StopsBeforeRows(store.root), manifest)
    assert store.shards_of("words") == []
    assert {report.status for report in count(store, manifest)} == {"made"}


def test_a_damaged_shard_is_made_again(store: Store, manifest: Path) -> None:
    scatter(store, manifest)
    count(store, manifest)
    before = stamps(store)
    path = Path(store.files.path("tables/words/00002.parquet"))
    path.write_bytes(path.read_bytes()[:-20])
    assert [report.status for report in count(store, manifest)] == [
        "unchanged",
        "unchanged",
        "made",
        "unchanged",
    ]
    assert stamps(store) == before


def test_the_world_out_of_order_is_tried_again_then_reported(store: Store, manifest: Path) -> None:
    scatter(store, toys.write_manifest(manifest, {"a": "world", "b": "fine"}))
    waits: list[float] = []
    task = replace(toys.task("count_words", toys.CountWords(), store, manifest), sleep=waits.append)
    reports = [run_shard(task, shard) for shard in range(4)]
    assert [report.problem for report in reports if report.status == "failed"] == [
        "the world is out of order"
    ]
    assert len(waits) == TRIES - 1


def test_a_blocked_session_pauses_then_ends_the_run_and_is_never_a_reject(
    store: Store, manifest: Path
) -> None:
    scatter(store, toys.write_manifest(manifest, {"a": "blocked"}))
    waits: list[float] = []
    task = replace(toys.task("count_words", toys.CountWords(), store, manifest), sleep=waits.append)
    with pytest.raises(SessionBlocked, match=r"count_words: the site blocks .* 3 times .*are you a robot\?"):
        list(map(partial(run_shard, task), range(4)))
    assert waits == [1.0, 1.0]
    assert store_rejects(store, "a") == []


@dataclass(frozen=True)
class Walled(toys.CountWords):
    """Meets a wall so often, then goes through."""

    wall: SessionBlocked | None = None
    times: int = 1
    met: ClassVar[list[int]] = []

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        self.met.append(1)
        if self.wall is not None and len(self.met) <= self.times:
            raise self.wall
        return toys.CountWords.run(self, inputs, tools)


def walled(store: Store, manifest: Path, wall: SessionBlocked, times: int) -> tuple[list[float], str]:
    """The pauses of a worker at a wall, and its last word if it gave up."""
    scatter(store, toys.write_manifest(manifest, {"a": "one"}))
    waits: list[float] = []
    Walled.met.clear()
    task = toys.task("count_words", PLAIN, store, manifest)
    task = replace(task, stage=Walled(wall=wall, times=times), sleep=waits.append)
    task = replace(task, blocked_pauses_s=BLOCKED_PAUSES_S)
    try:
        for shard in range(4):
            run_shard(task, shard)
    except SessionBlocked as error:
        assert len(store.shards_of("words")) < 4
        return waits, str(error)
    assert [row["video_id"] for row in rows(store)] == ["a"]
    return waits, ""


@pytest.mark.parametrize(
    ("wall", "times", "waits"),
    [
        (SessionBlocked("x"), 5, list(BLOCKED_PAUSES_S)),
        (SessionBlocked("x", "a.test", 5.0), 2, [60.0, 120.0]),  # no shorter than our own
        (SessionBlocked("x", "a.test", 500.0), 1, [500.0]),  # a longer wish counts
        (
            SessionBlocked("x", "a.test", 5.0, in_a_row=2),
            9,
            9 * [5.0],
        ),  # another worker's block is no new one
    ],
)
def test_a_worker_goes_on_with_the_same_videos(
    store: Store, manifest: Path, wall: SessionBlocked, times: int, waits: list[float]
) -> None:
    assert walled(store, manifest, wall, times) == (waits, "")


@pytest.mark.parametrize(
    ("wall", "pauses"),
    [
        (SessionBlocked("x"), 5),
        (SessionBlocked("x", "a.test", 5.0, in_a_row=6), 0),
        (SessionBlocked("x", "a.test", 7201.0), 0),
        (SessionBlocked("x", "a.test", 60.0, in_a_row=2, since_s=time.time() - 7190), 0),
    ],
)
def test_a_wall_that_stays_ends_the_run(
    store: Store, manifest: Path, wall: SessionBlocked, pauses: int
) -> None:
    waits, said = walled(store, manifest, wall, 99)
    assert len(waits) == pauses
    since = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(wall.since_s))
    assert f"blocks this session since {since}" in said
    [then] = re.findall(r"again after (\d{4}-\d\d-\d\d \d\d:\d\d) UTC", said)
    early_s = (
        wall.since_s
        + (wall.pause_s or BLOCKED_PAUSES_S[-1])
        - calendar.timegm(time.strptime(then, "%Y-%m-%d %H:%M"))
    )
    assert early_s <= 0
    assert (wall.site or "the site") in said and "MULTIHOWTO_COOKIES" in said and "another address" in said


@dataclass(frozen=True)
class WalledAtA(toys.CountWords):
    """Meets one wall after another at video a, until so many videos went through."""

    videos_per_batch: ClassVar[int] = 1

    walls: tuple[SessionBlocked, ...] = ()
    after: int = 0
    ran: ClassVar[list[str]] = []

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        [video] = inputs["sources"]["video_id"].to_pylist()
        self.ran.append(video)
        if video == "a" and len(set(self.ran)) <= self.after:
            raise self.walls[min(self.ran.count("a"), len(self.walls)) - 1]
        return toys.CountWords.run(self, inputs, tools)


def one_shard(store: Store, manifest: Path, stage: Map, videos: str = "abc") -> Task:
    """A task for a store of one shard with some videos."""
    WalledAtA.ran.clear()
    toys.write_manifest(manifest, dict.fromkeys(videos, "one"))
    run_scatter(toys.task("scatter_toys", toys.ScatterToys(), store, manifest, shards=1), range(1), 1)
    return replace(toys.task("count_words", PLAIN, store, manifest, shards=1), stage=stage)


def test_other_videos_come_before_the_one_that_met_a_wall(store: Store, manifest: Path) -> None:
    waits: list[float] = []
    stage = WalledAtA(walls=(SessionBlocked("x", "a.test"),), after=2)
    run_shard(replace(one_shard(store, manifest, stage), sleep=waits.append), 0)
    assert (WalledAtA.ran, waits) == (["a", "b", "c", "a"], [1.0])
    assert [row["video_id"] for row in store.read_shard(toys.WORDS, 0).to_pylist()] == ["a", "b", "c"]


@pytest.mark.parametrize("counted", [False, True])
def test_since_when_a_site_blocks_us(store: Store, manifest: Path, counted: bool) -> None:
    """Who counts the blocks of all workers knows when the row began; else it is the first block met."""
    now = time.time()
    walls = (
        SessionBlocked("x", "a.test", 1.0, 2 * counted, now - 3600),
        SessionBlocked("x", "a.test", 1.0, counted, now - 60),
        SessionBlocked("x", "a.test", 1.0, 3 * counted, now - 60),
    )
    with pytest.raises(SessionBlocked) as caught:
        run_shard(one_shard(store, manifest, WalledAtA(walls=walls, after=9), "a"), 0)
    assert caught.value.since_s == (now - 60 if counted else now - 3600)


@pytest.mark.parametrize("codes", [(), ("server_error",), ("server_error", "private")])
def test_after_a_killed_build_only_what_retry_names_is_asked_again(
    store: Store, manifest: Path, codes: tuple[str, ...]
) -> None:
    task = asking(store, manifest, ("a", "server_error"), ("b", "private"))
    run_shard(replace(task, retry=frozenset(codes)), 0)
    assert Asks.asked == [
        video for video, code in (("a", "server_error"), ("b", "private")) if code in codes
    ] + ["c"]


def test_a_shard_that_fails_forgets_once(store: Store, manifest: Path) -> None:
    task = asking(store, manifest, ("a", "server_error"), ("b", "private"))
    task = replace(task, stage=Asks(fails=2), retry=frozenset({"server_error"}))
    assert run_shard(task, 0).status == "made"
    assert Asks.asked == ["a", "c", "c", "c"]


@dataclass(frozen=True)
class Asks(toys.CountWords):
    """Keeps the verdicts on a and b; at c the world is out of order so often."""

    keeps_files: ClassVar = True

    fails: int = 0
    asked: ClassVar[list[str]] = []

    def open(self, world: World) -> KeptFiles:
        return world.kept

    def run(self, inputs: Mapping[str, pa.Table], tools: KeptFiles) -> Output:
        rejects = []
        for video in inputs["sources"]["video_id"].to_pylist():
            kept = parse_record(tools.read(video, "reject.json"))
            if not kept:
                self.asked.append(video)
                if video == "c" and self.asked.count("c") <= self.fails:
                    raise RetryableError("the world is out of order")
                kept = {"code": "server_error"}
                tools.write(video, "reject.json", json.dumps(kept).encode())
            rejects.append(Reject(video, kept["code"]))
        return Output(toys.WORDS.empty(), rejects)


def asking(store: Store, manifest: Path, *told: tuple[str, str]) -> Task:
    """A task for one shard of which a killed build was told something of some videos."""
    task = one_shard(store, manifest, Asks())
    Asks.asked.clear()
    for video, code in told:
        task.world.kept.write(video, "reject.json", json.dumps({"code": code}).encode())
    return task


def test_a_blocked_session_crosses_processes_whole() -> None:
    error = SessionBlocked("x", "a.test", 5.0, 2, 100.0)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.__dict__) == ("x", error.__dict__)


def test_a_missing_input_is_said(store: Store, manifest: Path) -> None:
    with pytest.raises(RetryableError, match="shard 2 of sources is not made yet"):
        plan(toys.task("count_words", toys.CountWords(), store, manifest), 2)


def test_a_doomed_video_is_rejected_without_being_run(store: Store, manifest: Path) -> None:
    scatter(store, toys.write_manifest(manifest, {"a": "die", "b": "fine"}))
    task = replace(
        toys.task("count_words", toys.CountWords(), store, manifest), doomed=frozenset({"a"}), careful=True
    )
    for shard in range(4):
        run_shard(task, shard)
    assert [row["video_id"] for row in rows(store)] == ["b"]
    assert [code for _, code, _ in store_rejects(store, "a")] == ["worker_died"]


def test_batches_are_cut_in_key_order_and_do_not_decide_rows(store: Store, manifest: Path) -> None:
    class OneByOne(toys.CountWords):
        videos_per_batch: ClassVar[int] = 1

    scatter(store, manifest)
    count(store, manifest, OneByOne())
    one_by_one = rows(store)
    count(store, manifest, toys.CountWords(plus=0, pause_s=0.0001))
    assert rows(store) == one_by_one


def test_a_stage_has_a_shape(manifest: Path) -> None:
    assert isinstance(toys.CountWords(), Map)
    assert issubclass(Map, Stage)

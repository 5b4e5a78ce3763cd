"""A gather sees all shards, holds one at a time, gives every key back, and writes only what changed."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import toys
from multihowto.errors import ContractError, RetryableError
from multihowto.files import Files
from multihowto.gathering import run_gather
from multihowto.manifests import shard_of
from multihowto.runner import Report, Task, run_shard
from multihowto.spread import run_scatter
from multihowto.stage import Gather
from multihowto.storage import Store

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
RANKS = {"f": 0, "g": 1, "a": 2, "h": 3, "b": 4, "e": 5}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def prepare(store: Store, orders: Mapping[str, str], shards: int = 4) -> Task:
    """Builds the toys' first two tables, and gives the task of the gather after them."""
    manifest = toys.write_manifest(Path(store.root).parent / "videos.csv", orders)
    run_scatter(
        toys.task("scatter_toys", toys.ScatterToys(), store, manifest, shards=shards),
        range(shards),
        shards,
        True,
    )
    words = toys.task("count_words", toys.CountWords(), store, manifest, shards=shards)
    assert all(run_shard(words, shard).status != "failed" for shard in range(shards))
    return toys.task("rank_words", toys.RankWords(), store, manifest, shards=shards)


def found(store: Store, shards: int = 4) -> dict[str, int]:
    rows = [row for shard in range(shards) for row in store.read_shard(toys.RANKS, shard).to_pylist()]
    return {row["video_id"]: row["rank"] for row in rows}


def statuses(reports: Mapping[int, Report]) -> list[str]:
    return [reports[shard].status for shard in sorted(reports)]


def test_it_sees_all_shards_and_is_skipped_when_nothing_changed(store: Store) -> None:
    task = prepare(store, ORDERS)
    assert statuses(run_gather(task, 4)) == ["made"] * 4
    assert found(store) == RANKS
    assert statuses(run_gather(task, 4)) == ["unchanged"] * 4


def test_a_row_is_in_the_shard_of_its_video_with_its_account(store: Store) -> None:
    run_gather(prepare(store, ORDERS), 4)
    for shard in range(4):
        videos = store.read_shard(toys.RANKS, shard)["video_id"].to_pylist()
        assert videos == sorted(video for video in RANKS if shard_of(video, 4) == shard)
        accounts = store.read_accounts("ranks", shard).to_pylist()
        assert [(row["video_id"], row["rows_in"], row["rows_out"]) for row in accounts] == [
            (video, 1, 1) for video in videos
        ]


def test_shards_change_nothing_in_the_result(tmp_path: Path) -> None:
    for shards in (1, 2, 7):
        (tmp_path / str(shards)).mkdir()
        store = Store(str(tmp_path / str(shards) / "store"))
        run_gather(prepare(store, ORDERS, shards), shards)
        assert found(store, shards) == RANKS


def test_only_shards_whose_rows_changed_are_written_again(store: Store) -> None:
    run_gather(prepare(store, ORDERS), 4)
    before = {
        shard: (Path(store.root) / f"tables/ranks/{shard:05d}.parquet").stat().st_ino for shard in range(4)
    }
    # `e` becomes longer still: its input changes, all ranks stay.
    reports = run_gather(prepare(store, ORDERS | {"e": "eleven and more"}), 4)
    mine = shard_of("e", 4)
    assert [shard for shard in range(4) if reports[shard].status == "made"] == [mine]
    assert (reports[mine].ran, reports[mine].rows) == (0, reports[mine].copied)
    after = {
        shard: (Path(store.root) / f"tables/ranks/{shard:05d}.parquet").stat().st_ino for shard in range(4)
    }
    assert {shard for shard in range(4) if before[shard] != after[shard]} == {mine}


def test_a_video_that_left_is_gone_and_counted(store: Store) -> None:
    run_gather(prepare(store, ORDERS), 4)
    reports = run_gather(prepare(store, {key: order for key, order in ORDERS.items() if key != "e"}), 4)
    assert found(store) == {video: rank for video, rank in RANKS.items() if video != "e"}
    assert sum(report.removed for report in reports.values()) == 1


def test_a_damaged_shard_alone_is_made_again(store: Store) -> None:
    task = prepare(store, ORDERS)
    run_gather(task, 4)
    store.files.remove("tables/ranks/00002.parquet")
    assert [shard for shard, report in run_gather(task, 4).items() if report.status == "made"] == [2]
    assert found(store) == RANKS


def test_a_kill_between_two_shards_is_never_taken_for_a_whole_table(store: Store) -> None:
    task = prepare(store, ORDERS)
    run_gather(task, 4)
    longer = prepare(store, ORDERS | {"f": "x" * 30})

    class Killed(Store):
        def write_shard(self, *arguments: Any) -> None:
            super().write_shard(*arguments)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_gather(replace(longer, store=Killed(store.root)), 4)
    # The inputs are what they were before: what the killed run wrote must not stay.
    run_gather(prepare(store, ORDERS), 4)
    assert found(store) == RANKS


def test_it_waits_for_every_shard_of_its_inputs(store: Store) -> None:
    task = prepare(store, ORDERS)
    store.files.remove("tables/words/00001.parquet")
    with pytest.raises(RetryableError, match="rank_words needs all shards, and shard 1 of words"):
        run_gather(task, 4)


def test_one_shard_is_in_memory_at_a_time_and_tools_are_closed(store: Store) -> None:
    seen: list[Any] = []

    @dataclass(frozen=True)
    class Watched(toys.RankWords):
        def open(self, world: Any) -> str:
            return "tools"

        def sketch(self, inputs: Mapping[str, pa.Table], tools: Any) -> pa.Table:
            assert tools == "tools"
            seen.append(inputs["words"].num_rows)
            return super().sketch(inputs, tools)

        def close(self, tools: Any) -> None:
            seen.append(tools)

    task = prepare(store, ORDERS)
    run_gather(toys.task("rank_words", Watched(), store, task.world.videos), 4)
    shards = [shard_of(video, 4) for video in RANKS]
    assert seen == [*(shards.count(shard) for shard in range(4)), "tools"]


def test_sketches_are_in_files_that_are_gone_afterwards(store: Store) -> None:
    """What is mapped from a file takes no memory that Arrow has to give."""
    seen: list[Any] = []

    @dataclass(frozen=True)
    class Large(toys.RankWords):
        def sketch(self, inputs: Mapping[str, pa.Table], tools: Any) -> pa.Table:
            words = inputs["words"]
            return words.append_column("weight", pa.array([b"x" * 1_000_000] * words.num_rows, pa.binary()))

        def score(self, sketches: pa.Table, tools: Any) -> pa.Table:
            seen.append((sketches.nbytes, pa.total_allocated_bytes(), sketches["weight"].num_chunks))
            return super().score(sketches.drop_columns("weight"), tools)

    task = prepare(store, ORDERS)
    before = pa.total_allocated_bytes()
    run_gather(toys.task("rank_words", Large(), store, task.world.videos), 4)
    [(size, allocated, chunks)] = seen
    assert size > 6_000_000 and allocated - before < 1_000_000 and chunks <= 4
    assert found(store) == RANKS
    assert store.files.names("tmp") == []


def test_a_disk_that_is_full_of_sketches_is_the_worlds_fault(store: Store, tmp_path: Path) -> None:
    class Full(Files):
        def scratch(self) -> Path:
            (tmp_path / "full").mkdir(exist_ok=True)
            return tmp_path / "full"

    class Elsewhere(Store):
        def __init__(self, root: str) -> None:
            super().__init__(root)
            self.files = Full(root)

    @dataclass(frozen=True)
    class Vanishing(toys.RankWords):
        def sketch(self, inputs: Mapping[str, pa.Table], tools: Any) -> pa.Table:
            shutil.rmtree(tmp_path / "full")
            return super().sketch(inputs, tools)

    task = prepare(store, ORDERS)
    vanishing = toys.task("rank_words", Vanishing(), Elsewhere(store.root), task.world.videos)
    with pytest.raises(RetryableError, match=r"writing .*00000\.arrow"):
        run_gather(vanishing, 4)


def drop(rows: pa.Table) -> pa.Table:
    return rows.slice(1)


def double(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, rows.slice(0, 1)])


def invent(rows: pa.Table) -> pa.Table:
    return pa.concat_tables([rows, pa.table([["nobody"], pa.array([9], pa.int32())], schema=rows.schema)])


def rename(rows: pa.Table) -> pa.Table:
    return rows.rename_columns(["video_id", "place"])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (drop, "'f' was lost"),
        (double, "'f' comes twice"),
        (invent, "'nobody' was not in the input"),
        (rename, "promised ranks"),
    ],
)
def test_no_row_is_lost_doubled_or_invented(
    store: Store, spoil: Callable[[pa.Table], pa.Table], message: str
) -> None:
    @dataclass(frozen=True)
    class Spoilt(toys.RankWords):
        def score(self, sketches: pa.Table, tools: Any) -> pa.Table:
            return spoil(super().score(sketches, tools))

    stage: Gather = Spoilt()
    task = prepare(store, ORDERS)
    with pytest.raises(ContractError, match=message):
        run_gather(toys.task("rank_words", stage, store, task.world.videos), 4)

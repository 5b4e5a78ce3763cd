"""Whole builds of toy pipelines: executors agree, culprits are found, nothing else is touched."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import toys
from multihowto.build import Order, StageEnds, build, may_pass
from multihowto.errors import ConfigError
from multihowto.pipeline import Pipeline
from multihowto.stage import Stage
from multihowto.storage import Store

ORDERS = {f"v{number:02d}": "x" * number for number in range(20)} | {"bad": "reject", "slow": "later"}


def pipeline(tmp_path: Path, orders: Mapping[str, str], **changes: Any) -> Pipeline:
    manifest = toys.write_manifest(tmp_path / "videos.csv", orders)
    stages: dict[str, Stage] = {
        "scatter_toys": toys.ScatterToys(),
        "count_words": replace(toys.CountWords(), **changes),
        "rank_words": toys.RankWords(),
    }
    return Pipeline("toys", tmp_path / "toys.yaml", manifest, 4, stages)


HERE = Order(executor="here")


def run(pipe: Pipeline, root: str, order: Order = HERE) -> dict[str, StageEnds]:
    return {event.stage: event for event in build(pipe, Store(root), order) if isinstance(event, StageEnds)}


def contents(root: str) -> dict[str, list[Any]]:
    store = Store(root)
    return {
        table: [store.stamp(table, shard) for shard in range(4)] for table in ("sources", "words", "ranks")
    }


def test_here_processes_and_memory_give_equal_shards(tmp_path: Path) -> None:
    pipe = pipeline(tmp_path, ORDERS)
    roots = {"here": str(tmp_path / "a"), "processes": str(tmp_path / "b")}
    for executor, root in roots.items():
        ends = run(pipe, root, Order(executor=executor, workers=2))
        assert ends["count_words"].total("rows") == 20
    memory = f"memory://{uuid.uuid4().hex}"
    run(pipe, memory)
    assert contents(roots["here"]) == contents(roots["processes"]) == contents(memory)
    again = run(pipe, roots["processes"], Order(workers=2))
    assert {report.status for end in again.values() for report in end.reports.values()} == {"unchanged"}


@pytest.mark.parametrize("death", ["die", "segfault"])
def test_a_video_that_kills_its_worker_is_rejected_and_all_others_are_built(
    tmp_path: Path, death: str
) -> None:
    pipe = pipeline(tmp_path, {**ORDERS, "v03": death, "v11": death})
    root = str(tmp_path / "s")
    ends = run(pipe, root, Order(workers=2))
    words = [report.rejects for report in ends["count_words"].reports.values()]
    assert sum(rejects.get("worker_died", 0) for rejects in words) == 2
    assert ends["count_words"].total("rows") == 18
    assert ends["rank_words"].total("rows") == 18
    store = Store(root)
    accounts = [account for shard in range(4) for account in store.read_accounts("words", shard).to_pylist()]
    died = {a["video_id"] for a in accounts if any(r["code"] == "worker_died" for r in a["rejects"])}
    assert died == {"v03", "v11"}
    assert not (tmp_path / "s" / "tmp").exists()
    cured = pipeline(tmp_path, ORDERS)
    again = run(cured, root, Order(workers=2, retry=may_pass()))
    assert again["count_words"].total("rows") == 20


def test_a_failed_shard_is_reported_and_the_others_go_on(tmp_path: Path) -> None:
    pipe = pipeline(tmp_path, {**ORDERS, "v03": "world"})
    pipe = replace(pipe, stages={name: pipe.stages[name] for name in ("scatter_toys", "count_words")})
    ends = run(pipe, str(tmp_path / "s"))
    assert list(ends["count_words"].failed().values()) == ["the world is out of order"]
    assert sum(report.status == "made" for report in ends["count_words"].reports.values()) == 3


def test_one_video_added_removed_and_changed(tmp_path: Path) -> None:
    root = str(tmp_path / "s")
    run(pipeline(tmp_path, ORDERS), root)
    changed = {**ORDERS, "new": "zz", "v05": "changed"}
    del changed["v07"]
    ends = run(pipeline(tmp_path, changed), root)
    counted = ends["count_words"]
    assert (counted.total("ran"), counted.total("removed")) == (2, 1)
    made = [report for report in counted.reports.values() if report.status == "made"]
    assert sum(report.copied for report in made) == sum(report.videos for report in made) - 2
    ledger = [json.loads(line) for line in (tmp_path / "s" / "ledger.jsonl").read_text().splitlines()]
    assert sum(line["removed"] for line in ledger if line["stage"] == "count_words") == 1


def test_limit_takes_the_first_and_never_takes_away(tmp_path: Path) -> None:
    pipe, root = pipeline(tmp_path, ORDERS), str(tmp_path / "s")
    assert run(pipe, root, Order(executor="here", limit=5))["count_words"].total("rows") == 5
    assert run(pipe, root, Order(executor="here", limit=9))["count_words"].total("ran") == 4
    with pytest.raises(ConfigError, match="--limit 3 would drop videos that the store has"):
        run(pipe, root, Order(executor="here", limit=3))


def test_some_shards_only(tmp_path: Path) -> None:
    pipe, root = pipeline(tmp_path, ORDERS), str(tmp_path / "s")
    pipe = replace(pipe, stages={name: pipe.stages[name] for name in ("scatter_toys", "count_words")})
    run(pipe, root, Order(executor="here", shards=(1, 3)))
    assert Store(root).shards_of("words") == [1, 3]


@pytest.mark.parametrize(
    ("order", "root", "words"),
    [
        (Order(executor="rays"), "s", r"no executor 'rays'; there are: here, processes"),
        (Order(workers=2), "memory://x", "use --executor here"),
        (Order(executor="here", shards=(4,)), "s", "there is no shard 4: toys has shards 0 to 3"),
        (
            Order(executor="here", retry=frozenset({"privat"})),
            "s",
            r"no reject code 'privat'; did you mean 'private'\?",
        ),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused_before_any_work(
    tmp_path: Path, order: Order, root: str, words: str
) -> None:
    place = root if "://" in root else str(tmp_path / root)
    with pytest.raises(ConfigError, match=words):
        run(pipeline(tmp_path, ORDERS), place, order)
    assert not (tmp_path / "s").exists()


def test_an_empty_manifest_builds_nothing(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="gives no video"):
        run(pipeline(tmp_path, {}), str(tmp_path / "s"))

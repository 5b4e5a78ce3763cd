"""Whole builds of toy pipelines: executors agree, culprits are found, nothing else is touched."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, TypeGuard

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import toys
from multihowto.build import Event, Order, ShardEnds, StageEnds, TablesRemoved, build, may_pass
from multihowto.cli.screen import json_of
from multihowto.errors import ConfigError, SessionBlocked
from multihowto.pipeline import Pipeline
from multihowto.stage import Output, Stage, World
from multihowto.stages.scatter_sources import ScatterSources
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


@dataclass(frozen=True)
class Walled(toys.CountWords):
    """A site blocks for a day at one video."""

    videos_per_batch: ClassVar = 1

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        if "wall" in inputs["sources"]["category_1"].to_pylist():
            raise SessionBlocked("HTTP 429", "a.test", 86_400.0)
        made = super().run(inputs, tools)
        return made._replace(notes=dict.fromkeys(inputs["sources"]["video_id"].to_pylist(), "noon"))


def is_count(event: Event) -> TypeGuard[ShardEnds]:
    """Whether a shard of words ended."""
    return isinstance(event, ShardEnds) and event.stage == "count_words"


@pytest.mark.parametrize("executor", ["here", "processes"])
def test_a_site_that_goes_on_blocking_ends_the_run_and_nothing_is_lost(tmp_path: Path, executor: str) -> None:
    pipe, root, order = pipeline(tmp_path, {**ORDERS, "v03": "wall"}), str(tmp_path / "s"), Order(executor, 1)
    pipe = replace(pipe, stages={**pipe.stages, "count_words": Walled()})
    ended: list[int] = []
    with pytest.raises(SessionBlocked, match=r"a\.test blocks this session since .*nothing is lost"):
        ended += (event.shard for event in build(pipe, Store(root), order) if is_count(event))
    made = Store(root).shards_of("words")
    assert ended == made and 0 < len(made) < 4
    toys.write_manifest(pipe.manifest, ORDERS)
    again = run(pipe, root, order)["count_words"]
    assert {again.reports[shard].status for shard in made} == {"unchanged"}
    assert again.total("rows") == 20


def test_what_a_stage_notes_is_in_the_ledger_and_in_no_event(tmp_path: Path) -> None:
    pipe = pipeline(tmp_path, ORDERS)
    pipe = replace(pipe, stages={**pipe.stages, "count_words": Walled()})
    events = list(build(pipe, Store(str(tmp_path / "s")), HERE))
    ends = [event for event in events if isinstance(event, ShardEnds)]
    assert ends and all(not event.report.notes and "notes" not in json_of(event)["report"] for event in ends)
    ledger = [json.loads(line) for line in (tmp_path / "s" / "ledger.jsonl").read_text().splitlines()]
    noted = {video: at for line in ledger for video, at in line.get("notes", {}).items()}
    assert noted == dict.fromkeys(ORDERS, "noon")


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


@dataclass(frozen=True)
class ScatterListed(ScatterSources):
    """The manifest less the excluded ones, as a shipped stage does it."""


@dataclass(frozen=True)
class KeepFile(toys.CountWords):
    """Counts, and keeps a file of each video."""

    writes: ClassVar = replace(toys.WORDS, name="keeps")
    keeps_files: ClassVar = True

    def open(self, world: World) -> World:
        return world

    def run(self, inputs: Mapping[str, pa.Table], tools: World) -> Output:
        for video in inputs["sources"]["video_id"].to_pylist():
            tools.kept.write(video, "media", b"x")
        return super().run(inputs, tools)


def listing(folder: Path, *names: str, excluded: Sequence[str] = ()) -> Pipeline:
    """A pipeline with some of three stages, and the list of exclusions beside it."""
    folder.mkdir(exist_ok=True)
    stages: dict[str, Stage] = {"count": toys.CountWords(), "keep": KeepFile()}
    lines = ["video_id,reason", *(f"{video},asked" for video in excluded), ""]
    (folder / "exclusions.csv").write_text("\n".join(lines))
    return replace(
        pipeline(folder, ORDERS),
        stages={"scatter": ScatterListed(), **{name: stages[name] for name in names}},
    )


def files(root: Path) -> dict[Path, bytes]:
    """All that a store holds, but for who has the lock."""
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != "lock")
    return {path: path.read_bytes() for path in paths}


def traces(root: Path, video: str) -> set[str]:
    """Tables, accounts and kept files that still name a video."""
    found = {path.relative_to(root).parts[0] for path in root.rglob("*") if video in path.parts}
    for path in root.glob("*/*/*.parquet"):
        with pq.ParquetFile(path) as file:
            if video in file.read(["video_id"])["video_id"].to_pylist():
                found.add("/".join(path.relative_to(root).parts[:2]))
    return found


@pytest.mark.parametrize("names", [["count"], ["keep"], []])
def test_a_video_that_is_taken_down_goes_from_what_is_no_longer_made_too(
    tmp_path: Path, names: list[str]
) -> None:
    root = tmp_path / "s"
    run(listing(tmp_path / "p", "count", "keep"), str(root))
    everywhere = {
        f"{kind}/{table}" for kind in ("tables", "accounts") for table in ("sources", "words", "keeps")
    }
    assert traces(root, "v07") == {"kept", *everywhere}
    events = list(build(listing(tmp_path / "p", *names, excluded=["v07"]), Store(str(root)), HERE))
    assert traces(root, "v07") == {"accounts/sources"}
    assert traces(root, "v08") >= {"kept", "tables/sources"}
    dropped = tuple(
        sorted({"count": "words", "keep": "keeps"}[name] for name in {"count", "keep"} - {*names})
    )
    assert [event for event in events if isinstance(event, TablesRemoved)] == [TablesRemoved(dropped)]
    assert not {f"tables/{name}" for name in dropped} & {
        path.relative_to(root).as_posix() for path in root.glob("*/*")
    }
    assert not set(dropped) & set(Store(str(root)).require()["tables"])
    ledger = [json.loads(line) for line in (root / "ledger.jsonl").read_text().splitlines()]
    assert [line["tables_removed"] for line in ledger if "tables_removed" in line] == [list(dropped)]
    again = list(build(listing(tmp_path / "p", *names, excluded=["v07"]), Store(str(root)), HERE))
    assert not [event for event in again if isinstance(event, TablesRemoved)]


def test_another_manifest_under_the_name_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "s"
    run(listing(tmp_path / "p", "keep"), str(root))
    before = files(root)
    other = listing(tmp_path / "p")
    toys.write_manifest(other.manifest, {"other": "x"})
    with pytest.raises(ConfigError, match=r"22 of the 22 videos in .*build --allow-removal"):
        run(other, str(root))
    assert files(root) == before
    run(other, str(root), Order(executor="here", allow_removal=True))
    assert Store(str(root)).read("sources")["video_id"].to_pylist() == ["other"]
    assert not traces(root, "v07")


@pytest.mark.parametrize(
    ("gone", "excluded", "refused"), [(5, 0, False), (6, 0, True), (5, 9, False), (0, 21, False)]
)
def test_a_few_videos_go_and_any_number_is_taken_down(
    tmp_path: Path, gone: int, excluded: int, refused: bool
) -> None:
    videos, root = list(ORDERS), str(tmp_path / "s")
    run(listing(tmp_path / "p"), root)
    changed = listing(tmp_path / "p", excluded=videos[gone : gone + excluded])
    toys.write_manifest(changed.manifest, {video: ORDERS[video] for video in videos[gone:]})
    if refused:
        with pytest.raises(
            ConfigError, match=rf"{gone} of the 22 videos in .* are no longer in .*videos.csv"
        ):
            run(changed, root)
        return
    run(changed, root)
    assert Store(root).read("sources").num_rows == len(videos) - gone - excluded


def test_a_large_store_may_lose_a_tenth(tmp_path: Path) -> None:
    pipe, root = listing(tmp_path / "p"), str(tmp_path / "s")
    many = {f"w{number:03d}": "x" for number in range(100)}
    toys.write_manifest(pipe.manifest, many)
    run(pipe, root)
    toys.write_manifest(pipe.manifest, dict(list(many.items())[10:]))
    run(pipe, root)
    assert Store(root).read("sources").num_rows == 90


def test_the_working_directory_brings_no_video_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, root = listing(tmp_path / "p", excluded=["v07"]), str(tmp_path / "s")
    listing(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path / "elsewhere")
    run(pipe, root)
    assert traces(Path(root), "v07") == {"accounts/sources"}
    assert Store(root).require()["exclusions"] == str(tmp_path / "p" / "exclusions.csv")


def test_another_list_of_exclusions_brings_no_video_back(tmp_path: Path) -> None:
    root = str(tmp_path / "s")
    run(listing(tmp_path / "p", excluded=["v07"]), root)
    with pytest.raises(ConfigError, match=r"does not list v07, which would come back"):
        run(listing(tmp_path / "q", excluded=["v08"]), root)
    run(listing(tmp_path / "q", excluded=["v07", "v08"]), root)
    run(listing(tmp_path / "q", excluded=["v08"]), root)
    assert traces(Path(root), "v07") >= {"tables/sources"}


def test_limit_lets_go_what_is_taken_down(tmp_path: Path) -> None:
    root, order = str(tmp_path / "s"), Order(executor="here", limit=9)
    run(listing(tmp_path / "p"), root, order)
    run(listing(tmp_path / "p", excluded=["v07"]), root, order)
    assert Store(root).read("sources").num_rows == 8

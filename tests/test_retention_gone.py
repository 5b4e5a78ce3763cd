"""A video that is taken down leaves all tables before anything else is done, whatever ends the build."""

import itertools
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import toys
from multihowto import tables
from multihowto.build import Order, ShardEnds, StageBegins, build
from multihowto.errors import RetryableError
from multihowto.manifests import shard_of
from multihowto.pipeline import Pipeline
from multihowto.stage import Output, World
from multihowto.stages.scatter_sources import ScatterSources
from multihowto.storage import LEAVING, Stamp, Store, shard_name

VIDEOS = tuple(f"v{number}" for number in range(8))
GONE, SHARDS, DELETE = "v3", 2, "delete_after_features"
TABLES = ("sources", "keeps", "words", "ranks")


@dataclass(frozen=True)
class KeepFiles(toys.CountWords):
    """Counts, and keeps a small file and a media file of each video."""

    writes: ClassVar = replace(toys.WORDS, name="keeps")
    keeps_files: ClassVar = True

    retention: str = "keep"

    def open(self, world: World) -> World:
        return world

    def run(self, inputs: Mapping[str, pa.Table], tools: World) -> Output:
        for video in inputs["sources"]["video_id"].to_pylist():
            tools.kept.write(video, "media.json", b"{}")
            local = tools.kept.scratch / video
            local.write_bytes(b"x")
            tools.kept.put_media(video, ".mp4", local)
        return super().run(inputs, tools)


@dataclass(frozen=True)
class ReadMedia(toys.CountWords):
    """Counts, as a stage that needs the media files."""

    reads_media: ClassVar = True


class Watched(Store):
    """A store that notes whose accounts are read, and whose disk fails in the middle of one shard."""

    def __init__(self, root: str, fails_at: int | None = None) -> None:
        super().__init__(root)
        self.looked_at = list[str]()
        self.fails_at = fails_at
        self.writes = itertools.count()

    def read_accounts(self, table: str, shard: int, columns: Sequence[str] | None = None) -> pa.Table:
        self.looked_at.append(f"{table}/{shard}")
        return super().read_accounts(table, shard, columns)

    def write_shard(
        self, table: tables.Table, shard: int, rows: pa.Table, accounts: pa.Table, stamp: Stamp
    ) -> None:
        if next(self.writes) == self.fails_at:
            self._write_parquet(shard_name("accounts", table.name, shard), accounts, stamp)
            raise RetryableError("the disk is gone")
        super().write_shard(table, shard, rows, accounts, stamp)


@dataclass(frozen=True)
class Place:
    """A folder with a pipeline, its manifest, its exclusions and a log of the videos that were run."""

    folder: Path

    def pipeline(
        self, excluded: Sequence[str] = (), videos: Sequence[str] = VIDEOS, retention: str = "keep"
    ) -> Pipeline:
        (self.folder / "log").mkdir(parents=True, exist_ok=True)
        lines = ["video_id,reason", *(f"{video},asked" for video in excluded), ""]
        (self.folder / "exclusions.csv").write_text("\n".join(lines))
        categories = {video: "x" * number for number, video in enumerate(VIDEOS) if video in videos}
        manifest = toys.write_manifest(self.folder / "videos.csv", categories)
        stages = {
            "scatter": ScatterSources(),
            "keep": KeepFiles(log=str(self.folder / "log"), retention=retention),
            "count": ReadMedia(),
            "rank": toys.RankWords(),
        }
        return Pipeline("toys", self.folder / "toys.yaml", manifest, SHARDS, stages)

    def build(self, made: Pipeline, store: Store | None = None, until: str = "") -> None:
        """Builds, or stops when a stage begins, as a build that is killed there does."""
        for event in build(made, store or self.store, Order(executor="here")):
            if isinstance(event, StageBegins) and event.stage == until:
                return

    @property
    def root(self) -> Path:
        return self.folder / "store"

    @property
    def store(self) -> Store:
        return Store(str(self.root))

    @property
    def stamps(self) -> dict[str, Any]:
        return {
            f"{name}/{shard}": self.store.whole_stamp(name, shard)
            for name in TABLES
            for shard in range(SHARDS)
        }

    def traces(self, video: str) -> set[str]:
        """Tables, accounts and kept files that name a video."""
        paths = [path for path in self.root.rglob("*") if video in (path.name, path.stem)]
        found = {path.relative_to(self.root).parts[0] for path in paths}
        for path in self.root.glob("*/*/*.parquet"):
            with pq.ParquetFile(path) as file:
                if video in file.read(["video_id"])["video_id"].to_pylist():
                    found.add("/".join(path.relative_to(self.root).parts[:2]))
        return found

    @property
    def runs(self) -> dict[str, int]:
        return {path.name: len(path.read_text().split()) for path in (self.folder / "log").iterdir()}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "p")
    made.build(made.pipeline())
    everywhere = {f"{kind}/{table}" for kind in ("tables", "accounts") for table in TABLES}
    assert made.traces(GONE) == {"kept", "media", *everywhere}
    return made


def expect_as_from_scratch(place: Place, *excluded: str, videos: Sequence[str] = VIDEOS) -> None:
    """Fails unless a build gives what one into an empty store gives, runs no video again, and leaves nothing to do."""
    made = place.pipeline(excluded, videos)
    place.build(made)
    fresh = Place(place.folder / "fresh")
    fresh.build(fresh.pipeline(excluded, videos))
    assert place.store.read("sources") == fresh.store.read("sources")
    stamps = [{name: stamp and stamp.content for name, stamp in one.stamps.items()} for one in (place, fresh)]
    assert stamps[0] == stamps[1] and None not in stamps[0].values()
    assert set(place.runs.values()) == {1}
    again = list(build(made, place.store, Order(executor="here")))
    assert {event.report.status for event in again if isinstance(event, ShardEnds)} == {"unchanged"}


def test_a_build_that_stops_early_leaves_no_row_of_it(place: Place) -> None:
    place.build(place.pipeline([GONE]), until="keep")
    assert place.traces(GONE) == {"accounts/sources"}
    assert place.traces("v4") >= {"kept", "media", *(f"tables/{table}" for table in TABLES[:-1])}
    assert LEAVING not in place.store.require()
    expect_as_from_scratch(place, GONE)


def test_only_the_shard_that_it_left_is_touched(place: Place) -> None:
    before, home = place.stamps, shard_of(GONE, SHARDS)
    place.build(place.pipeline([GONE]), until="keep")
    later = [f"{table}/{shard}" for table in TABLES[1:] for shard in range(SHARDS)]
    changed = {name for name in later if place.stamps[name] != before[name]}
    assert changed == {f"{table}/{home}" for table in TABLES[1:]}


def test_a_video_that_leaves_the_manifest_too_goes_as_early(place: Place) -> None:
    others = [video for video in VIDEOS if video != GONE]
    place.build(place.pipeline([GONE], others), until="keep")
    assert place.traces(GONE) == set()
    expect_as_from_scratch(place, GONE, videos=others)


@pytest.mark.parametrize("fails_at", range(SHARDS + 2))
def test_wherever_it_is_killed_the_next_build_makes_it_good(place: Place, fails_at: int) -> None:
    """A disk that fails in the middle of a shard: of the first table, or of the two that are written again."""
    with pytest.raises(RetryableError, match="the disk is gone"):
        place.build(place.pipeline([GONE]), Watched(str(place.root), fails_at))
    assert shard_of(GONE, SHARDS) in place.store.require()[LEAVING]
    place.build(place.pipeline([GONE]), until="keep")
    assert place.traces(GONE) == {"accounts/sources"}
    expect_as_from_scratch(place, GONE)


def test_a_kill_between_two_files_is_no_loss_of_what_deleted_media_gave(place: Place) -> None:
    """The features' account is written, and they are not: they are not missing, and no build is refused."""
    place.build(place.pipeline(retention=DELETE))
    assert not list((place.root / "media").glob("*"))
    made = place.pipeline([GONE], retention=DELETE)
    words = SHARDS + TABLES.index("words") - 1
    with pytest.raises(RetryableError, match="the disk is gone"):
        place.build(made, Watched(str(place.root), words))
    assert place.store.whole_stamp("words", shard_of(GONE, SHARDS)) is None
    place.build(made)
    assert place.traces(GONE) == {"accounts/sources"}
    shards = [place.store.read_shard(toys.WORDS, shard)["video_id"].to_pylist() for shard in range(SHARDS)]
    assert sorted(itertools.chain(*shards)) == [video for video in VIDEOS if video != GONE]


def test_media_of_which_nothing_else_is_kept_goes_too(place: Place) -> None:
    shutil.rmtree(place.root / "kept" / f"{shard_of(GONE, SHARDS):05d}" / GONE)
    place.build(place.pipeline([GONE]))
    assert place.traces(GONE) == {"accounts/sources"}


def test_a_video_that_comes_back_after_a_stop_is_made_again(place: Place) -> None:
    before = place.stamps
    place.build(place.pipeline([GONE]), until="keep")
    place.build(place.pipeline())
    contents = [{name: stamp.content for name, stamp in stamps.items()} for stamps in (before, place.stamps)]
    assert contents[0] == contents[1]
    assert place.runs == dict.fromkeys(VIDEOS, 1) | {GONE: 2}


@pytest.mark.parametrize("folder", ["tables", "accounts"])
def test_half_a_shard_goes_whole_and_is_made_again(place: Place, folder: str) -> None:
    home = shard_of(GONE, SHARDS)
    (place.root / folder / "words" / f"{home:05d}.parquet").unlink()
    place.build(place.pipeline([GONE]), until="keep")
    assert place.traces(GONE) == {"accounts/sources"}
    expect_as_from_scratch(place, GONE)


def test_a_first_table_that_is_damaged_does_not_hide_it(place: Place) -> None:
    home = shard_of(GONE, SHARDS)
    (place.root / "tables/sources" / f"{home:05d}.parquet").write_bytes(b"")
    place.build(place.pipeline([GONE]), until="keep")
    assert place.traces(GONE) == {"accounts/sources"}
    expect_as_from_scratch(place, GONE)


def test_a_note_waits_for_a_first_table_that_is_not_there(place: Place) -> None:
    home = shard_of(GONE, SHARDS)
    made = place.pipeline()
    (place.root / "tables/sources" / f"{home:05d}.parquet").unlink()
    place.store.note(LEAVING, [home])
    list(build(made, place.store, Order(executor="here", shards=(1 - home,))))
    assert place.store.require()[LEAVING] == [home]
    assert place.traces(GONE) >= {"tables/words", "kept"}


def test_nothing_is_looked_at_when_nothing_left(place: Place) -> None:
    store = Watched(str(place.root))
    place.build(place.pipeline(), store)
    assert store.looked_at == []
    more = place.pipeline()
    toys.write_manifest(more.manifest, {video: "x" * number for number, video in enumerate((*VIDEOS, "w"))})
    place.build(more, store, until="keep")
    assert {name.partition("/")[0] for name in store.looked_at} == {"sources"}
    assert "leaving" not in json.loads((place.root / "store.json").read_text())

"""Media goes when its features are made, rows stay, and nothing is asked or lost because it is gone."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import pyarrow as pa
import pytest

import toys
from multihowto import tables
from multihowto.build import Event, Order, ShardEnds, build
from multihowto.errors import ConfigError, RetryableError
from multihowto.kept import KeptFiles
from multihowto.pipeline import Pipeline
from multihowto.rejects import Reject
from multihowto.stage import Map, Output, World
from multihowto.storage import Store

FEATURES = tables.Table(
    "lengths",
    key="video_id",
    meaning="How long each media file is.",
    schema=pa.schema(
        [
            tables.column("video_id", pa.string(), "as in sources"),
            tables.column("length", pa.int32(), "bytes"),
        ]
    ),
)
HERE = Order(executor="here")
DELETE: Literal["delete_after_features"] = "delete_after_features"


@dataclass(frozen=True)
class Download(Map):
    """Keeps a file for each video, as stage download_videos does."""

    reads: ClassVar = (tables.SOURCES.only("category_1"),)
    writes: ClassVar = tables.VIDEOS
    videos_per_batch: ClassVar = 1
    keeps_files: ClassVar = True

    log: str = ""
    """A file in which each download leaves a line."""
    retention: Literal["keep", "delete_after_features"] = DELETE
    fails_at: str = ""
    refuses: str = ""

    def run(self, inputs: Mapping[str, pa.Table], tools: World) -> Output:
        videos = inputs["sources"]["video_id"].to_pylist()
        rows = [self.row(tools.kept, video) for video in videos if video != self.refuses]
        rejects = [Reject(video, "server_error") for video in videos if video == self.refuses]
        return Output(pa.Table.from_pylist(rows, schema=tables.VIDEOS.schema), rejects)

    def row(self, kept: KeptFiles, video: str) -> dict[str, Any]:
        if video == self.fails_at:
            raise RetryableError("the network is gone")
        there = kept.media_size(video, ".mp4") is not None
        if not there and (self.retention == "keep" or kept.read(video, "media.json") is None):
            local = kept.scratch / video
            local.write_bytes(video.encode())
            kept.put_media(video, ".mp4", local)
            kept.write(video, "media.json", b"{}")
            with Path(self.log).open("a") as file:
                file.write(f"{video}\n")
        texts = {name: "x" for name in ("url", "site", "title", "tool")}
        path = kept.media_path(video, ".mp4")
        facts = {"media_path": path, "media_sha256": hashlib.sha256(video.encode()).hexdigest()}
        return {"video_id": video, "duration_ms": 0, "tracks": [], "missing": [], **texts, **facts}


@dataclass(frozen=True)
class Measure(Map):
    """Opens each media file, as stage extract_features does."""

    reads: ClassVar = (tables.VIDEOS.only("media_path", "media_sha256"),)
    writes: ClassVar = FEATURES
    reads_media: ClassVar = True

    times: int = 1
    waits_for: str = ""
    """A file without which v1 takes too long."""

    def run(self, inputs: Mapping[str, pa.Table], tools: World) -> Output:
        rows, rejects = [], []
        for video in inputs["videos"].to_pylist():
            with tools.kept.local(video["media_path"]) as path:
                if video["video_id"] == "v1" and self.waits_for and not Path(self.waits_for).exists():
                    rejects.append(Reject("v1", "timed_out"))
                elif path is None:
                    rejects.append(Reject(video["video_id"], "no_media"))
                else:
                    length = path.stat().st_size * self.times
                    rows.append({"video_id": video["video_id"], "length": length})
        return Output(pa.Table.from_pylist(rows, schema=FEATURES.schema), rejects)


@dataclass(frozen=True)
class Place:
    """A store, and the pipeline that is built into it."""

    folder: Path
    store: Store

    def build(
        self,
        videos: Iterable[str],
        download: Download | None = None,
        measure: Measure | None = None,
        order: Order = HERE,
    ) -> None:
        for _ in self.events(videos, download, measure, order):
            pass

    def events(
        self,
        videos: Iterable[str],
        download: Download | None = None,
        measure: Measure | None = None,
        order: Order = HERE,
    ) -> Iterator[Event]:
        manifest = toys.write_manifest(self.folder / "videos.csv", dict.fromkeys(videos, "x"))
        stages = {
            "scatter_toys": toys.ScatterToys(),
            "download": replace(download or Download(), log=str(self.folder / "log")),
            "measure": measure or Measure(),
        }
        pipeline = Pipeline("toys", self.folder / "toys.yaml", manifest, 2, stages)
        yield from build(pipeline, self.store, order)

    @property
    def downloaded(self) -> list[str]:
        """Videos in the order of their downloads."""
        return (self.folder / "log").read_text().split()

    @property
    def media(self) -> set[str]:
        return {path.stem for path in (self.folder / "store/media").glob("*/*")}

    def rows(self, table: tables.Table) -> list[dict[str, Any]]:
        shards = [
            self.store.read_shard(table, shard).to_pylist() for shard in self.store.shards_of(table.name)
        ]
        return [row for shard in shards for row in shard]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path, Store(str(tmp_path / "store")))


VIDEOS = ("v1", "v2", "v3", "v4")


def test_media_goes_and_rows_stay(place: Place) -> None:
    place.build(VIDEOS, Download(retention="keep"))
    videos, lengths = place.rows(tables.VIDEOS), place.rows(FEATURES)
    assert place.media == set(VIDEOS)
    place.build(VIDEOS)
    assert place.media == set() and not list((place.folder / "store/media").glob("*"))
    assert (place.rows(tables.VIDEOS), place.rows(FEATURES)) == (videos, lengths)
    assert len(lengths) == 4 and sorted(place.downloaded) == list(VIDEOS)


def test_a_new_video_is_downloaded_alone(place: Place) -> None:
    place.build(VIDEOS)
    place.build([*VIDEOS, "v5"])
    assert place.downloaded[4:] == ["v5"] and place.media == set()
    assert len(place.rows(FEATURES)) == 5


def test_keep_downloads_again(place: Place) -> None:
    place.build(VIDEOS)
    place.build(VIDEOS, Download(retention="keep"), Measure(times=2))
    assert sorted(place.downloaded[4:]) == list(VIDEOS) and place.media == set(VIDEOS)
    assert {row["length"] for row in place.rows(FEATURES)} == {4}


def test_features_are_not_replaced_by_rejects(place: Place) -> None:
    place.build(VIDEOS)
    before = place.rows(FEATURES)
    with pytest.raises(
        ConfigError, match=r"measure is no longer what made shard 0 .* or set retention: keep"
    ):
        place.build([*VIDEOS, "v5"], measure=Measure(times=2))
    assert place.rows(FEATURES) == before and len(place.downloaded) == 4
    place.build(VIDEOS)


def test_media_of_one_video_is_not_the_media_of_all(place: Place) -> None:
    """A shard that was stopped in the middle has media of new videos only."""
    place.build(VIDEOS)
    place.build([*VIDEOS, *"abcdefgh"], Download(fails_at="h"))
    assert place.media
    with pytest.raises(ConfigError, match="is no longer what made shard"):
        place.build([*VIDEOS, *"abcdefgh"], measure=Measure(times=2))


def test_a_shard_that_is_not_done_keeps_its_media(place: Place) -> None:
    place.build(VIDEOS)
    place.build([*VIDEOS, *"abcdefgh"], Download(fails_at="h"))
    [shard] = [int(path.name) for path in (place.folder / "store/media").glob("*")]
    waiting = place.media
    assert waiting and len(place.rows(FEATURES)) < 12
    place.build([*VIDEOS, *"abcdefgh"], order=Order(executor="here", shards=(1 - shard,)))
    assert place.media == waiting
    place.build([*VIDEOS, *"abcdefgh"])
    assert place.media == set() and len(place.rows(FEATURES)) == 12
    assert sorted(place.downloaded) == sorted([*VIDEOS, *"abcdefgh"])


def test_media_that_a_kill_left_goes_with_the_next_build(place: Place) -> None:
    place.build(VIDEOS)
    left = place.folder / "store/media/00001"
    left.mkdir(parents=True)
    (left / "v1.mp4").write_bytes(b"v1")
    place.build(VIDEOS)
    assert not left.exists()


def test_nothing_is_looked_at_if_media_is_kept(place: Place) -> None:
    place.build(VIDEOS, Download(retention="keep"))
    place.build(VIDEOS, Download(retention="keep"), Measure(times=2))
    assert place.media == set(VIDEOS) and {row["length"] for row in place.rows(FEATURES)} == {4}


def test_deleting_needs_a_stage_that_reads(place: Place) -> None:
    manifest = toys.write_manifest(place.folder / "videos.csv", {"v1": "x"})
    stages = {"scatter_toys": toys.ScatterToys(), "download": Download()}
    pipeline = Pipeline("toys", place.folder / "toys.yaml", manifest, 2, stages)
    with pytest.raises(ConfigError, match="no stage reads media: set media: none, or retention: keep"):
        list(build(pipeline, place.store, Order(executor="here")))


def test_a_video_that_was_rejected_once_gets_its_features_again(place: Place) -> None:
    place.build(VIDEOS)
    features = place.rows(FEATURES)
    place.build(VIDEOS, Download(refuses="v1"))
    assert [row["video_id"] for row in place.rows(FEATURES)] == [
        row["video_id"] for row in features if row["video_id"] != "v1"
    ]
    place.build(VIDEOS, Download())
    assert place.rows(FEATURES) == features
    assert place.downloaded[4:] == ["v1"] and place.media == set()


def test_media_stays_while_another_try_may_need_it(place: Place) -> None:
    measure = Measure(waits_for=str(place.folder / "time"))
    place.build(VIDEOS, measure=measure)
    assert len(place.rows(FEATURES)) == 3 and "v1" in place.media
    (place.folder / "time").touch()
    place.build(VIDEOS, measure=measure, order=replace(HERE, retry=frozenset({"timed_out"})))
    assert len(place.rows(FEATURES)) == 4 and place.media == set()
    assert len(place.downloaded) == 4


@pytest.mark.parametrize("damage", ["missing", "empty", "middle", "account", "videos too"])
def test_features_that_are_damaged_are_not_replaced_by_rejects(place: Place, damage: str) -> None:
    place.build(VIDEOS)
    features = place.rows(FEATURES)
    [shard, *_] = (place.folder / "store/tables/lengths").glob("*.parquet")
    account = place.folder / "store/accounts/lengths" / shard.name
    data = shard.read_bytes()
    if damage in ("missing", "videos too"):
        shard.unlink()
    elif damage == "account":
        account.unlink()
    else:
        shard.write_bytes(b"" if damage == "empty" else data[:4] + bytes(40) + data[44:])
    if damage == "videos too":
        (place.folder / "store/tables/videos" / shard.name).unlink()
    order = replace(HERE, verify=damage == "middle")
    with pytest.raises(ConfigError, match=r"of lengths is missing or damaged, .* or set retention: keep"):
        place.build(VIDEOS, order=order)
    place.build(VIDEOS, Download(retention="keep"))
    assert place.rows(FEATURES) == features


def test_media_of_a_shard_goes_as_soon_as_the_shard_is_done(place: Place) -> None:
    left = []
    for event in place.events([*VIDEOS, *"abcdefgh"]):
        if isinstance(event, ShardEnds) and event.stage == "measure":
            left.append(len(place.media))
    assert len(left) == 2 and 0 < left[0] < 12 and left[1] == 0

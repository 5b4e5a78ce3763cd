"""Features of small videos through the runner: as many as the length says, in blocks, the same every time."""

import contextlib
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
import msgspec
import numpy as np
import pyarrow as pa
import pytest

from multihowto import digests, tables
from multihowto.adapters import ffmpeg, models
from multihowto.adapters.ffmpeg import Sampling
from multihowto.contract import close
from multihowto.kept import KeptFiles
from multihowto.manifests import shipped
from multihowto.runner import Task, close_tools, run_shard
from multihowto.stage import World, fingerprint
from multihowto.stages.extract_features import ExtractFeatures, Tools
from multihowto.storage import Store

FEATURES = tables.FEATURES_EFFICIENTNET_LITE0
PICTURES = {
    "disc": "color=blue:s=160x120:r=10:d=3.5,drawbox=x=40:y=20:w=80:h=80:c=yellow:t=fill",
    "test": "testsrc2=s=120x160:r=25:d=2",
    "twin": "testsrc2=s=120x160:r=25:d=2",
}


class Fake:
    """A network that sees nothing but the mean colour."""

    def features(self, pictures: Any) -> Any:
        colours = pictures.mean(axis=(1, 2)).astype(np.float16)
        return np.pad(colours, [(0, 0), (0, 1277)])


@dataclass(frozen=True)
class Shard:
    """A store with one shard of videos."""

    store: Store

    @property
    def world(self) -> World:
        folder = shipped("manifests")
        name = ExtractFeatures().model
        return World(KeptFiles(self.store, 1), folder, folder, {name: models.fetch(name)})

    def task(self, stage: ExtractFeatures) -> Task:
        return Task(
            "extract_features", stage, fingerprint("extract_features", stage, {}), self.store, self.world
        )

    def put(self, media: Mapping[str, bytes | None]) -> None:
        """Keeps the files, and writes table `videos`; None is a video that was built without media."""
        rows = []
        for video, data in sorted(media.items()):
            if data is not None:
                self.store.files.write_bytes(f"media/00000/{video}.mp4", data)
            rows.append(video_row(video, None if data is None else f"media/00000/{video}.mp4"))
        table = pa.Table.from_pylist(rows, schema=tables.VIDEOS.schema)
        account = {"input_hash": b"\0" * digests.SIZE, "rows_in": 1, "rejects": [], "flaws": []}
        stamp, accounts = close(
            "recipe", "how", table, [{"video_id": row["video_id"], **account} for row in rows]
        )
        self.store.write_shard(tables.VIDEOS, 0, table, accounts, stamp)

    def rows(self) -> pa.Table:
        return self.store.read_shard(FEATURES, 0)

    def reasons(self) -> dict[str, str]:
        """Code of each video that was left out."""
        accounts = self.store.read_accounts(FEATURES.name, 0).to_pylist()
        return {row["video_id"]: reject["code"] for row in accounts for reject in row["rejects"]}


def video_row(video: str, media_path: str | None) -> dict[str, Any]:
    known: dict[str, Any] = {"video_id": video, "media_path": media_path, "duration_ms": 0}
    empty: dict[str, Any] = {"tracks": [], "missing": []}
    return {name: "x" for name in ("url", "site", "title", "tool")} | empty | known


def video(path: Path, source: str) -> bytes:
    """An MP4 made from a lavfi source."""
    quiet = [ffmpeg.find_ffmpeg(), "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", source]
    subprocess.run([*quiet, "-pix_fmt", "yuv420p", "-movflags", "+faststart", str(path)], check=True)
    return path.read_bytes()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("files")
    return {name: video(folder / f"{name}.mp4", source) for name, source in PICTURES.items()}


@pytest.fixture
def shard(tmp_path: Path) -> Shard:
    return Shard(Store(str(tmp_path / "store")))


def vectors(rows: pa.Table, video: str) -> Any:
    """Features of a video, (n, 1280)."""
    found = [row["features"] for row in rows.to_pylist() if row["video_id"] == video]
    return np.array([vector for block in found for vector in block], np.float32)


def test_a_feature_a_step_and_the_same_for_the_same_pictures(shard: Shard, files: dict[str, bytes]) -> None:
    shard.put(files)
    report = run_shard(shard.task(ExtractFeatures()), 0)
    assert (report.status, report.rows, report.rejects) == ("made", 3, {})
    rows = shard.rows()
    assert rows["block_id"].to_pylist() == ["disc:000000", "test:000000", "twin:000000"]
    assert rows["network"].unique().to_pylist() == ["efficientnet_lite0 0.1.0"]
    assert rows.select(["start_ms", "step_ms"]).to_pylist() == [{"start_ms": 0, "step_ms": 1000}] * 3
    disc, test, twin = (vectors(rows, name) for name in ("disc", "test", "twin"))
    assert (disc.shape, test.shape) == ((4, 1280), (2, 1280))
    assert np.array_equal(test, twin)
    assert cosine(disc[0], disc[3]) > 0.999 > 0.8 > cosine(disc[0], test[0])
    assert disc.min() >= 0
    assert 1 < disc.max() <= 6


def cosine(one: Any, other: Any) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_equal_runs_give_equal_rows_and_settings_are_close(
    tmp_path: Path, shard: Shard, files: dict[str, bytes]
) -> None:
    again, other = Shard(Store(str(tmp_path / "again"))), Shard(Store(str(tmp_path / "other")))
    for each, stage in ((shard, ExtractFeatures(rate_hz=2)), (again, ExtractFeatures(rate_hz=2))):
        each.put(files)
        run_shard(each.task(stage), 0)
        close_tools()
    other.put(files)
    run_shard(other.task(ExtractFeatures(rate_hz=2, batch_size=1, threads=2)), 0)
    close_tools()
    assert shard.rows().equals(again.rows())
    assert shard.store.stamp(FEATURES.name, 0) == again.store.stamp(FEATURES.name, 0)
    assert vectors(shard.rows(), "disc").shape == (7, 1280)
    np.testing.assert_allclose(vectors(shard.rows(), "test"), vectors(other.rows(), "test"), atol=4e-3)
    assert run_shard(shard.task(ExtractFeatures(rate_hz=2)), 0).status == "unchanged"


def test_bad_files_are_rejects_with_a_reason(shard: Shard, files: dict[str, bytes]) -> None:
    good = files["disc"]
    damaged = bytearray(good)
    middle = len(good) * 2 // 3
    damaged[middle : middle + len(good) // 6] = b"\xa5" * (len(good) // 6)
    media = {"good": good, "cut": good[: len(good) // 2], "empty": b"", "html": b"<html><p>"}
    shard.put({**media, "damaged": bytes(damaged)})
    report = run_shard(shard.task(ExtractFeatures()), 0)
    close_tools()
    assert report.status == "made"
    assert set(shard.rows()["video_id"].to_pylist()) == {"good"}
    bad = {"cut": "truncated", "empty": "bad_media", "html": "bad_media", "damaged": "undecodable"}
    assert shard.reasons() == bad


def test_a_video_that_takes_too_long_is_rejected(shard: Shard, files: dict[str, bytes]) -> None:
    shard.put({"test": files["test"]})
    inputs = {"videos": shard.store.read_shard(ExtractFeatures.reads[0], 0)}
    made = ExtractFeatures(deadline_s=0).run(inputs, fake_tools(shard.store, 1))
    assert [(reject.key, reject.code) for reject in made.rejects] == [("test", "timed_out")]


@pytest.mark.parametrize("setting", ["batch_size", "threads", "deadline_s"])
def test_settings_of_nothing_are_refused(setting: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=setting):
        msgspec.convert({setting: 0}, ExtractFeatures)
    assert msgspec.convert({setting: 1}, ExtractFeatures).rate_hz == 1


def fake_tools(store: Store, rate_hz: int) -> Tools:
    extractor: Any = Fake()
    return Tools(KeptFiles(store, 1), extractor, Sampling(rate_hz, 32, 1.0, 16), "fake 1")


@pytest.mark.parametrize(("rate_hz", "steps"), [(1, [512, 8]), (2, [1024, 16])])
def test_a_row_holds_at_most_512_seconds(
    shard: Shard, tmp_path: Path, rate_hz: Any, steps: list[int]
) -> None:
    data = video(tmp_path / "long.mp4", "testsrc=s=32x32:r=1:d=520")
    shard.put({"long": data})
    inputs = {"videos": shard.store.read_shard(ExtractFeatures.reads[0], 0)}
    made = ExtractFeatures(rate_hz=rate_hz).run(inputs, fake_tools(shard.store, rate_hz)).rows
    assert made["block_id"].to_pylist() == ["long:000000", "long:000512"]
    assert made["start_ms"].to_pylist() == [0, 512_000]
    assert made["step_ms"].to_pylist() == [1000 // rate_hz] * 2
    assert [len(block) for block in made["features"].to_pylist()] == steps
    assert made.schema.equals(FEATURES.schema)
    for table in (made, pa.concat_tables([made.slice(1), made.slice(0, 1)]).sort_by("block_id")):
        assert [block[-1][:3] for block in table["features"].to_pylist()] == [
            block[-1][:3] for block in made["features"].to_pylist()
        ]


@pytest.mark.parametrize("forget", [False, True])
def test_videos_without_media_are_rejected(shard: Shard, forget: bool) -> None:
    shard.put({"bare": b"x" if forget else None})
    KeptFiles(shard.store, 1).forget("bare")
    inputs = {"videos": shard.store.read_shard(ExtractFeatures.reads[0], 0)}
    made = ExtractFeatures().run(inputs, fake_tools(shard.store, 1))
    assert made.rows.num_rows == 0
    assert [(reject.key, reject.code) for reject in made.rejects] == [("bare", "no_media")]


def test_a_remote_file_is_copied_for_the_time_of_its_use() -> None:
    store = Store("memory://features-test")
    kept = KeptFiles(store, 1)
    store.files.write_bytes("media/00000/a.mp4", b"film")
    with kept.local("media/00000/a.mp4") as path:
        assert path is not None
        assert (path.read_bytes(), path.suffix) == (b"film", ".mp4")
    assert not path.parent.exists()
    with kept.local("media/00000/b.mp4") as missing:
        assert missing is None
    with contextlib.suppress(FileNotFoundError):
        fsspec.filesystem("memory").rm("/features-test", recursive=True)

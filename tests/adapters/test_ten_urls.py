"""Ten URLs, two of them good, through the whole stage: two videos, and eight reasons that are true."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from multihowto.adapters.youtube import Options, Site
from multihowto.errors import SessionBlocked
from multihowto.executors import EXECUTORS
from multihowto.kept import KeptFiles
from multihowto.manifests import read_languages
from multihowto.report.numbers import table_numbers
from multihowto.runner import Report, Task, close_tools, run_shard
from multihowto.spread import run_scatter
from multihowto.stage import World, fingerprint, settings
from multihowto.stages.download_videos import DownloadVideos
from multihowto.stages.scatter_sources import ScatterSources
from multihowto.storage import Store

from .fault_server import Answer, FaultServer
from .loopback import VTT
from .youtube_double import EXTRACTOR_ARGS, ID, URL, DoubleRH, refusal

BOT = refusal("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot")
AGE = refusal("LOGIN_REQUIRED", "Sign in to confirm your age")
PRIVATE = refusal("LOGIN_REQUIRED", "Private video")
SHARDS = 2
HTML = Answer(b"<html>please log in</html>", type="video/mp4")
REASONS = {
    "gone": "not_found",
    "busy": "removed",
    "down": "server_error",
    ID: "age_restricted",
    "empty": "bad_media",
    "short": "truncated",
    "html": "bad_media",
    "private": "private",
}
"""What is true of each. Of two the site does not talk at first (429, its bot check): it says so after a pause."""


@dataclass(frozen=True)
class DownloadTen(DownloadVideos):
    """The stage with the double in front of YouTube's addresses."""

    def open(self, world: World) -> Site:
        options = Options(**settings(self) | {"languages": read_languages(world.manifest(self.languages))})
        return Site(world.kept, options, handlers=[DOUBLE])


DOUBLE = DoubleRH()


@dataclass
class Ten:
    """The ten, a store, and how often the workers paused."""

    server: FaultServer
    store: Store
    folder: Path
    pauses: list[float] = field(default_factory=list)

    def put_up(self, mp4: Answer) -> None:
        """Two good videos, and eight others; the manifest names all ten."""
        urls = {name: self.server.page(name, mp4, {"en": VTT}) for name in ("good1", "good2")}
        urls |= {name: f"{self.server.root}/{name}" for name in ("gone", "busy", "down")}
        self.server.answers |= {"/busy": lambda asked: Answer(status=429 if asked == 1 else 451)}
        self.server.answers["/down"] = Answer(status=503)
        media = {
            "empty": Answer(type="video/mp4"),
            "short": mp4._replace(cut=5000, length=False),
            "html": HTML,
        }
        urls |= {name: self.server.page(name, bad, {"en": VTT}) for name, bad in media.items()}
        urls |= {ID: URL, "private": URL.replace(ID, "privateaaaa")}
        DOUBLE.players = {ID: lambda asked: BOT if asked == 1 else AGE, "privateaaaa": PRIVATE}
        DOUBLE.asked.clear()
        lines = [f"{name},{url}" for name, url in urls.items()]
        (self.folder / "videos.csv").write_text("\n".join(["video_id,url", *lines, ""]))

    def reasons(self) -> dict[str, list[str]]:
        """Why each is left out."""
        lines = {name: self.store.read_rejects("videos", name) for name in (*REASONS, "good1", "good2")}
        return {name: [line["code"] for line in found] for name, found in lines.items()}

    def task(self, name: str, stage: ScatterSources | DownloadVideos) -> Task:
        world = World(KeptFiles(self.store, SHARDS), self.folder / "videos.csv", self.folder, {})
        return Task(name, stage, fingerprint(name, stage, {}), self.store, world, sleep=self.pauses.append)

    def run(self) -> dict[int, Report]:
        """Both stages, shard by shard, in this process."""
        self.store.create("ten", SHARDS, ["sources", "videos"])
        run_scatter(self.task("scatter_sources", ScatterSources()), range(SHARDS), SHARDS)
        download = DownloadTen(pacing="off", allow_private=True, extractor_args=EXTRACTOR_ARGS, deadline_s=20)
        task = self.task("download_videos", download)
        try:
            results = dict(EXECUTORS["here"](lambda shard: run_shard(task, shard), range(SHARDS), 1))
        finally:
            close_tools()
        return {shard: result for shard, result in results.items() if isinstance(result, Report)}


@pytest.fixture
def ten(server: FaultServer, tmp_path: Path, mp4: Answer) -> Ten:
    made = Ten(server, Store(str(tmp_path / "store")), tmp_path)
    made.put_up(mp4)
    return made


def test_two_videos_and_eight_true_reasons(ten: Ten) -> None:
    reports = ten.run()
    assert [report.status for report in reports.values()] == ["made", "made"], reports
    assert sorted(ten.store.read("videos")["video_id"].to_pylist()) == ["good1", "good2"]
    assert ten.reasons() == {name: [code] for name, code in REASONS.items()} | {"good1": [], "good2": []}
    assert len(ten.pauses) == 2


def test_the_report_has_each_once(ten: Ten) -> None:
    ten.run()
    [numbers] = [one for one in table_numbers(ten.store) if one.table == "videos"]
    assert (numbers.rows_in, numbers.used, numbers.rejected) == (10, 2, 8)
    assert dict(numbers.reasons) == {
        "age_restricted": 1,
        "bad_media": 2,
        "not_found": 1,
        "private": 1,
        "removed": 1,
        "server_error": 1,
        "truncated": 1,
    }


def test_nothing_is_asked_twice(ten: Ten) -> None:
    """But what the site would not talk about, and what may pass."""
    ten.run()
    often = {path for path, times in ten.server.asked.items() if times > 1}
    assert often <= {"/busy", "/down", "/short/clip.mp4", "/empty/clip.mp4"}
    assert ten.server.asked["/busy"] == 2 and DOUBLE.asked[ID] >= 2
    before = ten.server.asked.copy()
    assert {report.status for report in ten.run().values()} == {"unchanged"}
    assert ten.server.asked == before


def test_a_block_that_does_not_pass_ends_the_run_and_is_held_against_none(ten: Ten) -> None:
    """The next run asks only for what did not come."""
    ten.server.answers["/busy"] = Answer(status=429)
    with pytest.raises(SessionBlocked, match="nothing is lost"):
        ten.run()
    assert not [path for path in Path(ten.store.root).rglob("reject.json") if path.parent.name == "busy"]
    ten.server.answers["/busy"] = Answer(status=451)
    ten.run()
    assert ten.reasons() == {name: [code] for name, code in REASONS.items()} | {"good1": [], "good2": []}
    assert ten.server.asked["/good1"] == ten.server.asked["/good1/clip.mp4"] == 1

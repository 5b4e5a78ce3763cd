"""A site, a pipeline that names its videos, and builds of it as a user starts them."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

import psutil

from demo_faults import FAULTS
from demo_site import HOST, PORT, manifest_rows

from .proof_stores import SHARDS, count_files

WORKERS: Final = 2
VIDEOS: Final = 12
"""Good videos of the site; the bad ones come on top."""
DELAY_S: Final = 0.05
LAST_BREATH_S: Final = 2.0
"""How long workers may outlive the process that was killed."""
TOO_LONG_S: Final = 300.0
ROBOTS: Final = ("GET", "/robots.txt")
"""Asked for once an origin and day by all builds of this machine: the first of them pays for the others."""

PIPELINE: Final = f"""\
manifest: videos.csv
shards: {SHARDS}
stages:
  - scatter_sources
  - download_videos: {{pacing: off, allow_private: true}}
  - read_tracks
  - match_timelines
  - form_clips
  - align_captions
  - identify_language
  - select_clips: {{validation: 0, test: 0}}
"""

WITH_MODELS: Final = PIPELINE.replace(
    "  - select_clips",
    """\
  - translate_captions: {inter_threads: 1}
  - extract_features
  - find_reuploads
  - find_duplicates
  - find_overlaps
  - select_clips""",
)
"""All stages: those that import torch and compute take as long as all others together."""

DOWNLOADS: Final = f"""\
manifest: videos.csv
shards: {SHARDS}
stages:
  - scatter_sources
  - download_videos: {{pacing: off, allow_private: true}}
  - read_tracks
  - match_timelines
  - form_clips
"""

Requests = dict[tuple[str, str], int]


def video_ids(good: int = VIDEOS) -> list[str]:
    """The first good videos of the site, and all bad ones."""
    ids = [video_id for video_id, _, _ in manifest_rows()]
    return [video_id for video_id in ids if video_id not in FAULTS][:good] + list(FAULTS)


class AnySite(Protocol):
    """What a lab asks of its site."""

    @property
    def url(self) -> str:
        """Where it is."""

    @property
    def requests(self) -> Requests:
        """How often each (method, path) was asked for."""


def demo_rows(url: str) -> list[tuple[str, str, str]]:
    """The demo's manifest, of a site at another address."""
    return [
        (one, where.replace(f"http://{HOST}:{PORT}", url), split) for one, where, split in manifest_rows()
    ]


def write_pipeline(path: Path, text: str, rows: Sequence[tuple[str, str, str]], ids: Sequence[str]) -> None:
    """Writes a pipeline and its manifest, of some videos of a site."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / "videos.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["video_id", "url", "split"])
        writer.writerows(row for row in rows if row[0] in ids)
    path.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Ended:
    """A build that is over: exit status (negative: the signal that ended it) and what it printed."""

    status: int
    out: str
    err: str

    def expect(self, status: int, *words: str) -> None:
        """Fails unless the status is right, the words are in what it printed, and no traceback is."""
        said = f"status {self.status}\n{self.out}{self.err}"
        assert self.status == status, said
        assert "Traceback" not in said, said
        assert all(word in said for word in words), said


class Running:
    """A build in a session of its own, so that all its processes can be found whoever their parent is now."""

    def __init__(self, command: Sequence[str], prints: Path) -> None:
        self._out, self._err = prints.with_suffix(".out"), prints.with_suffix(".err")
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(command, stdout=out, stderr=err, start_new_session=True)

    @property
    def alive(self) -> bool:
        """Whether the build itself, not its workers, still runs."""
        return self.process.poll() is None

    def holds(self, root: Path) -> bool:
        """Whether the build has taken the store by now."""
        lock = root / "lock"
        return lock.exists() and f"process {self.process.pid} on " in lock.read_text(encoding="utf-8")

    def family(self) -> list[psutil.Process]:
        """All processes of the build, itself too, that run at this moment."""
        return [one for one in psutil.process_iter() if _session(one.pid) == self.process.pid and _runs(one)]

    def workers(self) -> list[psutil.Process]:
        """Worker processes that have come to work, which are not the tracker that Python adds."""
        return [one for one in self.family() if one.pid != self.process.pid and "spawn_main" in _words(one)]

    def wait_until(self, reached: Callable[[], bool]) -> bool:
        """Waits until something is so; False if the build ended first."""
        give_up = time.monotonic() + TOO_LONG_S
        while self.alive and time.monotonic() < give_up:
            if reached():
                return True
            time.sleep(0.01)
        return False

    def send(self, number: signal.Signals, to_all: bool = False) -> None:
        """Sends a signal to the build, or to all its processes as a terminal does."""
        (os.killpg if to_all else os.kill)(self.process.pid, number)

    def end(self) -> Ended:
        """Waits for the build's end; kills one that hangs."""
        try:
            status = self.process.wait(TOO_LONG_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            status = self.process.wait()
        return Ended(status, self._out.read_text(encoding="utf-8"), self._err.read_text(encoding="utf-8"))

    def seconds_of_survivors(self) -> float:
        """How long workers outlived the build; fails if one is there after `LAST_BREATH_S`."""
        started = time.monotonic()
        while left := self.family():
            lived = time.monotonic() - started
            assert lived < LAST_BREATH_S, [(one.pid, _words(one)) for one in left]
            time.sleep(0.01)
        return time.monotonic() - started


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD))
    except psutil.NoSuchProcess:
        return False


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


@dataclass(frozen=True)
class Reference:
    """An uninterrupted build: where it is, how long it took, what it asked for, how its files came to be."""

    root: Path
    seconds: float
    requests: Requests
    growth: list[tuple[float, int]] = field(repr=False)

    def files_at(self, moment_s: float) -> int:
        """How many files the store had at a moment of the build."""
        return max((count for when_s, count in self.growth if when_s <= moment_s), default=0)


class Lab:
    """A site, a pipeline that names all of it, and builds of that pipeline."""

    def __init__(
        self,
        site: AnySite,
        folder: Path,
        ids: Sequence[str] | None = None,
        text: str = PIPELINE,
        rows: Sequence[tuple[str, str, str]] | None = None,
    ) -> None:
        self.site, self.folder, self.text = site, folder, text
        self.pipeline = folder / "pipeline" / "proof.yaml"
        self._rows = demo_rows(site.url) if rows is None else rows
        self.name_videos(ids or video_ids())
        self._started = 0

    def name_videos(self, ids: Sequence[str]) -> None:
        """Writes the pipeline, and a manifest of these videos of the site."""
        write_pipeline(self.pipeline, self.text, self._rows, ids)

    def command(self, root: Path, *more: str) -> list[str]:
        """The command line of a build."""
        words = ["build", str(self.pipeline), "--root", str(root), "--workers", str(WORKERS), *more]
        return [sys.executable, "-m", "multihowto", *words]

    def start(self, root: Path, *more: str, prefix: Sequence[str] = ()) -> Running:
        """Starts a build; `prefix` is a command that runs it."""
        self._started += 1
        return Running([*prefix, *self.command(root, *more)], self.folder / f"build-{self._started:04d}")

    def build(self, root: Path, *more: str, prefix: Sequence[str] = ()) -> Ended:
        """A build from start to end."""
        return self.start(root, *more, prefix=prefix).end()

    @cached_property
    def reference(self) -> Reference:
        """The uninterrupted build; made when it is first asked for."""
        root, before, growth = self.folder / "reference", self.site.requests, list[tuple[float, int]]()
        started = time.monotonic()
        running = self.start(root)
        while running.alive:
            growth.append((time.monotonic() - started, count_files(root)))
            time.sleep(0.02)
        seconds = time.monotonic() - started
        running.end().expect(0, "the store is up to date")
        return Reference(root, seconds, since(before, self.site.requests), growth)


def since(before: Requests, after: Requests) -> Requests:
    """The requests between two looks at the site."""
    asked = Counter(after) - Counter(before)
    return {what: times for what, times in asked.items() if what != ROBOTS}

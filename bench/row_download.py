"""Rows of stage download_videos: what it costs beyond yt-dlp's own work, and what a second worker costs."""

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import material
from harness import HERE, REPOSITORY, Bench, Row, Took, median, row, run_timed
from multihowto.adapters.youtube_options import selector
from multihowto.stages.download_videos import DownloadVideos

RATIO_TARGET = 1.18
TWO_WORKERS_TARGET = 1.1
VIDEOS = 24
"""Measured videos; one more warms up the session."""
ROBOTS = "GET /robots.txt"
"""Only ours asks for it, once an origin."""


def cpu_ratio(bench: Bench) -> Row:
    """CPU-seconds a video (a page, nine caption tracks, one file) against those of yt-dlp alone."""
    with _task(bench.folder) as url:
        works = {
            "ours": lambda: _run("ours.download", bench.folder, url),
            "bare": lambda: _run("bare.download", bench.folder, url),
        }
        took = bench.take_turns("download.cpu_ratio", works)
    return row("download.cpu_ratio", took, RATIO_TARGET, "cpu_s", each=VIDEOS)


def two_workers(bench: Bench) -> Row:
    """CPU-seconds a video when two workers download at once, over those of one worker alone."""
    with _task(bench.folder) as url:
        works = {
            "two": lambda: _run("ours.download", bench.folder, url, workers=2),
            "one": lambda: _run("ours.download", bench.folder, url),
        }
        took = bench.take_turns("download.two_workers", works)
    two, one = median(took["two"], "cpu_s") / (2 * VIDEOS), median(took["one"], "cpu_s") / VIDEOS
    return Row("download.two_workers", two / one, "of one worker's CPU-s", 1.0, TWO_WORKERS_TARGET, two, one)


@contextlib.contextmanager
def _task(folder: Path) -> Iterator[str]:
    """The site, with all of its videos as the task of `folder`."""
    with _site(VIDEOS + 1) as url:
        task = {
            "urls": [f"{url}/watch/steps-{number:03}" for number in range(1, VIDEOS + 2)],
            "languages": material.languages(),
            "format": selector(DownloadVideos().media),
        }
        (folder / "download.json").write_text(json.dumps(task), encoding="utf-8")
        yield url


@contextlib.contextmanager
def _site(videos: int) -> Iterator[str]:
    """The site in a process of its own, whose CPU-seconds are nobody's."""
    command = [sys.executable, str(HERE / "bench_site.py"), str(videos)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "demo")}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the site did not start")
            yield url
        finally:
            process.stdin.close()


def _run(module: str, folder: Path, url: str, workers: int = 1) -> Took:
    """One measurement; each page, track and file must have been asked for once a worker, and nothing else."""
    before = _requests(url)
    with ThreadPoolExecutor(workers) as pool:
        took = list(pool.map(lambda _: run_timed(module, folder), range(workers)))
    asked = _requests(url) - before
    asked.pop(ROBOTS, None)
    if set(asked.values()) != {workers} or len(asked) != 11 * (VIDEOS + 1):
        raise RuntimeError(f"{module} made other requests than one a page, track and file: {asked}")
    return Took(max(one.wall_s for one in took), sum(one.cpu_s for one in took))


def _requests(url: str) -> Counter[str]:
    """How often the site was asked for what."""
    with urllib.request.urlopen(f"{url}/requests.json") as answer:
        return Counter(json.load(answer))


ROWS = {"download.cpu_ratio": cpu_ratio, "download.two_workers": two_workers}

"""Row download.cpu_ratio: what stage download_videos costs beyond yt-dlp's own work."""

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import material
from harness import HERE, REPOSITORY, Bench, Row, Took, row, run_timed
from multihowto.stages.download_videos import DownloadVideos

TARGET = 1.18
VIDEOS = 24
"""Measured videos; one more warms up the session."""


def cpu_ratio(bench: Bench) -> Row:
    """CPU-seconds a video (a page, nine caption tracks, one file) against those of yt-dlp alone."""
    with _site(VIDEOS + 1) as url:
        task = {
            "urls": [f"{url}/watch/steps-{number:03}" for number in range(1, VIDEOS + 2)],
            "languages": material.languages(),
            "format": DownloadVideos().format,
        }
        (bench.folder / "download.json").write_text(json.dumps(task), encoding="utf-8")
        works = {
            "ours": lambda: _run("ours.download", bench.folder, url),
            "bare": lambda: _run("bare.download", bench.folder, url),
        }
        took = bench.take_turns("download.cpu_ratio", works)
    return row("download.cpu_ratio", took, TARGET, "cpu_s", each=VIDEOS)


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


def _run(module: str, folder: Path, url: str) -> Took:
    """One measurement; each page, track and file must have been asked for once, and nothing else."""
    before = _requests(url)
    took = run_timed(module, folder)
    asked = _requests(url) - before
    if set(asked.values()) != {1} or len(asked) != 11 * (VIDEOS + 1):
        raise RuntimeError(f"{module} made other requests than one a page, track and file: {asked}")
    return took


def _requests(url: str) -> Counter[str]:
    """How often the site was asked for what."""
    with urllib.request.urlopen(f"{url}/requests.json") as answer:
        return Counter(json.load(answer))


ROWS = {"download.cpu_ratio": cpu_ratio}

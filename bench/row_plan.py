"""Rows plan.rows_1_2m_s and plan.rows_1_2m_mb: a manifest as long as HowTo100M's, planned and checked."""

import json
import random
import string
import sys
from dataclasses import replace
from pathlib import Path

from harness import HERE, Bench, Row, Took, median, run

TARGET_S, TARGET_MB = 20.0, 600.0
ROWS_OF_MANIFEST = 1_200_000
ROUNDS = 2
_LETTERS = string.ascii_letters + string.digits + "_-"
PIPELINE = """\
manifest: videos.csv
shards: 4096
stages:
  - scatter_sources
  - download_videos
"""


def seconds(bench: Bench) -> Row:
    """Wall seconds of the slower of `plan` and `check --manifest`; the reference reads the ids with csv alone."""
    took = _took(bench, "plan.rows_1_2m_s", [])
    slower = max(("plan", "check"), key=lambda work: median(took[work], "wall_s"))
    ours, bare = (median(took[work], "wall_s") for work in (slower, "bare"))
    cpu = [median(took[work], "cpu_s") for work in (slower, "bare")]
    return Row("plan.rows_1_2m_s", ours, "s", bare, TARGET_S, *cpu)


def megabytes(bench: Bench) -> Row:
    """The most memory that either held; the reference is the manifest itself."""
    peaks: list[float] = []
    took = _took(replace(bench, rounds=1), "plan.rows_1_2m_mb", peaks)
    size = (bench.folder / "videos.csv").stat().st_size / 1e6
    return Row("plan.rows_1_2m_mb", max(peaks), "MB", size, TARGET_MB, median(took["plan"], "cpu_s"), 0.0)


def _took(bench: Bench, name: str, peaks: list[float]) -> dict[str, list[Took]]:
    if not (bench.folder / "videos.csv").exists():
        _write(bench.folder)

    def work(*words: str) -> Took:
        output = run([sys.executable, str(HERE / "peak.py"), *words])
        found = json.loads(output.splitlines()[-1])
        peak_mb = found.pop("mb")
        if words[0] != "bare":
            peaks.append(peak_mb)
        return Took(**found)

    pipeline, store = str(bench.folder / "plan.yaml"), str(bench.folder / "no-store")
    works = {
        "plan": lambda: work("multihowto", "plan", pipeline, "--root", store),
        "check": lambda: work("multihowto", "check", pipeline, "--manifest"),
        "bare": lambda: work("bare", str(bench.folder / "videos.csv")),
    }
    return replace(bench, rounds=min(ROUNDS, bench.rounds)).take_turns(name, works)


def _write(folder: Path) -> None:
    """A manifest of HowTo100M's shape; the ids are drawn by lot."""
    (folder / "plan.yaml").write_text(PIPELINE, encoding="utf-8")
    chance = random.Random(0)
    with (folder / "videos.csv").open("w", encoding="utf-8") as file:
        file.write("video_id,category_1,category_2,rank,task_id\n")
        for _ in range(ROWS_OF_MANIFEST):
            video_id = "".join(chance.choices(_LETTERS, k=11))
            file.write(
                f"{video_id},Food and Entertaining,Recipes,{chance.randrange(200)},{chance.randrange(10**6)}\n"
            )


ROWS = {"plan.rows_1_2m_s": seconds, "plan.rows_1_2m_mb": megabytes}

"""Rows evaluate.ratio and evaluate.memory_gb: ranks both ways against the bare product, and what 100,000 clips need."""

import json
import sys
from dataclasses import replace

from harness import HERE, Bench, Row, Took, row, run, run_timed

TARGET = 1.3
ROUNDS = 2
"""Each takes half a minute on two cores."""
ITEMS, LARGE = 20_000, 100_000
TARGET_GB = 3.0


def ratio(bench: Bench) -> Row:
    """20,000 captions and clips of 1,024 numbers, both directions, against one product in chunks."""
    (bench.folder / "evaluate.json").write_text(json.dumps({"items": ITEMS}), encoding="utf-8")
    works = {
        "ours": lambda: run_timed("ours.evaluate", bench.folder),
        "bare": lambda: run_timed("bare.evaluate", bench.folder),
    }
    few = replace(bench, rounds=min(ROUNDS, bench.rounds))
    return row("evaluate.ratio", few.take_turns("evaluate.ratio", works), TARGET, "wall_s")


def memory_gb(bench: Bench) -> Row:
    """The most memory that a process holds for 100,000 captions and clips; the reference is the vectors alone."""
    (bench.folder / "evaluate.json").write_text(json.dumps({"items": LARGE}), encoding="utf-8")
    peaks: list[float] = []

    def work() -> Took:
        output = run([sys.executable, str(HERE / "ours" / "evaluate.py"), str(bench.folder)])
        found = json.loads(output.splitlines()[-1])
        peaks.append(found["gb"])
        return Took(found["wall_s"], found["cpu_s"])

    [took] = replace(bench, rounds=1).take_turns("evaluate.memory_gb", {"ours": work})["ours"]
    vectors = 2 * LARGE * 1024 * 4 / 1e9
    return Row("evaluate.memory_gb", peaks[0], "GB", vectors, TARGET_GB, took.cpu_s, 0.0)


ROWS = {"evaluate.ratio": ratio}
ROWS_IF_ASKED = {"evaluate.memory_gb": memory_gb}

"""Rows of training: how long it waits for data, how fast a store is read, and what the loop costs beside its steps."""

import json
import statistics

from harness import Bench, Row, median, row, run_timed

WAIT_TARGET = 0.05
READ_TARGET = 2.0
"""At least half of the bytes per second of a bare read of the same files: at most twice its time."""
STEP_TARGET = 1.1


def data_wait(bench: Bench) -> Row:
    """The demo's model on 1,000 clips of six features in nine languages; the reference is all of its time."""
    took = bench.take_turns("train.data_wait", {"ours": lambda: run_timed("ours.train", bench.folder)})
    lines = [
        json.loads(line)
        for path in sorted(bench.folder.glob("train-store/runs/*/seed-*/timings.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    share = statistics.median(line["data_wait"] for line in lines)
    cpu_s = median(took["ours"], "cpu_s")
    return Row("train.data_wait", share, "of step time", 1.0, WAIT_TARGET, cpu_s, cpu_s)


def loader_ratio(bench: Bench) -> Row:
    """A store of 200 videos of 390 s is read, and an epoch's batches are made, against Arrow reading its files."""
    works = {
        "ours": lambda: run_timed("ours.loader", bench.folder, 2),
        "bare": lambda: run_timed("bare.loader", bench.folder, 2),
    }
    return row("loader.ratio", bench.take_turns("loader.ratio", works), READ_TARGET, "wall_s")


def step_ratio(bench: Bench) -> Row:
    """Training as it is, with its log and checkpoints, against the same steps on batches that are in memory."""
    works = {
        "ours": lambda: run_timed("ours.train", bench.folder),
        "bare": lambda: run_timed("ours.train_in_memory", bench.folder),
    }
    return row("train.step_ratio", bench.take_turns("train.step_ratio", works), STEP_TARGET, "wall_s")


ROWS = {"train.data_wait": data_wait, "loader.ratio": loader_ratio, "train.step_ratio": step_ratio}

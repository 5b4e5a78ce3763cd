"""Row train.data_wait: the share of training's time in which the model waits for its next batch."""

import json
import statistics

from harness import Bench, Row, median, run_timed

TARGET = 0.05


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
    return Row("train.data_wait", share, "of step time", 1.0, TARGET, cpu_s, cpu_s)


ROWS = {"train.data_wait": data_wait}

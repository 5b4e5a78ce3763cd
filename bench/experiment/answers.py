"""What the runs of the grid say, as plain numbers: R@1 with intervals, paired differences, and where time went."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from multihowto.evaluation import retrieval
from multihowto.evaluation.comparison import Settings, compare_runs, without
from multihowto.evaluation.published import MEAN
from multihowto.evaluation.runs import RunFile

PIVOT: Final = "en"
OTHERS: Final = without(PIVOT)
PAIRS: Final = (
    ("mp_zero_shot", "none_zero_shot"),
    ("mmp_zero_shot", "none_zero_shot"),
    ("mmp_zero_shot", "mp_zero_shot"),
    ("none_translate_train", "none_zero_shot"),
    ("mp_translate_train", "mp_zero_shot"),
    ("mmp_translate_train", "mmp_zero_shot"),
    ("mp_translate_train", "none_translate_train"),
    ("mmp_translate_train", "none_translate_train"),
    ("mmp_translate_train", "mp_translate_train"),
)
"""Second minus first is asked of these, chosen before any result; p is not corrected for their number."""
SETTINGS: Final = Settings(draws=10_000)


def scores(runs: Mapping[str, RunFile]) -> dict[str, dict[str, dict[str, float]]]:
    """By cell and language, and for the means: R@1 over seeds, 0 to 1, with its interval over concepts."""
    found: dict[str, dict[str, dict[str, float]]] = {name: {} for name in runs}
    for line in compare_runs(runs, [], SETTINGS).lines:
        if line.direction == "text_to_video" and line.low is not None and line.high is not None:
            found[line.system][line.language] = {
                "r1": line.metrics["r1"],
                "low": line.low,
                "high": line.high,
            }
    return found


def by_seed(run: RunFile) -> dict[str, dict[str, float]]:
    """R@1 of each seed: in each language, and the means."""
    found = {}
    for place, seed in enumerate(run.seeds):
        its = {
            code: float(answers.ranks(place).hits(1).mean()) for code, answers in run.text_to_video.items()
        }
        others = [value for code, value in its.items() if code != PIVOT]
        means = {OTHERS: float(np.mean(others)), MEAN: float(np.mean(list(its.values())))}
        found[str(seed)] = its | means
    return found


def pairs(runs: Mapping[str, RunFile], wanted: Iterable[tuple[str, str]] = PAIRS) -> list[dict[str, Any]]:
    """For each pair whose cells are there: the difference in English, in the other eight, and in all nine."""
    found = []
    for second, first in wanted:
        if first in runs and second in runs:
            lines = compare_runs({first: runs[first], second: runs[second]}, [], SETTINGS).lines
            for line in lines:
                its = line.against
                if line.system == second and line.direction == "text_to_video" and its is not None:
                    number = {"difference": its.difference, "low": its.low, "high": its.high, "p": its.p}
                    found.append({"second": second, "first": first, "of": line.language, **number})
    return found


def drops(runs: Mapping[str, RunFile]) -> dict[str, dict[str, float]]:
    """By cell: English R@1 minus the mean of the other eight, paired by concept."""
    found = {}
    for name, run in runs.items():
        hits = {code: answers.hits(1) for code, answers in run.text_to_video.items()}
        asked = [answers.queries for answers in run.text_to_video.values()]
        if any(queries != asked[0] for queries in asked):
            raise SystemExit(f"{name}: not every clip asks in every language")
        others = np.mean([its for code, its in hits.items() if code != PIVOT], axis=0)
        groups = np.array(run.text_to_video[PIVOT].groups)
        gap = (hits[PIVOT] - others)[:, None]
        samples = retrieval.bootstrap(gap, SETTINGS.draws, SETTINGS.seed, groups)
        low, high = retrieval.interval(samples, SETTINGS.level)
        p = retrieval.permutation(retrieval.by_group(gap, groups)[:, 0], SETTINGS.draws, SETTINGS.seed)
        found[name] = {"difference": float(gap.mean()), "low": low, "high": high, "p": p}
    return found


def waits(timings: Iterable[Path]) -> dict[str, float]:
    """Of epochs' timings: seconds in all, and the share of them that waited for batches."""
    lines = [json.loads(line) for path in timings for line in path.read_text(encoding="utf-8").splitlines()]
    seconds = sum(line["seconds"] for line in lines)
    waited = sum(line["seconds"] * line["data_wait"] for line in lines)
    return {"seconds": seconds, "data_wait": waited / seconds if seconds else 0.0}

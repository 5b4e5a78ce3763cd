"""Runs with numbers that can be checked by hand."""

from collections.abc import Mapping, Sequence

import numpy as np

from multihowto.evaluation.runs import Answers, RunFile, make_answers
from multihowto.training.ranks import Ranks


def ranked(better: Sequence[int], tied_wrong: Sequence[int] | None = None) -> Ranks:
    """Ranks of queries with one right answer each."""
    wrong = np.zeros(len(better), np.int64) if tied_wrong is None else np.array(tied_wrong)
    return Ranks(np.array(better), wrong, np.ones(len(better), np.int64))


def answers(*seeds: Sequence[int], groups: Sequence[int] | None = None, candidates: int = 100) -> Answers:
    """Of each seed, how many candidates are better than the answer, query by query."""
    number = len(seeds[0])
    names = [f"q{query}" for query in range(number)]
    together = np.arange(number) if groups is None else np.array(groups)
    one = np.ones(number, np.int64)
    return make_answers(names, together, one, candidates, [ranked(better) for better in seeds])


def run(
    name: str, text_to_video: Mapping[str, Answers], digest: str = "same", benchmark: str = "test"
) -> RunFile:
    """A run whose pivot is English; nothing is asked the other way."""
    seeds = list(range(len(next(iter(text_to_video.values())).seeds)))
    return RunFile(1, name, benchmark, digest, "en", 0, seeds, dict(text_to_video), {})

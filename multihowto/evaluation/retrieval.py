"""Retrieval metrics of ranks, what chance would reach, and how sure both are. Pure functions."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from multihowto.training.ragged import Floats, Ints
from multihowto.training.ranks import Ranks

KS = (1, 5, 10)


@dataclass(frozen=True)
class Metrics:
    """Shares of queries, 0 to 1, whose answer is among the first 1, 5 and 10; and the median rank, from 1."""

    queries: int
    r1: float
    r5: float
    r10: float
    median_rank: float


@dataclass(frozen=True)
class Difference:
    """Second minus first, its bootstrap interval, and a two-sided bootstrap p-value."""

    difference: float
    low: float
    high: float
    p: float


def metrics(ranks: Ranks) -> Metrics:
    """R@1, 5, 10 and median rank in expectation over a random order of ties, which is never optimistic."""
    r1, r5, r10 = (float(ranks.hits(k).mean()) for k in KS)
    return Metrics(len(ranks.better), r1, r5, r10, float(np.median(ranks.expected())))


def chance(candidates: int, right: int = 1) -> Metrics:
    """What a random order of candidates reaches, for a query of which so many are right."""
    r1, r5, r10 = (1 - _all_miss(candidates, right, min(k, candidates)) for k in KS)
    misses = np.array([_all_miss(candidates, right, k) for k in range(candidates + 1)])
    # the least rank at which at least half of the queries are answered, halfway to the next where it is exactly half
    reached = np.flatnonzero(misses <= 0.5 + 1e-12)[0]
    exact = abs(misses[reached] - 0.5) < 1e-12
    return Metrics(0, r1, r5, r10, float(reached + 0.5 if exact else reached))


def _all_miss(candidates: int, right: int, k: int) -> float:
    """Probability that none of the right ones is among k drawn without putting back."""
    return math.comb(candidates - right, k) / math.comb(candidates, k)


def bootstrap(values: Floats, draws: int, seed: int, groups: Ints | None = None) -> Floats:
    """Means over resampled rows: (draws, columns), or NaN where a draw holds no value of a column.

    `values` (rows, columns) may hold NaN where there is none. Rows of one group (by number from 0) come or stay away
    together: renderings of one concept are not independent. All columns see the same draws, so they can be compared.
    """
    there = ~np.isnan(values)
    filled = np.where(there, values, 0.0)
    means = [
        np.divide(
            times @ filled, times @ there, out=np.full(values.shape[1], np.nan), where=times @ there > 0
        )
        for times in _times(len(values) if groups is None else groups, draws, seed)
    ]
    return np.array(means)


def _times(groups: Ints | int, draws: int, seed: int) -> Iterator[Floats]:
    """How often each row comes in each draw."""
    draw = np.random.Generator(np.random.Philox(seed))
    of_row = np.arange(groups) if isinstance(groups, int) else np.unique(groups, return_inverse=True)[1]
    number = int(of_row.max()) + 1
    for _ in range(draws):
        times = np.bincount(draw.integers(0, number, number), minlength=number).astype(np.float64)
        yield times[of_row]


def interval(samples: Floats, level: float) -> tuple[float, float]:
    """The percentile interval of bootstrap samples (draws,)."""
    low, high = np.nanquantile(samples, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def compare(first: Floats, second: Floats, difference: float, level: float) -> Difference:
    """Paired: samples (draws,) of two means that came from the same draws, and the difference that was seen."""
    samples = (second - first)[~np.isnan(second - first)]
    # a difference of nothing counts to both sides, and one draw is added to each: p is never 0
    sides = [(int((samples <= 0).sum()) + 1), (int((samples >= 0).sum()) + 1)]
    p = min(1.0, 2 * min(sides) / (len(samples) + 1))
    return Difference(difference, *interval(samples, level), p)

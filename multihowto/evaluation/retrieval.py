"""Retrieval metrics of ranks, what chance would reach, and how sure both are. Pure functions."""

from dataclasses import dataclass

import numpy as np

from multihowto.training.ragged import Floats, Ints
from multihowto.training.ranks import Ranks

KS = (1, 5, 10)


@dataclass(frozen=True)
class Metrics:
    """Shares of queries, 0 to 1, whose answer is among the first 1, 5 and 10; median and mean of the ranks, from 1."""

    queries: int
    r1: float
    r5: float
    r10: float
    median_rank: float
    mean_rank: float


@dataclass(frozen=True)
class Difference:
    """Second minus first, its bootstrap interval, and a two-sided bootstrap p-value."""

    difference: float
    low: float
    high: float
    p: float


def metrics(ranks: Ranks) -> Metrics:
    """Of queries whose ties are in a random order: R@1, 5, 10 and mean rank as expected, which is never optimistic.

    The median is that of the queries' expected ranks.
    """
    r1, r5, r10 = (float(ranks.hits(k).mean()) for k in KS)
    expected = ranks.expected()
    return Metrics(len(expected), r1, r5, r10, float(np.median(expected)), float(expected.mean()))


def chance(candidates: int, right: int | Ints = 1) -> Metrics:
    """What a random order of candidates reaches; `right`: how many of them are, for all queries or (queries,) each."""
    rights, queries = np.unique(right, return_counts=True)
    weights = queries / queries.sum()
    misses = np.zeros(candidates + 1)
    for weight, its in zip(weights, rights, strict=True):
        misses += weight * _all_miss(candidates, int(its))
    r1, r5, r10 = (1 - float(misses[min(k, candidates)]) for k in KS)
    # the least rank at which at least half of the queries are answered, halfway to the next where it is exactly half
    reached = np.flatnonzero(misses <= 0.5 + 1e-9)[0]
    median = float(reached + 0.5 if abs(misses[reached] - 0.5) < 1e-9 else reached)
    # places cut evenly by the right ones: the first of r stands on average at the end of the first of r + 1 parts
    return Metrics(0, r1, r5, r10, median, float(weights @ ((candidates + 1) / (rights + 1))))


def _all_miss(candidates: int, right: int) -> Floats:
    """Probabilities (candidates + 1,) that none of the right ones is among 0, 1, 2, ... drawn without putting back."""
    left = np.arange(candidates, 0, -1, dtype=np.float64)
    return np.concatenate([[1.0], np.cumprod(np.clip(left - right, 0, None) / left)])


def bootstrap(values: Floats, draws: int, seed: int, groups: Ints | None = None) -> Floats:
    """Means over resampled rows: (draws, columns), or NaN where a draw holds no value of a column.

    `values` (rows, columns) may hold NaN where there is none. Rows of one group (by number from 0) come or stay away
    together: renderings of one concept are not independent. All columns see the same draws, so they can be compared.
    """
    there = ~np.isnan(values)
    sums = by_group(np.where(there, values, 0.0), groups)
    counts = by_group(there.astype(np.float64), groups)
    draw = np.random.Generator(np.random.Philox(seed))
    means = np.full((draws, values.shape[1]), np.nan)
    for mean in means:
        times = np.bincount(draw.integers(0, len(sums), len(sums)), minlength=len(sums)).astype(np.float64)
        np.divide(times @ sums, times @ counts, out=mean, where=times @ counts > 0)
    return means


def by_group(values: Floats, groups: Ints | None) -> Floats:
    """Sums of rows (rows, columns) by group, in order of the groups' numbers; each row alone without groups."""
    if groups is None:
        return values
    numbers = np.unique(groups, return_inverse=True)[1]
    sums = np.zeros((int(numbers.max(initial=-1)) + 1, values.shape[1]))
    np.add.at(sums, numbers, values)
    return sums


def permutation(differences: Floats, draws: int, seed: int) -> float:
    """Two-sided p of a paired test: how often their sum is as far from 0 if each difference's sign is a coin's.

    `differences` (groups,): second minus first of what may be swapped. All signs are tried where there are not more
    than `draws` of them; else that many are drawn, and what was seen counts as one of them: p is never 0.
    """
    values = differences[differences != 0]
    seen = abs(float(values.sum())) - 1e-9 * float(np.abs(values).sum())
    if len(values) < 63 and 2 ** len(values) <= draws:
        bits = np.arange(2 ** len(values))[:, None] >> np.arange(len(values)) & 1
        return float((np.abs((2 * bits - 1) @ values) >= seen).mean())
    draw = np.random.Generator(np.random.Philox(seed))
    far = sum(
        abs(float((2 * draw.integers(0, 2, len(values), dtype=np.int8) - 1) @ values)) >= seen
        for _ in range(draws)
    )
    return (far + 1) / (draws + 1)


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

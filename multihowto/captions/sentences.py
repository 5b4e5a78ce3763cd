"""Parting a track's words into sentences: by its marks, or by pauses and length where it has none."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from .speech import Speech

LONG_MS = 15_000
"""A stretch without a sentence end that is longer is parted by pauses, clauses and length."""

_TYPICAL_MS = 5000
"""The length that a part of a long stretch should have."""
_PAUSE_MS = 150
_MOST_PLACES = 60
"""Places before one that are looked at as the beginning of a part."""


def sentences(said: Speech) -> list[tuple[int, int]]:
    """The first word of each sentence and the number after its last, in order; every word is in one.

    Sentences end at their marks if the track has them (`Speech.is_punctuated`). What is longer than `LONG_MS` is
    parted further, where a pause, a clause or a cue ends, into parts of about 5 s. O(n).
    """
    count = len(said.words)
    ends = np.flatnonzero(said.ends_sentence) + 1 if said.is_punctuated else np.zeros(0, np.int64)
    edges = np.unique(np.concatenate((ends, [count])))
    parts = list[tuple[int, int]]()
    first = 0
    for end in edges.tolist():
        parts += _parts(said, first, end)
        first = end
    return parts


def _parts(said: Speech, first: int, end: int) -> Iterator[tuple[int, int]]:
    """A stretch of words as it is, or in parts if it is long."""
    if first == end:
        return
    if said.ends_ms[end - 1] - said.starts_ms[first] <= LONG_MS:
        yield first, end
        return
    places = _places(said, first, end)
    before = _best_cuts(said, places)
    cuts = [len(places) - 1]
    while cuts[-1]:
        cuts.append(before[cuts[-1]])
    cuts.reverse()
    yield from ((places[left], places[right]) for left, right in pairwise(cuts))


def _places(said: Speech, first: int, end: int) -> list[int]:
    """The words of a stretch before which it may be parted, its two edges among them."""
    inner = slice(first, end - 1)
    good = said.ends_cue[inner] | said.ends_clause[inner] | (said.pause_ms[inner] >= _PAUSE_MS)
    if not good.any():
        good = np.ones(end - 1 - first, np.bool_)
    return [first, *(np.flatnonzero(good) + first + 1).tolist(), end]


def _best_cuts(said: Speech, places: list[int]) -> list[int]:
    """For each place the one before it at which the last part begins, in the cheapest parting up to there."""
    starts = said.starts_ms[np.array(places[:-1])].astype(float)
    ends = said.ends_ms[np.array(places[1:]) - 1].astype(float)
    best = np.full(len(places), np.inf)
    best[0] = 0.0
    before = [0] * len(places)
    for place in range(1, len(places)):
        low = max(0, place - _MOST_PLACES)
        lengths = np.maximum(ends[place - 1] - starts[low:place], 1.0)
        ratios = lengths / _TYPICAL_MS
        costs = best[low:place] + np.where(ratios > 1, 2 * (ratios - 1) ** 2, 2 * np.log(ratios) ** 2)
        at = int(np.argmin(costs))
        before[place] = low + at
        best[place] = costs[at] + (_cut_cost(said, places[place] - 1) if place < len(places) - 1 else 0.0)
    return before


def _cut_cost(said: Speech, word: int) -> float:
    """What it costs to part after a word: less after a long pause, a clause, or a cue."""
    pause = min(float(said.pause_ms[word]), 1000.0) / 1000
    return 2.0 - 2.0 * pause - 1.0 * bool(said.ends_clause[word]) - 0.5 * bool(said.ends_cue[word])

"""What it costs to put the edges of a track's pieces between the pivot's words."""

from typing import NamedTuple

import numpy as np

from .speech import Floats, Ints, Speech

CHOICES = 9
"""Places of the pivot that are weighed for each edge of a piece."""

_INNER_MS = 700.0
"""How far an edge inside of a cue is from its time."""
_MOSTLY = 0.5
"""The share of words with times from which a track is cut by time."""
_LENGTH_FLOOR, _LENGTH_SLOPE = 12.0, 2.5
"""The variance of a piece's length: of an empty one, and what each character adds (Gale and Church 1993)."""
_HOLE, _HOLE_PER_CHARACTER = 1.5, 0.02
"""What it costs to leave out words of the pivot between two pieces: once, and by character."""
_BACK = 60.0
"""What it costs to go back; whoever must is mended afterwards."""


class Weights(NamedTuple):
    """What counts how much when a track is placed."""

    start_ms: float
    """How far a cue's start is from its time."""
    late_ms: float
    """How much later than shown a cue ends."""
    early_ms: float | None
    """How much sooner; None to see it from the track."""
    known_ms: float
    """How far a word is from its time, where the file has it."""
    most: float
    """The most that an edge far from its time costs."""
    unfit_sentence: float
    """That a sentence ends in the track alone."""
    unfit_inner: float
    """That one ends in the pivot alone."""
    length: float
    """The share of what an odd length costs."""


SHOWN = Weights(180.0, 450.0, None, 250.0, 7.0, 2.5, 0.8, 1.0)
"""Of a track whose cues are known by when they are shown."""
TIMED = Weights(100.0, 200.0, 120.0, 120.0, 14.0, 1.0, 0.5, 0.6)
"""Of one that is known word by word."""


def is_timed(track: Speech) -> bool:
    """Whether the file has the times of most words."""
    return bool(track.is_known.mean() > _MOSTLY)


def edges(
    pivot: Speech,
    track: Speech,
    times_ms: Floats,
    words: Ints,
    weighed: Weights,
    early_ms: float | None = None,
) -> tuple[Ints, Floats]:
    """For each edge the pivot's gaps that come into question, int64 [n, choices], and what each costs, [n, choices].

    Gap g is before the pivot's word g.
    """
    count = len(pivot.words)
    gap_ms = (
        np.append(pivot.starts_ms, pivot.ends_ms[-1])
        if early_ms is None
        else np.append(pivot.starts_ms[0], pivot.ends_ms)
    )
    gap_ms = np.maximum.accumulate(gap_ms.astype(np.float64))
    near = np.searchsorted(gap_ms, times_ms)
    wide = 2 * CHOICES
    options = np.clip(near[:, None] + np.arange(-wide, wide + 1), 0, count)
    off = gap_ms[options] - times_ms[:, None]
    costs = _time_cost(off, track, words, weighed, early_ms) + _kind_cost(
        pivot, track, options, words, weighed
    )
    costs = np.where(np.diff(options, axis=1, prepend=-1) == 0, np.inf, costs)
    chosen = np.sort(np.argpartition(costs, CHOICES - 1, axis=1)[:, :CHOICES], axis=1)
    return np.take_along_axis(options, chosen, axis=1), np.take_along_axis(costs, chosen, axis=1)


def _time_cost(
    off_ms: Floats, track: Speech, words: Ints, weighed: Weights, early_ms: float | None
) -> Floats:
    """How unlikely an edge is so far from its time: less surely known inside a cue, and where a cue ends late."""
    at_cue = np.append(True, track.ends_cue)[words][:, None]
    inner = np.where(track.is_known[np.minimum(words, len(track.words) - 1)], weighed.known_ms, _INNER_MS)[
        :, None
    ]
    if early_ms is None:
        spread = np.where(at_cue, np.minimum(inner, weighed.start_ms), inner)
    else:
        late = np.where(off_ms < 0, early_ms, weighed.late_ms)
        spread = np.where(at_cue, late, inner)
    squares: Floats = 0.5 * (off_ms / spread) ** 2
    return weighed.most * squares / (weighed.most + squares)


def _kind_cost(pivot: Speech, track: Speech, options: Ints, words: Ints, weighed: Weights) -> Floats:
    """What it costs that a sentence ends on one side only: [n, options]."""
    ours = np.concatenate(([1.0], _endings(pivot)[:-1], [1.0]))[options]
    theirs = np.concatenate(([1.0], _endings(track)[:-1], [1.0]))[words][:, None]
    costs: Floats = np.where(theirs > ours, weighed.unfit_sentence, weighed.unfit_inner) * np.abs(
        theirs - ours
    )
    return costs


def _endings(said: Speech) -> Floats:
    """How surely a sentence ends after each word, 0 to 1: by its mark, or by a pause if the track has no marks."""
    pauses = np.clip(said.pause_ms / 600, 0, 1)
    if not said.is_punctuated:
        return pauses
    return np.maximum(np.where(said.ends_sentence, 1.0, np.where(said.ends_clause, 0.35, 0.0)), 0.5 * pauses)


def inside_costs(pivot: Speech, heads: Ints, tails: Ints, sizes: Floats, ratio: float) -> Floats:
    """What the length of each piece costs, by its edges: [n, choices, choices]."""
    said = ratio * (pivot.at[tails][:, None, :] - pivot.at[heads][:, :, None])
    larger = np.maximum(said, sizes[:, None, None])
    costs = (said - sizes[:, None, None]) ** 2 / (2 * (_LENGTH_FLOOR + _LENGTH_SLOPE * larger))
    return np.where(said < 0, _BACK - said, costs)


def between_costs(pivot: Speech, tails: Ints, heads: Ints, apart_ms: Floats) -> Floats:
    """What it costs to leave out words between two pieces: [n - 1, choices, choices]."""
    left = pivot.at[heads[1:]][:, None, :] - pivot.at[tails[:-1]][:, :, None]
    hole = _HOLE * np.clip(1 - apart_ms / 1500, 0, 1)[:, None, None]
    costs = np.where(left > 0, hole + _HOLE_PER_CHARACTER * left, 0.0)
    return np.where(left < 0, _BACK - left, costs)

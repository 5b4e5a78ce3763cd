"""Placing a track's pieces on the pivot's words: a monotone dynamic programme over time and length."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from .edges import CHOICES, SHOWN, TIMED, between_costs, edges, inside_costs, is_timed
from .speech import Bools, Floats, Ints, Speech
from .timelines import Timeline

_END_EARLY_MS, _END_SHARP_MS = 1500.0, 200.0
"""How much sooner than shown a cue ends: of tracks whose cues stay until they are read, and of others."""
_FREE_MS, _FEW, _READ_MS = 300.0, 5, 200.0
"""Cues stay until they are read if those that nothing follows for so long, so many at least, last so much too long."""
_SKIP = 4.0
"""What it costs to leave out a piece that is shown while another is."""
_OVER_MS = 450
"""So long two cues are shown at once at least, for one of them to be doubted."""
_SHORT = 12
"""Characters of a piece that may share a word of the pivot with its neighbour."""


class Placed(NamedTuple):
    """The n pieces of a track (what one cue says of one sentence) on the pivot's words.

    first, end: int64 [n], the track's words of each. low, high: int64 [n], the pivot's words of each, from `low` up to
    `high`; equal if the piece has no counterpart. cost: float64 [n], how badly its edges fit. ratio: the track's
    characters for one of the pivot's. middles: float64 [m], where the middle of each of the track's words lies between
    the `begins` and the `finishes` [n] of its piece: by its time if the file has it, else by characters.
    """

    first: Ints
    end: Ints
    low: Ints
    high: Ints
    cost: Floats
    ratio: float
    middles: Floats
    begins: Floats
    finishes: Floats


def place(pivot: Speech, track: Speech, timeline: Timeline) -> Placed:
    """The pivot's words that each piece of the track translates: none twice, in order.

    Each edge of a piece lies between two of the pivot's words, near its time on the pivot's timeline, rather where a
    sentence, a clause or a pause ends if one ends in the track, and so that the lengths are in proportion. Between two
    pieces words may be left out. O(n). Both tracks have words.
    """
    first, end = _pieces(track)
    starts_ms = timeline.to_pivot(track.starts_ms[first].astype(np.float64))
    ends_ms = timeline.to_pivot(track.ends_ms[end - 1].astype(np.float64))
    doubted = _doubted(track, first, end)
    nearest = np.where(doubted[1:], np.inf, starts_ms[1:])
    ends_ms[:-1] = np.maximum(starts_ms[:-1], np.minimum(ends_ms[:-1], nearest))
    sizes = track.at[end] - track.at[first]
    ratio = _ratio(pivot, starts_ms, ends_ms, sizes)
    costs = TIMED if is_timed(track) else SHOWN
    early_ms = costs.early_ms or _early_ms(pivot, starts_ms, ends_ms, sizes)
    heads, head_costs = edges(pivot, track, starts_ms, first, costs)
    tails, tail_costs = edges(pivot, track, ends_ms, end, costs, early_ms=early_ms)
    inside = inside_costs(pivot, heads, tails, sizes, ratio) * costs.length
    between = between_costs(pivot, tails, heads, starts_ms[1:] - ends_ms[:-1])
    skips = {
        i: _SKIP
        + between_costs(pivot, tails[[i - 1, i]], heads[[i, i + 1]], starts_ms[i + 1 :][:1] - ends_ms[i - 1])[
            0
        ]
        for i in np.flatnonzero(doubted).tolist()
        if 0 < i < len(first) - 1
    }
    low, high, cost = _cheapest(heads, head_costs, tails, tail_costs, inside, between, skips)
    _attach(pivot, low, high, (starts_ms + ends_ms) / 2, sizes)
    return Placed(first, end, low, high, cost, ratio, *_within(pivot, track, timeline, first, end))


def _within(
    pivot: Speech, track: Speech, timeline: Timeline, first: Ints, end: Ints
) -> tuple[Floats, Floats, Floats]:
    """Where the middles of words lie, and where their pieces begin and finish."""
    if not is_timed(track):
        return (track.at[:-1] + track.at[1:]) / 2, track.at[first], track.at[end]
    starts, ends = (
        _said_by(pivot, timeline.to_pivot(times.astype(np.float64)))
        for times in (track.starts_ms, track.ends_ms)
    )
    return (starts + ends) / 2, starts[first], ends[end - 1]


def _early_ms(pivot: Speech, starts_ms: Floats, ends_ms: Floats, sizes: Floats) -> float:
    """How much sooner than shown a piece may end: much if cues stay until they are read.

    That shows where a piece ends and nothing follows at once: long after the pivot has said as much, or with it.
    """
    free = np.append(starts_ms[1:] - ends_ms[:-1] > _FREE_MS, True)
    if free.sum() < _FEW:
        return _END_EARLY_MS
    said = _said_by(pivot, starts_ms)
    share = max(float(_said_by(pivot, ends_ms[-1:])[0] - said[0]), 1.0) / max(float(sizes.sum()), 1.0)
    times = np.maximum.accumulate(pivot.ends_ms.astype(np.float64))
    over = ends_ms - np.interp(said + sizes * share, pivot.at[1:], times)
    return _END_EARLY_MS if float(np.median(over[free])) > _READ_MS else _END_SHARP_MS


def _pieces(track: Speech) -> tuple[Ints, Ints]:
    parts = track.ends_cue | (track.ends_sentence & track.is_punctuated)
    end = np.flatnonzero(parts) + 1
    return np.concatenate(([0], end[:-1])).astype(np.int64), end.astype(np.int64)


def _doubted(track: Speech, first: Ints, end: Ints) -> Bools:
    """Whether each piece is said while another cue is shown: a note, or one that a note was put over."""
    begins, ends = track.starts_ms[first], track.ends_ms[end - 1]
    cue = track.cue[first]
    over = (cue[1:] != cue[:-1]) & (begins[1:] < ends[:-1] - _OVER_MS)
    doubted: Bools = np.append(False, over) | np.append(over, False)
    return doubted


def _attach(pivot: Speech, low: Ints, high: Ints, middles_ms: Floats, sizes: Floats) -> None:
    """Gives short pieces that found no word of their own the one in whose time they lie, beside its own piece."""
    for i in np.flatnonzero((low == high) & (sizes <= _SHORT)).tolist():
        for word in (int(low[i]) - 1, int(low[i])):
            inside = 0 <= word < len(pivot.words)
            if inside and pivot.starts_ms[word] <= middles_ms[i] < pivot.ends_ms[word]:
                low[i], high[i] = word, word + 1
                break


def _ratio(pivot: Speech, starts_ms: Floats, ends_ms: Floats, sizes: Floats) -> float:
    """The track's characters for one of the pivot's, by the median piece; by the totals if there are few."""
    low, high = _said_by(pivot, starts_ms), _said_by(pivot, ends_ms)
    said = high - low
    fair = said > 5
    if fair.sum() < 5:
        return float(max(sizes.sum(), 1.0) / max(pivot.at[-1], 1.0))
    return float(np.clip(np.median(sizes[fair] / said[fair]), 0.02, 50.0))


def _said_by(pivot: Speech, times_ms: Floats) -> Floats:
    """How many characters the pivot has said by some times."""
    xs = np.stack([pivot.starts_ms, pivot.ends_ms], axis=1).ravel().astype(np.float64)
    ys = np.stack([pivot.at[:-1], pivot.at[1:]], axis=1).ravel()
    return np.interp(times_ms, np.maximum.accumulate(xs), ys)


def _cheapest(
    heads: Ints,
    head_costs: Floats,
    tails: Ints,
    tail_costs: Floats,
    inside: Floats,
    between: Floats,
    skips: Mapping[int, Floats],
) -> tuple[Ints, Ints, Floats]:
    """The cheapest edges that go forward; `skips` are what it costs to leave a piece out, from tails to heads."""
    count, every = len(heads), np.arange(CHOICES)
    at_head, at_tail = np.empty((2, count, CHOICES))
    from_head, from_tail = np.empty((2, count, CHOICES), np.int64)
    skipped = np.zeros((count, CHOICES), np.bool_)
    for i in range(count):
        at_head[i] = head_costs[i]
        if i:
            options = at_tail[i - 1][:, None] + between[i - 1]
            from_tail[i] = options.argmin(axis=0)
            reached = options[from_tail[i], every]
            if i - 1 in skips:
                past = at_tail[i - 2][:, None] + skips[i - 1]
                skipped[i] = past.min(axis=0) < reached
                from_tail[i] = np.where(skipped[i], past.argmin(axis=0), from_tail[i])
                reached = np.minimum(reached, past.min(axis=0))
            at_head[i] += reached
        options = at_head[i][:, None] + inside[i]
        from_head[i] = options.argmin(axis=0)
        at_tail[i] = options[from_head[i], every] + tail_costs[i]
    low, high, cost = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count)
    i, tail = count - 1, int(at_tail[-1].argmin())
    while i >= 0:
        head = int(from_head[i, tail])
        low[i], high[i] = heads[i, head], tails[i, tail]
        cost[i] = head_costs[i, head] + inside[i, head, tail] + tail_costs[i, tail]
        if skipped[i, head]:
            low[i - 1] = high[i - 1] = low[i]
        tail = int(from_tail[i, head])
        i -= 2 if skipped[i, head] else 1
    high = np.maximum.accumulate(np.maximum(low, high))
    return np.maximum(low, np.concatenate(([0], high[:-1]))), high, cost

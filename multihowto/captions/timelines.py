"""Where a track's time lies on the pivot's: offset, drift, jumps, and what it leaves out."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from .anchors import anchors
from .cues import Cue, later_starts
from .fitting import Evidence, Lines, cut_ms, fitted, places
from .lags import Heard, Sketch, find_lags
from .meanings import Alike
from .speech import Floats, Speech

TWIN_MS = 50
"""How far the start of a twin may be from the pivot cue's, and its end from that or the next one's start."""
SHARED = 0.9
"""The share of a track's cues that must have a twin for the track to share the pivot's timeline."""
HELPS, SURE = 0.4, 0.75
"""The score from which a track helps to place others, and from which it needs no help."""
GAP_MS = 2000
"""The least time that counts as left out."""

_MANY = 32
"""Cues of one start that are looked at on both sides of the one with the same number."""


class Timeline(NamedTuple):
    """How a track's time becomes the pivot's: a broken line through `knots` (track_ms, pivot_ms), sorted, sloped as at
    its ends beyond them. A jump is a pair of knots 1 ms apart.
    """

    kind: Literal["pivot", "shared", "own"]
    knots: tuple[tuple[float, float], ...]
    jumps: int
    score: float

    def to_pivot(self, times_ms: Floats) -> Floats:
        """The pivot's time of some times of the track: float64, same shape."""
        if len(self.knots) < 2:
            only = self.knots[0][1] - self.knots[0][0] if self.knots else 0.0
            return np.add(times_ms, only)
        xs, ys = np.array(self.knots, np.float64).T
        found = np.interp(times_ms, xs, ys)
        first = (ys[1] - ys[0]) / (xs[1] - xs[0])
        last = (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
        found = np.where(times_ms < xs[0], ys[0] + (times_ms - xs[0]) * first, found)
        return np.asarray(np.where(times_ms > xs[-1], ys[-1] + (times_ms - xs[-1]) * last, found), np.float64)


SAME = Timeline("shared", (), 0, 1.0)
UNKNOWN = Timeline("own", (), 0, 0.0)


def is_shared(pivot: Sequence[Cue], track: Sequence[Cue]) -> bool:
    """Whether at least `SHARED` of the track's cues have a twin (see `twins`); untranslated cues may be missing."""
    return bool(track) and sum(twin is not None for twin in twins(pivot, track)) >= SHARED * len(track)


def twins(pivot: Sequence[Cue], track: Sequence[Cue]) -> list[int | None]:
    """For each track cue the pivot cue that starts within `TWIN_MS` of it, and ends so near or before the next one.

    Formats end a row at its last word or where the next one starts, so ends say less. The nearest if there are
    several, one that no cue has yet if equally near. O(n log n).
    """
    if _one_to_one(pivot, track):
        return list(range(len(track)))
    starts = [cue.start_ms for cue in pivot]
    ends, track_ends = _shown_alone(pivot), _shown_alone(track)
    later = later_starts(list(pivot))
    taken: set[int] = set()
    found: list[int | None] = []
    rank = 0
    for number, (cue, alone_ms) in enumerate(zip(track, track_ends, strict=True)):
        rank = rank + 1 if number and cue.start_ms == track[number - 1].start_ms else 0
        low, high = bisect_left(starts, cue.start_ms - TWIN_MS), bisect_right(starts, cue.start_ms + TWIN_MS)
        near = range(max(low, min(low + rank, high) - _MANY), min(high, low + rank + _MANY))
        fits = [
            (abs(starts[i] - cue.start_ms) + off_ms, i in taken, i)
            for i in near
            if (off_ms := min(abs(pivot[i].end_ms - cue.end_ms), abs(ends[i] - alone_ms))) <= TWIN_MS
            or cue.end_ms <= later[i] + TWIN_MS
        ]
        twin = min(fits)[-1] if fits else None
        found.append(twin)
        if twin is not None:
            taken.add(twin)
    return found


def _one_to_one(pivot: Sequence[Cue], track: Sequence[Cue]) -> bool:
    """Whether each cue has its twin at its own place, as in tracks that a site translates: the common case."""
    if len(pivot) != len(track) or not pivot:
        return False
    ours, theirs = (np.array([cue[:2] for cue in cues], np.int64) for cues in (pivot, track))
    return bool((np.abs(ours - theirs) <= TWIN_MS).all() and (np.diff(ours[:, 0]) > 2 * TWIN_MS).all())


def find_timeline(
    pivot: Speech, track: Speech, heard: Heard, its: Sketch, alike: Alike | None = None
) -> Timeline:
    """The timeline of a track that has one of its own; `heard` is of the pivot, `its` of the track (see `lags`).

    First a rough drift and lag (`lags.find_lags`), then lines through what belongs together in both (`fitting`): one
    drift for all, one offset between two jumps. With `alike` what the tracks mean helps, not only how they are parted.
    """
    if not len(pivot.words) or not len(track.words):
        return UNKNOWN
    words = anchors(heard.stems, its.stems)
    lags = find_lags(heard, track, its, words, alike)
    seen = Evidence(places(pivot), places(track), words, alike)
    first = [0, *np.flatnonzero(lags.is_jump).tolist()]
    lines = fitted(Lines(lags.slope, lags.middles_ms[first[1:]], lags.lags_ms[first].tolist()), seen)
    cuts = [cut_ms(lines, number, track, seen) for number in range(len(first) - 1)]
    return Timeline("own", _knots(lines.slope, lines.offsets, cuts, track), len(cuts), lags.score)


def gaps(pivot: Sequence[Cue], track: Sequence[Cue], timeline: Timeline) -> list[tuple[int, int]]:
    """Where the pivot speaks for `GAP_MS` or more and the track says nothing: start and end in the pivot's time."""
    starts = timeline.to_pivot(np.array([cue.start_ms for cue in track], np.float64))
    ends = timeline.to_pivot(np.array([cue.end_ms for cue in track], np.float64))
    said = sorted(zip(starts.tolist(), ends.tolist(), strict=True))
    found, reached = list[tuple[int, int]](), 0.0
    at = 0
    for start_ms, end_ms in _joined((cue.start_ms, cue.end_ms) for cue in pivot):
        reached = max(reached, start_ms)
        while at < len(said) and said[at][0] < end_ms:
            found += [(round(reached), round(said[at][0]))] if said[at][0] - reached >= GAP_MS else []
            reached = max(reached, said[at][1])
            at += 1
        found += [(round(reached), end_ms)] if end_ms - reached >= GAP_MS else []
    return found


def _joined(times: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Times in which something is shown, sorted, those that are less than a second apart as one."""
    joined: list[tuple[int, int]] = []
    for start_ms, end_ms in times:
        if joined and start_ms - joined[-1][1] < 1000:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end_ms))
        else:
            joined.append((start_ms, end_ms))
    return joined


def moved(said: Speech, timeline: Timeline) -> Speech:
    """A track's words at their times on the pivot's timeline."""
    starts, ends = (
        np.maximum(timeline.to_pivot(times.astype(np.float64)), 0) for times in (said.starts_ms, said.ends_ms)
    )
    return said._replace(starts_ms=starts.astype(np.int64), ends_ms=ends.astype(np.int64))


def _shown_alone(cues: Sequence[Cue]) -> list[int]:
    """When each cue ends, or the next one starts if that is sooner: some tracks keep a line on screen."""
    return [min(cue.end_ms, later_ms) for cue, later_ms in zip(cues, later_starts(list(cues)), strict=True)]


def _knots(
    slope: float, offsets: Sequence[float], cuts_ms: Sequence[float], track: Speech
) -> tuple[tuple[float, float], ...]:
    first, last = float(track.starts_ms.min()), float(track.ends_ms.max())
    edges = [first, *(cut for cut in cuts_ms), max(last, first + 1)]
    knots = []
    for number, offset in enumerate(offsets):
        low = edges[number] + (1.0 if number else 0.0)
        high = max(edges[number + 1], low + 1)
        knots += [(time, time * slope + offset) for time in (low, high)]
    return tuple(knots)

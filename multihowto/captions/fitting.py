"""Lines from a track's time to the pivot's: one slope, an offset between two jumps, and where it jumps."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .anchors import Anchors
from .lags import boundaries
from .meanings import Alike
from .speech import Floats, Ints, Speech

_NEAR_MS = (1200.0, 800.0, 500.0, 400.0)
"""How far two places may be from each other that are taken for the same, from round to round."""
_STRONG = 0.3
"""How strongly speech is parted at a place that counts (`lags.boundaries`)."""
_SURE_SLOPE = 2e10
"""How sure the rough slope is: what 80 places over half a minute say, in ms²."""
_FEW = 4
"""Places that a stretch needs for an offset of its own."""
_WORD, _WORD_MS = 0.1, 2500.0
"""What a pair of words counts, beside a place where speech is parted, and how far its two may be from each other."""
_MEANT, _MEANT_MS = 0.05, 1500.0
"""The same for a stretch that means what the pivot says there."""
_WIDE_MS = 20_000
"""A jump is looked for so far from where its window begins."""
_BEFORE_MS = 300.0
"""A jump lies so long before the first word after it."""
_AMISS_MS = 1000.0
"""The most that a place counts against a line."""
_MEANT_AMISS_MS = 200.0
"""What a stretch counts against a line: for each natural logarithm."""
_BACK = 2.0
"""What a jump costs by which a later word would come before an earlier one: for each ms."""


class Places(NamedTuple):
    """Times at which something begins after a place where speech is parted, and how strongly: [n]."""

    times_ms: Floats
    weights: Floats


class Evidence(NamedTuple):
    """What shows where a track's time lies: the pivot's places and its own, pairs of words, and what stretches mean."""

    ours: Places
    theirs: Places
    words: Anchors
    alike: Alike | None


class Lines(NamedTuple):
    """n lines of one slope. borders_ms: float64 [n - 1], the track's times at which one follows another."""

    slope: float
    borders_ms: Floats
    offsets: list[float]

    def owner(self, times_ms: Floats) -> Ints:
        """The number of the line of each time."""
        return np.searchsorted(self.borders_ms, times_ms, side="right")

    def at(self, times_ms: Floats) -> Floats:
        """The pivot's time of some times of the track."""
        moved: Floats = self.slope * times_ms + np.array(self.offsets)[self.owner(times_ms)]
        return moved


def places(said: Speech) -> Places:
    """Where a track's speech is parted."""
    strong = boundaries(said)
    starts = np.append(0, np.flatnonzero(strong > _STRONG) + 1)
    starts = starts[starts < len(said.words)]
    weights = np.where(starts > 0, strong[np.maximum(starts - 1, 0)], 1.0)
    return Places(said.starts_ms[starts].astype(np.float64), weights)


def fitted(rough: Lines, seen: Evidence) -> Lines:
    """The lines that fit what is seen, by least squares that ignore what does not fit; borders stay."""
    lines = rough
    for near_ms in _NEAR_MS:
        xs, ys, weights = (np.concatenate(each) for each in zip(*_pairs(lines, seen, near_ms), strict=True))
        lines = _solved(lines, xs, ys, weights)
    return lines


def _pairs(lines: Lines, seen: Evidence, near_ms: float) -> list[tuple[Floats, Floats, Floats]]:
    """Times of the track, the pivot's times that belong to them, and what each pair counts."""
    times = seen.theirs.times_ms
    guess = lines.at(times)
    found = _nearest(seen.ours, guess)
    words = seen.words
    pairs = [
        (times, found, seen.theirs.weights * _fit(found - guess, near_ms)),
        (
            words.track_ms,
            words.pivot_ms,
            _WORD * _fit(words.pivot_ms - lines.at(words.track_ms), _WORD_MS),
        ),
    ]
    return pairs if seen.alike is None else [*pairs, _meant_pairs(lines, seen.alike)]


def _meant_pairs(lines: Lines, alike: Alike) -> tuple[Floats, Floats, Floats]:
    """Each stretch of the track and the middle of what means the same near its time."""
    off = alike.pivot_ms[None, :] - lines.at(alike.track_ms)[:, None]
    mass = np.exp(np.minimum(alike.likelier, 5.0) - 0.5 * (off / _MEANT_MS) ** 2)
    total = mass.sum(axis=1)
    found = mass @ alike.pivot_ms / np.maximum(total, 1e-9)
    return alike.track_ms, found, _MEANT * total / (total + 1)


def _fit(off_ms: Floats, near_ms: float) -> Floats:
    fits: Floats = np.clip(1 - (off_ms / near_ms) ** 2, 0, None) ** 2
    return fits


def _nearest(ours: Places, times_ms: Floats) -> Floats:
    """The place of ours that is nearest to each time."""
    after = np.clip(np.searchsorted(ours.times_ms, times_ms), 1, max(1, len(ours.times_ms) - 1))
    left, right = ours.times_ms[after - 1], ours.times_ms[np.minimum(after, len(ours.times_ms) - 1)]
    return np.where(times_ms - left <= right - times_ms, left, right)


def _solved(old: Lines, xs: Floats, ys: Floats, weights: Floats) -> Lines:
    """Weighted least squares of y = slope x + offset[owner], the slope drawn to the old one by `_SURE_SLOPE`.

    A stretch that few pairs fit keeps its old offset.
    """
    owner, count = old.owner(xs), len(old.offsets)
    mass = np.bincount(owner, weights, count)
    seen = np.bincount(owner, weights > 0, count)
    safe = np.maximum(mass, 1e-9)
    mean_x = np.bincount(owner, weights * xs, count) / safe
    mean_y = np.bincount(owner, weights * ys, count) / safe
    dx, dy = xs - mean_x[owner], ys - mean_y[owner]
    spread = float((weights * dx**2).sum())
    slope = (float((weights * dx * dy).sum()) + _SURE_SLOPE * old.slope) / (spread + _SURE_SLOPE)
    offsets = [
        float(mean_y[i] - slope * mean_x[i]) if seen[i] >= _FEW else old.offsets[i] for i in range(count)
    ]
    return old._replace(slope=slope, offsets=offsets)


def cut_ms(lines: Lines, number: int, track: Speech, seen: Evidence) -> float:
    """Where in the track's time a line follows that of a number: what comes before fits the old, the rest the new one.

    A cue or a sentence begins there, and no later word comes before an earlier one.
    """
    begin = float(lines.borders_ms[number])
    offsets = lines.offsets[number : number + 2]
    low, high = begin - _WIDE_MS, begin + _WIDE_MS
    starts = track.starts_ms.astype(np.float64)
    cues = starts[np.append(True, track.ends_cue[:-1])]
    times, against = _against(lines.slope, offsets, seen, low, high)
    options = np.unique(np.concatenate((times, cues[(cues >= low) & (cues <= high)])))
    if not len(options):
        return begin
    costs = np.zeros(len(options))
    for old, new, each in (
        (against[0], against[1], times),
        *_meant_against(lines.slope, offsets, seen, low, high),
    ):
        place = np.searchsorted(each, options)
        costs += np.concatenate(([0.0], np.cumsum(old)))[place]
        costs += np.concatenate((np.cumsum(new[::-1])[::-1], [0.0]))[place]
    before = np.searchsorted(starts, options)
    last = np.where(before > 0, starts[np.maximum(before - 1, 0)], -np.inf)
    back = (last * lines.slope + offsets[0]) - (options * lines.slope + offsets[1])
    costs += _BACK * np.clip(back, 0, 1e5)
    return float(options[int(np.argmin(costs))]) - _BEFORE_MS


def _against(
    slope: float, offsets: Sequence[float], seen: Evidence, low: float, high: float
) -> tuple[Floats, list[Floats]]:
    """The track's places from `low` to `high`, and what each counts against the line of either offset."""
    inside = (seen.theirs.times_ms >= low) & (seen.theirs.times_ms <= high)
    times, weights = seen.theirs.times_ms[inside], seen.theirs.weights[inside]
    moved = [times * slope + offset for offset in offsets]
    off = [np.minimum(np.abs(_nearest(seen.ours, one) - one), _AMISS_MS) * weights for one in moved]
    return times, off


def _meant_against(
    slope: float, offsets: Sequence[float], seen: Evidence, low: float, high: float
) -> list[tuple[Floats, Floats, Floats]]:
    """What each stretch counts against the line of either offset, and its time."""
    if seen.alike is None:
        return []
    track_ms, pivot_ms, likelier = seen.alike
    near = np.flatnonzero((track_ms >= low) & (track_ms <= high))
    old, new = (
        np.array(
            [
                -_MEANT_AMISS_MS * np.interp(slope * track_ms[i] + offset, pivot_ms, likelier[i], 0, 0)
                for i in near
            ]
        )
        for offset in offsets
    )
    return [(old, new, track_ms[near])]

"""How far a track is behind its pivot, from minute to minute: cross-correlation, and the smoothest path through it."""

from typing import NamedTuple

import numpy as np

from .speech import Floats, Ints, Speech

BIN_MS = 100
"""The grid on which two tracks are compared."""
REACH_MS = 75_000
"""The largest lag that is looked for: a title sequence of a minute, and what 5 s and some drift add."""
WINDOW_MS = 40_000
HOP_MS = 10_000
"""A lag is found every 10 s, from the 40 s around it."""

_LATEST_MS = 48 * 3_600_000
"""What comes later is not compared."""
_SPREAD_MS = 300
"""How blurred the places are where speech can be parted: the jitter of two tracks."""
_JUMP_COST = 9.0
_BEND_COST = 0.6
_MOST_BENT = 6
"""Bins that a lag may change from one window to the next without a jump: 6 % of 10 s."""
_OFF_COSTS = (0.5, 0.05)
"""What a lag costs a second, up to `_USUAL_MS` and beyond: a track of a few cues stays where it is."""
_USUAL_MS = 6000
_BATCH = 256


class Lags(NamedTuple):
    """The lag of n windows: what is added to the track's time to get the pivot's.

    middles_ms, lags_ms, scores: float64 [n]. is_jump: bool [n], whether a jump lies before the window.
    """

    middles_ms: Floats
    lags_ms: Floats
    scores: Floats
    is_jump: "np.ndarray[tuple[int], np.dtype[np.bool_]]"


class Signals(NamedTuple):
    """What is compared of a track, on a grid of `BIN_MS`: float64 [channels, bins], each with mean 0 around it."""

    values: Floats


def signals(said: Speech) -> Signals:
    """How much is said in each bin, and where speech can be parted: at the ends of sentences, clauses and pauses."""
    last_ms = min(int(said.ends_ms.max(initial=0)), _LATEST_MS)
    bins = last_ms // BIN_MS + 2
    parted = _parted(said, bins)
    active = _active(said, bins)
    return Signals(np.stack([_centred(_blurred(parted, _SPREAD_MS)), _centred(_blurred(active, _SPREAD_MS))]))


def boundaries(said: Speech) -> Floats:
    """How strongly the words before and after each gap are parted: float64 [n], 0 to 2."""
    pauses = np.clip(said.pause_ms, 0, 1500) / 1500
    ends = 1.0 * said.ends_sentence + 0.25 * (said.ends_clause & ~said.ends_sentence)
    return np.where(said.is_punctuated, ends, 0.0) + 0.15 * said.ends_cue + pauses


def find_lags(pivot: Signals, track: Signals) -> Lags:
    """The lags at which the track fits the pivot, as a path that bends little and jumps seldom."""
    width, reach = WINDOW_MS // BIN_MS, REACH_MS // BIN_MS
    hop = HOP_MS // BIN_MS
    starts = np.arange(-width // 2, track.values.shape[1] - width // 2 + hop, hop)
    fits = np.concatenate(
        [_fits(pivot, track, starts[at : at + _BATCH], width, reach) for at in range(0, len(starts), _BATCH)]
    )
    path, jumps = _path(fits, reach)
    scores = fits[np.arange(len(path)), path]
    return Lags((starts + width / 2) * BIN_MS * 1.0, (path - reach) * BIN_MS * 1.0, scores, jumps)


def _parted(said: Speech, bins: int) -> Floats:
    strong = boundaries(said)
    values = np.zeros(bins)
    after = np.append(said.starts_ms[1:], said.ends_ms[-1:])
    for times in (said.ends_ms, after):
        places = np.minimum(times // BIN_MS, bins - 1)
        values += np.bincount(places, weights=strong, minlength=bins)[:bins]
    return values


def _active(said: Speech, bins: int) -> Floats:
    """1 in bins where something is said, as far as the cues show it."""
    starts = np.minimum(said.starts_ms // BIN_MS, bins - 1)
    ends = np.minimum((said.ends_ms - said.pause_ms.astype(np.int64) * said.is_known) // BIN_MS, bins - 1)
    edges = np.bincount(starts, minlength=bins) - np.bincount(np.maximum(ends, starts), minlength=bins)
    return (np.cumsum(edges)[:bins] > 0).astype(np.float64)


def _blurred(values: Floats, spread_ms: float) -> Floats:
    reach = int(3 * spread_ms / BIN_MS)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * BIN_MS / spread_ms) ** 2)
    return np.convolve(values, kernel, mode="full")[reach : reach + len(values)]


def _centred(values: Floats) -> Floats:
    """The values less their mean over a minute around each."""
    half = 300
    total = np.concatenate(([0.0], np.cumsum(values)))
    places = np.arange(len(values))
    low, high = np.maximum(places - half, 0), np.minimum(places + half + 1, len(values))
    return values - (total[high] - total[low]) / (high - low)


def _fits(pivot: Signals, track: Signals, starts: Ints, width: int, reach: int) -> Floats:
    """How well each window fits at each lag: float64 [windows, 2 reach + 1], about 0 where nothing fits.

    The sum of the channels' correlations, each divided by what it would be by chance.
    """
    size = 1 << (width + 2 * reach).bit_length()
    total = np.zeros((len(starts), 2 * reach + 1))
    for ours, theirs in zip(pivot.values, track.values, strict=True):
        near = _cut(ours, starts - reach, width + 2 * reach)
        mine = _cut(theirs, starts, width)
        spectrum = np.fft.rfft(near, size) * np.conj(np.fft.rfft(mine, size))
        found = np.fft.irfft(spectrum, size)[:, : 2 * reach + 1]
        power = np.concatenate((np.zeros((len(starts), 1)), np.cumsum(near**2, axis=1)), axis=1)
        energy = power[:, width:] - power[:, : 2 * reach + 1]
        floor = 0.3 * float(np.mean(ours**2)) * width
        mine_energy = (mine**2).sum(axis=1, keepdims=True)
        norm = np.sqrt(
            (energy + floor + 1e-9) * (mine_energy + 0.3 * float(np.mean(theirs**2)) * width + 1e-9)
        )
        total += found / norm
    return total * 8.0


def _cut(values: Floats, starts: Ints, width: int) -> Floats:
    """Windows of the values, 0 outside of them: float64 [windows, width]."""
    before = max(0, -int(starts.min(initial=0)))
    after = max(0, int(starts.max(initial=0)) + width - len(values))
    padded = np.pad(values, (before, after))
    return np.lib.stride_tricks.sliding_window_view(padded, width)[starts + before]


def _path(fits: Floats, reach: int) -> "tuple[Ints, np.ndarray[tuple[int], np.dtype[np.bool_]]]":
    """The lag of each window, as a column of `fits`, on the best path; and whether it jumped there."""
    windows, lags = fits.shape
    off_ms = np.abs(np.arange(lags) - reach) * BIN_MS
    usual_ms = np.minimum(off_ms, _USUAL_MS)
    best = fits[0] - (_OFF_COSTS[0] * usual_ms + _OFF_COSTS[1] * (off_ms - usual_ms)) / 1000
    steps = np.arange(-_MOST_BENT, _MOST_BENT + 1)
    cost = _BEND_COST * np.log1p(np.abs(steps))
    back = np.empty((windows, lags), np.int32)
    for window in range(1, windows):
        padded = np.pad(best, _MOST_BENT, constant_values=-np.inf)
        options = np.lib.stride_tricks.sliding_window_view(padded, len(steps)) - cost
        choice = options.argmax(axis=1)
        smooth = options[np.arange(lags), choice]
        top = int(best.argmax())
        jumped = best[top] - _JUMP_COST > smooth
        back[window] = np.where(jumped, top, np.arange(lags) + steps[choice])
        best = np.where(jumped, best[top] - _JUMP_COST, smooth) + fits[window]
    path = np.empty(windows, np.int64)
    path[-1] = int(best.argmax())
    for window in range(windows - 1, 0, -1):
        path[window - 1] = back[window, path[window]]
    jumps = np.zeros(windows, np.bool_)
    jumps[1:] = np.abs(np.diff(path)) > _MOST_BENT
    return path, jumps

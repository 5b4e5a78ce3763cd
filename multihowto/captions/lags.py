"""How far a track is behind its pivot, from minute to minute: cross-correlation, and the smoothest path through it."""

from typing import Any, NamedTuple

import numpy as np

from .speech import Floats, Ints, Speech

BIN_MS = 200
"""The grid on which two tracks are compared."""
REACH_MS = 75_000
"""The largest lag that is looked for: a title sequence of a minute, and what 5 s and some drift add."""
WINDOW_MS = 40_000
HOP_MS = 10_000
"""A lag is found every 10 s, from the 40 s around it."""

_LATEST_MS = 12 * 3_600_000
"""What comes later is not compared."""
_SPREAD_MS = 300
"""How blurred the places are where speech can be parted: the jitter of two tracks."""
_JUMP_COST = 9.0
_BEND_COST = 0.6
_MOST_BENT = 3
"""Bins that a lag may change from one window to the next without a jump: 6 % of 10 s."""
_OFF_COSTS = (0.5, 0.05)
"""What a lag costs a second, up to `_USUAL_MS` and beyond: a track of a few cues stays where it is."""
_USUAL_MS = 6000
_FLOOR = 0.3
"""The share of its mean energy that every window is given, so that a silent one fits nothing."""
_WEIGHT = 8.0
_WIDTH, _REACH, _HOP = WINDOW_MS // BIN_MS, REACH_MS // BIN_MS, HOP_MS // BIN_MS
_SIZE = 1 << (_WIDTH + 2 * _REACH - 1).bit_length()


class Lags(NamedTuple):
    """The lag of n windows: what is added to the track's time to get the pivot's.

    middles_ms, lags_ms, scores: float64 [n]. is_jump: bool [n], whether a jump lies before the window.
    """

    middles_ms: Floats
    lags_ms: Floats
    scores: Floats
    is_jump: "np.ndarray[tuple[int], np.dtype[np.bool_]]"


class Heard(NamedTuple):
    """What a pivot sounds like around each window, ready to be compared with many tracks.

    starts: int64 [n], first bins of the windows. spectra: complex [channels, n, frequencies] of the bins that a window
    may lie on; energies: float64 [channels, n, lags], of the bins under it at each lag.
    """

    starts: Ints
    spectra: "np.ndarray[tuple[int, int, int], np.dtype[np.complex128]]"
    energies: Floats


def signals(said: Speech) -> Floats:
    """What is compared of a track, on a grid of `BIN_MS`: float64 [2, bins], each with mean 0 around every bin.

    Where speech can be parted (at the ends of sentences, clauses and pauses), and when something is said.
    """
    last_ms = min(int(said.ends_ms.max(initial=0)), _LATEST_MS)
    bins = last_ms // BIN_MS + 2
    parted = _parted(said, bins)
    active = _active(said, bins)
    return np.stack([_centred(_blurred(signal, _SPREAD_MS)) for signal in (parted, active)])


def boundaries(said: Speech) -> Floats:
    """How strongly the words before and after each gap are parted: float64 [n], 0 to 2."""
    pauses = np.clip(said.pause_ms, 0, 1500) / 1500
    ends = 1.0 * said.ends_sentence + 0.25 * (said.ends_clause & ~said.ends_sentence)
    return np.where(said.is_punctuated, ends, 0.0) + 0.15 * said.ends_cue + pauses


def hear(pivot: Floats, last_ms: int) -> Heard:
    """The pivot's `signals` as `find_lags` needs them, for tracks that end by `last_ms`."""
    bins = min(last_ms, _LATEST_MS) // BIN_MS + 2
    starts = np.arange(-_WIDTH // 2, bins - _WIDTH // 2 + _HOP, _HOP)
    spectra, energies = [], []
    for channel in pivot:
        near = _cut(channel, starts - _REACH, _WIDTH + 2 * _REACH)
        power = np.concatenate((np.zeros((len(starts), 1)), np.cumsum(near**2, axis=1)), axis=1)
        floor = _FLOOR * float(np.mean(channel**2)) * _WIDTH
        energies.append(power[:, _WIDTH:] - power[:, : 2 * _REACH + 1] + floor + 1e-9)
        spectra.append(np.fft.rfft(near, _SIZE))
    return Heard(starts, np.stack(spectra), np.stack(energies))


def find_lags(pivot: Heard, track: Floats) -> Lags:
    """The lags at which the track's `signals` fit the pivot, as a path that bends little and jumps seldom."""
    count = min(len(pivot.starts), track.shape[1] // _HOP + 2)
    fits = _fits(pivot, track, count)
    path, jumps = _path(fits)
    scores = fits[np.arange(count), path]
    middles = (pivot.starts[:count] + _WIDTH / 2) * float(BIN_MS)
    return Lags(middles, (path - _REACH) * float(BIN_MS), scores, jumps)


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
    half = 30_000 // BIN_MS
    total = np.concatenate(([0.0], np.cumsum(values)))
    places = np.arange(len(values))
    low, high = np.maximum(places - half, 0), np.minimum(places + half + 1, len(values))
    return values - (total[high] - total[low]) / (high - low)


def _fits(pivot: Heard, track: Floats, count: int) -> Floats:
    """How well each window fits at each lag: float64 [windows, lags], about 0 where nothing fits.

    The sum of the channels' correlations.
    """
    total = np.zeros((count, 2 * _REACH + 1))
    for spectrum, energy, channel in zip(pivot.spectra, pivot.energies, track, strict=True):
        mine = _cut(channel, pivot.starts[:count], _WIDTH)
        found = np.fft.irfft(spectrum[:count] * np.conj(np.fft.rfft(mine, _SIZE)), _SIZE)[:, : 2 * _REACH + 1]
        floor = _FLOOR * float(np.mean(channel**2)) * _WIDTH
        mine_energy = (mine**2).sum(axis=1, keepdims=True) + floor + 1e-9
        total += found / np.sqrt(energy[:count] * mine_energy)
    return total * _WEIGHT


def _cut(values: Floats, starts: Ints, width: int) -> Floats:
    """Windows of the values, 0 outside of them: float64 [windows, width]."""
    before = max(0, -int(starts.min(initial=0)))
    after = max(0, int(starts.max(initial=0)) + width - len(values))
    padded = np.pad(values, (before, after))
    return np.lib.stride_tricks.sliding_window_view(padded, width)[starts + before]


def _path(fits: Floats) -> "tuple[Ints, np.ndarray[tuple[int], np.dtype[np.bool_]]]":
    """The lag of each window, as a column of `fits`, on the best path; and whether it jumped there."""
    windows, lags = fits.shape
    off_ms = np.abs(np.arange(lags) - _REACH) * BIN_MS
    usual_ms = np.minimum(off_ms, _USUAL_MS)
    best = fits[0] - (_OFF_COSTS[0] * usual_ms + _OFF_COSTS[1] * (off_ms - usual_ms)) / 1000
    back = np.empty((windows, lags), np.int32)
    stay = np.arange(lags, dtype=np.int32)
    for window in range(1, windows):
        smooth, source = best.copy(), stay.copy()
        for step in range(1, _MOST_BENT + 1):
            cost = _BEND_COST * np.log1p(step)
            _take(smooth[:-step], source[:-step], best[step:] - cost, stay[step:])
            _take(smooth[step:], source[step:], best[:-step] - cost, stay[:-step])
        top = int(best.argmax())
        _take(smooth, source, np.full(lags, best[top] - _JUMP_COST), np.full(lags, top, np.int32))
        back[window] = source
        best = smooth + fits[window]
    path = np.empty(windows, np.int64)
    path[-1] = int(best.argmax())
    for window in range(windows - 1, 0, -1):
        path[window - 1] = back[window, path[window]]
    jumps = np.zeros(windows, np.bool_)
    jumps[1:] = np.abs(np.diff(path)) > _MOST_BENT
    return path, jumps


def _take(
    values: Floats, sources: "np.ndarray[tuple[int], np.dtype[np.int32]]", others: Floats, their: Any
) -> None:
    """Puts the others where they are larger, and where they come from."""
    larger = others > values
    np.copyto(values, others, where=larger)
    np.copyto(sources, their, where=larger)

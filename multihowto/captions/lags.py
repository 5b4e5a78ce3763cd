"""How far a track is behind its pivot: one drift for all of it, and a lag that jumps seldom."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .anchors import Anchors, merged, stems
from .meanings import Alike
from .speech import Bools, Floats, Ints, Speech

BIN_MS = 300
"""The grid on which two tracks are compared."""
REACH_MS = 75_000
"""The largest lag that is looked for: a title sequence of a minute, and what 5 s and some drift add."""
WINDOW_MS = 9000
"""A lag is looked for in every 9 s."""
SPEEDS = (1.0, 25 / 24, 24 / 25)
"""Of a track's clock: nearly the pivot's, or that of a film that runs faster (PAL)."""

_LATEST_MS = 12 * 3_600_000
"""What comes later is not compared."""
_DRIFTS = np.linspace(-0.012, 0.012, 25)
"""What is added to a speed."""
_SPREAD_MS = 200
"""How blurred the places are where speech can be parted: the jitter of two tracks."""
_JUMP_COST = 8.0
"""What a jump costs; all costs are natural logarithms, as the fits are."""
_OFF_COSTS = (0.5, 0.05)
"""What a lag costs a second, up to `_USUAL_MS` and beyond: a track of a few cues stays where it is."""
_USUAL_MS = 6000
_SURE = 0.5
"""What fits so well (as `_HALF_SURE` counts), without a jump or much drift, is not tried at other speeds."""
_SAME_BINS = 3
"""Lags that are so near are the same: a drift that was rounded."""
_HALF_SURE = 0.5
"""How much likelier than by chance a window is on average where the score is a half: in natural logarithms."""
_SPEED_COST = 2.0
"""What a film's speed costs."""
_LONG_PAUSE_MS = 600
"""A pause that parts speech as surely as it can."""
_ALIKE = (0.5, 0.3)
"""How a channel of two tracks correlates where they fit."""
_FRESH = (0.15, 0.05)
"""How much of a bin is news, as each channel is blurred: what a bin says counts so much."""
_WIDTH, _REACH = WINDOW_MS // BIN_MS, REACH_MS // BIN_MS
_LAGS = 2 * _REACH + 1
_SAME_WORD = 0.3
"""How often two words with the same stem mean each other."""
_WORD_BINS = 5
"""How far such words are apart: word order."""
_MEANING = 0.35
"""How much of what a stretch means is news, beside the stretches that it shares words with."""
_SIZE = 540
"""Of the transforms: at least a window and its reach on both sides, a product of small primes."""


class Lags(NamedTuple):
    """A rough timeline: the pivot's time is the track's by `slope`, plus a lag for each of n windows.

    middles_ms: float64 [n], in the track's time. lags_ms: float64 [n]. is_jump: bool [n], whether the lag is another
    than that of the window before. score: how sure it is, 0 to 1.
    """

    slope: float
    middles_ms: Floats
    lags_ms: Floats
    is_jump: Bools
    score: float


class Heard(NamedTuple):
    """What a pivot sounds like around each window, ready to be compared with many tracks.

    starts: int64 [n], first bins of the windows. spectra: complex [channels, n, frequencies] of the bins that a window
    may lie on; energies: float64 [channels, n, lags], of the bins under it at each lag.
    """

    starts: Ints
    spectra: "np.ndarray[tuple[int, int, int], np.dtype[np.complex128]]"
    energies: Floats
    stems: dict[str, list[int]]


def signals(said: Speech, speed: float = 1.0) -> Floats:
    """What is compared of a track, on a grid of `BIN_MS`: float64 [2, bins], mean 0 and variance 1.

    Where speech can be parted (at the ends of sentences, clauses and pauses), and when something is said.
    """
    said = said._replace(
        starts_ms=(said.starts_ms * speed).astype(np.int64), ends_ms=(said.ends_ms * speed).astype(np.int64)
    )
    bins = min(int(said.ends_ms.max(initial=0)), _LATEST_MS) // BIN_MS + 2
    parted, active = _parted(said, bins), _active(said, bins)
    return np.stack([_centred(_blurred(signal, _SPREAD_MS)) for signal in (parted, active)])


def boundaries(said: Speech) -> Floats:
    """How strongly the words before and after each gap are parted: float64 [n], 0 to 2."""
    pauses = np.clip(said.pause_ms / _LONG_PAUSE_MS, 0, 1)
    ends = 1.0 * said.ends_sentence + 0.25 * (said.ends_clause & ~said.ends_sentence)
    strengths: Floats = np.where(said.is_punctuated, ends, 0.0) + 0.15 * said.ends_cue + pauses
    return strengths


class Sketch(NamedTuple):
    """What of a track says where its time lies: its `signals`, and its `anchors.stems`."""

    signals: Floats
    stems: dict[str, list[int]]


def sketch(said: Speech) -> Sketch:
    """The sketch of a track at its own speed."""
    return Sketch(signals(said), stems(said))


def hear(said: Sequence[Sketch], last_ms: int) -> Heard:
    """A pivot as `find_lags` needs it, for tracks that end by `last_ms`.

    `said` is the pivot itself and other tracks whose times are already on its timeline: what several say is sure.
    """
    bins = min(last_ms, _LATEST_MS) // BIN_MS + 2
    pivot = np.zeros((len(said[0].signals), max(one.signals.shape[1] for one in said)))
    for one in said:
        pivot[:, : one.signals.shape[1]] += one.signals
    pivot /= np.maximum(pivot.std(axis=1, keepdims=True), 1e-9)
    starts = np.arange(0, bins, _WIDTH)
    spectra, energies = [], []
    for channel in pivot:
        near = _cut(channel, starts - _REACH, _WIDTH + 2 * _REACH)
        power = np.concatenate((np.zeros((len(starts), 1)), np.cumsum(near**2, axis=1)), axis=1)
        energies.append(power[:, _WIDTH:] - power[:, :_LAGS])
        spectra.append(np.fft.rfft(near, _SIZE))
    return Heard(starts, np.stack(spectra), np.stack(energies), merged([one.stems for one in said]))


def find_lags(pivot: Heard, track: Speech, its: Sketch, words: Anchors, alike: Alike | None = None) -> Lags:
    """The drift and the lags at which the track fits the pivot best; `its` is the sketch of the track, `words` the
    pairs of words of both.
    """
    best = _at_speed(pivot, its.signals, words, alike, SPEEDS[0])
    if best.score < _SURE or best.is_jump.any() or abs(best.slope - 1) > _DRIFTS[-3]:
        others = [_at_speed(pivot, signals(track, speed), words, alike, speed) for speed in SPEEDS[1:]]
        best = max([best, *others], key=lambda one: one.score)
    likelier = max(best.score, 0.0)
    return best._replace(score=likelier / (likelier + _HALF_SURE))


def _at_speed(pivot: Heard, heard: Floats, words: Anchors, alike: Alike | None, speed: float) -> Lags:
    count = min(len(pivot.starts), heard.shape[1] // _WIDTH + 1)
    middles = (pivot.starts[:count] + _WIDTH / 2) * float(BIN_MS)
    centre = float(middles[count // 2])
    fits = _fits(pivot, heard, count) + _votes(words, speed, count)
    if alike is not None:
        fits += _meant(alike, speed, count)
    drifts, path, score = _path(fits, np.outer(_DRIFTS, middles - centre) / BIN_MS)
    lags = (path - _REACH) * float(BIN_MS) - drifts * centre
    jumps = np.append(False, np.abs(np.diff(path)) > _SAME_BINS)
    score -= _SPEED_COST * (speed != 1)
    slope = speed * (1 + drifts)
    return Lags(slope, (middles / speed).astype(np.float64), lags.astype(np.float64), jumps, score / count)


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
    """The values less their mean over a minute around each, with variance 1."""
    half = 30_000 // BIN_MS
    total = np.concatenate(([0.0], np.cumsum(values)))
    places = np.arange(len(values))
    low, high = np.maximum(places - half, 0), np.minimum(places + half + 1, len(values))
    centred: Floats = values - (total[high] - total[low]) / (high - low)
    centred /= max(float(centred.std()), 1e-9)
    return centred


def _fits(pivot: Heard, track: Floats, count: int) -> Floats:
    """How much more likely each window is at each lag than by chance: float64 [windows, lags].

    The logarithm of the ratio, for channels that are normal, of variance 1, and correlate by `_ALIKE`, but for what is
    equal for all lags.
    """
    total = np.zeros((count, _LAGS))
    for number, (spectrum, energy, channel) in enumerate(
        zip(pivot.spectra, pivot.energies, track, strict=True)
    ):
        alike, fresh = _ALIKE[number], _FRESH[number]
        mine = _cut(channel, pivot.starts[:count], _WIDTH)
        found = np.fft.irfft(spectrum[:count] * np.conj(np.fft.rfft(mine, _SIZE)), _SIZE)[:, :_LAGS]
        rest = 1 - alike**2
        total += fresh * (alike / rest * found - (0.5 / rest - 0.5) * energy[:count])
    return total


def _votes(words: Anchors, speed: float, count: int) -> Floats:
    """How much more likely each lag is for the words that both tracks have: float64 [windows, lags]."""
    lags = np.rint((words.pivot_ms - words.track_ms * speed) / BIN_MS).astype(np.int64) + _REACH
    windows = (words.track_ms * speed / BIN_MS).astype(np.int64) // _WIDTH
    inside = (lags >= 0) & (lags < _LAGS) & (windows < count)
    strength = np.log1p(_SAME_WORD * _LAGS / (_WORD_BINS * 2.5 * words.often[inside]))
    counted = np.bincount(windows[inside] * _LAGS + lags[inside], strength, count * _LAGS)
    votes: Floats = counted.astype(np.float64).reshape(count, _LAGS)
    reach = 2 * _WORD_BINS
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / _WORD_BINS) ** 2)
    for window in np.unique(windows[inside]).tolist():
        votes[window] = np.convolve(votes[window], kernel, mode="same")
    return votes


def _meant(alike: Alike, speed: float, count: int) -> Floats:
    """How much more likely each lag is for what both tracks mean: float64 [windows, lags]."""
    votes = np.zeros((count, _LAGS))
    times = alike.track_ms * speed
    windows = (times / BIN_MS).astype(np.int64) // _WIDTH
    lags_ms = np.arange(-_REACH, _REACH + 1) * float(BIN_MS)
    for number in np.flatnonzero(windows < count).tolist():
        likelier = alike.likelier[number].astype(np.float64)
        votes[windows[number]] += np.interp(times[number] + lags_ms, alike.pivot_ms, likelier, 0, 0)
    return _MEANING * votes


def _cut(values: Floats, starts: Ints, width: int) -> Floats:
    """Windows of the values, 0 outside of them: float64 [windows, width]."""
    before = max(0, -int(starts.min(initial=0)))
    after = max(0, int(starts.max(initial=0)) + width - len(values))
    padded = np.pad(values, (before, after))
    return np.lib.stride_tricks.sliding_window_view(padded, width)[starts + before]


def _path(fits: Floats, shifts: Floats) -> tuple[float, Ints, float]:
    """The drift that fits best, the lag of each window beside it as a column of `fits`, and the score of that path.

    shifts: float64 [drifts, windows], in bins, what each drift adds to the lag of a window.
    """
    count = len(fits)
    columns = np.arange(_LAGS)
    off_ms = np.abs(columns - _REACH) * BIN_MS
    usual_ms = np.minimum(off_ms, _USUAL_MS)
    best = np.tile(-(_OFF_COSTS[0] * usual_ms + _OFF_COSTS[1] * (off_ms - usual_ms)) / 1000, (len(shifts), 1))
    jumped = np.zeros((count, len(shifts), _LAGS), np.bool_)
    tops = np.zeros((count, len(shifts)), np.int64)
    steps = np.rint(shifts).astype(np.int64)
    most = int(np.abs(steps).max())
    wide = np.pad(fits, ((0, 0), (most, most)), mode="edge")
    shifted = np.lib.stride_tricks.sliding_window_view(wide, _LAGS, axis=1)
    for window in range(count):
        if window:
            tops[window] = best.argmax(axis=1)
            after = best[np.arange(len(best)), tops[window]] - _JUMP_COST
            jumped[window] = after[:, None] > best
            best = np.maximum(best, after[:, None])
        best += shifted[window, steps[:, window] + most]
    drift, lag = (int(place) for place in np.unravel_index(best.argmax(), best.shape))
    score = float(best[drift, lag])
    path = np.empty(count, np.int64)
    for window in range(count - 1, -1, -1):
        path[window] = lag
        lag = int(tops[window, drift]) if jumped[window, drift, lag] else lag
    return float(_DRIFTS[drift]), path, score

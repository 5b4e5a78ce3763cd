"""What two tracks mean, stretch by stretch: how much likelier than by chance two stretches translate each other."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from .speech import Floats, Speech

Embed: TypeAlias = Callable[[Sequence[str]], npt.NDArray[np.float32]]
"""Texts to vectors of unit length (texts, width) that are alike if the texts mean the same in whatever language."""

STRETCH, STEP = 60, 30
"""Characters of a stretch, and from one to the next: a clause or two."""
DENSE = {"zh": 3.0}
"""How much more a character says than in other languages."""
MOST = 3000
"""Stretches of a track; those of a longer one are longer."""

_SLOPE, _BASE = 2.3, 4.1
"""The logarithm of how much likelier a likeness is for a translation than by chance: it grows in a line with the
likeness in standard deviations (read off a histogram of worlds 0 to 19 of bench/subtitles, multilingual-e5-small)."""
_LIKELIEST = 7.0
_ALONE = 0.15
"""How often a stretch has no translation where it is looked for."""


class Meanings(NamedTuple):
    """n stretches of a track: float64 [n] the middles of their times, float32 [n, width] their vectors."""

    middles_ms: Floats
    vectors: npt.NDArray[np.float32]


class Alike(NamedTuple):
    """float64 [n] and [m] the times of a track's and a pivot's stretches; float32 [n, m] how much likelier than by
    chance each two translate each other, as a natural logarithm.
    """

    track_ms: Floats
    pivot_ms: Floats
    likelier: npt.NDArray[np.float32]


def stretches(said: Speech, language: str) -> list[tuple[int, int]]:
    """The words of each stretch, from the first up to the second; neighbours share a half."""
    count, total = len(said.words), float(said.at[-1])
    wider = max(1.0, total * DENSE.get(language, 1.0) / (STEP * MOST)) / DENSE.get(language, 1.0)
    found: list[tuple[int, int]] = []
    first = end = 0
    while end < count:
        end = min(max(int(np.searchsorted(said.at, said.at[first] + STRETCH * wider)), first + 1), count)
        found.append((first, end))
        first = max(first + 1, int(np.searchsorted(said.at, said.at[first] + STEP * wider)))
    return found


def meanings(said: Speech, language: str, embed: Embed) -> Meanings:
    """The stretches of a track, their times and vectors; `embed` is called once."""
    cut = stretches(said, language)
    middles = [(said.starts_ms[first] + said.ends_ms[end - 1]) / 2 for first, end in cut]
    vectors = embed([said.text_of(first, end) for first, end in cut])
    return Meanings(np.maximum.accumulate(np.array(middles, np.float64)), vectors)


def alike(pivot: Meanings, track: Meanings) -> Alike:
    """Compares all stretches of two tracks: how alike two are, by what is usual for the one and for the other."""
    likeness = track.vectors @ pivot.vectors.T
    usual = (_standard(likeness, 0) + _standard(likeness, 1)) / 2
    ratio = np.exp(np.minimum(_SLOPE * usual - _BASE, _LIKELIEST))
    likelier: npt.NDArray[np.float32] = np.log((1 - _ALONE) * ratio + _ALONE).astype(np.float32)
    return Alike(track.middles_ms, pivot.middles_ms, likelier)


def _standard(values: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    spread = np.maximum(values.std(axis=axis, keepdims=True), 1e-6)
    return np.asarray((values - values.mean(axis=axis, keepdims=True)) / spread, np.float32)

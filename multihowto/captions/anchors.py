"""Words that two languages share: numbers, names, and words of one origin, as places that belong together."""

import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from .speech import Floats, Ints, Speech

STEM = 5
"""Letters that words of one origin begin with alike (Simard, Foster and Isabelle 1992 take four)."""
NEAR_MS = 5000
"""So near to each other the same stem in two tracks is one place."""
MOST = 6
"""A word that one of the tracks has more often says nothing of where it belongs."""

_LATIN = str.maketrans("абвгдеёжзийклмнопрстуфхцчшщыэюя", "abvgdeezziiklmnoprstufhccssyeua", "ъь")
"""Cyrillic letters as the Latin ones that words of one origin have for them."""


class Anchors(NamedTuple):
    """n pairs of words: float64 [n] the track's time, the pivot's time; int64 [n] how often the pivot has the word."""

    track_ms: Floats
    pivot_ms: Floats
    often: Ints


def stems(said: Speech) -> dict[str, list[int]]:
    """When each stem is said: of words of `STEM` letters or more, and of numbers."""
    found: dict[str, list[int]] = defaultdict(list)
    known: dict[str, str] = {}
    middles = ((said.starts_ms + said.ends_ms) // 2).tolist()
    for word, middle_ms in zip(said.words, middles, strict=True):
        stem = known.get(word)
        if stem is None:
            stem = known[word] = _stem(word)
        if stem:
            found[stem].append(middle_ms)
    return {stem: times for stem, times in found.items() if len(times) <= MOST}


def merged(each: Sequence[Mapping[str, Sequence[int]]]) -> dict[str, list[int]]:
    """The stems of several tracks on one timeline; what two of them say within `NEAR_MS` is said once."""
    found: dict[str, list[int]] = defaultdict(list)
    for its in each:
        for stem, times in its.items():
            mine = found[stem]
            mine += [time for time in times if all(abs(time - other) > NEAR_MS for other in mine)]
    return {stem: times for stem, times in found.items() if len(times) <= MOST}


def anchors(pivot: dict[str, list[int]], track: dict[str, list[int]]) -> Anchors:
    """All pairs of words of both tracks with the same stem."""
    rows = [
        (mine, its, len(pivot[stem]))
        for stem, times in track.items()
        if stem in pivot
        for mine in times
        for its in pivot[stem]
    ]
    made = np.array(rows, np.float64).reshape(-1, 3)
    return Anchors(made[:, 0], made[:, 1], made[:, 2].astype(np.int64))


def _stem(word: str) -> str:
    plain = unicodedata.normalize("NFKD", word.casefold()).translate(_LATIN)
    letters = "".join(character for character in plain if character.isalnum() and character.isascii())
    if any(character.isdigit() for character in letters):
        return letters
    return letters[:STEM] if len(letters) >= STEM else ""

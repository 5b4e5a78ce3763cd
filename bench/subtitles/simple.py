"""Three simple ways to align, on cues as the package reads them."""

from collections.abc import Callable, Sequence
from itertools import accumulate

from multihowto.captions.cues import Cue
from multihowto.captions.formats import read

from .scoring import units
from .worlds import World

Pair = tuple[int | tuple[int, int], str, str, float]
"""Number of a clip, or start and end of one of the aligner's own; language; text; score."""
Texts = Callable[[World, Sequence[Cue], Sequence[Cue]], Sequence[str]]


def cues_of(world: World) -> dict[str, list[Cue]]:
    """Each track's cues."""
    return {language: read(text, format) for language, (format, text) in world.bodies.items()}


def _pairs(world: World, texts: Texts) -> list[Pair]:
    tracks = cues_of(world)
    pivot = tracks.pop(world.pivot_language)
    return [
        (number, language, text, 1.0)
        for language, cues in tracks.items()
        for number, text in enumerate(texts(world, pivot, cues))
        if text
    ]


def join(cues: Sequence[Cue]) -> str:
    """Their texts in a row; spaces between Chinese ones do not matter, since its characters are compared."""
    return " ".join(cue.text for cue in cues)


def by_index(world: World) -> list[Pair]:
    """The pivot's cues and the other track's are paired by their numbers."""

    def texts(world: World, pivot: Sequence[Cue], other: Sequence[Cue]) -> list[str]:
        middles = [(cue.start_ms + cue.end_ms) / 2 for cue in pivot]
        return [
            join([cue for cue, middle in zip(other, middles, strict=False) if start <= middle < end])
            for start, end in world.clips
        ]

    return _pairs(world, texts)


def by_overlap(world: World) -> list[Pair]:
    """Each cue of the other track goes to the clip that it shares most time with."""

    def texts(world: World, pivot: Sequence[Cue], other: Sequence[Cue]) -> list[str]:
        held: list[list[Cue]] = [[] for _ in world.clips]
        first = 0
        for cue in other:
            while first < len(world.clips) - 1 and world.clips[first][1] <= cue.start_ms:
                first += 1
            best, most, number = -1, 0, first
            while number < len(world.clips) and world.clips[number][0] < cue.end_ms:
                start, end = world.clips[number]
                shared = min(end, cue.end_ms) - max(start, cue.start_ms)
                best, most = (number, shared) if shared > most else (best, most)
                number += 1
            if best >= 0:
                held[best].append(cue)
        return [join(cues) for cues in held]

    return _pairs(world, texts)


def in_proportion(world: World) -> list[Pair]:
    """The whole text is cut where the pivot's is: at equal shares of all its characters."""

    def texts(world: World, pivot: Sequence[Cue], other: Sequence[Cue]) -> list[str]:
        words = [unit for cue in other for unit in units(cue.text)]
        sums = [0, *accumulate(len(cue.text) for cue in pivot)]
        starts = [cue.start_ms for cue in pivot]
        found, at = [], 0
        for start, end in world.clips:
            while at < len(starts) and starts[at] < start:
                at += 1
            after = at
            while after < len(starts) and starts[after] < end:
                after += 1
            first, last = (round(len(words) * sums[n] / max(sums[-1], 1)) for n in (at, after))
            found.append(" ".join(words[first:last]))
        return found

    return _pairs(world, texts)


WAYS: dict[str, Callable[[World], list[Pair]]] = {
    "index": by_index,
    "overlap": by_overlap,
    "proportion": in_proportion,
}

"""A cue, and what makes a list of cues sound."""

from collections.abc import Iterable
from typing import NamedTuple

LATEST_MS = 2**31 - 1
"""The last time that the tables' int32 holds: 24.8 days."""

REPAIRED_MS = 1000
"""The longest that a cue lasts whose own end is at or before its start."""


class Word(NamedTuple):
    """A piece of a cue's text, mostly one word, and when it is first said, from the beginning of the video."""

    start_ms: int
    text: str


class Cue(NamedTuple):
    """A text shown from `start_ms` until `end_ms`, both from the beginning of the video.

    `words` are the true times of its words; empty if the file has none.
    """

    start_ms: int
    end_ms: int
    text: str
    words: tuple[Word, ...] = ()


class CaptionError(ValueError):
    """A caption body is not what it should be; the message says in one line what is wrong with it."""


def normalise(cues: Iterable[Cue]) -> list[Cue]:
    """The cues sorted by (start, end), each with a text and with 0 <= start_ms < end_ms <= LATEST_MS.

    Dropped: no text but white space, a start before 0 or not before LATEST_MS, exact duplicates.
    A cue that ends at or before its start keeps its text: it ends where the next one starts, at most
    REPAIRED_MS after its own start. Nothing else is changed, and doing it twice changes nothing.
    """
    sound = [cue for cue in cues if 0 <= cue.start_ms < LATEST_MS and cue.text.strip()]
    ordered = sorted(sound, key=lambda cue: (cue.start_ms, cue.end_ms))
    repaired = [
        Cue(cue.start_ms, _sound_end(cue, later_ms), cue.text, cue.words)
        for cue, later_ms in zip(ordered, later_starts(ordered), strict=True)
    ]
    once: dict[tuple[int, int, str], Cue] = {}
    for cue in repaired:
        once.setdefault(cue[:3], cue)
    return sorted(once.values(), key=lambda cue: (cue.start_ms, cue.end_ms))


def clip_overlaps(cues: list[Cue]) -> list[Cue]:
    """Sorted cues, each ending at the latest where the next one starts; cues that start together stay so."""
    return [
        Cue(cue.start_ms, min(cue.end_ms, later_ms), cue.text, cue.words)
        for cue, later_ms in zip(cues, later_starts(cues), strict=True)
    ]


def later_starts(cues: list[Cue]) -> list[int]:
    """For each of the sorted cues, the first start after its own; LATEST_MS if none follows."""
    later = [LATEST_MS] * len(cues)
    for i in range(len(cues) - 2, -1, -1):
        later[i] = cues[i + 1].start_ms if cues[i + 1].start_ms > cues[i].start_ms else later[i + 1]
    return later


def _sound_end(cue: Cue, later_ms: int) -> int:
    if cue.end_ms > cue.start_ms:
        return min(cue.end_ms, LATEST_MS)
    return min(cue.start_ms + REPAIRED_MS, later_ms)

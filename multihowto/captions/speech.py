"""A track as one stream of words: when each is said, and where one can part it."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .cues import Cue
from .plain import join
from .words import word_times

_CLOSING = "\"'»”’」』)\\]）】"
_FINAL = re.compile(rf"[.!?…。！？؟][{_CLOSING}]*$")
_SURE = re.compile(rf"[!?…。！？؟][{_CLOSING}]*$")
_ABBREVIATION = re.compile(r"(?:^|[^\w])(?:\w|\d{1,2}|Dr|Mr|Mrs|Ms|St|No|Nr|bzw|usw|např|tzv|etc|vs)\.$")
_CLAUSE = re.compile(rf"[,;:，；：、—–-][{_CLOSING}]*$")

PUNCTUATED = 80
"""A track has punctuation if a sentence ends in every so many of its words at least."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class Speech(NamedTuple):
    """The n words of a track in order; `gap` arrays have one value a word, for the place after it.

    texts: the cues'. starts_ms, ends_ms: int64 [n]. cue: int64 [n], the number of the word's cue.
    at: float64 [n + 1], characters that are said before each word, then all. is_known: bool [n], whether the file has
    its time. ends_sentence, ends_clause, ends_cue: bool [n]. pause_ms: float64 [n].
    """

    texts: list[str]
    words: list[str]
    starts_ms: Ints
    ends_ms: Ints
    cue: Ints
    at: Floats
    is_known: npt.NDArray[np.bool_]
    ends_sentence: npt.NDArray[np.bool_]
    ends_clause: npt.NDArray[np.bool_]
    ends_cue: npt.NDArray[np.bool_]
    pause_ms: Floats
    is_punctuated: bool

    def range_of(self, first_cue: int, last_cue: int) -> tuple[int, int]:
        """The words of some cues, inclusive: the first one's number, and the number after the last one's."""
        low, high = np.searchsorted(self.cue, (first_cue, last_cue + 1))
        return int(low), int(high)

    def text_of(self, first: int, end: int) -> str:
        """What the words from `first` up to `end` say, in one line, spaced as in their cues."""
        parts = []
        while first < end:
            cue = int(self.cue[first])
            low, high = self.range_of(cue, cue)
            stop = min(end, high)
            text = self.texts[cue]
            parts.append(
                text if (first, stop) == (low, high) else _cut(text, self.words[low:stop], first - low)
            )
            first = stop
        return join(parts)


def speech(cues: Sequence[Cue], language: str) -> Speech:
    """The words of sorted, clean cues, with what parts them."""
    words: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    known: list[bool] = []
    owner: list[int] = []
    for number, cue in enumerate(cues):
        timed = word_times(cue, language)
        owner += [number] * len(timed)
        for start_ms, end_ms, text, is_known in timed:
            starts.append(start_ms)
            ends.append(end_ms)
            words.append(text)
            known.append(is_known)
    lengths = np.fromiter(map(len, words), np.float64, len(words))
    cue_of = np.array(owner, np.int64)
    is_known = np.array(known, np.bool_)
    starts_ms, ends_ms = np.array(starts, np.int64), np.array(ends, np.int64)
    ends_sentence = _sentence_ends(words)
    return Speech(
        [cue.text for cue in cues],
        words,
        starts_ms,
        ends_ms,
        cue_of,
        np.concatenate(([0.0], np.cumsum(lengths))),
        is_known,
        ends_sentence,
        np.fromiter((_CLAUSE.search(word) is not None for word in words), np.bool_, len(words)),
        np.append(cue_of[1:] != cue_of[:-1], True)[: len(words)],
        _pauses(starts_ms, ends_ms, lengths, is_known),
        bool(ends_sentence.sum() * PUNCTUATED >= len(words) > 0),
    )


def _cut(text: str, words: Sequence[str], skipped: int) -> str:
    """The text from one of its words to the last given; the words that come before are given too."""
    begin, place = 0, 0
    for number, word in enumerate(words):
        found = text.find(word, place)
        if found < 0:
            return join(words[skipped:])
        begin = found if number == skipped else begin
        place = found + len(word)
    return text[begin:place]


def sentence_end(word: str, following: str) -> bool:
    """Whether a word ends a sentence: by its mark, but for ordinals, initials and what goes on in lower case."""
    if _FINAL.search(word) is None:
        return False
    if _SURE.search(word) is not None:
        return not (word.endswith(("…", "...")) and following[:1].islower())
    return not (following[:1].islower() or _ABBREVIATION.search(word) is not None) or not following


def _sentence_ends(words: Sequence[str]) -> npt.NDArray[np.bool_]:
    following = [*words[1:], ""]
    return np.fromiter(map(sentence_end, words, following), np.bool_, len(words))


def _pauses(starts_ms: Ints, ends_ms: Ints, lengths: Floats, is_known: npt.NDArray[np.bool_]) -> Floats:
    """The silence after each word: until the next one's start, but for the time that the word itself takes.

    A word whose time is known ends where the next one starts, as far as the file says; it is given the track's
    median time a character, and half as much again.
    """
    if not len(starts_ms):
        return np.zeros(0)
    next_ms = np.append(starts_ms[1:], ends_ms[-1])
    spans = np.maximum(next_ms - starts_ms, 0)
    pace = float(np.median(spans / np.maximum(lengths, 1.0)))
    spoken = np.minimum(spans, 1.5 * pace * lengths + 50)
    return np.where(is_known, spans - spoken, np.maximum(next_ms - ends_ms, 0)).astype(np.float64)

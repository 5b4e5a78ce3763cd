"""A track as one stream of words: when each is said, and where one can part it."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .cues import Cue
from .plain import join
from .words import TimedWord, tokens, word_times

_MARKS = frozenset("\"'»”’」』)]）】.!?…。！？؟,;:，；：、—–-")
_CLOSING = "\"'»”’」』)\\]）】"
_FINAL = re.compile(rf"[.!?…。！？؟][{_CLOSING}]*$")
_SURE = re.compile(rf"[!?…。！？؟][{_CLOSING}]*$")
_ABBREVIATION = re.compile(r"(?:^|[^\w])(?:\w|\d{1,2}|Dr|Mr|Mrs|Ms|St|No|Nr|bzw|usw|např|tzv|etc|vs)\.$")
_CLAUSE = re.compile(rf"[,;:，；：、—–-][{_CLOSING}]*$")

PUNCTUATED = 80
"""A track has punctuation if a sentence ends in every so many of its words at least."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Speech(NamedTuple):
    """The n words of a track in order; `gap` arrays have one value a word, for the place after it.

    texts: the cues'. edges: the first word of each cue, then n. starts_ms, ends_ms: int64 [n]. cue: int64 [n], the
    number of the word's cue. begins: of each cue that was parted so far, where its words begin in its text. at:
    float64 [n + 1], characters that are said before each word, then all. is_known: bool [n], whether the file has its
    time. ends_sentence, ends_clause, ends_cue: bool [n]. pause_ms: float64 [n].
    """

    texts: list[str]
    edges: list[int]
    words: list[str]
    starts_ms: Ints
    ends_ms: Ints
    cue: Ints
    begins: dict[int, list[int]]
    at: Floats
    is_known: Bools
    ends_sentence: Bools
    ends_clause: Bools
    ends_cue: Bools
    pause_ms: Floats
    is_punctuated: bool

    def range_of(self, first_cue: int, last_cue: int) -> tuple[int, int]:
        """The words of some cues, inclusive: the first one's number, and the number after the last one's."""
        return self.edges[first_cue], self.edges[last_cue + 1]

    def text_of(self, first: int, end: int) -> str:
        """What the words from `first` up to `end` say, in one line, spaced as in their cues."""
        parts = []
        while first < end:
            cue = bisect_right(self.edges, first) - 1
            low, high = self.edges[cue], self.edges[cue + 1]
            stop = min(end, high)
            is_whole = (first, stop) == (low, high)
            parts.append(self.texts[cue] if is_whole else self._part(cue, first, stop))
            first = stop
        return parts[0] if len(parts) == 1 else join(parts)

    def _part(self, cue: int, first: int, end: int) -> str:
        """What some words of one cue say; alone if they do not stand in its text."""
        low, text = self.edges[cue], self.texts[cue]
        if cue not in self.begins:
            self.begins[cue] = _begins(text, self.words[low : self.edges[cue + 1]])
        begins = self.begins[cue]
        if end - low > len(begins):
            return join(self.words[first:end])
        return text[begins[first - low] : begins[end - 1 - low] + len(self.words[end - 1])]


def speech(cues: Sequence[Cue], language: str) -> Speech:
    """The words of sorted, clean cues, with what parts them; their times are those of `words.word_times`."""
    each = [tokens(cue.text, language) if not cue.words else [] for cue in cues]
    timed = {number: word_times(cue, language) for number, cue in enumerate(cues) if cue.words}
    for number, its in timed.items():
        each[number] = [word.text for word in its]
    words = [word for its in each for word in its]
    counts = np.fromiter(map(len, each), np.int64, len(each))
    cue_of = np.repeat(np.arange(len(each)), counts)
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    at = np.concatenate(([0], np.cumsum(lengths)))
    starts_ms, ends_ms, is_known = _times(cues, timed, cue_of, counts, at)
    ends_sentence, ends_clause = _marks(words)
    return Speech(
        [cue.text for cue in cues],
        [0, *np.cumsum(counts).tolist()],
        words,
        starts_ms,
        ends_ms,
        cue_of,
        {},
        at.astype(np.float64),
        is_known,
        ends_sentence,
        ends_clause,
        np.append(cue_of[1:] != cue_of[:-1], True)[: len(words)],
        _pauses(starts_ms, ends_ms, lengths, is_known),
        bool(ends_sentence.sum() * PUNCTUATED >= len(words) > 0),
    )


def _times(
    cues: Sequence[Cue], timed: Mapping[int, Sequence[TimedWord]], cue_of: Ints, counts: Ints, at: Ints
) -> tuple[Ints, Ints, Bools]:
    """Starts and ends of all words, and which are known: of cues without times spread by length."""
    first = np.cumsum(counts) - counts
    cue_starts = np.fromiter((cue.start_ms for cue in cues), np.int64, len(cues))
    cue_ends = np.fromiter((cue.end_ms for cue in cues), np.int64, len(cues))
    begins = at[first]
    total = np.maximum(at[first + counts] - begins, 1)
    done = at[:-1] - begins[cue_of]
    starts = cue_starts[cue_of] + (cue_ends - cue_starts)[cue_of] * done // total[cue_of]
    is_known = np.zeros(len(starts), np.bool_)
    for number, its in timed.items():
        here = slice(int(first[number]), int(first[number] + counts[number]))
        starts[here] = [word.start_ms for word in its]
        is_known[here] = [word.known for word in its]
    is_last = np.append(cue_of[1:] != cue_of[:-1], True)[: len(cue_of)]
    ends = np.where(is_last, cue_ends[cue_of], np.append(starts[1:], 0)[: len(starts)])
    return starts, np.maximum(starts, ends), is_known


def _begins(text: str, words: Sequence[str]) -> list[int]:
    """Where each word begins in the text, up to the first one that it does not have."""
    begins, place = list[int](), 0
    for word in words:
        found = text.find(word, place)
        if found < 0:
            break
        begins.append(found)
        place = found + len(word)
    return begins


def sentence_end(word: str, following: str) -> bool:
    """Whether a word ends a sentence: by its mark, but for ordinals, initials and what goes on in lower case."""
    if _FINAL.search(word) is None:
        return False
    if _SURE.search(word) is not None:
        return not (word.endswith(("…", "...")) and following[:1].islower())
    return not (following[:1].islower() or _ABBREVIATION.search(word) is not None) or not following


def _marks(words: Sequence[str]) -> tuple[Bools, Bools]:
    """After which words a sentence ends, and a clause."""
    sentence, clause = np.zeros(len(words), np.bool_), np.zeros(len(words), np.bool_)
    for number, word in enumerate(words):
        if word[-1] in _MARKS:
            following = words[number + 1] if number + 1 < len(words) else ""
            sentence[number] = sentence_end(word, following)
            clause[number] = _CLAUSE.search(word) is not None
    return sentence, clause


def _pauses(starts_ms: Ints, ends_ms: Ints, lengths: Ints, is_known: Bools) -> Floats:
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

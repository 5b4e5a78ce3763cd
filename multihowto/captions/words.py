"""When each word of a cue is said: as the file says it, or spread over the time that is known."""

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from .cleaning import clean, join, strip_tags, unescape
from .cues import LATEST_MS, Cue, Word

_LETTER = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af\u3041-\u30ff"
_CHARACTER = re.compile(f"[{_LETTER}]|[^\\W_{_LETTER}]+")
_BY_CHARACTER = frozenset({"zh", "ja"})


class TimedWord(NamedTuple):
    """A word and when it is said; `known` is whether its start stands in the file."""

    start_ms: int
    end_ms: int
    text: str
    known: bool


def word_times(cue: Cue, language: str) -> list[TimedWord]:
    """The words of a clean cue in order, those of `cleaning.count_words`; a word ends where the next one starts.

    Times of the file stay as they are where they lie within the cue; words between them are spread by their
    length in characters, `known` False. In zh and ja a word is a character, with the marks after it.
    """
    pieces = cue.words or (Word(cue.start_ms, cue.text),)
    starts = [min(max(piece.start_ms, cue.start_ms), cue.end_ms) for piece in pieces]
    timed: list[tuple[int, str, bool]] = []
    for piece, start_ms, stop_ms in zip(pieces, starts, [*starts[1:], cue.end_ms], strict=True):
        is_known = bool(cue.words) and start_ms == piece.start_ms
        timed += _spread(tokens(piece.text, language), start_ms, max(start_ms, stop_ms), is_known)
    ends = [*(start_ms for start_ms, _, _ in timed), cue.end_ms][1:]
    return [
        TimedWord(start_ms, max(start_ms, end_ms), text, known)
        for (start_ms, text, known), end_ms in zip(timed, ends, strict=True)
    ]


def keep_words(words: Sequence[Word], text: str) -> tuple[Word, ...]:
    """The words of a cue after its text was cleaned: together they are the text, but for its spaces.

    Words that cleaning removed go; pieces of one word are one, with the first one's time. Empty if the words do not
    make up the text, or their times go back or are no times. Looked for from the end, as a rolling cue begins with
    old lines.
    """
    kept: list[Word] = []
    end = len(text)
    for word in reversed(words):
        said = _at_end(word.text, text, end)
        if not said:
            continue
        begin = end - len(said)
        if kept and text[end] != " " and _parted(said[-1], kept[-1].text[0]):
            said += kept.pop().text
        kept.append(Word(word.start_ms, said))
        end = begin - 1 if begin and text[begin - 1] == " " else begin
    kept.reverse()
    if end or any(later.start_ms < word.start_ms for word, later in pairwise(kept)):
        return ()
    if any(not 0 <= word.start_ms < LATEST_MS for word in kept):
        return ()
    return tuple(kept)


def _at_end(piece: str, text: str, end: int) -> str:
    """A piece as it stands at the end of the text up to `end`; empty if it does not stand there."""
    plain = " ".join(unescape(strip_tags(piece)).split())
    if plain and text.endswith(plain, 0, end):
        return plain
    said = clean(piece)
    return said if said and text.endswith(said, 0, end) else ""


def _parted(left: str, right: str) -> bool:
    """Whether two words with these characters at their sides have a space between them."""
    return join((left, right)) != left + right


def tokens(text: str, language: str) -> list[str]:
    """The words of a text as `word_times` parts them."""
    if language not in _BY_CHARACTER:
        return text.split()
    starts = [found.start() for found in _CHARACTER.finditer(text)]
    edges = [*([0] if starts else []), *starts[1:], len(text)]
    return [text[left:right].strip() for left, right in pairwise(edges)]


def _spread(
    tokens: Sequence[str], start_ms: int, stop_ms: int, is_known: bool
) -> list[tuple[int, str, bool]]:
    """Start, text and whether the start is known of words that share a time, each as long as its text."""
    total = sum(map(len, tokens)) or 1
    before = accumulate(map(len, tokens), initial=0)
    return [
        (start_ms + (stop_ms - start_ms) * done // total, token, is_known and done == 0)
        for token, done in zip(tokens, before, strict=False)
    ]

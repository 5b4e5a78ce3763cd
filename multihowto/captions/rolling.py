"""YouTube's rolling captions: two lines on screen, the old one above the new one."""

from collections.abc import Sequence
from itertools import pairwise

from .cleaning import join, strip_tags
from .cues import Cue, Word, clip_overlaps, normalise

_WINDOW_LINES = 4
"""The most lines that a cue can take over from the cue before; YouTube shows two."""

_WORD_MS = 500
"""The least that the last word of a row is given: YouTube's sentence rows carry a placeholder of 3,000 ms."""


def end_rows(rows: Sequence[Cue]) -> list[Cue]:
    """Rows of YouTube's json3 and srv formats, sound, and each from its first word until the next row starts.

    A row stays on screen while the next is spoken, and its own length may be a placeholder: it lasts at least
    `_WORD_MS` past the start of its last word if no other row follows.
    """
    timed = []
    for row in rows:
        if row.words:
            last_ms = max(word.start_ms for word in row.words)
            end_ms = max(row.end_ms, last_ms + _WORD_MS)
            row = Cue(row.words[0].start_ms, end_ms, row.text, row.words)
        timed.append(row)
    return clip_overlaps(normalise(timed))


def is_rolling(cues: Sequence[Cue]) -> bool:
    """Whether the sorted cues repeat the line before, as YouTube's automatic VTT does.

    A cue carries if its first lines are the last lines of the cue before; it scrolls if it also adds a line.
    Rolling is: more than half of the cues carry and more than a fifth scroll (in YouTube's files nearly all
    and a half). A refrain carries but does not scroll.
    """
    lines = [_lines(cue.text) for cue in cues]
    carried = [_carried(old, new) for old, new in pairwise(lines)]
    scrolls = sum(0 < count < len(new) for count, new in zip(carried, lines[1:], strict=True))
    pairs = len(carried)
    return 2 * sum(count > 0 for count in carried) > pairs and 5 * scrolls > pairs


def deroll(cues: Sequence[Cue]) -> list[Cue]:
    """The cues with every line once, in the cue in which it first appeared; other tracks unchanged.

    Cues are sorted, their lines split by "\\n". Cues that add nothing (the 10 ms fillers) go. What is left of
    a rolling track has one line a cue and no tags, so doing it twice changes nothing. Times of words stay, those
    of old lines too, each piece on one line (`words.keep_words` finds those that are meant).
    """
    if not is_rolling(cues):
        return list(cues)
    kept: list[Cue] = []
    shown: list[str] = []
    for cue in cues:
        lines = _lines(cue.text)
        fresh = lines[_carried(shown, lines) :]
        shown = lines
        if fresh:
            kept.append(Cue(cue.start_ms, cue.end_ms, join(fresh), _by_line(cue.words)))
    return kept


def end_at_next(cues: Sequence[Cue]) -> list[Cue]:
    """Sorted cues; if most overlap the next one, each ends where the next one starts.

    So a roll-up display (a line stays while the next is spoken, as in translations of automatic captions)
    gives the time of speaking; a track in which two speakers overlap now and then is unchanged.
    """
    overlaps = sum(a.end_ms > b.start_ms > a.start_ms for a, b in pairwise(cues))
    return clip_overlaps(list(cues)) if 2 * overlaps > len(cues) - 1 else list(cues)


def _by_line(words: Sequence[Word]) -> tuple[Word, ...]:
    """The pieces, those that hold a line's end as one for each line."""
    return tuple(
        Word(word.start_ms, line) for word in words for line in word.text.split("\n") if line.strip()
    )


def _lines(text: str) -> list[str]:
    stripped = (" ".join(line.split()) for line in strip_tags(text).split("\n"))
    return [line for line in stripped if line]


def _carried(old: Sequence[str], new: Sequence[str]) -> int:
    """How many of the first lines of `new` are the last lines of `old`: the most that fit."""
    for count in range(min(len(old), len(new), _WINDOW_LINES), 0, -1):
        if old[-count:] == new[:count]:
            return count
    return 0

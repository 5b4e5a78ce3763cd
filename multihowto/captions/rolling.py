"""YouTube's rolling captions: two lines on screen, the old one above the new one."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from .cleaning import join, strip_tags
from .cues import Cue, Word, clip_overlaps, normalise

_WINDOW_LINES = 4
"""The most lines that a cue can take over from the cue before; YouTube shows two."""

_WORD_MS = 500
"""The least that the last word of a row is given: YouTube's sentence rows carry a placeholder of 3,000 ms."""

_FILLER_MS = 50
"""Nobody reads a cue that is shorter: YouTube's last 10 ms, and show once more what was said."""


class _Shown(NamedTuple):
    """A cue and its lines without tags, none empty."""

    cue: Cue
    lines: list[str]


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
            row = Cue(max(row.start_ms, row.words[0].start_ms), end_ms, row.text, row.words)
        timed.append(row)
    return clip_overlaps(normalise(timed))


def is_rolling(cues: Sequence[Cue]) -> bool:
    """Whether the sorted cues repeat the line before, as YouTube's automatic VTT does.

    A cue carries if its first lines are the last lines of the cue before; it scrolls if it also adds a line.
    Rolling is: more than half of the cues carry and more than a fifth scroll (in YouTube's files nearly all
    and a half). A refrain carries but does not scroll.
    """
    return _rolls([_shown(cue).lines for cue in cues])


def deroll(cues: Sequence[Cue]) -> list[Cue]:
    """The cues with every line once, in the cue in which it first appeared; other tracks unchanged but for fillers.

    Cues are sorted, their lines split by "\\n". Fillers, cues shorter than `_FILLER_MS` that add no line, go. What is
    left of a rolling track has one line a cue, tags and all, so doing it twice changes nothing. Times of words stay,
    those of old lines too, each piece on one line (`words.keep_words` finds those that are meant).
    """
    if not _may_repeat(cues):
        return list(cues)
    shown = list(map(_shown, cues))
    kept = _without_fillers(shown)
    if _rolls([one.lines for one in shown]) or _rolls([one.lines for one in kept]):
        kept = _without_fillers(_fresh(shown))
    return [one.cue for one in kept]


def end_at_next(cues: Sequence[Cue]) -> list[Cue]:
    """Sorted cues; if most overlap the next one, each ends where the next one starts.

    So a roll-up display (a line stays while the next is spoken, as in translations of automatic captions)
    gives the time of speaking; a track in which two speakers overlap now and then is unchanged.
    """
    overlaps = sum(a.end_ms > b.start_ms > a.start_ms for a, b in pairwise(cues))
    return clip_overlaps(list(cues)) if 2 * overlaps > len(cues) - 1 else list(cues)


def _may_repeat(cues: Sequence[Cue]) -> bool:
    """Whether there may be fillers, or as many cues of several lines as a rolling track has: a cheap look."""
    several = sum("\n" in cue.text or "<" in cue.text for cue in cues)
    return 5 * several >= len(cues) or any(cue.end_ms - cue.start_ms < _FILLER_MS for cue in cues)


def _shown(cue: Cue) -> _Shown:
    lines = [" ".join(line.split()) for line in strip_tags(cue.text).split("\n")]
    return _Shown(cue, [line for line in lines if line])


def _rolls(lines: Sequence[Sequence[str]]) -> bool:
    carried = [_carried(old, new) for old, new in pairwise(lines)]
    scrolls = sum(0 < count < len(new) for count, new in zip(carried, lines[1:], strict=True))
    pairs = len(carried)
    return 2 * sum(count > 0 for count in carried) > pairs and 5 * scrolls > pairs


def _without_fillers(shown: Iterable[_Shown]) -> list[_Shown]:
    kept: list[_Shown] = []
    for one in shown:
        is_short = one.cue.end_ms - one.cue.start_ms < _FILLER_MS
        if not (is_short and kept and _carried(kept[-1].lines, one.lines) == len(one.lines)):
            kept.append(one)
    return kept


def _fresh(shown: Sequence[_Shown]) -> Iterator[_Shown]:
    """Each cue with the lines that it adds, as one."""
    above: Sequence[str] = ()
    for cue, lines in shown:
        old = _carried(above, lines)
        above = lines
        if old < len(lines):
            text = _one_line(_raw_lines(cue.text, lines)[old:], lines[old:])
            yield _Shown(Cue(cue.start_ms, cue.end_ms, text, _by_line(cue.words)), [join(lines[old:])])


def _raw_lines(text: str, lines: list[str]) -> list[str]:
    """The lines with their tags; without them if a tag stands on two lines."""
    if "<" not in text and "{" not in text:
        return lines
    raw = [" ".join(line.split()) for line in text.split("\n")]
    raw = [line for line in raw if strip_tags(line).strip()]
    return raw if len(raw) == len(lines) else lines


def _one_line(raw: Sequence[str], lines: Sequence[str]) -> str:
    """Lines with tags, spaced as `join` spaces those without."""
    pieces = list(raw[:1])
    for line, (left, right) in zip(raw[1:], pairwise(lines), strict=True):
        pieces += ["" if join((left, right)) == left + right else " ", line]
    return "".join(pieces)


def _by_line(words: Sequence[Word]) -> tuple[Word, ...]:
    """The pieces, those that hold a line's end as one for each line."""
    return tuple(
        Word(word.start_ms, line) for word in words for line in word.text.split("\n") if line.strip()
    )


def _carried(old: Sequence[str], new: Sequence[str]) -> int:
    """How many of the first lines of `new` are the last lines of `old`: the most that fit."""
    if not new or new[0] not in old:
        return 0
    for count in range(min(len(old), len(new), _WINDOW_LINES), 0, -1):
        if old[-count:] == new[:count]:
            return count
    return 0

"""SubRip, with or without indices and hours, fractions behind a comma or a point."""

import re
from itertools import islice

from .clock import TIMING, arrow_lines, span_ms
from .cues import Cue
from .problems import MOST_CHARACTERS, MOST_CUES, TOO_LONG, TOO_MANY, Problems, excerpt

_START = re.compile(rf"\s*+(?:\d+[ \t]*\n\s*+)?{TIMING.pattern}", re.ASCII)
_INDEX = re.compile(r"\d{1,9}", re.ASCII)
_CUT_TIMING = re.compile(r"\d[\d:.,]*[ \t]*-{0,2}>?[ \t]*[\d:.,]*", re.ASCII)
_TAIL = 400
"""Indices and cut timings are looked for in so many characters only."""
_TOLD_BY = 1000
"""So many timings tell whether a file has indices."""


def begins(text: str) -> bool:
    """Whether a text begins with a cue of SubRip."""
    return _START.match(text) is not None


def parse(text: str, problems: Problems) -> list[Cue]:
    """Its cues, each with all text up to the next cue, empty lines within it too; markup is left in.

    A line with `-->` that is no timing is text, unless an index or an empty line is above it: then it is a problem,
    and so are a cue without text, text before the first cue, and what a cut file leaves of its last cue. A number
    above a timing is its index if most timings have one, and else text.
    """
    cues: list[Cue] = []
    indexed = _has_indices(text)
    timing, index, begin_line, done = None, None, 0, 0
    for begin, end in arrow_lines(text):
        found = TIMING.match(text, begin)
        if found is None and not _is_broken(text, done, begin, indexed):
            continue
        said, next_index = _parted(text, done, begin) if indexed else (text[done:begin].strip(), None)
        if not _add(cues, timing, said, begin_line, problems):
            return cues
        timing, index, begin_line, done = found, next_index, begin, end
        if found is None:
            problems.at(
                begin, f"no times that can be read, so its text is left out: {excerpt(text[begin:end])}"
            )
    said = text[done:].strip()
    if timing is not None:
        said = _without_cut(said, index, indexed, text, problems)
    _add(cues, timing, said, begin_line, problems)
    return cues


def _add(cues: list[Cue], timing: "re.Match[str] | None", said: str, begin: int, problems: Problems) -> bool:
    """Adds the cue of a timing; False if there are too many. Text before any timing is a problem."""
    if timing is None:
        if said and begin == 0:
            problems.at(0, f"text without times: {excerpt(said)}")
        return True
    if not said:
        problems.at(begin, "a cue without text")
        return True
    if len(cues) == MOST_CUES:
        problems.at(begin, TOO_MANY)
        return False
    if len(said) > MOST_CHARACTERS:
        problems.at(begin, TOO_LONG)
        said = said[:MOST_CHARACTERS]
    start_ms, end_ms = span_ms(timing)
    cues.append(Cue(start_ms, end_ms, said))
    return True


def _has_indices(text: str) -> bool:
    """Whether more timings have an index above them than have none, a number that is all their cue says left aside."""
    votes, done = 0, 0
    for begin, end in islice(arrow_lines(text), _TOLD_BY):
        if not TIMING.match(text, begin):
            continue
        said, index = _parted(text, done, begin)
        if index is None:
            votes -= 1
        elif said or not done:
            votes += 1
        done = end
    return votes > 0


def _parted(text: str, begin: int, end: int) -> tuple[str, int | None]:
    """The text before a timing without the index of that timing, and the index.

    An index has an empty line above it, or the timing right below.
    """
    raw = text[begin:end]
    said = raw.strip()
    if not said or not said[-1].isdecimal():
        return said, None
    above, _, last = said.rpartition("\n")
    is_apart = not above or not above.rpartition("\n")[2].strip() or raw.rstrip(" \t").endswith(last + "\n")
    if not is_apart or not _INDEX.fullmatch(last.strip()):
        return said, None
    return above.rstrip(), int(last.strip())


def _is_broken(text: str, begin: int, end: int, indexed: bool) -> bool:
    """Whether a line with an arrow but without times stands where a cue would begin."""
    above = text[max(begin, end - _TAIL) : end]
    return above.endswith("\n\n") or (indexed and _parted(above, 0, len(above))[1] is not None)


def _without_cut(said: str, index: int | None, indexed: bool, text: str, problems: Problems) -> str:
    """The last text without an index, or part of a timing, that is all that is left of a next cue."""
    _, gap, last = said[-_TAIL:].rpartition("\n\n")
    if not gap or not (indexed or ":" in last):
        return said
    number, _, times = last.partition("\n")
    if index is None and not times and not number.isdecimal():
        number, times = "", number
    is_next = not number or (
        number.isdecimal() and (index is None or str(index + 1).startswith(number)) and number.isascii()
    )
    if not is_next or (times and not _CUT_TIMING.fullmatch(times.strip())):
        return said
    problems.at(len(text.rstrip()) - len(last), f"the file ends within a cue: {excerpt(last)}")
    return said[: len(said) - len(last)].rstrip()

"""SBV, which YouTube gives to owners of a video: `0:00:01.000,0:00:02.500` above each text."""

import re
from itertools import chain, pairwise

from .clock import CLOCK, span_ms
from .cues import Cue
from .problems import MOST_CHARACTERS, MOST_CUES, TOO_LONG, TOO_MANY, Problems, excerpt

_TIMING = re.compile(rf"^[ \t]*{CLOCK},{CLOCK}[ \t]*$", re.ASCII | re.MULTILINE)
_START = re.compile(rf"\s*{CLOCK},{CLOCK}[ \t]*(?:\n|$)", re.ASCII)


def begins(text: str) -> bool:
    """Whether a text begins with the times of SBV."""
    return _START.match(text) is not None


def parse(text: str, problems: Problems) -> list[Cue]:
    """Its cues, each with the lines up to an empty one, `[br]` as a line's end; other text is a problem."""
    cues: list[Cue] = []
    timings = chain(_TIMING.finditer(text), [None])
    first = _TIMING.search(text)
    _look_outside(text, 0, first.start() if first else len(text), problems)
    for timing, following in pairwise(timings):
        assert timing is not None  # only the last one is
        limit = following.start() if following else len(text)
        begin = timing.end() + 1
        empty = begin if text[begin : begin + 1] == "\n" else text.find("\n\n", begin, limit)
        said = text[begin : empty if empty >= 0 else limit].strip("\n")
        if len(cues) == MOST_CUES:
            problems.at(timing.start(), TOO_MANY)
            break
        if not said:
            problems.at(timing.start(), "a cue without text")
        else:
            if len(said) > MOST_CHARACTERS:
                problems.at(timing.start(), TOO_LONG)
            cues.append(Cue(*span_ms(timing), said[:MOST_CHARACTERS].replace("[br]", "\n")))
        if empty >= 0:
            _look_outside(text, empty, limit, problems)
    return cues


def _look_outside(text: str, begin: int, end: int, problems: Problems) -> None:
    lost = text[begin:end].strip()
    if lost:
        problems.at(text.index(lost[0], begin), f"text without times: {excerpt(lost)}")

"""What a caption file gave, and what in it could not be read; and how much of either is kept."""

from typing import NamedTuple

from .cues import Cue

MOST_CUES = 200_000
"""More cues of one file are left out, which is a problem."""

MOST_CHARACTERS = 10_000
"""A longer text of one cue is cut here, which is a problem."""

MOST_PROBLEMS = 100
"""More problems of one file are only counted."""


class Problem(NamedTuple):
    """Where something could not be read, from 1, and what: a line, or in json3 the number of an event."""

    line: int
    what: str


class Parsed(NamedTuple):
    """The cues of a file as they stand in it, markup and all, and what could not be read.

    `problems` holds the first 100; if there are more, one more says how many.
    """

    format: str
    cues: list[Cue]
    problems: tuple[Problem, ...]


class Problems:
    """Collects the problems of one text in its order; beyond the first 100 they are counted."""

    def __init__(self, text: str = "", first_line: int = 1) -> None:
        self._text = text
        self._line = first_line
        self._position = 0
        self._found: list[Problem] = []
        self._more = 0

    def at(self, position: int, what: str) -> None:
        """Notes a problem at a position in the text, none of which lies before the one noted last."""
        if len(self._found) < MOST_PROBLEMS:
            self._line += self._text.count("\n", self._position, position)
            self._position = max(position, self._position)
        self.add(self._line, what)

    def add(self, line: int, what: str) -> None:
        """Notes a problem in a line, or in an event."""
        if len(self._found) < MOST_PROBLEMS:
            self._found.append(Problem(line, what))
        else:
            self._more += 1

    def found(self) -> tuple[Problem, ...]:
        """All of them, or the first 100 and a count of the others."""
        if not self._more:
            return tuple(self._found)
        return (*self._found, Problem(self._found[-1].line, f"and {self._more:,} more problems after this"))


TOO_LONG = f"a text of more than {MOST_CHARACTERS:,} characters, cut there"
TOO_MANY = f"more than {MOST_CUES:,} cues, the rest is left out"


def excerpt(text: str) -> str:
    """The beginning of a text as it is named in a problem, on one line."""
    line = " ".join(text[:80].split())
    return repr(line[:37] + "..." if len(line) > 40 else line)

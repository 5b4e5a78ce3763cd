"""YouTube's XML formats: srv1 (`<text start>`), srv2 (`<text t>`) and srv3 (`<p t>` with `<s t>`)."""

import re
from collections.abc import Mapping

from .cues import Cue
from .json3 import row, whole
from .markup import Token, attributes_of, root_name, tokens
from .problems import MOST_CUES, TOO_MANY, Problems

_SECONDS = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_ROWS = ("p", "text")


def which(text: str) -> str | None:
    """Which of the three a text is, by its root; None if none."""
    root = root_name(text)
    if root == "transcript":
        return "srv1"
    if root != "timedtext":
        return None
    return "srv2" if "<text" in text and "<body" not in text else "srv3"


def parse(text: str, problems: Problems) -> list[Cue]:
    """The rows that have text, in the file's order; problems are named by the row's number.

    Raises CaptionError for a document type or entity declaration.
    """
    cues: list[Cue] = []
    reading = _Row()
    xml_problems = Problems(text)
    for token in tokens(text, xml_problems):
        if len(cues) == MOST_CUES:
            problems.add(reading.number, TOO_MANY)
            break
        is_row = token.name in _ROWS
        if token.kind == "open" and is_row:
            cues += reading.end(problems, cut=True)
            reading.begin(attributes_of(token))
        elif token.kind == "close" and is_row:
            cues += reading.end(problems)
        else:
            reading.take(token)
    cues += reading.end(problems, cut=True)
    for problem in xml_problems.found():
        problems.add(*problem)
    return cues


class _Row:
    """The row that is being read, if any."""

    def __init__(self) -> None:
        self.number = 0
        self._times: Mapping[str, str] | None = None
        self._pieces: list[tuple[int | None, str]] = []
        self._offset_ms: int | None = 0

    def begin(self, attributes: Mapping[str, str]) -> None:
        self.number += 1
        self._times, self._pieces, self._offset_ms = attributes, [], 0

    def take(self, token: Token) -> None:
        """A text, or the tag of a word (what follows it is as late as it), or of a line's end."""
        if self._times is None:
            return
        if token.kind == "text":
            self._pieces.append((self._offset_ms, token.name))
        elif token.kind == "open" and token.name == "s":
            self._offset_ms = whole(attributes_of(token).get("t"))
        elif token.kind == "open" and token.name == "br":
            self._pieces.append((self._offset_ms, "\n"))

    def end(self, problems: Problems, cut: bool = False) -> list[Cue]:
        """Its cue, if it has one."""
        if self._times is None:
            return []
        if cut:
            problems.add(self.number, "a row that does not end")
        start: object = self._times.get("t")
        duration: object = self._times.get("d")
        if "start" in self._times:
            start, duration = _ms(self._times["start"]), _ms(self._times.get("dur", "0"))
        cue = row(start, duration, self._pieces, self.number, problems)
        self._times = None
        return [cue] if cue is not None else []


def _ms(seconds: str) -> int | str:
    """Seconds as milliseconds; as they are if they are no number."""
    return round(float(seconds) * 1000) if _SECONDS.fullmatch(seconds) else "no number"

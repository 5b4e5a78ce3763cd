"""TTML (also DFXP, IMSC): paragraphs with times, which count from their parent's begin."""

import re
from dataclasses import dataclass, field

from .cues import Cue, Word
from .markup import Token, attributes_of, root_name, tokens
from .problems import MOST_CHARACTERS, MOST_CUES, TOO_LONG, TOO_MANY, Problems

_CLOCK = re.compile(r"(\d{1,9}):(\d{2}):(\d{2})(?:\.(\d{1,9})|:(\d{1,4})(?:\.\d+)?)?", re.ASCII)
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|ms|m|s|f|t)?", re.ASCII)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_WHITE = re.compile(r"[ \t\n\r]+")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
_NO_TEXT = frozenset({"metadata", "title", "desc", "copyright", "agent", "set", "animate"})
_TIMED = frozenset({"body", "div", "p", "span"})
_DEEPEST = 100


@dataclass(frozen=True)
class _Rates:
    """How frames and ticks are counted, and whether times count from the beginning of the file."""

    frames: float = 30.0
    ticks: float = 1.0
    absolute: bool = False


@dataclass
class _Element:
    """An open element and its time; `end_ms` is None if nothing limits it."""

    name: str
    begin_ms: int
    end_ms: int | None
    timed: bool


@dataclass
class _Paragraph:
    """The text of a paragraph so far, or of a span that has a time where its paragraph has none."""

    element: _Element
    pieces: list[str] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)


def begins(text: str) -> bool:
    """Whether a text has the root of TTML."""
    return root_name(text) == "tt"


def parse(text: str, problems: Problems) -> list[Cue]:
    """A cue for each paragraph with text, in the file's order; white space as one space, `<br/>` as a line's end.

    Times: `h:m:s.f`, `h:m:s:frames`, offsets (`1.5s`, `500ms`, ticks), begin with end or dur; a paragraph without
    an end ends with what it is in. Spans with times are words of a timed paragraph, and cues of their own in one
    without times. Ruby annotations are text. `timeContainer="seq"` is a problem and read as if it were not there.
    A paragraph ends at the latest where the next one begins; elements nested deeper than 100 end the reading.
    Raises CaptionError for a document type or entity declaration.
    """
    reading = _Reading(problems)
    for token in tokens(text, problems):
        if reading.is_too_deep(token):
            problems.at(token.position, f"elements nested deeper than {_DEEPEST}, the rest is left out")
            reading.finish(token.position)
            return reading.cues
        reading.take(token)
        if len(reading.cues) == MOST_CUES:
            problems.at(token.position, TOO_MANY)
            return reading.cues
    if reading.paragraph is not None:
        problems.at(len(text), "the file ends within a paragraph")
        reading.finish(len(text))
    return reading.cues


class _Reading:
    """What is open in a file that is being read."""

    def __init__(self, problems: Problems) -> None:
        self.cues: list[Cue] = []
        self.paragraph: _Paragraph | None = None
        self._problems = problems
        self._rates = _Rates()
        self._open: list[_Element] = []
        self._silent = 0

    def is_too_deep(self, token: Token) -> bool:
        """Whether a tag would open one element more than can be open."""
        is_next = token.kind == "open" and token.name in _TIMED and len(self._open) == _DEEPEST
        return is_next and not (token.name == "p" and self._is_within("p"))

    def take(self, token: Token) -> None:
        """The next tag or text."""
        if token.kind == "text":
            self._text(token.name)
        elif token.name == "br":
            if token.kind == "open" and self.paragraph is not None:
                self._append("\n")
        elif token.name in _NO_TEXT:
            self._silent = max(0, self._silent + (1 if token.kind == "open" else -1))
        elif token.name == "tt" and token.kind == "open":
            self._rates = _rates_of(attributes_of(token))
        elif token.name in _TIMED:
            if token.kind == "open":
                self._begin(token)
            else:
                self._end(token)

    def _text(self, text: str) -> None:
        if self.paragraph is not None and not self._silent:
            self._append(_WHITE.sub(" ", text))

    def _append(self, text: str) -> None:
        assert self.paragraph is not None
        self.paragraph.pieces.append(text)
        if text.strip():
            self.paragraph.words.append(Word(self._open[-1].begin_ms, text))

    def _begin(self, token: Token) -> None:
        if token.name in ("body", "p"):
            self._silent = 0
        if token.name == "p" and self._is_within("p"):
            self._problems.at(token.position, "a paragraph that does not end")
            while self._open.pop().name != "p":
                pass
            self.finish(token.position)
        parent = self._open[-1] if self._open else _Element("tt", 0, None, False)
        element = self._timed(token, parent)
        self._open.append(element)
        if token.name == "p":
            self.paragraph = _Paragraph(element)
        elif self._is_alone(element, parent):
            self.finish(token.position)
            self.paragraph = _Paragraph(element)

    def _is_within(self, name: str) -> bool:
        return any(element.name == name for element in self._open)

    def _is_alone(self, element: _Element, parent: _Element) -> bool:
        """Whether a span is a cue of its own: it has a time, its paragraph has none."""
        paragraphs = [one for one in self._open if one.name == "p"]
        is_timed_span = element.name == "span" and element.timed
        return is_timed_span and bool(paragraphs) and not paragraphs[-1].timed and parent.end_ms is None

    def _timed(self, token: Token, parent: _Element) -> _Element:
        """The element with its time, cut at its parent's end."""
        attributes = attributes_of(token)
        if attributes.get("timeContainer") == "seq":
            self._problems.at(token.position, "timeContainer seq, which is not read")
        origin_ms = 0 if self._rates.absolute else parent.begin_ms
        begin_ms, end_ms, duration_ms = (
            self._ms(attributes.get(name), token) for name in ("begin", "end", "dur")
        )
        start_ms = parent.begin_ms if begin_ms is None else origin_ms + begin_ms
        ends = [parent.end_ms] if parent.end_ms is not None else []
        ends += [origin_ms + end_ms] if end_ms is not None else []
        ends += [start_ms + duration_ms] if duration_ms is not None else []
        return _Element(token.name, start_ms, min(ends, default=None), begin_ms is not None)

    def _ms(self, time: str | None, token: Token) -> int | None:
        if time is None:
            return None
        found = _to_ms(time.strip()[:60], self._rates)
        if found is None:
            self._problems.at(token.position, f"no time: {time[:60]!r}")
        return found

    def _end(self, token: Token) -> None:
        """Closes the innermost element of that name, and with it what stayed open within."""
        if not self._is_within(token.name):
            self._problems.at(token.position, f"</{token.name}> closes nothing")
            return
        while self._open.pop().name != token.name:
            self._problems.at(token.position, f"</{token.name}> closes more than itself")
        if self.paragraph is not None and not any(one is self.paragraph.element for one in self._open):
            self.finish(token.position)

    def finish(self, position: int) -> None:
        """Adds the cue of the paragraph."""
        paragraph, self.paragraph = self.paragraph, None
        if paragraph is None:
            return
        text = "".join(paragraph.pieces)
        element = paragraph.element
        if not text.strip():
            return
        if element.end_ms is None:
            self._problems.at(position, "a paragraph without an end")
        if len(text) > MOST_CHARACTERS:
            self._problems.at(position, TOO_LONG)
        words = tuple(paragraph.words) if len(text) <= MOST_CHARACTERS else ()
        is_timed = any(word.start_ms != element.begin_ms for word in words)
        end_ms = element.begin_ms if element.end_ms is None else element.end_ms
        cue = Cue(element.begin_ms, end_ms, text[:MOST_CHARACTERS].strip(" \n"), words if is_timed else ())
        self.cues.append(cue)


def _rates_of(attributes: dict[str, str]) -> _Rates:
    """The frame rate (times its multiplier) and tick rate that a file declares, else TTML's defaults."""
    rate = _number(attributes.get("frameRate"))
    above, _, below = attributes.get("frameRateMultiplier", "1 1").replace(":", " ").partition(" ")
    top, bottom = _number(above), _number(below.strip())
    multiplier = top / bottom if top and bottom else 1.0
    frames = (rate or 30.0) * multiplier
    ticks = _number(attributes.get("tickRate")) or (frames if rate else 1.0)
    return _Rates(frames, ticks, absolute=attributes.get("timing") in ("Word", "Line"))


def _number(text: str | None) -> float | None:
    return float(text) if text is not None and _NUMBER.fullmatch(text) else None


def _to_ms(time: str, rates: _Rates) -> int | None:
    """A clock time or an offset in milliseconds; a bare number is seconds; None for anything else."""
    clock = _CLOCK.fullmatch(time)
    if clock is not None:
        hours, minutes, seconds, fraction, frames = clock.groups()
        whole_s = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
        part_s = float(f"0.{fraction}") if fraction else int(frames or 0) / rates.frames
        return whole_s * 1000 + round(part_s * 1000)
    offset = _OFFSET.fullmatch(time)
    if offset is None:
        return None
    value, unit = float(offset[1]), offset[2] or "s"
    seconds_each = {**_SECONDS, "f": 1 / rates.frames, "t": 1 / rates.ticks}[unit]
    return round(value * seconds_each * 1000)

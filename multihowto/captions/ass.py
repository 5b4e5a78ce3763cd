"""Advanced SubStation Alpha and SSA: the Dialogue lines of [Events]."""

import re

from .cues import Cue, Word
from .problems import MOST_CHARACTERS, MOST_CUES, TOO_LONG, TOO_MANY, Problems, excerpt

_START = re.compile(r"\s*(?:\[Script Info\]|\[V4\+? Styles\]|\[Events\])", re.IGNORECASE)
_SECTION = re.compile(r"\[([^\]\n]{1,60})\]\s*", re.ASCII)
_CLOCK = re.compile(r"(\d{1,9}):(\d{1,2}):(\d{1,2})[.,:](\d{1,3})", re.ASCII)
_BLOCK = re.compile(r"(\{[^{}]*\})")
_KARAOKE = re.compile(r"\\(?:k[fo]?|K)(\d{1,6})", re.ASCII)
_DRAWING = re.compile(r"\\p(\d{1,3})", re.ASCII)
_FIELDS = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]


def begins(text: str) -> bool:
    """Whether a text begins with a section of such a file."""
    return _START.match(text) is not None


def parse(text: str, problems: Problems) -> list[Cue]:
    """Its dialogue in the file's order, override tags left in, `\\N` as a line's end.

    Comments, in lines or in braces, and drawings are no text. Words have times where there is karaoke.
    """
    cues: list[Cue] = []
    fields, is_events, position = _FIELDS, not _SECTION.search(text), 0
    for line in text.split("\n"):
        key, _, rest = line.partition(":")
        key = key.strip().lower() if len(key) < 40 else ""
        section = _SECTION.fullmatch(line)
        if section is not None:
            is_events = section[1].strip().lower() == "events"
        elif is_events and key == "format":
            fields = [name.strip().lower() for name in rest[:1000].split(",")]
        elif is_events and key == "dialogue":
            if len(cues) == MOST_CUES:
                problems.at(position, TOO_MANY)
                break
            cues += _dialogue(rest, fields, position, problems)
        elif is_events and line.strip() and key != "comment" and line.lstrip()[0] not in ";!":
            problems.at(position, f"no line of events: {excerpt(line)}")
        position += len(line) + 1
    return cues


def _dialogue(rest: str, fields: list[str], position: int, problems: Problems) -> list[Cue]:
    """The cue of a Dialogue line, if it has times and says something."""
    values = dict(zip(fields, rest.split(",", len(fields) - 1), strict=False))
    start_ms, end_ms = _to_ms(values.get("start", "")), _to_ms(values.get("end", ""))
    raw = values.get("text")
    if start_ms is None or end_ms is None or raw is None:
        problems.at(position, f"a dialogue without times or text: {excerpt(rest)}")
        return []
    if len(raw) > MOST_CHARACTERS:
        problems.at(position, TOO_LONG)
    text, words = _said(raw[:MOST_CHARACTERS], start_ms)
    return [Cue(start_ms, end_ms, text, words)] if text.strip() else []


def _said(raw: str, start_ms: int) -> tuple[str, tuple[Word, ...]]:
    """The text without drawings and comments, and its syllables if it has times for them."""
    kept: list[str] = []
    words: list[Word] = []
    drawing, sung, now_ms, next_ms = False, False, start_ms, start_ms
    for piece in _BLOCK.split(raw.replace("\\N", "\n").replace("\\n", " ").replace("\\h", "\u00a0")):
        if not _BLOCK.fullmatch(piece):
            if piece and not drawing:
                kept.append(piece)
                words.append(Word(now_ms, piece))
        elif "\\" in piece:
            kept.append(piece)
            for drawn in _DRAWING.findall(piece):
                drawing = int(drawn) > 0
            for centiseconds in _KARAOKE.findall(piece):
                now_ms, next_ms, sung = next_ms, next_ms + 10 * int(centiseconds), True
    if not words:
        return "", ()
    return "".join(kept), tuple(words) if sung else ()


def _to_ms(clock: str) -> int | None:
    found = _CLOCK.fullmatch(clock.strip()[:30])
    if found is None:
        return None
    hours, minutes, seconds, fraction = found.groups()
    whole_s = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    return whole_s * 1000 + int(fraction.ljust(3, "0"))

"""YouTube's json3: rows of segments, each with its time after the row's."""

import json
import math
import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from .cues import CaptionError, Cue, Word
from .problems import MOST_CHARACTERS, MOST_CUES, TOO_LONG, TOO_MANY, Problems
from .surrogates import without_surrogates

_EVENTS = re.compile(r'"events"\s*:')
_EVENT = re.compile(r'(?=\{\s*"tStartMs")')
_WHOLE = re.compile(r"-?\d{1,15}", re.ASCII)
_LONGEST_MS = 10**15
make_word = partial(tuple.__new__, Word)
"""Word from a pair, made in C: automatic tracks are mostly words."""
_DECODER = json.JSONDecoder()


def begins(text: str) -> bool:
    """Whether a text is an object that has events."""
    return text.startswith("{") and _EVENTS.search(text) is not None


def parse(text: str, problems: Problems) -> list[Cue]:
    """The rows that have text, with the times that the file gives; problems are named by the event's number.

    Of a broken file every event is read that begins with `tStartMs`, as YouTube's do, and is whole.
    Raises CaptionError if it is JSON without a list of events.
    """
    cues: list[Cue] = []
    for number, event in enumerate(_events(text, problems), start=1):
        if len(cues) == MOST_CUES:
            problems.add(number, TOO_MANY)
            break
        if isinstance(event, dict):
            found = _row(event, number, problems)
            if found is not None:
                cues.append(found)
        else:
            problems.add(number, "an event that is no object")
    return cues


def _events(text: str, problems: Problems) -> list[Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        problems.add(1, f"broken json3, whole events are kept: {str(error)[:200]}")
        return _whole_events(text, problems)
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise CaptionError("json3 without a list of events")
    return events


def _whole_events(text: str, problems: Problems) -> list[Any]:
    """The events of a broken file that are whole themselves; each character is looked at a fixed number of times."""
    events: list[Any] = []
    for number, piece in enumerate(_EVENT.split(text)[1:], start=1):
        try:
            events.append(_DECODER.raw_decode(piece)[0])
        except (ValueError, RecursionError):
            problems.add(number, "an event that is cut or broken")
            events.append({})
    return events


def _row(event: dict[str, Any], number: int, problems: Problems) -> Cue | None:
    segments = event.get("segs")
    if segments is None:
        return None
    if not isinstance(segments, list):
        problems.add(number, "segments that are no list")
        return None
    try:
        pieces = [(segment.get("tOffsetMs", 0), segment.get("utf8")) for segment in segments]
    except AttributeError:
        problems.add(number, "a segment that is no object")
        objects = [segment for segment in segments if isinstance(segment, dict)]
        pieces = [(segment.get("tOffsetMs", 0), segment.get("utf8")) for segment in objects]
    return row(event.get("tStartMs"), event.get("dDurationMs"), pieces, number, problems)


def row(
    start: object, duration: object, pieces: Sequence[tuple[Any, Any]], number: int, problems: Problems
) -> Cue | None:
    """The cue of a row, whose pieces each have a time after the row's, in milliseconds; None without text.

    Words have times if any piece is later than the row itself. A row without a sound time is a problem.
    """
    texts = [piece for _, piece in pieces if type(piece) is str]
    text = "".join(texts)
    sound = without_surrogates(text).replace("\0", "")
    if sound != text:  # words may part a character, and then none of them is known
        text, pieces = sound, [(0, sound)]
    if not text or text.isspace():
        return None
    start_ms, duration_ms = whole(start), whole(duration)
    if start_ms is None or duration_ms is None:
        problems.add(number, "a row whose time is no number")
        return None
    if len(text) > MOST_CHARACTERS:
        problems.add(number, TOO_LONG)
        return Cue(start_ms, start_ms + duration_ms, text[:MOST_CHARACTERS])
    words = _words(start_ms, pieces, number, problems) if len(pieces) > 1 or pieces[0][0] else ()
    return Cue(start_ms, start_ms + duration_ms, text, words)


def _words(
    start_ms: int, pieces: Sequence[tuple[Any, Any]], number: int, problems: Problems
) -> tuple[Word, ...]:
    offsets = [offset if type(offset) is int else whole(offset) for offset, piece in pieces if piece]
    texts = [piece if type(piece) is str else "" for _, piece in pieces if piece]
    if None in offsets:
        problems.add(number, "a word whose time is no number")
        return ()
    if not any(offsets):
        return ()
    starts = [start_ms + offset_ms for offset_ms in offsets if offset_ms is not None]
    words = map(make_word, zip(starts, texts, strict=True))
    return tuple([word for word in words if word[1] and not word[1].isspace()])


def whole(value: object) -> int | None:
    """A whole number of milliseconds; 0 if it is not there, None if it is no number or past 30,000 years."""
    if value is None:
        return 0
    if isinstance(value, float):
        value = round(value) if math.isfinite(value) else None
    elif isinstance(value, str):
        value = int(value) if _WHOLE.fullmatch(value) else None
    return value if type(value) is int and abs(value) < _LONGEST_MS else None

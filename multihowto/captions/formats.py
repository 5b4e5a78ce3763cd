"""Caption files to cues: WebVTT, SubRip, and YouTube's json3 and srv3."""

import html
import json
import math
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from .cleaning import clean
from .cues import CaptionError, Cue, clip_overlaps, normalise
from .rolling import deroll, end_at_next

if TYPE_CHECKING:
    from webvtt import WebVTT

_CLOCK = r"(?:(\d{1,9}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = rf"^[ \t]*{_CLOCK}\d*[ \t]*--+>[ \t]*{_CLOCK}[^\n]*$"
_VTT_TIMING = re.compile(_TIMING, re.MULTILINE)
_SRT_TIMING = re.compile(rf"(?:^[ \t]*\d+[ \t]*\n\s*)?{_TIMING}", re.MULTILINE)
_WHITE_LINE_BEFORE_INDEX = re.compile(r"^[ \t]+\n(?=\d+\n.*-->)", re.MULTILINE)
_SRV3_START = re.compile(r"(?:<\?xml[^>]*>\s*)?<timedtext[\s>]")
_JSON3_EVENTS = re.compile(r'"events"\s*:')
_DECLARATION = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_WHOLE = re.compile(r"-?\d{1,15}")

_WORD_MS = 500
"""The least that the last word of a row is given: YouTube's sentence rows carry a placeholder of 3,000 ms."""


def sniff(body: str) -> str | None:
    """Which format a caption body has: "vtt", "srt", "json3" or "srv3"; None for anything else.

    HTML pages, other subtitle formats, binary and empty bodies are None. Only the beginning is looked at (for
    json3 also whether there are events), so a body with a format may still have no cues.
    """
    text = _tidy(body)
    if re.match(r"WEBVTT(?:[ \t\n]|$)", text):
        return "vtt"
    if text.startswith("{") and _JSON3_EVENTS.search(text):
        return "json3"
    if _SRV3_START.match(text):
        return "srv3"
    return "srt" if _SRT_TIMING.match(text) else None


def read(body: str, format: str) -> list[Cue]:
    """What is said in a caption body, and when: sorted, each word once, texts cleaned, none empty.

    `format` is "vtt", "srt", "json3" or "srv3". Rolling tracks are de-rolled (see `rolling`), texts cleaned
    (see `cleaning`), odd times mended (see `cues`). A track of notes alone (`[Music]`) gives no cues.
    Raises CaptionError if the body is not of that format or has no cues at all, ValueError if there is no
    such format.
    """
    if format not in _PARSERS:
        raise ValueError(f"no caption format {format!r}; there are: {', '.join(_PARSERS)}")
    found = sniff(body)
    if found != format:
        raise CaptionError(f"not {format} but {found or _describe(body)}")
    cues = _PARSERS[format](_tidy(body))
    if not cues:
        raise CaptionError(f"{format} without cues")
    spoken = [Cue(cue.start_ms, cue.end_ms, clean(cue.text)) for cue in deroll(normalise(cues))]
    return end_at_next(normalise(spoken))


def write_vtt(cues: Sequence[Cue]) -> str:
    """The cues as a WebVTT file, `&`, `<` and `>` escaped, empty lines left out; `read` gives them back."""
    from webvtt import Caption, WebVTT

    captions = [Caption(_timestamp(cue.start_ms), _timestamp(cue.end_ms), _payload(cue.text)) for cue in cues]
    return str(WebVTT(captions=captions).content)


def _parse_vtt(text: str) -> list[Cue]:
    """WebVTT through webvtt-py, timing lines mended first: it drops a cue whose times have commas."""
    from webvtt import WebVTT

    mended = _VTT_TIMING.sub(_canonical_timing, _WHITE_LINE_BEFORE_INDEX.sub("\n", text))
    return _cues_of(WebVTT.from_string(mended))


def _parse_srt(text: str) -> list[Cue]:
    """SubRip through webvtt-py, each cue given an index: it drops those without, and times without hours."""
    from webvtt import WebVTT

    mended = _SRT_TIMING.sub(lambda timing: f"\n1\n{_canonical_timing(timing)}", text)
    return _cues_of(WebVTT.from_buffer(f"{mended.strip()}\n\n".split("\n"), format="srt"))


def _canonical_timing(timing: re.Match[str]) -> str:
    """`[h:]m:s.f --> [h:]m:s.f` in full, settings left out; seconds past 59 carry over."""
    times_ms = []
    for hours, minutes, seconds, fraction in (timing.groups()[-8:-4], timing.groups()[-4:]):
        whole_s = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
        times_ms.append(whole_s * 1000 + int(fraction.ljust(3, "0")))
    return " --> ".join(map(_timestamp, times_ms))


def _cues_of(document: "WebVTT") -> list[Cue]:
    return [
        Cue(caption.start_time.in_milliseconds(), caption.end_time.in_milliseconds(), caption.raw_text)
        for caption in document.captions
    ]


def _parse_json3(text: str) -> list[Cue]:
    """Rows with text; a row is on screen while the next is spoken, so it ends where the next one starts."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaptionError(f"broken json3: {error}") from None
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise CaptionError("json3 without a list of events")
    rows = (_json3_row(event) for event in events if isinstance(event, dict))
    return clip_overlaps(normalise(row for row in rows if row))


def _json3_row(event: dict[str, object]) -> Cue | None:
    segments = event.get("segs")
    if not isinstance(segments, list):
        return None
    words = [
        (_whole(segment.get("tOffsetMs")), str(segment.get("utf8") or ""))
        for segment in segments
        if isinstance(segment, dict)
    ]
    return _row(_whole(event.get("tStartMs")), _whole(event.get("dDurationMs")), words)


def _parse_srv3(text: str) -> list[Cue]:
    """The same rows as json3, in XML; a document type is refused, so no entity can be declared."""
    if _DECLARATION.search(text):
        raise CaptionError("srv3 with a document type or entity declaration")
    try:
        root = ElementTree.fromstring(_NOT_XML.sub("", text))  # noqa: S314 no declarations, see above
    except ElementTree.ParseError as error:
        raise CaptionError(f"broken srv3: {error}") from None
    rows = (_row(_whole(p.get("t")), _whole(p.get("d")), _srv3_words(p)) for p in root.findall("body/p"))
    return clip_overlaps(normalise(row for row in rows if row))


def _srv3_words(p: ElementTree.Element) -> list[tuple[int | None, str]]:
    words: list[tuple[int | None, str]] = [(0, p.text or "")]
    for child in p:
        offset_ms = _whole(child.get("t"))
        words.append((offset_ms, "\n" if child.tag == "br" else child.text or ""))
        words.append((offset_ms, child.tail or ""))
    return words


def _row(start_ms: int | None, duration_ms: int | None, words: list[tuple[int | None, str]]) -> Cue | None:
    """A row of words, each with its time after the row's; None without text or with broken times."""
    text = "".join(word for _, word in words)
    offsets_ms = [offset_ms for offset_ms, word in words if offset_ms is not None and word.strip()]
    if start_ms is None or duration_ms is None or not offsets_ms:
        return None
    last_ms = max(offsets_ms)
    least_ms = last_ms + _WORD_MS if last_ms > 0 else 0
    return Cue(start_ms + offsets_ms[0], start_ms + max(duration_ms, least_ms), text)


def _whole(value: object) -> int | None:
    """A whole number of milliseconds; 0 if it is not there, None if it is no number."""
    if value is None:
        return 0
    if isinstance(value, float):
        return round(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return int(value) if _WHOLE.fullmatch(value) else None
    return value if isinstance(value, int) else None


def _tidy(body: str) -> str:
    """The body with \n for every line end, and without byte-order marks, NUL and white space before it."""
    return body.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").lstrip("\ufeff \t\n")


def _describe(body: str) -> str:
    text = _tidy(body)
    if not text:
        return "an empty body"
    return "an HTML page" if re.match(r"<!doctype html|<html", text, re.IGNORECASE) else "an unknown format"


def _payload(text: str) -> str:
    """A text as the payload of a WebVTT cue, which an empty line would end."""
    return "\n".join(html.escape(line, quote=False) for line in text.splitlines() if line.strip())


def _timestamp(time_ms: int) -> str:
    hours, rest_ms = divmod(time_ms, 3_600_000)
    return f"{hours:02d}:{rest_ms // 60_000:02d}:{rest_ms // 1000 % 60:02d}.{rest_ms % 1000:03d}"


_PARSERS: dict[str, Callable[[str], list[Cue]]] = {
    "vtt": _parse_vtt,
    "srt": _parse_srt,
    "json3": _parse_json3,
    "srv3": _parse_srv3,
}

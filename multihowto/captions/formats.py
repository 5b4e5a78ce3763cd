"""Caption files to cues: which format a text has, and its parser."""

import gc
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from . import ass, json3, sbv, srt, srv, ttml, vtt
from .cleaning import ALL, Cleaning, clean
from .cues import CaptionError, Cue, normalise
from .problems import Parsed, Problems
from .rolling import deroll, end_at_next, end_rows
from .speakers import names
from .surrogates import without_surrogates
from .words import keep_words

_RUBY_TEXT = re.compile(r"<rt(?:\.[^<>\s]*)?>[^<]*(?:</rt>)?")
_ROWS = ("json3", "srv1", "srv2", "srv3")
"""Formats of rows that stay on screen while the next one is spoken."""

_PARSERS: dict[str, Callable[[str, Problems], list[Cue]]] = {
    "vtt": vtt.parse,
    "srt": srt.parse,
    "json3": json3.parse,
    "srv1": srv.parse,
    "srv2": srv.parse,
    "srv3": srv.parse,
    "ttml": ttml.parse,
    "ass": ass.parse,
    "sbv": sbv.parse,
}


def sniff(body: str) -> str | None:
    """Which format a caption body has: one of vtt, srt, json3, srv1, srv2, srv3, ttml, ass, sbv; or None.

    HTML pages, other subtitle formats, binary and empty bodies are None. Only the beginning is looked at (for
    json3 also whether there are events), so a body with a format may still have no cues.
    """
    text, _ = _tidy(body)
    if vtt.HEADER.match(text):
        return "vtt"
    if json3.begins(text):
        return "json3"
    if text.startswith("<"):
        return srv.which(text) or ("ttml" if ttml.begins(text) else None)
    for name, begins in (("ass", ass.begins), ("srt", srt.begins), ("sbv", sbv.begins)):
        if begins(text):
            return name
    return None


@contextmanager
def _no_collection() -> Iterator[None]:
    """Makes hundreds of thousands of small tuples in half the time: none of them can be part of a cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@_no_collection()
def parse(body: str, format: str | None = None) -> Parsed:
    """What stands in a caption body: cues with their markup in the file's order, and what could not be read.

    `format` is one of `sniff`'s; None is what `sniff` finds. WebVTT's stamps of words stay in the text, where `read`
    finds them; other formats' are in `Cue.words`. A broken or cut file gives all that can be saved, in
    time linear in its length: at most 200,000 cues of at most 10,000 characters, the first 100 problems and a count.
    Raises CaptionError if the body has no known format, for XML with a document type and for JSON without events;
    ValueError if there is no such format.
    """
    if format is not None and format not in _PARSERS:
        raise ValueError(f"no caption format {format!r}; there are: {', '.join(_PARSERS)}")
    name = format or sniff(body)
    if name is None:
        raise CaptionError(f"no caption file but {_describe(body)}")
    text, first_line = _tidy(body)
    problems = Problems(text, first_line)
    return Parsed(name, _PARSERS[name](text, problems), problems.found())


def read(body: str, format: str) -> list[Cue]:
    """What is said in a caption body, and when: sorted, each word once, texts cleaned, none empty.

    `format` is one of `sniff`'s. Rolling tracks are de-rolled (see `rolling`), texts cleaned (see `cleaning`), odd
    times mended (see `cues`). Words that have times make up their cue's text (see `words`). A track of notes alone
    (`[Music]`) gives no cues.
    Raises CaptionError if the body is not of that format or nothing of it can be saved, ValueError if there is no
    such format.
    """
    return spoken(parse_as(body, format))


def parse_as(body: str, format: str) -> Parsed:
    """`parse` of a body that is said to have a format; CaptionError if it has not, or nothing of it can be saved."""
    found = sniff(body) if format in _PARSERS else format
    if found != format:
        raise CaptionError(f"not {format} but {found or _describe(body)}")
    parsed = parse(body, format)
    if not parsed.cues:
        why = f": {parsed.problems[0].what}" if parsed.problems else ""
        raise CaptionError(f"{format} without cues{why}")
    return parsed


@_no_collection()
def spoken(parsed: Parsed, cleaning: Cleaning = ALL, removed: "Counter[str] | None" = None) -> list[Cue]:
    """What is said in a parsed track: sorted, each word once, cleaned, none empty; `removed` counts what went."""
    removed = Counter() if removed is None else removed
    cues = list(map(vtt.with_words, parsed.cues)) if parsed.format == "vtt" else parsed.cues
    sound = end_rows(cues) if parsed.format in _ROWS else normalise(cues)
    once = deroll(sound)
    known = names([cue.text for cue in once]) if cleaning.speakers else frozenset()
    return end_at_next(_distinct(_spoken(cue, cleaning, removed, known) for cue in once))


def _distinct(cues: Iterable[Cue]) -> list[Cue]:
    """Those of some sound cues that say something, each once: cleaning makes equals of what differed."""
    found: dict[tuple[int, int, str], Cue] = {}
    for cue in cues:
        if cue.text:
            found.setdefault(cue[:3], cue)
    return list(found.values())


def _spoken(cue: Cue, cleaning: Cleaning, removed: "Counter[str]", known: frozenset[str]) -> Cue:
    """The cue with what is said alone; ruby annotations repeat what they stand above, so they go as tags do."""
    bare = cue.text
    if cleaning.tags and "<rt" in bare:
        bare = _RUBY_TEXT.sub("", bare)
    is_ruby, tags = bare != cue.text, removed.get("tags", 0)
    text = clean(bare, cleaning, removed, known)
    if is_ruby:  # one text, counted once
        removed["tags"] = tags + 1
    if text == cue.text and not cue.words:
        return cue
    return Cue(cue.start_ms, cue.end_ms, text, keep_words(cue.words, text) if cue.words else ())


def _tidy(body: str) -> tuple[str, int]:
    """The body with `\\n` for every line end, no NUL, no half characters, no mark or white space before it.

    And the number of its first line.
    """
    text = without_surrogates(body).replace("\0", "")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    bare = text.lstrip("\ufeff \t\n")
    return bare, 1 + text.count("\n", 0, len(text) - len(bare))


def _describe(body: str) -> str:
    text, _ = _tidy(body)
    if not text:
        return "an empty body"
    return "an HTML page" if re.match(r"<!doctype html|<html", text, re.IGNORECASE) else "an unknown format"

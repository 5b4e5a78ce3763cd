"""WebVTT by the W3C's parsing rules, lenient where YouTube and old tools are; docs/webvtt.md has them all."""

import re
from itertools import chain, pairwise

from .clock import CLOCK, TIMING, arrow_lines, span_ms, to_ms
from .cues import Cue, Word
from .problems import MOST_CHARACTERS, MOST_CUES, TOO_LONG, TOO_MANY, Problems, excerpt

HEADER = re.compile(r"WEBVTT(?:[ \t\n]|$)")
_STAMP = re.compile(rf"<{CLOCK}>", re.ASCII)
_NO_CUE = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t\f\n]|$)")


def parse(text: str, problems: Problems) -> list[Cue]:
    """Its cues, each with the text between the timing and an empty line, tags, stamps and entities left in.

    Every line that is a timing begins a cue; every line with `-->` ends the one before. Blocks without times other
    than NOTE, STYLE, REGION are problems, and so is a missing header.
    """
    cues: list[Cue] = []
    done = _header_end(text, problems)
    for (begin, end), (limit, _) in pairwise(chain(arrow_lines(text), [(len(text), 0)])):
        if begin < done:  # the header's own line
            continue
        if begin > done + 2:
            _look_between(text, done, begin, problems)
        timing = TIMING.match(text, begin)
        payload, done = _payload(text, end + 1, limit)
        if timing is None:
            problems.at(
                begin, f"no times that can be read, so its text is left out: {excerpt(text[begin:end])}"
            )
            continue
        if len(cues) == MOST_CUES:
            problems.at(begin, TOO_MANY)
            return cues
        if len(payload) > MOST_CHARACTERS:
            problems.at(begin, TOO_LONG)
            payload = payload[:MOST_CHARACTERS]
        start_ms, end_ms = span_ms(timing)
        cues.append(Cue(start_ms, end_ms, payload))
    _look_between(text, done, len(text), problems)
    return cues


def _header_end(text: str, problems: Problems) -> int:
    """Where the header ends: at an empty line or at the first line with `-->`."""
    if not HEADER.match(text):
        problems.at(0, "no WEBVTT header")
        return 0
    first = next((begin for begin, _ in arrow_lines(text) if begin), len(text))
    empty = text.find("\n\n", 0, first)
    return empty if empty >= 0 else first


def _payload(text: str, begin: int, limit: int) -> tuple[str, int]:
    """The lines up to an empty one or the limit, where a line with `-->` begins; and where they end."""
    if begin >= limit or text[begin] == "\n":
        return "", min(begin, limit)
    empty = text.find("\n\n", begin, limit)
    if empty >= 0:
        return text[begin:empty], empty
    payload = text[begin:limit].removesuffix("\n")
    if limit < len(text):
        payload = _without_index(payload)
    return payload, limit


def _without_index(payload: str) -> str:
    """The payload without an index before the next timing if only a line of white space parts them."""
    head, _, index = payload.rpartition("\n")
    above, _, blank = head.rpartition("\n")
    return above if index.isdecimal() and blank and not blank.strip() else payload


def _look_between(text: str, begin: int, end: int, problems: Problems) -> None:
    """Notes the blocks between two cues that say nothing of what they are; a last line is the next cue's name."""
    while begin < end:
        stop = text.find("\n\n", begin, end)
        raw = text[begin : stop if stop >= 0 else end]
        block = raw.lstrip("\n")
        is_name = stop < 0 and end < len(text) and "\n" not in block.rstrip("\n")
        if block.strip() and not is_name and not _NO_CUE.match(block):
            problems.at(begin + len(raw) - len(block), f"text without times: {excerpt(block)}")
        begin = stop + 2 if stop >= 0 else end


def with_words(cue: Cue) -> Cue:
    """The cue with the pieces between its stamps, <00:00:01.000>, as words; what stands before the first has its start.

    The text stays as it is. A cue without stamps has no words.
    """
    pieces = _STAMP.split(cue.text) if "<" in cue.text else []
    if len(pieces) < 2:
        return cue
    words = [Word(cue.start_ms, pieces[0])]
    words += [Word(to_ms(*pieces[at : at + 3]), pieces[at + 3]) for at in range(1, len(pieces), 4)]
    return cue._replace(words=tuple(words))

"""XML as caption files need it: tags, text and nothing else, also of files that are cut or broken."""

import html
import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from .cues import CaptionError
from .problems import Problems, excerpt

_VALUE = r"""(?:"[^"<]*"|'[^'<]*')"""
_TAG = re.compile(rf"<(/?)([A-Za-z_][\w.:-]*)((?:\s+[^\s\"'<>/=]+\s*=\s*{_VALUE})*)\s*(/?)>")
_LOOKS_LIKE_TAG = re.compile(r"</?[A-Za-z_]")
_ATTRIBUTE = re.compile(rf"([^\s\"'<>/=]+)\s*=\s*({_VALUE})")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|lt|gt|amp|quot|apos);")
_SKIPPED = (("<!--", "-->"), ("<?", "?>"))
_CDATA = "<![CDATA["


class Token(NamedTuple):
    """A tag or a text; `name` is a tag's name without its prefix, or the text, entities resolved."""

    kind: Literal["open", "close", "text"]
    name: str
    position: int
    attributes: str = ""


def attributes_of(token: Token) -> dict[str, str]:
    """The attributes of a tag by name without its prefix, entities resolved; the last of one name counts."""
    found = _ATTRIBUTE.findall(token.attributes)
    return {name.rpartition(":")[2]: _resolve(value[1:-1]) for name, value in found}


def root_name(text: str) -> str | None:
    """The name of the first tag; None if text comes first, or none at all, or a document type."""
    try:
        first = next(
            (one for one in tokens(text, Problems()) if one.kind != "text" or one.name.strip()), None
        )
    except CaptionError:
        return None
    return first.name if first is not None and first.kind == "open" else None


def tokens(text: str, problems: Problems) -> Iterator[Token]:
    """Tags and texts in order, in linear time; `<a/>` is an open and a close.

    Only XML's own five entities and numbers are resolved. A tag that does not end is a problem and left out; a `<`
    that begins no tag is text. Raises CaptionError for a document type or entity declaration, so none is expanded.
    """
    at = 0
    while at < len(text):
        begin = text.find("<", at)
        if begin != at:
            yield Token("text", _resolve(text[at : begin if begin >= 0 else len(text)]), at)
        if begin < 0:
            return
        tag = _TAG.match(text, begin)
        if tag is None:
            at, rest = _other(text, begin, problems)
            yield from rest
            continue
        closes, name, attributes, ends = tag.groups()
        name = name.rpartition(":")[2]
        if not closes:
            yield Token("open", name, begin, attributes)
        if closes or ends:
            yield Token("close", name, begin)
        at = tag.end()


def _other(text: str, begin: int, problems: Problems) -> tuple[int, list[Token]]:
    """What stands at a `<` that is no sound tag: where to go on, and the text that it is."""
    if text.startswith(_CDATA, begin):
        end = _end(text, "]]>", begin, problems)
        return end, [Token("text", text[begin + len(_CDATA) : end].removesuffix("]]>"), begin)]
    for opening, closing in _SKIPPED:
        if text.startswith(opening, begin):
            return _end(text, closing, begin, problems), []
    if text.startswith("<!", begin):
        raise CaptionError("a document type or entity declaration, which is refused unread")
    if not _LOOKS_LIKE_TAG.match(text, begin):
        return begin + 1, [Token("text", "<", begin)]
    following = text.find("<", begin + 1)
    stop = following if following >= 0 else len(text)
    end = text.find(">", begin, stop)
    problems.at(begin, f"a tag that is cut or broken: {excerpt(text[begin : begin + 60])}")
    return (end + 1 if end >= 0 else stop), []


def _end(text: str, mark: str, begin: int, problems: Problems) -> int:
    end = text.find(mark, begin)
    if end < 0:
        problems.at(begin, f"no {mark} before the end of the file")
        return len(text)
    return end + len(mark)


def _resolve(text: str) -> str:
    return _ENTITY.sub(lambda found: html.unescape(found.group()), text) if "&" in text else text

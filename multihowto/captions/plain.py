"""Text without markup, as words on one line; how words are counted."""

import html
import re
from collections.abc import Iterable

TAG = re.compile(r"</?[A-Za-z][\w.\-]*(?:\s[^<>]*)?/?>|<\d[\d:.]*>|<>|\{\\[^{}]*\}")
_FORMATTING = re.compile(
    r"</?(?:b|i|u|s|c|v|br|em|strong|font|span|ruby|rt)(?:[.\s][^<>]*)?/?>", re.IGNORECASE
)
_LINE_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KANA = "\u3041-\u30ff"
_UNSPACED = re.compile(f"[{_HAN}{_KANA}\u3000-\u3004\u3006\u3008-\u303f\uff01-\uff65]")
_SHARED_MARK = re.compile("[“”‘’…—·]")
_CHARACTER_WORDS = re.compile(f"[{_HAN}{_KANA}]|[^\\W_{_HAN}{_KANA}]+")
_COUNTED_BY_CHARACTER = frozenset({"zh", "ja"})


def strip_tags(text: str) -> str:
    """The text without tags; `<br>` is a line break, and a `<` that opens no tag stays (`I <3 it`)."""
    if "<" not in text and "{" not in text:
        return text
    return TAG.sub("", _LINE_TAG.sub("\n", text))


def unescape(text: str) -> str:
    """The text with entities resolved once; formatting tags that come to light (`&lt;i&gt;`) go."""
    if "&" not in text:
        return text
    resolved = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    return _FORMATTING.sub("", _LINE_TAG.sub("\n", resolved))


def join(texts: Iterable[str]) -> str:
    """The texts in one line, a space between two of them unless both sides are Chinese or Japanese."""
    pieces: list[str] = []
    for text in texts:
        words = " ".join(text.split())
        if words and pieces and _spaced(pieces[-1][-1], words[0]):
            pieces.append(" " + words)
        elif words:
            pieces.append(words)
    return "".join(pieces)


def count_words(text: str, language: str) -> int:
    """How many words a clean text has: what stands between spaces.

    In zh and ja every character counts, and so does each run of other letters or digits (`用Python` is 2).
    """
    if language in _COUNTED_BY_CHARACTER:
        return len(_CHARACTER_WORDS.findall(text))
    return len(text.split())


def _spaced(left: str, right: str) -> bool:
    """Whether a space belongs between two characters: not beside Chinese or Japanese ones."""
    if left.isascii() or right.isascii():
        return True
    unspaced = [bool(_UNSPACED.match(side)) for side in (left, right)]
    marks = [bool(_SHARED_MARK.match(side)) for side in (left, right)]
    return not (all(unspaced) or (any(unspaced) and any(marks)))

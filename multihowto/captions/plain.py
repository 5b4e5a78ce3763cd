"""Words on one line, and how they are counted."""

import re
from collections.abc import Iterable

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KANA = "\u3041-\u30ff"
_UNSPACED = re.compile(f"[{_HAN}{_KANA}\u3000-\u3004\u3006\u3008-\u303f\uff01-\uff65]")
_SHARED_MARK = re.compile("[“”‘’…—·]")
_CHARACTER_WORDS = re.compile(f"[{_HAN}{_KANA}]|[^\\W_{_HAN}{_KANA}]+")
_COUNTED_BY_CHARACTER = frozenset({"zh", "ja"})


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

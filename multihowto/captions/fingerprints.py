"""Texts reduced to what is said, and hashes of them: of the whole, and of words in a row."""

import hashlib
import unicodedata
from collections.abc import Sequence

_NO_SPACES = ("zh",)
"""Languages written without spaces: a character says about as much as two letters, and as a word's half."""


class _Kept(dict[int, int | None]):
    """What `str.translate` makes of a character: itself if it is a letter, mark or number, or else nothing."""

    def __missing__(self, code: int) -> int | None:
        self[code] = code if unicodedata.category(chr(code))[0] in "LMN" else None
        return self[code]


class _Spaced(dict[int, int]):
    """Likewise, but what is left out becomes a space."""

    def __missing__(self, code: int) -> int:
        self[code] = code if unicodedata.category(chr(code))[0] in "LMN" else 32
        return self[code]


_KEPT, _SPACED = _Kept(), _Spaced()


def plain(text: str) -> str:
    """The text in lower case, composed, without punctuation, signs and white space."""
    return _folded(text).translate(_KEPT)


def _folded(text: str) -> str:
    # Folding may take a composed letter apart.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def tokens(text: str, language: str) -> list[str]:
    """Words in lower case, without punctuation; characters where a language is written without spaces."""
    return _folded(text).translate(_SPACED).split() if has_spaces(language) else list(plain(text))


def has_spaces(language: str) -> bool:
    """Whether words of a language are written apart."""
    return language not in _NO_SPACES


def characters(language: str, length: int) -> int:
    """How many characters an n-gram of a language has, `length` of them where words have spaces."""
    return length if has_spaces(language) else max(2, length // 2)


def of_text(text: str, seed: str = "") -> int:
    """A 64-bit hash of a text, given what it is one of (its language)."""
    return int.from_bytes(
        hashlib.blake2b(f"{seed}\0{text}".encode("utf-8", "replace"), digest_size=8).digest()
    )


def of_words(words: Sequence[str], length: int, language: str) -> list[int]:
    """A hash of each `length` words in a row; of all words together if they are fewer."""
    starts = range(max(1, len(words) - length + 1))
    return [of_text(" ".join(words[start : start + length]), language) for start in starts]

"""From the bytes of a caption file to its text."""

import codecs
import re
import unicodedata
from typing import NamedTuple

from .formats import sniff

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = {
    b"\1\0\0\0": "utf-32-le",
    b"\0\0\0\1": "utf-32-be",
    b"\1\0\1\0": "utf-16-le",
    b"\0\1\0\1": "utf-16-be",
}
"""Encodings by which of the first four bytes are zero."""
_NO_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})
"""Python decodes them, the first in quadratic time, but no file is written in them."""
_LOCAL = ("srt", "ass", "sbv")
_MARKS_OF_ALL = frozenset(
    "“”„‚‘’«»‹›–—…•·°©®™€£½¼¾×♪♫¿¡§¹²³\u00a0" + "，。！？：；、“”‘’（）《》【】「」『』—…～　"
)
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile("[\u4e00-\u9fff]")
_BROKEN_CASE = re.compile(r"[a-zà-öø-ÿа-яё][A-ZÀ-ÖØ-ÞА-ЯЁ]")


class _Language(NamedTuple):
    """Its encodings before Unicode, its letters beyond ASCII, and words that no text of it is long without."""

    encodings: tuple[str, ...]
    letters: str
    words: str


_LANGUAGES = {
    "de": _Language(
        ("cp1252",), "äöüß", "der die das und ist nicht ich sie wir ein eine es zu mit auf den für"
    ),
    "fr": _Language(
        ("cp1252",), "àâæçéèêëîïôœùûüÿ", "le la les de des et est un une que je vous nous pas pour dans"
    ),
    "es": _Language(("cp1252",), "áéíñóúü", "el la los de que y en un una es no con para por se lo"),
    "cs": _Language(
        ("cp1250",), "áčďéěíňóřšťúůýž", "a se na je v to že ne do si jak tak ale jsem co s z i pro"
    ),
    "ru": _Language(
        ("cp1251",), "абвгдежзийклмнопрстуфхцчшщъыьэюяё", "и в не на я что это с он мы как но вы а у так все"
    ),
    "vi": _Language(
        ("cp1258",),
        "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
        "là và của không có một cho bạn tôi này các được với trong thì đã",
    ),
    "zh": _Language(
        ("gb18030", "big5"), "", "的 是 了 我 你 不 在 一 有 这 個 这 們 们 就 會 会 來 来 上 说 說 到 要 把"
    ),
}
_SHARE = 0.08
"""The least share of common words, or of common characters in Chinese."""
_AHEAD = 2.0
"""How many times as many of them the best reading has as any that reads otherwise."""
_LEAST = 3


def decode_caption(data: bytes, charset: str | None) -> str | None:
    """The text by its byte order mark, as UTF-8, or in the charset that the server declares; else None.

    Nothing is guessed: a Russian file read as Western European would be a readable lie.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding)
    text = _strict(data, "utf-8")
    return text if text is not None or not charset else _strict(data, charset)


def decode_file(data: bytes, charset: str | None = None, language: str | None = None) -> str | None:
    """The text of a local file: as `decode_caption`, as UTF-16 or 32 by its zero bytes, or as found out; else None.

    Found out are windows-1250, 1251, 1252 and 1258, GB18030 and Big5, for srt, ass and sbv alone, whose makers
    used them: every byte must fit, every letter be one of the language, common words be there, and no other reading
    be half as good. `language` (`de`, `zh`) leaves only its own encodings; others have none.
    """
    text = decode_caption(data, charset)
    if text is not None:
        return text
    wide = _by_zeros(data)
    if wide is not None:
        return _strict(data, wide)
    if charset or b"\x00" in data or sniff(data[:10_000].decode("latin-1")) not in _LOCAL:
        return None
    return _found_out(data, language)


def _by_zeros(data: bytes) -> str | None:
    """UTF-16 or UTF-32 by where the zero bytes of its first characters are, which are ASCII in every format."""
    return _WIDE.get(bytes(byte != 0 for byte in data[:4]))


def _found_out(data: bytes, language: str | None) -> str | None:
    """The reading that is well ahead of all that read otherwise."""
    scores: dict[str, float] = {}
    for code, its in _LANGUAGES.items():
        if language is not None and code != language:
            continue
        for encoding in its.encodings:
            text = _strict(data, encoding)
            if text is not None:
                composed = unicodedata.normalize("NFC", text)
                scores[composed] = max(scores.get(composed, 0.0), _score(composed, its))
    ranked = sorted(scores.items(), key=lambda one: -one[1])
    if not ranked or ranked[0][1] < _SHARE:
        return None
    if len(ranked) > 1 and ranked[0][1] < _AHEAD * ranked[1][1]:
        return None
    return ranked[0][0]


def _score(text: str, language: _Language) -> float:
    """The share of the language's common words; 0 if a letter is not its own or there are too few words."""
    beyond = {character for character in text if not character.isascii()} - _MARKS_OF_ALL
    if language.letters:
        known = set(language.letters + language.letters.upper())
        if beyond - known or _BROKEN_CASE.search(text):
            return 0.0
        words = _WORD.findall(text.lower())
    else:
        if any(not _HAN.match(character) for character in beyond):
            return 0.0
        words = _HAN.findall(text)
    common = frozenset(language.words.split())
    hits = sum(word in common for word in words)
    return hits / len(words) if hits >= _LEAST else 0.0


def _strict(data: bytes, encoding: str) -> str | None:
    """The decoded text, or None if a byte does not fit or the encoding is unknown or none of a text's."""
    try:
        codec = codecs.lookup(encoding)
        if codec.name in _NO_CHARSETS:
            return None
        text = data.decode(codec.name)
        text.encode()  # UTF-7 can hold half a character, which no UTF-8 can
    except (ValueError, LookupError):  # a UnicodeError is a ValueError, and so is a NUL in a name
        return None
    return None if "\x00" in text else text

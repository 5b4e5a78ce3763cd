"""What a caption says, without what it is dressed in."""

import html
import re
import unicodedata
from collections.abc import Iterable

_TAG = re.compile(r"</?[A-Za-z][\w.\-]*(?:\s[^<>]*)?/?>|<\d[\d:.]*>|<>|\{\\[^{}]*\}")
_FORMATTING = re.compile(
    r"</?(?:b|i|u|s|c|v|br|em|strong|font|span|ruby|rt)(?:[.\s][^<>]*)?/?>", re.IGNORECASE
)
_LINE_TAG = re.compile(r"<br\s*/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_JOINING = (
    "\u0600-\u0dff\u1780-\u17ff\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0e\ufe0f\U0001f000-\U0001faff"
)
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\ufeff\ufff0-\ufffb\ufffe\uffff\ud800-\udfff]"
    f"|(?<![{_JOINING}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINING}])"
)
_NOTE_WORD = r"[^\s()（）\d.!?。！？]{1,20}"
_ROUND_NOTE = re.compile(rf"[(（]\s*{_NOTE_WORD}(?:\s+{_NOTE_WORD}){{0,3}}\s*[)）]")
_DASH = re.compile(r"[-‐‑‒–—―−]+(?:\s+|(?!\d))")

_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KANA = "\u3041-\u30ff"
_UNSPACED = re.compile(f"[{_HAN}{_KANA}\u3000-\u3004\u3006\u3008-\u303f\uff01-\uff65]")
_SHARED_MARK = re.compile("[“”‘’…—·]")
_CHARACTER_WORDS = re.compile(f"[{_HAN}{_KANA}]|[^\\W_{_HAN}{_KANA}]+")
_ASIDE = re.compile(
    rf"(?<![^\W{_HAN}{_KANA}])\[[^\[\]]{{2,60}}\]"
    r"|[【［][^【】［］]{1,60}[】］]"
    r"|(?<!\S)>{2,}"
    "|[♩♪♫♬\U0001f3b5\U0001f3b6]"
)
_COUNTED_BY_CHARACTER = frozenset({"zh", "ja"})


def clean(text: str) -> str:
    """The words of a caption on one line, in NFC; empty if nothing is said.

    Removed: tags (WebVTT's, SRT's, `{\\an8}`); control, bidi and zero-width characters; the marks of a change
    of speaker (`- ` before a line, `>>`); `♪`; notes in square brackets (`[Music]`), and round ones of up to
    four words that fill a line (`(applause)`). Entities are resolved once. Joiners (U+200C, U+200D) stay in
    emoji and between letters that need them (Arabic to Sinhala, Khmer). Lines are joined by `join`.
    """
    plain = _ASIDE.sub(" ", _INVISIBLE.sub("", unescape(strip_tags(text))))
    spoken = _without_round_note(join(_spoken(line) for line in _BREAK.split(plain)))
    return unicodedata.normalize("NFC", spoken)


def strip_tags(text: str) -> str:
    """The text without tags; `<br>` is a line break, and a `<` that opens no tag stays (`I <3 it`)."""
    if "<" not in text and "{" not in text:
        return text
    return _TAG.sub("", _LINE_TAG.sub("\n", text))


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


def _spoken(line: str) -> str:
    """One line without the dash of a speaker; empty if it is a note in round brackets."""
    bare = line.strip()
    dash = _DASH.match(bare)
    return _without_round_note(bare[dash.end() :] if dash else bare)


def _without_round_note(line: str) -> str:
    return "" if _ROUND_NOTE.fullmatch(line) else line

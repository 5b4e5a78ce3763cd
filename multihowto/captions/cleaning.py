"""What a caption says, without what it is dressed in."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .boilerplate import is_boilerplate
from .plain import count_words, join, strip_tags, unescape

__all__ = ["ALL", "Cleaning", "clean", "count_words", "join", "strip_tags", "unescape"]


@dataclass(frozen=True)
class Cleaning:
    """What is removed from captions; each of these is counted by its name."""

    tags: bool = True
    """Markup: WebVTT's, SRT's, `{\\an8}`; its entities are resolved."""
    invisible: bool = True
    """Control, bidi and zero-width characters; joiners stay in emoji and where letters need them."""
    notes: bool = True
    """Notes of sounds: in square brackets, round ones of up to four words that fill a line, and `♪`."""
    speakers: bool = True
    """Marks of who speaks: `- ` and `>>`, `ANNA:` and `Man:` before a line."""
    urls: bool = True
    """Addresses of web pages."""
    boilerplate: bool = True
    """Lines that are only credits, requests to subscribe or thanks to sponsors, in nine languages."""
    repeats: bool = True
    """A line that the same caption has twice in a row."""


ALL = Cleaning()

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
_UNSPACED = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af\u3041-\u30ff"
_NOTE = re.compile(
    rf"(?<![^\W{_UNSPACED}])\[[^\[\]]{{2,60}}\]|[【［][^【】［］]{{1,60}}[】］]|[♩♪♫♬\U0001f3b5\U0001f3b6]"
)
_CHANGE = re.compile(r"(?<!\S)>{2,}")
_DASH = re.compile(r"[-‐‑‒–—―−]+(?:\s+|(?!\d))")
_ROLES = (
    "man|woman|boy|girl|narrator|host|speaker|interviewer|reporter|voice-?over",
    "mann|frau|sprecher(?:in)?|erzähler(?:in)?|homme|femme|narrateur|narratrice|voix off",
    "мужчина|женщина|диктор|ведущ(?:ий|ая)|рассказчик|hombre|mujer|narradora?|locutora?|presentadora?",
    "muž|žena|vypravěč(?:ka)?|moderátor(?:ka)?|mwanaume|mwanamke|msimulizi|mtangazaji|người dẫn|nam|nữ",
    "主持人|旁白|男|女|记者|記者|解说|解說|讲解员|講解員",
)
_SPEAKER = re.compile(rf"(?:{'|'.join(_ROLES)})(?: \d{{1,2}})? ?[:：](?!//)\s*", re.IGNORECASE)
_CAPITALS = re.compile(r"([^\W\d_][\w.'’-]{1,19}(?: [^\W\d_][\w.'’-]{0,19}){0,2}) ?:(?!//|\d)\s*")
_NO_NAMES = frozenset(
    {
        *(
            "NOTE",
            "NOTES",
            "TIP",
            "TIPS",
            "STEP",
            "WARNING",
            "CAUTION",
            "IMPORTANT",
            "HINT",
            "INGREDIENTS",
            "TOOLS",
        ),
        *(
            "MATERIALS",
            "DIY",
            "FAQ",
            "PS",
            "NB",
            "TIPP",
            "ACHTUNG",
            "HINWEIS",
            "ZUTATEN",
            "SCHRITT",
            "NOTA",
            "CONSEIL",
        ),
        *(
            "ATTENTION",
            "INGRÉDIENTS",
            "ÉTAPE",
            "ВНИМАНИЕ",
            "СОВЕТ",
            "ВАЖНО",
            "ШАГ",
            "ИНГРЕДИЕНТЫ",
            "CONSEJO",
            "PASO",
        ),
        *("INGREDIENTES", "POZOR", "TIPY", "KROK", "SUROVINY", "HATUA", "VIUNGO", "BƯỚC", "NGUYÊN", "LƯU"),
    }
)
_URL = re.compile(
    r"(?:https?://|www\.)[^\s<>\"“”]+|(?<![\w@.])[\w-]{2,40}\.(?:com|org|net|info|tv|de|fr|ru|es|cz|cn|vn|io|co\.\w\w)(?:/[^\s<>\"“”]*)?"
    r"(?![\w-]|\.\w)",
    re.IGNORECASE,
)
_ODD = re.compile(r"[^\w !'\",.;?%$…’“”，。！？、-]")
_DOTTED = re.compile(r"\.[A-Za-z]")


def clean(text: str, cleaning: Cleaning = ALL, removed: "Counter[str] | None" = None) -> str:
    """The words of a caption on one line, in NFC; empty if nothing is said.

    `cleaning` says what goes, `removed` counts it by kind. Entities are resolved once, lines joined by `join`, in
    whatever way the switches stand. Cleaning a clean text changes nothing unless two removals made a third.
    """
    removed = Counter() if removed is None else removed
    if _is_plain(text):
        whole = [text]
    else:
        whole = list(_lines(_without_marks(text, cleaning, removed), cleaning, removed))
    if cleaning.repeats and len(whole) > 1:
        whole = _once(whole, removed)
    if cleaning.boilerplate:
        whole = _without_boilerplate(whole, removed)
    line = whole[0] if len(whole) == 1 else join(whole)
    if cleaning.notes and _ROUND_NOTE.fullmatch(line):
        removed["notes"] += 1
        return ""
    return line if line.isascii() else unicodedata.normalize("NFC", line)


def _is_plain(text: str) -> bool:
    """Whether a text is one line of words, so that nothing but all of it could be removed: most captions are."""
    return (
        text != ""
        and _ODD.search(text) is None
        and text[0] not in " -"
        and text[-1] != " "
        and "  " not in text
        and ("." not in text or _DOTTED.search(text) is None)
    )


def _without_marks(text: str, cleaning: Cleaning, removed: "Counter[str]") -> str:
    """The text without what may stand anywhere in it."""
    if cleaning.tags and ("<" in text or "{" in text or "&" in text):
        bare = strip_tags(text)
        if bare != text:
            removed["tags"] += 1
        text = unescape(bare)
    if cleaning.invisible and not (text.isascii() and text.isprintable()):
        text = _sub(_INVISIBLE, "", text, "invisible", removed)
    if cleaning.notes:
        text = _sub(_NOTE, " ", text, "notes", removed)
    if cleaning.urls and "." in text:
        text = _sub(_URL, " ", text, "urls", removed)
    if cleaning.speakers and ">>" in text:
        text = _sub(_CHANGE, " ", text, "speakers", removed)
    return text


def _sub(pattern: "re.Pattern[str]", by: str, text: str, kind: str, removed: "Counter[str]") -> str:
    text, count = pattern.subn(by, text)
    if count:
        removed[kind] += count
    return text


def _lines(text: str, cleaning: Cleaning, removed: "Counter[str]") -> Iterator[str]:
    """What is said in each line, without notes that fill it and the name of who speaks."""
    for line in _BREAK.split(text):
        bare = " ".join(line.split())
        if cleaning.speakers:
            bare = _without_speaker(bare, removed)
        if cleaning.notes and _ROUND_NOTE.fullmatch(bare):
            removed["notes"] += 1
        elif bare:
            yield bare


def _without_speaker(line: str, removed: "Counter[str]") -> str:
    for pattern in (_DASH, _SPEAKER, _CAPITALS):
        found = pattern.match(line)
        if found is not None and (pattern is not _CAPITALS or _is_name(found[1])):
            removed["speakers"] += 1
            line = line[found.end() :]
    return line


def _is_name(words: str) -> bool:
    """Whether capitals before a colon are a name: not `STEP 1:`, not `Note:`, not a script without capitals."""
    return words.isupper() and not _NO_NAMES.intersection(words.split())


def _once(lines: list[str], removed: "Counter[str]") -> list[str]:
    """The lines, each that is said twice in a row once."""
    kept = [line for number, line in enumerate(lines) if number == 0 or line != lines[number - 1]]
    if len(kept) < len(lines):
        removed["repeats"] += len(lines) - len(kept)
    return kept


def _without_boilerplate(lines: list[str], removed: "Counter[str]") -> list[str]:
    """The lines that are about the video; captions that are boilerplate over several lines go as a whole."""
    kept = [line for line in lines if not is_boilerplate(line)]
    if len(kept) > 1 and is_boilerplate(" ".join(kept)):
        kept = []
    if len(kept) < len(lines):
        removed["boilerplate"] += len(lines) - len(kept)
    return kept

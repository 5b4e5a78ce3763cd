"""What a caption says, without what it is dressed in."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from .boilerplate import without_boilerplate
from .plain import count_words, join
from .sounds import is_note
from .speakers import without_speaker
from .tags import resolve, strip_tags, unescape

__all__ = ["ALL", "Cleaning", "clean", "count_words", "join", "strip_tags", "unescape"]


@dataclass(frozen=True)
class Cleaning:
    """What is removed from captions; each of these is counted by its name."""

    tags: bool = True
    """Tags of caption formats, a closed list, and `{\\an8}`; `<Enter>` stays."""
    invisible: bool = True
    """Control, bidi and zero-width characters; joiners stay in emoji and where letters need them."""
    notes: bool = True
    """Notes of sounds, known words in nine languages: in brackets, round ones where they begin a line, and `♪`."""
    speakers: bool = True
    """Marks of who speaks: `- ` and `>>` before a line, `Man:`, and `ANNA:` after those or twice in a track."""
    urls: bool = True
    """Addresses of web pages."""
    boilerplate: bool = True
    """Lines or sentences that are only credits, requests to subscribe or sponsors, in nine languages."""
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
_ROUND_NOTE = re.compile(r"[(（]([^()（）]{1,60})[)）]\s*")
_ROUND = frozenset("(（")
_SIGNS = "♩♪♫♬\U0001f3b5\U0001f3b6"
_NOTE = re.compile(rf"[\[［【〔]([^\[\]［］【】〔〕]{{1,60}})[\]］】〕]|[{_SIGNS}]")
_DASHES = tuple("-‐‑‒–—―−")
_SENTENCE_END = tuple('.!?…。！？:："”»')
_EAST = "\u3000-\u303f\u3400-\u9fff\uff01-\uff65"
_PATH = rf"[^\s<>\"“”{_EAST}]+(?<![)）])"
_BEFORE = rf"(?<![^\W{_EAST}])(?<![@.-])"
_HOST = r"(?:[A-Za-z0-9-]{2,40}\.){1,4}"
_URL = re.compile(
    rf"(?i:https?://|{_BEFORE}www\.(?=\w)){_PATH}"
    rf"|{_BEFORE}{_HOST}(?:com|org|net|info|tv|de|fr|ru|es|cz|cn|vn|io|be|ly|gg|eu|uk|ch|ke|edu|gov)/(?:{_PATH})?"
    rf"|{_BEFORE}(?!(?i:asp|vb|ado|paint)\.net\b){_HOST}(?:com|org|net|fr|ru|cz|cn|vn|co\.[a-z]{{2}})"
    rf"(?![^\W{_EAST}]|-|\.\w|\()"
)
"""Sure addresses, those with a path, and bare ones whose ending is no word (as in `flour.es` and `Vue.io`)."""
_ODD = re.compile(r"[^\w !'\",.;?%$…’“”，。！？、-]")
_DOTTED = re.compile(r"\.[A-Za-z]")


def clean(
    text: str,
    cleaning: Cleaning = ALL,
    removed: "Counter[str] | None" = None,
    names: frozenset[str] = frozenset(),
) -> str:
    """The words of a caption on one line, in NFC; empty if nothing is said.

    `cleaning` says what goes, `removed` counts it by kind, `names` are `speakers.names` of the track. Entities are
    resolved once, lines joined by `join`, in whatever way the switches stand. Cleaning a clean text changes nothing
    unless two removals made a third.
    """
    removed = Counter() if removed is None else removed
    if _is_plain(text):
        whole = [text]
    else:
        marked = _without_marks(text, cleaning, removed)
        whole = list(_lines(marked, cleaning, removed, names))
    if cleaning.repeats and len(whole) > 1:
        whole = _once(whole, removed)
    if cleaning.boilerplate:
        kept = without_boilerplate(whole)
        if kept != whole:
            removed["boilerplate"] += max(1, len(whole) - len(kept))
        whole = kept
    line = whole[0] if len(whole) == 1 else join(whole)
    if cleaning.notes and line[:1] in _ROUND:
        line = _without_round_note(line, removed)
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
        resolved = unescape(bare)
        if bare != text or resolved != resolve(bare):
            removed["tags"] += 1
        text = resolved
    else:
        text = resolve(text)
    if cleaning.invisible and not (text.isascii() and text.isprintable()):
        text = _sub(_INVISIBLE, "", text, "invisible", removed)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    if cleaning.notes:
        text = _without_notes(text, removed)
    if cleaning.urls and "." in text:
        text = _sub(_URL, " ", text, "urls", removed)
    return text


def _sub(pattern: "re.Pattern[str]", by: str, text: str, kind: str, removed: "Counter[str]") -> str:
    text, count = pattern.subn(by, text)
    if count:
        removed[kind] += count
    return text


def _without_notes(text: str, removed: "Counter[str]") -> str:
    """The text without note signs, and without brackets that hold notes alone."""

    def kept(found: "re.Match[str]") -> str:
        if found[1] is not None and not is_note(found[1]):
            return found[0]
        removed["notes"] += 1
        return " "

    return _NOTE.sub(kept, text)


def _without_round_note(line: str, removed: "Counter[str]") -> str:
    """The line without a round bracket at its beginning that is a note."""
    found = _ROUND_NOTE.match(line)
    if found is None or not is_note(found[1]):
        return line
    removed["notes"] += 1
    return line[found.end() :]


def _lines(text: str, cleaning: Cleaning, removed: "Counter[str]", names: frozenset[str]) -> Iterator[str]:
    """What is said in each line, without notes that begin it and marks of who speaks."""
    above = ""
    for line in _BREAK.split(text):
        bare = said = " ".join(line.split())
        if cleaning.speakers:
            may_dash = not above or above.startswith(_DASHES) or above.endswith(_SENTENCE_END)
            said = without_speaker(bare, names, may_dash)
            removed.update(["speakers"] * (said != bare))
        if cleaning.notes and said[:1] in _ROUND:
            said = _without_round_note(said, removed)
        if said:
            yield said
        above = bare


def _once(lines: list[str], removed: "Counter[str]") -> list[str]:
    """The lines, each that is said twice in a row once."""
    kept = [line for number, line in enumerate(lines) if number == 0 or line != lines[number - 1]]
    if len(kept) < len(lines):
        removed["repeats"] += len(lines) - len(kept)
    return kept

"""Words with places to a track's cues, with its faults; and what of it remains to be found."""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from .faults import GAP_MS, READING_MS, SHORTEST_MS, Faults
from .speech import Word

SLACK_MS = 700
"""A pause that ends a cue of any track."""
STAMP_MS = 40
"""How far the times of words are off."""
WIDTHS = {"zh": 0.3}
"""Characters of a cue beside those of other languages."""
NOTES = {
    "en": ("[music]", "Subtitles by Anna Novak", "(The word stands for a small part of a farm.)"),
    "de": ("[Musik]", "Untertitel von Anna Novak", "(Das Wort steht für einen kleinen Teil eines Hofes.)"),
    "fr": ("[musique]", "Sous-titres par Anna Novak", "(Le mot désigne une petite partie de la ferme.)"),
    "ru": ("[музыка]", "Субтитры: Анна Новак", "(Это слово означает небольшую часть фермы.)"),
    "es": ("[música]", "Subtítulos por Anna Novak", "(La palabra designa una pequeña parte de la granja.)"),
    "cs": ("[hudba]", "Titulky: Anna Novak", "(Toto slovo znamená malou část statku.)"),
    "sw": ("[muziki]", "Tafsiri na Anna Novak", "(Neno hili lina maana ya sehemu ndogo ya shamba.)"),
    "zh": ("[音乐]", "字幕：安娜", "（这个词指农场的一小部分。）"),
    "vi": ("[nhạc]", "Phụ đề: Anna Novak", "(Từ này chỉ một phần nhỏ của trang trại.)"),
}
"""Sounds, credits and notes of translators: what stands in added cues."""
_MARKS = re.compile(r"(?:[^\w\s'’%-]|\s)+")


@dataclass(frozen=True)
class Cue:
    """A cue of a file: its times, its words as they are written, and when each is said if the track tells."""

    start_ms: int
    end_ms: int
    texts: tuple[str, ...]
    stamps: tuple[int, ...] = ()
    words: tuple[Word, ...] = field(default=(), repr=False)
    """The words behind the texts; none in an added cue."""


def cut(draw: random.Random, language: str, words: Sequence[Word], faults: Faults) -> list[list[Word]]:
    """Words in cues: of lengths of their own, mostly ending with sentences, always before longer pauses."""
    cues: list[list[Word]] = []
    limit, length, first, last_end = 0.0, 0, 0.0, -1e9
    is_open = False
    for word in words:
        fits = length + len(word.text) <= limit and word.end_ms - first <= faults.longest_ms
        if not is_open or not fits or word.start_ms - last_end > SLACK_MS:
            cues.append([])
            limit = faults.longest * WIDTHS.get(language, 1.0) * draw.uniform(0.6, 1.0)
            length, first, is_open = 0, word.start_ms, True
        cues[-1].append(word)
        length, last_end = length + len(word.text), word.end_ms
        if word.is_last and draw.random() < faults.breaks:
            is_open = False
    return cues


def render(draw: random.Random, language: str, words: Sequence[Word], faults: Faults) -> list[Cue]:
    """A track with all its faults, in order of time."""
    kept = [word for word in words if faults.moved(middle(word)) is not None]
    spoken = [
        _timed(draw, cue, faults)
        for cue in cut(draw, language, kept, faults)
        if draw.random() >= faults.missing
    ]
    sound = _in_order([cue for cue in spoken if cue.end_ms > 0], faults)
    return _with_notes(draw, language, sound, faults)


def middle(word: Word) -> float:
    """When half of a word has been said, on the pivot's clock."""
    return (word.start_ms + word.end_ms) / 2


def _timed(draw: random.Random, words: list[Word], faults: Faults) -> Cue:
    """A cue with its times on the track's clock, before it is put in order."""
    origin = _at(faults, middle(words[0])) - middle(words[0]) * faults.speed
    start = words[0].start_ms * faults.speed + origin + draw.gauss(0, faults.jitter_ms)
    end = words[-1].end_ms * faults.speed + origin + draw.gauss(0, faults.jitter_ms)
    if faults.reading:
        end += draw.uniform(*READING_MS)
    stamps: tuple[int, ...] = ()
    if faults.plain:
        stamps = tuple(round(w.start_ms * faults.speed + origin + draw.gauss(0, STAMP_MS)) for w in words)
    return Cue(round(start), round(end), written(words, faults.plain), stamps, tuple(words))


def _at(faults: Faults, ms: float) -> float:
    moved = faults.moved(ms)
    assert moved is not None
    return moved


def written(words: Sequence[Word], plain: bool) -> tuple[str, ...]:
    """The words' texts; plain ones in lower case and without marks."""
    if not plain:
        return tuple(word.text for word in words)
    return tuple(_MARKS.sub(" ", word.text.lower()) for word in words)


def _in_order(cues: Sequence[Cue], faults: Faults) -> list[Cue]:
    """Cues that start one after the other and last a while; reading ends before the next cue."""
    starts, found, last = [], [], -50
    for cue in cues:
        last = max(cue.start_ms, last + 50, 0)
        starts.append(last)
    for number, cue in enumerate(cues):
        end = cue.end_ms
        if faults.reading and number + 1 < len(starts):
            end = min(end, starts[number + 1] - GAP_MS)
        found.append(_clamped(cue, starts[number], end))
    return found


def _clamped(cue: Cue, start: int, end: int) -> Cue:
    end = max(end, start + SHORTEST_MS)
    stamps, last = [], start
    for stamp in cue.stamps:
        last = min(max(stamp, last), end)
        stamps.append(last)
    return Cue(start, end, cue.texts, tuple(stamps), cue.words)


def _with_notes(draw: random.Random, language: str, cues: list[Cue], faults: Faults) -> list[Cue]:
    """The cues and some that nobody says, half of them in pauses, the others over speech."""
    if not cues:
        return cues
    pauses = [a.end_ms for a, b in pairwise(cues) if b.start_ms - a.end_ms > 1000]
    notes = []
    for _ in range(round(faults.added * len(cues))):
        in_pause = bool(pauses) and draw.random() < 0.5
        start = draw.choice(pauses) + 50 if in_pause else draw.choice(cues).start_ms + draw.randint(-500, 500)
        text = draw.choice(NOTES[language])
        start = max(start, 0)
        notes.append(Cue(start, start + draw.randint(900, 3000), (text,), (start,) if faults.plain else ()))
    return sorted([*cues, *notes], key=lambda cue: cue.start_ms)

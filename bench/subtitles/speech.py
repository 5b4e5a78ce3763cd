"""When sentences are spoken, and where the words of their translations belong.

A *place* is a position in the pivot's speech, counted in characters from its beginning: it says what is said, whatever
the clock says. A word of a translation has the places between which it lies within its sentence, in proportion to
characters; a sentence's words cover it without holes.
"""

import math
import random
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from .texts import Sentence

PACE = {"zh": 4.5}
USUAL_PACE = 14.0
"""Characters a second of a usual speaker; own settings, near what captions of speech have."""
PACES = (0.8, 1.25)
"""Speakers, as a share of the usual pace."""
COMMA_MS = 300
"""The longest pause after a comma."""
LEAD_MS = 8000
"""The longest silence before the first word."""

_FOREIGN = r"[^\W_\u3400-\u9fff]"
_TOKENS_ZH = re.compile(rf"{_FOREIGN}(?:['’.%-]?{_FOREIGN})*[^\w\s]*\s*|\S[^\w\s]*\s*")
_TOKENS = re.compile(r"\S+\s*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of one language, or a Chinese character: its text with the space after it, its places and times."""

    text: str
    sentence: int
    begin: float
    end: float
    is_last: bool
    start_ms: float = 0.0
    end_ms: float = 0.0


@dataclass(frozen=True)
class Speech:
    """The pivot's words, as they are spoken."""

    words: list[Word]

    @cached_property
    def _begins(self) -> list[float]:
        return [word.begin for word in self.words]

    @property
    def end_ms(self) -> int:
        """When the last word has been said."""
        return round(self.words[-1].end_ms)

    def at(self, place: float, ending: bool = False) -> float:
        """When a place is reached; of a border between two words the end of the first if `ending`."""
        number = max(bisect_right(self._begins, place - 1e-9 if ending else place) - 1, 0)
        word = self.words[number]
        share = (place - word.begin) / (word.end - word.begin)
        return word.start_ms + (word.end_ms - word.start_ms) * min(share, 1.0)

    def timed(self, words: Sequence[Word]) -> list[Word]:
        """Words of another language with the times at which their places are spoken."""
        at = self.at
        return [
            Word(w.text, w.sentence, w.begin, w.end, w.is_last, at(w.begin), at(w.end, ending=True))
            for w in words
        ]

    def held(self, start_ms: float, end_ms: float) -> tuple[float, float]:
        """The places of the words whose middles lie in a span of time; two equal ones if there are none."""
        inside = [word for word in self.words if start_ms <= (word.start_ms + word.end_ms) / 2 < end_ms]
        return (inside[0].begin, inside[-1].end) if inside else (0.0, 0.0)


def tokens(language: str, text: str) -> list[str]:
    """Its words with the spaces after them; Chinese ones are characters with the marks after them."""
    return _TOKENS_ZH.findall(text) if language == "zh" else _TOKENS.findall(f"{text} ")


def words(language: str, sentences: Sequence[Sentence], bounds: Sequence[float]) -> list[Word]:
    """All words of a language, with their places between the bounds of their sentences (one more than sentences)."""
    found = []
    for number, sentence in enumerate(sentences):
        parts = tokens(language, sentence.get(language, ""))
        scale = (bounds[number + 1] - bounds[number]) / max(sum(map(len, parts)), 1)
        at = bounds[number]
        for index, part in enumerate(parts):
            end = at + scale * len(part)
            found.append(Word(part, number, at, end, index == len(parts) - 1))
            at = end
    return found


def bounds(language: str, sentences: Sequence[Sentence]) -> list[float]:
    """The places where the pivot's sentences begin, and where the last one ends."""
    places = [0.0]
    for sentence in sentences:
        places.append(places[-1] + sum(map(len, tokens(language, sentence[language]))))
    return places


def speak(
    draw: random.Random, language: str, sentences: Sequence[Sentence], limit_ms: float = math.inf
) -> Speech:
    """One speaker says sentences until a time: words by their lengths with noise, pauses after commas and sentences."""
    ms_each = 1000 / (PACE.get(language, USUAL_PACE) * draw.uniform(*PACES))
    now, spoken, pauses = draw.uniform(0, LEAD_MS), [], _pauses(draw, len(sentences))
    for word in words(language, sentences, bounds(language, sentences)):
        end = now + len(word.text) * ms_each * min(draw.lognormvariate(0, 0.25), 3.0)
        spoken.append(replace(word, start_ms=now, end_ms=end))
        now = end
        if word.is_last:
            now += pauses[word.sentence]
            if now > limit_ms:
                break
        elif word.text.rstrip()[-1:] in ",;，；、":
            now += draw.uniform(0, COMMA_MS)
    return Speech(spoken)


def _pauses(draw: random.Random, count: int) -> list[float]:
    """Milliseconds after each sentence: mostly 0 to 2 s, sometimes 5 to 20; none at all for stretches of speech."""
    pauses: list[float] = []
    while len(pauses) < count:
        is_continuous = draw.random() < 0.3
        for _ in range(draw.randint(5, 40)):
            silence = draw.uniform(5000, 20000) if draw.random() < 0.04 else draw.uniform(0, 2000)
            pauses.append(0.0 if is_continuous else silence)
    return pauses

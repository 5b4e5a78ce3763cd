"""What the script of a text says about its language, before any model is asked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from multihowto.adapters.language_id import Distribution, normal

_SCRIPTS: Mapping[str, tuple[str, str]] = {
    "han": ("\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af", "zh ja yue wuu"),
    "cyrillic": ("\u0400-\u052f", "ru uk be bg sr mk mn kk ky tg tt"),
    "greek": ("\u0370-\u03ff", "el"),
    "hangul": ("\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3", "ko"),
    "thai": ("\u0e00-\u0e7f", "th"),
    "hebrew": ("\u0590-\u05ff", "he yi"),
    "arabic": ("\u0600-\u06ff", "ar fa ur ps ug sd ckb"),
    "devanagari": ("\u0900-\u097f", "hi mr ne sa"),
}
"""Letters of a script, and the languages that are written in it."""
_LATIN = """
    en de fr es cs sw vi it pt nl pl sk sl hr bs sr sv da no nb nn is fi et lv lt hu ro tr az id ms tl ca eu ga
"""
"""Languages in Latin letters; both lists need not be whole, for one that is in neither switches scripts off."""
_KANA = re.compile("[\u3041-\u30ff]")
_OTHER = re.compile(
    "[\u0370-\u1dff\u2c00-\u2dff\u3005-\ud7ff\uf900-\ufdff\ufe70-\ufeff\U00010000-\U0010ffff]"
)
_LETTER = re.compile(r"[^\W\d_]")
_WEIGHT = 3
"""A letter of another script counts as so many Latin ones: a Chinese character says as much as half a word, and
Chinese and Russian texts have names in Latin letters, hardly ever the other way round."""


@dataclass(frozen=True)
class ByScript:
    """Of some languages, those that alone are written in their script."""

    languages: tuple[str, ...]

    def split(self, text: str) -> tuple[Distribution, str]:
        """Shares of languages that the script decides, and the text that is left for a model: the rest of the letters.

        The shares are less than 1 in sum if letters are left. Nothing is decided where a language is asked for of
        which the script is not listed here, nor in a text with kana, which is Japanese.
        """
        if not self._own or text.isascii() or not _OTHER.search(text) or _KANA.search(text):
            return {}, text
        counts = {language: len(letters.findall(text)) * _WEIGHT for language, letters in self._own.items()}
        if not any(counts.values()):
            return {}, text
        for letters in self._own.values():
            text = letters.sub(" ", text)
        left = len(_LETTER.findall(text))
        total = sum(counts.values()) + left
        return {language: count / total for language, count in counts.items() if count}, text if left else ""

    @property
    def decided(self) -> frozenset[str]:
        """Languages that the script alone decides."""
        return frozenset(self._own)

    @cached_property
    def _own(self) -> dict[str, re.Pattern[str]]:
        """The letters of a script by the only language that is written in it."""
        asked, known, own = set(self.languages), set(_LATIN.split()), {}
        for letters, languages in _SCRIPTS.values():
            writes = asked & set(languages.split())
            known.update(languages.split())
            if len(writes) == 1:
                own[writes.pop()] = re.compile(f"[{letters}]")
        return own if asked <= known else {}


def join(shares: Distribution, rest: Distribution) -> Distribution:
    """Shares of languages by script, the others dividing what is left of 1; empty if most is in none of them."""
    if not shares:
        return rest
    left = 1.0 - sum(shares.values())
    if not rest and left > 0.5:
        return {}
    return normal({one: shares.get(one, 0.0) + left * rest.get(one, 0.0) for one in {**shares, **rest}})


def possible(text: str, found: Distribution) -> Distribution:
    """Without Japanese where a text has no kana: lid.176 takes lists of Chinese words for it."""
    if _KANA.search(text):
        return found
    return normal({language: value for language, value in found.items() if language != "ja"})


def letters_of(text: str) -> int:
    """How many Latin letters a text is worth."""
    letters = _LETTER.findall(text)
    return len(letters) + (_WEIGHT - 1) * len(_OTHER.findall("".join(letters)))

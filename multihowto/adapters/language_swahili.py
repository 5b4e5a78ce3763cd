"""What words alone say for and against Swahili, which lid.176 takes for English or Spanish when it is short."""

import math
import re
from functools import lru_cache

_COMMON = """
    ya wa kwa katika cha kama hiyo huo hilo hizo hizi huu yake wake zake lake ili pia kila kwamba lakini yeye sisi wao
    mimi hapa kuwa mtu watu mwenye wote yote zote vya vyote wana kabla baada kutoka hadi mpaka basi halafu kisha bado
    ndiyo hapana
"""
"""Frequent words of Swahili."""
_ELSEWHERE = """
    you are have more there before one make use some come time die sie eine keine diese zwei une ou puis para puede
    tiene debe ahora pero una uno esta este todo toda sea sido fue luego nebo tato tento tuto toto tohoto jako ale
    bude budou mohou
"""
"""Frequent words of the other languages that have open syllables too."""
_SHARED = "za ni au na la"
"""Frequent words of Swahili and of another language."""
_LISTED = {
    word: kind
    for words, kind in ((_COMMON, "common"), (_ELSEWHERE, "closed"), (_SHARED, "shared"))
    for word in words.split()
}
_ONSET = r"[mn]?(?:ch|sh|dh|th|gh|kh|ny|ng['’]?|[bdfghjklmnprstvwyz])[wy]?"
_OPEN = re.compile(rf"(?:m(?=[b-df-hj-np-tv-z]))?(?:(?:{_ONSET})?[aeiou]){{1,12}}")
"""A word of open syllables only, as Swahili's are: each ends in its vowel."""
_VOWELS = re.compile("[aeiou]")
_LOG_ODDS = {
    "common": 2.0,
    "shared": 0.0,
    "open 4": 2.4,
    "open 3": 1.5,
    "open 2": 0.8,
    "open 1": -2.0,
    "closed": -2.2,
    "marked": -4.0,
}
"""How a kind of word speaks for Swahili against English, French or Spanish, whichever has most of it: counted in the
message catalogues of Django 5.2, and rounded. A word closed by a consonant, or listed as the others', counts alike."""
_MOST = 6.0
_EDGES = '.,;:!?…()[]«»"“”„-–—¿¡'
_WORDS = 200
"""More words say no more."""


def swahili(text: str) -> float:
    """Log-odds for Swahili of a text in lower case: the sum over its words, at most 6 either way."""
    total = sum(map(_word, text[: 8 * _WORDS].split(None, _WORDS)[:_WORDS]))
    return max(-_MOST, min(_MOST, total))


def factor(text: str) -> float:
    """The same as a factor on probabilities."""
    return math.exp(swahili(text))


@lru_cache(1 << 14)
def _word(word: str) -> float:
    word = word.strip(_EDGES)
    return _LOG_ODDS[_kind(word)] if word.replace("'", "").replace("’", "").isalpha() else 0.0


def _kind(word: str) -> str:
    if word in _LISTED:
        return _LISTED[word]
    if not word.replace("’", "").isascii():
        return "marked"
    return f"open {min(4, len(_VOWELS.findall(word)))}" if _OPEN.fullmatch(word) else "closed"

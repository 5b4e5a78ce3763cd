"""Which captions say a listed word."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from multihowto.selecting.texts import Flags, by_character, flags

Patterns = Mapping[str, Sequence[str]]
"""Regular expressions, by language, that find its listed words."""
_AT_ONCE = 200
"""Words of one expression: RE2 refuses those that take it too much memory."""
_NO_LETTER = r"[^\p{L}\p{M}\p{N}]"


def patterns(words: Mapping[str, Sequence[str]]) -> Patterns:
    """Expressions for words by language: between borders of words, in Chinese anywhere."""
    return {language: _of_language(language, its) for language, its in words.items()}


def _of_language(language: str, words: Sequence[str]) -> list[str]:
    chinese = by_character(pa.array([language]))[0]
    begin, end = ("", "") if chinese else (rf"(?:^|{_NO_LETTER})", rf"(?:$|{_NO_LETTER})")
    parts = [words[at : at + _AT_ONCE] for at in range(0, len(words), _AT_ONCE)]
    return [f"{begin}(?:{'|'.join(map(re.escape, part))}){end}" for part in parts]


def listed(texts: pa.Array, languages: pa.Array, patterns: Patterns) -> Flags:
    """Whether each caption says a word that is listed for its language, whatever the case."""
    found = np.zeros(len(texts), dtype=bool)
    for language, its in patterns.items():
        places = np.flatnonzero(flags(pc.equal(languages, language)))
        mine = texts.take(pa.array(places))
        for pattern in its:
            found[places] |= flags(pc.match_substring_regex(mine, pattern, ignore_case=True))
    return found

"""Language identification with fastText's lid.176."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import Any, NamedTuple

from multihowto.errors import ConfigError

_HAN = re.compile(r"(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")
_LETTER = re.compile(r"[^\W\d_]")


class Detected(NamedTuple):
    """A language and its probability among those asked for; `und` and 0 if the text has no letters."""

    language: str
    score: float


_UNDECIDED = Detected("und", 0.0)
_AT_ONCE = 256
"""Texts a call: fastText answers with some eighty strings a text, and a shard's would take half a gigabyte."""


@dataclass(frozen=True)
class LanguageModel:
    """A loaded model, and the languages among which it decides."""

    model: Any
    languages: tuple[str, ...]

    def detect(self, texts: Sequence[str]) -> list[Detected]:
        """The most probable of the languages for each text."""
        prepared = [prepare(text) for text in texts]
        written = [number for number, text in enumerate(prepared) if _LETTER.search(text)]
        found = [_UNDECIDED] * len(texts)
        for begin in range(0, len(written), _AT_ONCE):
            some = written[begin : begin + _AT_ONCE]
            labels, scores = self.model.predict([prepared[number] for number in some], k=-1, threshold=0.0)
            for number, names, values in zip(some, labels, scores, strict=True):
                found[number] = self._best(names, values.tolist())
        return found

    def _best(self, names: Sequence[str], values: Sequence[float]) -> Detected:
        """The first of the languages among labels that begin with the most probable."""
        where = list(compress(range(len(names)), map(self._wanted.__contains__, names)))
        if not where:  # fastText leaves out what is less probable than 1e-5
            return _UNDECIDED
        best = where[0]
        return Detected(self._wanted[names[best]], values[best] / sum(values[number] for number in where))

    @cached_property
    def _wanted(self) -> dict[str, str]:
        return {f"__label__{language}": language for language in self.languages}


def prepare(text: str) -> str:
    """Lower case, NFC, one line, Chinese characters apart: how lid.176 does best (fastText refuses line breaks)."""
    text = unicodedata.normalize("NFC", text).lower()
    return " ".join((text if text.isascii() else _HAN.sub(" ", text)).split())


def load(folder: Path, name: str, languages: tuple[str, ...]) -> LanguageModel:
    """Loads a language model; ConfigError if the package is missing."""
    try:
        import fasttext
    except ImportError as error:
        raise ConfigError(
            "language identification needs fastText: pip install 'multihowto[language]'"
        ) from error
    return LanguageModel(fasttext.load_model(str(folder / name)), languages)

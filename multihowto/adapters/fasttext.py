"""Language identification with fastText's lid.176."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from multihowto.errors import ConfigError

_HAN = re.compile(r"(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")
_LETTER = re.compile(r"[^\W\d_]")


class Detected(NamedTuple):
    """A language and its probability among those asked for; `und` and 0 if the text has no letters."""

    language: str
    score: float


@dataclass(frozen=True)
class LanguageModel:
    """A loaded model, and the languages among which it decides."""

    model: Any
    languages: tuple[str, ...]

    def detect(self, texts: Sequence[str]) -> list[Detected]:
        """The most probable of the languages for each text."""
        prepared = [prepare(text) for text in texts]
        written = [number for number, text in enumerate(prepared) if _LETTER.search(text)]
        found = [Detected("und", 0.0)] * len(texts)
        if written:
            labels, scores = self.model.predict([prepared[number] for number in written], k=-1, threshold=0.0)
            for number, names, values in zip(written, labels, scores, strict=True):
                found[number] = self._best(names, values)
        return found

    def _best(self, names: Sequence[str], values: Sequence[float]) -> Detected:
        wanted = {f"__label__{language}": language for language in self.languages}
        among = [
            (float(value), wanted[name]) for name, value in zip(names, values, strict=True) if name in wanted
        ]
        total = sum(value for value, _ in among)
        best = max(among)
        return Detected(best[1], best[0] / total) if total else Detected("und", 0.0)


def prepare(text: str) -> str:
    """Lower case, NFC, one line, Chinese characters apart: how lid.176 does best (fastText refuses line breaks)."""
    text = unicodedata.normalize("NFC", text).lower()
    return " ".join(_HAN.sub(" ", text).split())


def load(folder: Path, name: str, languages: tuple[str, ...]) -> LanguageModel:
    """Loads a language model; ConfigError if the package is missing."""
    try:
        import fasttext
    except ImportError as error:
        raise ConfigError(
            "language identification needs fastText: pip install 'multihowto[language]'"
        ) from error
    return LanguageModel(fasttext.load_model(str(folder / name)), languages)

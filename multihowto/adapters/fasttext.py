"""Language identification with fastText's models: lid.176, and those with labels as OpenLID, GlotLID and NLLB have."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress
from pathlib import Path
from typing import Any

from multihowto.adapters.language_codes import code_of
from multihowto.adapters.language_id import Detected as Detected
from multihowto.adapters.language_id import Detector, Distribution, best, normal
from multihowto.adapters.language_script import ByScript, join, possible
from multihowto.adapters.language_swahili import factor
from multihowto.errors import ConfigError

_HAN = re.compile(r"(?<=[\u3400-\u9fff])(?=[\u3400-\u9fff])")
_LETTER = re.compile(r"[^\W\d_]")
_AT_ONCE = 256
"""Texts a call: fastText answers with some eighty strings a text, and a shard's would take half a gigabyte."""
_LEAST = 0.001
"""So much is added to each language's probability: lid.176 is too sure of short texts."""
_THRESHOLD = 0.0003
"""Labels less probable than this are not asked for: that saves a third of the time, and says less than _LEAST."""
_SWAHILI = (0.01, 3.0)
"""lid.176 holds Swahili for unlikely: so much is added to its probability, and that is multiplied, before its words
are looked at."""


@dataclass(frozen=True)
class LanguageModel(Detector):
    """A loaded model, and the languages among which it decides: none named means all that it knows."""

    model: Any
    languages: tuple[str, ...] = ()

    def distributions(self, texts: Sequence[str]) -> list[Distribution]:
        """Shares that the script decides, and for other letters what the model says, among the languages."""
        found: list[Distribution] = []
        rests: list[tuple[int, str]] = []
        split = self._scripts.split
        for number, text in enumerate(texts):
            shares, rest = split(prepare(text))
            found.append(shares)
            if _LETTER.search(rest):
                rests.append((number, rest))
        for begin in range(0, len(rests), _AT_ONCE):
            some = rests[begin : begin + _AT_ONCE]
            labels, scores = self.model.predict([rest for _, rest in some], k=-1, threshold=_THRESHOLD)
            for (number, rest), names, values in zip(some, labels, scores, strict=True):
                found[number] = join(found[number], self._among(rest, names, values.tolist()))
        return found

    def anywhere(self, texts: Sequence[str]) -> list[Detected]:
        """The most probable of all the model's languages."""
        found = replace(self, languages=()).distributions(texts)
        return [best(possible(text, one)) for text, one in zip(texts, found, strict=True)]

    def _among(self, text: str, names: Sequence[str], values: Sequence[float]) -> Distribution:
        """The probabilities of the languages, renormalised; empty if the model knows none of them here."""
        weights: dict[str, float] = {}
        codes = self._codes
        for where in compress(range(len(names)), map(codes.__contains__, names)):
            code = codes[names[where]]
            weights[code] = weights.get(code, 0.0) + values[where]
        if not weights or not self.languages:
            return normal(weights)
        for language in self._modelled:
            weights[language] = weights.get(language, 0.0) + _LEAST
        if "sw" in weights:
            weights["sw"] = (weights["sw"] + _SWAHILI[0]) * _SWAHILI[1] * factor(text)
        return normal(weights)

    @cached_property
    def _scripts(self) -> ByScript:
        return ByScript(self.languages)

    @cached_property
    def _codes(self) -> dict[str, str]:
        """Labels of the model that are asked for, and their codes."""
        codes = {label: code_of(label) for label in self.model.get_labels()}
        return {label: code for label, code in codes.items() if not self.languages or code in self.languages}

    @cached_property
    def _modelled(self) -> frozenset[str]:
        """Languages that the script never decides."""
        return frozenset(self._codes.values()) - self._scripts.decided


def prepare(text: str) -> str:
    """Lower case, NFC, one line, Chinese characters apart: how lid.176 does best (fastText refuses line breaks)."""
    text = unicodedata.normalize("NFC", text).lower()
    return " ".join((text if text.isascii() else _HAN.sub(" ", text)).split())


def load(folder: Path, name: str, languages: tuple[str, ...] = ()) -> LanguageModel:
    """Loads the file of that name, or else model.bin, of a folder; ConfigError if the package is missing."""
    try:
        import fasttext
    except ImportError as error:
        raise ConfigError(
            "language identification needs fastText: pip install 'multihowto[language]'"
        ) from error
    path = folder / name
    return LanguageModel(
        fasttext.load_model(str(path if path.is_file() else folder / "model.bin")), languages
    )

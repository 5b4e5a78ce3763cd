"""Language identification with lingua: slower than fastText and surer of short Swahili."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from multihowto.adapters.language_id import Detector, Distribution, normal
from multihowto.adapters.language_script import ByScript, join
from multihowto.errors import ConfigError

_MOST = 10_000
"""Characters that are looked at: more say no more, and lingua takes time for each."""


@dataclass(frozen=True)
class LinguaModel(Detector):
    """A loaded detector of lingua, the codes of its languages, and those among which it decides."""

    model: Any
    codes: Mapping[Any, str]
    languages: tuple[str, ...] = ()

    def distributions(self, texts: Sequence[str]) -> list[Distribution]:
        """Shares that the script decides, and for other letters what lingua says."""
        found = []
        for text in texts:
            shares, rest = self._scripts.split(unicodedata.normalize("NFC", text[:_MOST]))
            found.append(join(shares, self._ask(rest) if rest else {}))
        return found

    def _ask(self, text: str) -> Distribution:
        """Empty if no letter is of any of the languages' scripts: lingua then says 0 for each."""
        codes = self.codes
        return normal(
            {codes[one.language]: one.value for one in self.model.compute_language_confidence_values(text)}
        )

    @cached_property
    def _scripts(self) -> ByScript:
        return ByScript(self.languages)


def load(languages: tuple[str, ...] = ()) -> LinguaModel:
    """Loads lingua for some languages, or for all 75 that it knows (1 GB of memory).

    Raises ConfigError if the package is missing, or if lingua does not know one of the languages.
    """
    try:
        from lingua import Language, LanguageDetectorBuilder
    except ImportError as error:
        raise ConfigError("lingua is not installed: pip install 'multihowto[lingua]'") from error
    known = {one.iso_code_639_1.name.lower(): one for one in Language.all()}
    unknown = [language for language in languages if language not in known]
    if unknown:
        raise ConfigError(
            f"lingua does not know these languages: {', '.join(unknown)}; use a fastText model alone"
        )
    chosen = [known[language] for language in languages or known]
    codes = {one: code for code, one in known.items()}
    return LinguaModel(LanguageDetectorBuilder.from_languages(*chosen).build(), codes, languages)

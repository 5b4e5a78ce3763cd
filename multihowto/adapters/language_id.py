"""What every identifier of languages is: texts in, a distribution over languages out; and two asked at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

Distribution = Mapping[str, float]
"""Probabilities by language, 1 in sum; empty if the text is in none of the languages, or has no letters."""


class Detected(NamedTuple):
    """A language and its probability among those asked for; `und` and 0 if the text has no letters."""

    language: str
    score: float


UNDECIDED = Detected("und", 0.0)


class Detector(Protocol):
    """A loaded model, and the languages among which it decides: none named means all that it knows."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages among which it decides, by their codes."""
        return ()

    def distributions(self, texts: Sequence[str]) -> list[Distribution]:
        """How probable each language is, for each text."""
        ...

    def detect(self, texts: Sequence[str]) -> list[Detected]:
        """The most probable language of each text."""
        return [best(found) for found in self.distributions(texts)]

    def anywhere(self, texts: Sequence[str]) -> list[Detected]:
        """The most probable language of each text among all that it can name, asked for or not."""
        return self.detect(texts)


@dataclass(frozen=True)
class Together(Detector):
    """Several detectors that are asked alike; each has as much to say as any other."""

    detectors: tuple[Detector, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of the first, which are those of all."""
        return self.detectors[0].languages

    def anywhere(self, texts: Sequence[str]) -> list[Detected]:
        """What the first says: lingua takes 1 GB for all of its languages."""
        return self.detectors[0].anywhere(texts)

    def distributions(self, texts: Sequence[str]) -> list[Distribution]:
        """The mean of what the detectors say; one that cannot decide is not counted."""
        each = [detector.distributions(texts) for detector in self.detectors]
        return [_mean([found for found in several if found]) for several in zip(*each, strict=True)]


def best(found: Distribution) -> Detected:
    """The most probable language."""
    if not found:
        return UNDECIDED
    language = max(found, key=found.__getitem__)
    return Detected(language, found[language])


def normal(weights: Mapping[str, float]) -> Distribution:
    """Weights made 1 in sum; empty if they are all nothing."""
    total = sum(weights.values())
    return {language: weight / total for language, weight in weights.items()} if total > 0 else {}


def _mean(several: Sequence[Distribution]) -> Distribution:
    languages = dict.fromkeys(language for found in several for language in found)  # in an order that repeats
    return normal({language: sum(found.get(language, 0.0) for found in several) for language in languages})

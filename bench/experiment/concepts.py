"""Which concepts there are, which split each is in, and what is said of it: by rules, never by results."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LANGUAGES: Final = ("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi")
GROUPS: Final = (
    *("smileys-emotion", "people-body", "animals-nature", "food-drink"),
    *("travel-places", "activities", "objects"),
)
"""Unicode's groups of emoji that are things; left out: symbols, flags, and what a single set adds."""
CLOCKS: Final = range(0x1F550, 0x1F568)
"""Clock faces: the same picture 24 times, told apart by a digit."""
SHARES: Final = {"validation": 0.10, "test": 0.22, "fine_tune": 0.16}
"""Of the concepts, own settings; all others are for pre-training."""
KEYWORDS: Final = 3
"""Of a caption, at most, as in the demo."""

Annotations = Mapping[str, Mapping[str, Sequence[str]]]
"""CLDR's names (`tts`) and keywords (`default`) by character, of one language."""


@dataclass(frozen=True)
class Concept:
    """A thing with a name in every language."""

    id: str
    """Code points in lower-case hex, joined by '-'."""
    split: str
    """pretrain, fine_tune, validation or test."""
    names: Mapping[str, str]
    keywords: Mapping[str, tuple[str, ...]]

    @property
    def character(self) -> str:
        """What the font draws."""
        return "".join(chr(int(point, 16)) for point in self.id.split("-"))

    def narrated(self, language: str) -> str:
        """What the pre-training videos say: `onion: ingredient, vegetable`."""
        return f"{self.names[language]}: {', '.join(self.keywords[language])}"

    def described(self, language: str) -> str:
        """What the fine-tuning, validation and test videos say: `onion (ingredient, vegetable)`."""
        return f"{self.names[language]} ({', '.join(self.keywords[language])})"


def choose(
    candidates: Iterable[tuple[str, str]], annotations: Mapping[str, Annotations], drawn: Collection[str]
) -> list[Concept]:
    """The concepts among (character, group), in order of id.

    A concept is one code point, so that there are no skin tones, no variants by gender, no families and no flags. It is
    of one of GROUPS and no clock face, it is in `drawn` (ids), and in each language it has a keyword and a name that no
    other has.
    """
    described = {}
    for character, group in candidates:
        plain = character.replace("\ufe0f", "")
        if len(plain) == 1 and group in GROUPS and ord(plain) not in CLOCKS and id_of(plain) in drawn:
            said = _described(plain, annotations)
            if said is not None:
                described[id_of(plain)] = said
    counts = {
        language: Counter(names[language].casefold() for names, _ in described.values())
        for language in annotations
    }
    kept = sorted(
        concept
        for concept, (names, _) in described.items()
        if all(counts[language][name.casefold()] == 1 for language, name in names.items())
    )
    splits = split(kept)
    return [Concept(concept, splits[concept], *described[concept]) for concept in kept]


def id_of(character: str) -> str:
    """Code points in lower-case hex, joined by '-'."""
    return "-".join(f"{ord(point):x}" for point in character)


def split(concepts: Collection[str]) -> dict[str, str]:
    """The split of each concept: exact shares, in the order of a hash of the id."""
    order = sorted(concepts, key=lambda concept: hashlib.sha256(f"split:{concept}".encode()).hexdigest())
    found, begin = dict.fromkeys(order, "pretrain"), 0
    for name, share in SHARES.items():
        end = begin + round(len(order) * share)
        found.update(dict.fromkeys(order[begin:end], name))
        begin = end
    return found


def _described(
    character: str, annotations: Mapping[str, Annotations]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]] | None:
    """Name and keywords in every language; None if one is missing."""
    names, keywords = {}, {}
    for language, known in annotations.items():
        entry = known.get(character, {})
        if not entry.get("tts"):
            return None
        names[language] = _plain(entry["tts"][0])
        keywords[language] = keywords_of(names[language], entry.get("default", ()))
        if not keywords[language]:
            return None
    return names, keywords


def keywords_of(name: str, known: Iterable[str]) -> tuple[str, ...]:
    """The first few that are not the name; those that the name does not contain come first."""
    others = [word for word in map(_plain, known) if word.casefold() != name.casefold()]
    return tuple(sorted(others, key=lambda word: word.casefold() in name.casefold())[:KEYWORDS])


def _plain(text: str) -> str:
    """NFC, on one line."""
    return unicodedata.normalize("NFC", " ".join(text.split()))

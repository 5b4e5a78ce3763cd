"""Captions in their tracks, and what becomes of a track."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from multihowto.adapters import fasttext, models
from multihowto.adapters.language_id import Detected, Detector, Distribution
from multihowto.adapters.language_tracks import Verdict, identify, in_track, track_verdict

NINE = ("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi")
GERMAN = [
    "Rühren Sie die Suppe um",
    "und geben Sie Salz dazu",
    "Dann schneiden wir die Zwiebeln",
    "Salz",
    "Fertig ist das Essen",
]


@dataclass(frozen=True)
class Says(Detector):
    """A detector that knows its answers."""

    answers: Mapping[str, Distribution]

    def distributions(self, texts: Sequence[str]) -> list[Distribution]:
        return [self.answers.get(text, {}) for text in texts]


@pytest.fixture(scope="module")
def model() -> fasttext.LanguageModel:
    return fasttext.load(models.fetch("lid.176.ftz"), "lid.176.ftz", NINE)


def test_an_undecidable_caption_is_its_tracks_with_a_low_score() -> None:
    assert in_track({"fr": 0.6, "de": 0.3, "en": 0.1}, {"de": 1.0}) == Detected("de", 0.3)


def test_a_caption_surely_in_another_language_keeps_it() -> None:
    assert in_track({"en": 0.99, "de": 0.01}, {"de": 1.0}) == Detected("en", 0.99)
    assert in_track({"zh": 1.0}, {"de": 1.0}) == Detected("zh", 1.0)


def test_the_odds_that_a_caption_must_have_are_forty_one_to_one() -> None:
    assert in_track({"en": 40.0, "de": 1.0}, {"de": 1.0}).language == "de"
    assert in_track({"en": 42.0, "de": 1.0}, {"de": 1.0}).language == "en"


def test_a_track_without_a_language_changes_nothing() -> None:
    assert in_track({"en": 0.6, "de": 0.4}, {}) == Detected("en", 0.6)
    assert in_track({}, {"de": 1.0}) == Detected("und", 0.0)


def test_each_caption_is_judged_in_its_own_track() -> None:
    says = Says(
        {
            "Salz so": {"de": 1.0},
            "salt so": {"en": 1.0},
            "so": {"de": 0.6, "en": 0.4},
            "Salz": {"de": 1.0},
            "salt": {"en": 1.0},
        }
    )
    found = identify(says, ["Salz", "salt", "so", "so"], ["d", "e", "d", "e"])
    assert found.captions == [("de", 1.0), ("en", 1.0), ("de", 0.6), ("en", 0.4)]
    assert found.alone == [("de", 1.0), ("en", 1.0), ("de", 0.6), ("de", 0.6)]
    assert found.tracks == {"d": Detected("de", 1.0), "e": Detected("en", 1.0)}


def test_an_english_sentence_in_a_german_track_is_found(model: fasttext.LanguageModel) -> None:
    texts = [*GERMAN, "Now stir the soup slowly and add some salt"]
    found = identify(model, texts, ["v"] * len(texts))
    assert [one.language for one in found.captions] == ["de"] * 5 + ["en"]
    assert found.captions[-1].score > 0.95


def verdict(model: fasttext.LanguageModel, expected: str, texts: Sequence[str]) -> Verdict:
    found = identify(model, texts, [0] * len(texts))
    return track_verdict(expected, texts, found.alone, found.tracks[0])


@pytest.mark.parametrize("claimed", sorted(set(NINE) - {"de"}))
def test_a_german_track_under_another_language_is_relabelled(
    claimed: str, model: fasttext.LanguageModel
) -> None:
    found = verdict(model, claimed, GERMAN)
    assert found[:2] == ("relabel", "de")
    assert found.score > 0.9
    assert found.agreeing > 0.8
    assert found.letters > 80


def test_a_right_track_is_kept(model: fasttext.LanguageModel) -> None:
    assert verdict(model, "de", GERMAN)[:2] == ("keep", "de")


@pytest.mark.parametrize("texts", [["Salz und Suppe"], ["12", "…"], []])
def test_a_short_track_is_not_decided(texts: list[str], model: fasttext.LanguageModel) -> None:
    assert verdict(model, "fr", [*texts, "?"])[:2] == ("undecided", "fr")


def test_a_track_of_which_the_captions_disagree_is_not_decided() -> None:
    texts = ["a" * 60, "b" * 40]
    sure = Detected("de", 0.99)
    assert track_verdict("fr", texts, [sure, Detected("fr", 0.9)], sure) == (
        "undecided",
        "fr",
        0.99,
        0.6,
        100,
    )
    assert track_verdict("fr", texts, [sure, Detected("es", 0.9)], sure).decision == "relabel"
    assert track_verdict("fr", texts, [sure, sure], Detected("de", 0.8)).decision == "undecided"

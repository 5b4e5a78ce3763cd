"""Detectors: the most probable language, distributions, and several detectors asked together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from multihowto.adapters.language_codes import code_of
from multihowto.adapters.language_id import Detected, Detector, Distribution, Together, best, normal


@dataclass(frozen=True)
class Says(Detector):
    """A detector that knows its answers."""

    answers: Mapping[str, Distribution]

    def distributions(self, texts: Sequence[str]) -> list[Distribution]:
        return [self.answers.get(text, {}) for text in texts]


def test_the_most_probable_language_is_detected() -> None:
    says = Says({"a": {"de": 0.2, "fr": 0.8}})
    assert says.detect(["a", "?"]) == [Detected("fr", 0.8), Detected("und", 0.0)]
    assert best({}) == Detected("und", 0.0)


def test_weights_become_probabilities() -> None:
    assert normal({"de": 1.0, "fr": 3.0}) == {"de": 0.25, "fr": 0.75}
    assert normal({"de": 0.0}) == {}


def test_detectors_have_as_much_to_say_as_each_other() -> None:
    one, two = Says({"a": {"de": 1.0}, "b": {"de": 1.0}}), Says({"a": {"de": 0.2, "fr": 0.8}})
    both = Together((one, two))
    assert both.distributions(["a"]) == [{"de": pytest.approx(0.6), "fr": pytest.approx(0.4)}]
    assert both.detect(["b"]) == [Detected("de", 1.0)], "one that cannot decide does not count"
    assert both.detect(["c"]) == [Detected("und", 0.0)]


def test_the_first_of_several_says_what_a_text_is_anywhere() -> None:
    one, two = Says({"a": {"de": 1.0}}), Says({"a": {"fr": 1.0}})
    both = Together((one, two))
    assert both.anywhere(["a"]) == [Detected("de", 1.0)]
    assert both.languages == ()


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("__label__zh", "zh"),
        ("__label__eng_Latn", "en"),
        ("__label__zho_Hans", "zh"),
        ("__label__zho_Hant", "zh"),
        ("__label__cmn_Hani", "zh"),
        ("__label__swh_Latn", "sw"),
        ("__label__swa_Latn", "sw"),
        ("__label__vie_Latn", "vi"),
        ("__label__ces_Latn", "cs"),
        ("__label__spa_Latn", "es"),
        ("__label__deu_Latn", "de"),
        ("__label__fra_Latn", "fr"),
        ("__label__rus_Cyrl", "ru"),
        ("__label__als", "als"),
        ("__label__als_Latn", "als"),
        ("__label__qqq_Latn", "qqq"),
        ("__label__", ""),
    ],
)
def test_labels_of_three_families_become_our_codes(label: str, code: str) -> None:
    assert code_of(label) == code

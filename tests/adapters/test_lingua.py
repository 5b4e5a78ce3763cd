"""Language identification with lingua, and with both."""

import pytest

from multihowto.adapters import fasttext, lingua, models
from multihowto.adapters.language_id import Detected, Together
from multihowto.errors import ConfigError

FEW = ("en", "de", "sw", "zh")
SENTENCES = {
    "en": "Now stir the soup slowly",
    "de": "Jetzt die Suppe umrühren",
    "sw": "Sasa koroga supu",
    "zh": "搅拌汤",
}


@pytest.fixture(scope="module")
def model() -> lingua.LinguaModel:
    return lingua.load(FEW)


def test_a_sentence_in_each(model: lingua.LinguaModel) -> None:
    assert [found.language for found in model.detect(list(SENTENCES.values()))] == list(SENTENCES)


def test_probabilities_are_one_in_sum_over_the_languages(model: lingua.LinguaModel) -> None:
    for found in model.distributions([*SENTENCES.values(), "用 Photoshop 打开"]):
        assert sum(found.values()) == pytest.approx(1.0)
        assert set(found) <= set(FEW)


@pytest.mark.parametrize("text", ["", "12 3", "…", "\0", "이 수프를 저어 주세요"])
def test_what_is_in_none_of_the_scripts_is_undecided(text: str, model: lingua.LinguaModel) -> None:
    assert model.detect([text]) == [Detected("und", 0.0)]


def test_decomposed_letters_are_composed(model: lingua.LinguaModel) -> None:
    composed, decomposed = model.distributions(["Jetzt umr\u00fchren", "Jetzt umru\u0308hren"])
    assert composed == decomposed


def test_more_than_ten_thousand_characters_say_no_more(model: lingua.LinguaModel) -> None:
    assert model.distributions(["salt " * 2000 + "Salz " * 9000]) == model.distributions(["salt " * 2000])


def test_a_language_that_lingua_does_not_know_is_named() -> None:
    with pytest.raises(ConfigError, match="does not know these languages: xx, qqq"):
        lingua.load(("en", "xx", "qqq"))


def test_both_are_surer_together(model: lingua.LinguaModel) -> None:
    lid = fasttext.load(models.fetch("lid.176.ftz"), "lid.176.ftz", FEW)
    found = Together((lid, model)).detect(list(SENTENCES.values()))
    assert [one.language for one in found] == list(SENTENCES)

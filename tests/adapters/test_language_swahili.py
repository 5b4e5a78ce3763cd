"""Words for and against Swahili."""

import pytest

from multihowto.adapters.language_swahili import factor, swahili


@pytest.mark.parametrize(
    "text", ["koroga supu polepole", "kata vitunguu, nyanya na karoti.", "weka chumvi ya kutosha"]
)
def test_swahili_speaks_for_itself(text: str) -> None:
    assert swahili(text) > 2
    assert factor(text) > 7


@pytest.mark.parametrize(
    "text",
    [
        "stir the soup slowly",
        "la sopa está lista",
        "rühren sie um",
        "remuez doucement la soupe",
        "míchejte polévku",
        "khuấy súp từ từ",
    ],
)
def test_the_others_speak_against_it(text: str) -> None:
    assert swahili(text) < -2


def test_words_of_others_with_open_syllables_speak_against_it() -> None:
    assert swahili("una") < 0 < swahili("supu")
    assert swahili("za") == swahili("na,") == 0.0


@pytest.mark.parametrize("text", ["", "12 3.5", "...", "汤2"])
def test_what_is_no_word_says_nothing(text: str) -> None:
    assert swahili(text) == 0.0


@pytest.mark.parametrize(
    "text", ["maji " * 10_000, "a" * 100_000, "ng'" * 50_000 + "x", "mw" * 50_000, "the " * 10_000]
)
def test_long_texts_say_no_more_than_six(text: str) -> None:
    assert -6.0 <= swahili(text) <= 6.0

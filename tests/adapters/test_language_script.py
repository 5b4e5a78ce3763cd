"""Scripts that decide a language before a model is asked."""

import pytest

from multihowto.adapters.language_script import ByScript, join, letters_of, possible

NINE = ByScript(("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi"))


@pytest.mark.parametrize(
    ("text", "language"), [("慢慢搅拌", "zh"), ("Суп!", "ru"), ("第 1 步", "zh"), ("\U00020000", "zh")]
)
def test_a_script_of_one_language_decides_alone(text: str, language: str) -> None:
    assert NINE.split(text) == ({language: 1.0}, "")


@pytest.mark.parametrize("text", ["Suppe", "Tiếng Việt", "süß", "", "12 …", "\U0001f600 ok"])
def test_latin_letters_are_left_to_the_model(text: str) -> None:
    assert NINE.split(text) == ({}, text)


def test_names_in_latin_letters_do_not_outweigh_the_script() -> None:
    shares, rest = NINE.split("用 photoshop 打开文件")
    assert shares == {"zh": pytest.approx(15 / 24)}
    assert rest.split() == ["photoshop"]
    found = join(shares, {"en": 0.9, "zh": 0.1})
    assert found == {"zh": pytest.approx(15 / 24 + 9 / 24 * 0.1), "en": pytest.approx(9 / 24 * 0.9)}


def test_kana_is_not_chinese() -> None:
    assert NINE.split("今日は料理") == ({}, "今日は料理")


def test_nothing_without_kana_is_japanese() -> None:
    assert possible("火山: 喷发", {"ja": 0.6, "zh": 0.4}) == {"zh": 1.0}
    assert possible("火山です", {"ja": 0.6, "zh": 0.4}) == {"ja": 0.6, "zh": 0.4}
    assert possible("火山", {"ja": 1.0}) == {}


def test_a_script_of_several_languages_that_are_asked_for_decides_nothing() -> None:
    assert ByScript(("ru", "uk", "zh")).split("Суп") == ({}, "Суп")


def test_an_unlisted_language_could_be_written_in_any_script() -> None:
    assert ByScript(("ru", "xx")).split("Суп") == ({}, "Суп")
    assert ByScript(()).split("汤") == ({}, "汤")


def test_one_foreign_letter_does_not_make_a_language() -> None:
    shares, rest = NINE.split("이 수프를 천천히 저어 주세요 汤")
    assert join(shares, {}) == {}
    assert rest
    assert join({"zh": 0.9}, {}) == {"zh": 1.0}
    assert join({}, {"de": 1.0}) == {"de": 1.0}


def test_letters_are_counted_as_latin_ones() -> None:
    assert [letters_of(text) for text in ("ab 1!", "汤汤", "Суп", "\U0001f600")] == [2, 6, 9, 0]

"""Texts that say the same are the same text, in nine languages; hashes are of words in a row."""

import unicodedata

import pytest

from multihowto.captions.fingerprints import characters, of_text, of_words, plain, tokens


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Thank you for watching!", "thank you, for watching"),
        ("Gieß die Soße ab", "GIESS DIE SOSSE AB"),
        ("d'abord, l'œuf…", "D’abord l’œuf"),
        ("Потом добавляем МУКУ", "потом — добавляем муку."),
        ("¿Y ahora qué?", "y ahora qué"),
        ("Přidáme lžíci", unicodedata.normalize("NFD", "přidáme LŽÍCI")),
        ("kisha uongeze ng’ombe", "Kisha uongeze ng'ombe"),
        ("然后，把面粉倒进碗里。", "然后把面粉倒进碗里"),
        ("Cho bột vào tô", unicodedata.normalize("NFD", "cho bột vào tô!")),
        ("♪ la la ♪", "la-la"),
        ("step 1", "Step: 1"),
    ],
)
def test_case_marks_and_spaces_make_no_other_text(one: str, other: str) -> None:
    assert plain(one) == plain(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("step 1", "step 2"), ("cá", "ca"), ("мука", "муки"), ("面粉", "米粉"), ("नमक", "नमकी")],
)
def test_letters_accents_and_numbers_do(one: str, other: str) -> None:
    assert plain(one) != plain(other)


def test_of_signs_alone_nothing_is_left() -> None:
    assert plain("♪♪ … !") == plain("") == ""


def test_words_are_apart_but_for_chinese() -> None:
    assert tokens("Mix-it, l'œuf: 2x", "fr") == ["mix", "it", "l", "œuf", "2x"]
    assert tokens("把面粉，倒进 碗里", "zh") == list("把面粉倒进碗里")


def test_chinese_is_compared_by_half_as_many_characters() -> None:
    assert [characters("zh", length) for length in (1, 3, 8, 12)] == [2, 2, 4, 6]
    assert characters("sw", 3) == 3


def test_word_ngrams_slide_and_few_words_are_one() -> None:
    words = "a b c d".split()  # noqa: SIM905
    assert of_words(words, 3, "en") == [of_text("a b c", "en"), of_text("b c d", "en")]
    assert of_words(words, 4, "en") == of_words(words, 9, "en") == [of_text("a b c d", "en")]
    assert of_words(words, 4, "de") != of_words(words, 4, "en")


def test_a_hash_is_of_64_bits_and_stays_what_it_is() -> None:
    # blake2b of "en", a zero byte and "salt", by coreutils: printf 'en\0salt' | b2sum -l 64
    assert of_text("salt", "en") == int("da06ff0ce32e3a8e", 16)

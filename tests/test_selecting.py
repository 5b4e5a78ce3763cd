"""Measures of texts, the splits, and the word lists of the selection."""

from pathlib import Path

import pyarrow as pa
import pytest

from multihowto.errors import ConfigError
from multihowto.manifests import read_words
from multihowto.selecting.splits import by_hash, splits
from multihowto.selecting.texts import LENGTHS, lengths, ratios, repetition, words
from multihowto.selecting.words import listed, patterns


def arrays(*pairs: tuple[str, str]) -> tuple[pa.Array, pa.Array]:
    """Texts and languages."""
    return pa.array([text for _, text in pairs], pa.string()), pa.array(
        [code for code, _ in pairs], pa.string()
    )


@pytest.mark.parametrize(
    ("language", "text", "count"),
    [
        ("en", "now we put it in the bowl", 7),
        ("vi", "sau đó cho bột vào tô, rồi trộn đều.", 9),
        ("ru", "2 литра", 2),
        ("zh", "现在我们 放面粉", 7),
        ("ja", "ひらがな", 4),
        ("en", "... !", 0),
        ("zh", "……", 0),
        ("en", "", 0),
    ],
)
def test_words_are_counted(language: str, text: str, count: int) -> None:
    assert words(*arrays((language, text), ("en", "one"))).tolist() == [count, 1]


def test_lengths_are_those_of_english() -> None:
    found = lengths(*arrays(("en", "x" * 100), ("zh", "字" * 26), ("vi", "đ" * 123), ("xx", "?")))
    assert found[:3].tolist() == pytest.approx([100, 26 / LENGTHS["zh"], 123 / LENGTHS["vi"]])
    assert found[3] != found[3]


def test_a_ratio_is_the_same_both_ways_and_lenient_with_short_texts() -> None:
    long, short = lengths(*arrays(("en", "x" * 110), ("en", "x" * 30)))
    assert ratios(long, short) == ratios(short, long) == pytest.approx(3)
    assert ratios(*lengths(*arrays(("en", "x" * 10), ("en", "x" * 2)))) < 2


@pytest.mark.parametrize(
    ("language", "text", "share"),
    [
        ("en", "", 0),
        ("en", "thank you", 0),
        ("en", "stir stir stir", 0),
        ("en", "stir stir stir stir", 3 / 4),
        ("en", "thank you thank you thank you thank you", 6 / 8),
        ("en", "a little bit of salt and a little bit of pepper", 4 / 11),
        ("en", "one two three. one two three four", 0),
        ("zh", "谢谢谢谢谢谢", 5 / 6),
        ("zh", "我们放面粉，我们放糖", 0),
        ("zh", "现在放面粉 现在放面粉", 5 / 10),
    ],
)
def test_repetition(language: str, text: str, share: float) -> None:
    texts, languages = arrays(("en", "said before it"), (language, text), ("zh", "之后说的话"))
    assert repetition(texts, languages).tolist() == pytest.approx([0, share, 0])
    both = repetition(
        pa.concat_arrays([texts, texts]).slice(3), pa.concat_arrays([languages, languages]).slice(3)
    )
    assert both.tolist() == pytest.approx([0, share, 0])


def test_repetition_never_looks_into_another_caption() -> None:
    texts, languages = arrays(*[("en", "the same three words")] * 5, *[("zh", "一样的五个字")] * 5)
    assert not repetition(texts, languages).any()


def test_an_open_split_is_fixed_by_the_id() -> None:
    found = [by_hash(f"video{number}", 0.1, 0.2) for number in range(5000)]
    assert found == [by_hash(f"video{number}", 0.1, 0.2) for number in range(5000)]
    assert abs(found.count("test") - 1000) < 100
    assert abs(found.count("validation") - 500) < 80


def test_a_growing_manifest_moves_only_what_a_copy_joins() -> None:
    open_ids = [f"v{number:04}" for number in range(2000)]
    before = splits(dict.fromkeys(open_ids[::2]), {}, {}, 0.3, 0.3)
    after = splits(dict.fromkeys(open_ids), {}, {}, 0.3, 0.3)
    assert all(after[video] == split for video, split in before.items())
    joined = splits(
        {**dict.fromkeys(open_ids), "v0000": None}, {"v0001": "v0000", "v0000": "v0000"}, {}, 0.3, 0.3
    )
    assert {video for video in open_ids if joined[video] != after[video]} <= {"v0001"}
    assert joined["v0001"] == joined["v0000"] == after["v0000"]


@pytest.mark.parametrize(
    ("own", "of_copies", "split"),
    [
        ("train", "test", "test"),
        ("train", "validation", "validation"),
        (None, "train", "train"),
        ("validation", None, "validation"),
        (None, None, "train"),
    ],
)
def test_a_copy_goes_to_the_strictest_split(own: str | None, of_copies: str | None, split: str) -> None:
    assert splits({"b": own}, {"b": "a"}, {"b": of_copies}, 0, 0) == {"b": split}


@pytest.mark.parametrize(
    ("language", "text", "hit"),
    [
        ("en", "A Gun!", True),
        ("en", "gun", True),
        ("en", "begun", False),
        ("en", "guns", False),
        ("en", "a hand-gun", True),
        ("en", "c++ (really)", True),
        ("en", "c+", False),
        ("en", "two  words", False),
        ("en", "so two words here", True),
        ("ru", "ОРУЖИЕ есть", True),
        ("ru", "оружием", False),
        ("de", "gun", False),
        ("zh", "他有枪吗", True),
        ("zh", "他有", False),
    ],
)
def test_listed_words(language: str, text: str, hit: bool) -> None:
    lists = patterns({"en": ("gun", "c++", "two words"), "ru": ("оружие",), "zh": ("枪",)})
    texts, languages = arrays((language, text), (language, "other"))
    assert listed(texts, languages, lists).tolist() == [hit, False]


def test_a_long_list_is_no_trouble() -> None:
    lists = patterns({"en": [f"unheard{number}of" for number in range(5000)]})
    texts, languages = arrays(("en", "an unheard4999of thing"), ("en", "an unheard5000of thing"))
    assert listed(texts, languages, lists).tolist() == [True, False]


def test_word_lists_are_read(tmp_path: Path) -> None:
    path = tmp_path / "words.csv"
    path.write_text(
        "language,word,why\nen,  two  words ,x\nen,gun,\nzh,枪,\nen,gun,\nfr,cafe\u0301,\n", encoding="utf-8"
    )
    assert read_words(path) == {"en": ("two words", "gun"), "zh": ("枪",), "fr": ("café",)}


@pytest.mark.parametrize("row", ["gun,", "...,en", ",en", "gun,english", "gun"])
def test_a_bad_word_list_says_where(tmp_path: Path, row: str) -> None:
    path = tmp_path / "words.csv"
    path.write_text(f"word,language\ngood,en\n{row}\n")
    with pytest.raises(ConfigError, match=r"words\.csv, line 3"):
        read_words(path)


def test_texts_of_a_slice_are_measured_as_they_are_alone() -> None:
    """Empty texts, one letter, spaces alone, mixed scripts: bytes of a neighbour never count."""
    texts, languages = arrays(
        ("en", "one two three four five"),
        ("en", ""),
        ("en", "a"),
        ("zh", ""),
        ("de", " "),
        ("zh", "面粉 ab 面粉"),
        ("ru", "да да да да да"),
        ("en", ""),
    )
    for begin in range(len(texts)):
        for end in range(begin, len(texts) + 1):
            mine, its = texts[begin:end], languages[begin:end]
            for measure in (words, repetition):
                alone = [measure(texts[at : at + 1], languages[at : at + 1])[0] for at in range(begin, end)]
                assert measure(mine, its).tolist() == alone
    assert words(texts, languages).tolist() == [5, 0, 1, 0, 0, 6, 5, 0]

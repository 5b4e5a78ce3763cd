import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multihowto.captions.cleaning import clean, count_words
from multihowto.captions.cues import Cue, Word
from multihowto.captions.words import TimedWord, keep_words, word_times

steady = settings(max_examples=200, deadline=None, database=None)


def test_known_times_stay_and_words_end_where_the_next_begins() -> None:
    cue = Cue(1000, 4000, "we mix it", (Word(1000, "we"), Word(1500, "mix"), Word(3000, "it")))
    assert word_times(cue, "en") == [
        TimedWord(1000, 1500, "we", True),
        TimedWord(1500, 3000, "mix", True),
        TimedWord(3000, 4000, "it", True),
    ]


def test_unknown_times_are_spread_by_length() -> None:
    assert word_times(Cue(0, 900, "one three 1"), "en") == [
        TimedWord(0, 300, "one", False),
        TimedWord(300, 800, "three", False),
        TimedWord(800, 900, "1", False),
    ]
    known = Cue(0, 900, "a bc d", (Word(100, "a bc"), Word(700, "d")))
    assert word_times(known, "en") == [
        TimedWord(100, 300, "a", True),
        TimedWord(300, 700, "bc", False),
        TimedWord(700, 900, "d", True),
    ]


def test_a_time_outside_its_cue_is_moved_and_not_known() -> None:
    cue = Cue(1000, 2000, "a b", (Word(900, "a"), Word(2500, "b")))
    assert word_times(cue, "en") == [TimedWord(1000, 2000, "a", False), TimedWord(2000, 2000, "b", False)]


def test_words_of_chinese_are_characters_with_their_marks() -> None:
    words = word_times(Cue(0, 600, "“我用Python。"), "zh")
    assert [word.text for word in words] == ["“我", "用", "Python。"]
    assert word_times(Cue(0, 600, "。"), "ja") == []


@pytest.mark.parametrize(
    ("pieces", "kept"),
    [
        (["[Music]", " so", " <c>we</c>", " mix"], ["so", "we", "mix"]),
        ([">> ", "hello", " &amp;", " bye"], ["hello", "&", "bye"]),
        (["[back", "ground noise]", " yes"], ["yes"]),
        (["do", "n't", " stop"], ["don't", "stop"]),
        (["我", "们", "说"], ["我", "们", "说"]),
        (["old line\nnew", " word"], ["old line\nnew", "word"]),
        (["(laughs)"], []),
    ],
)
def test_what_cleaning_removes_goes(pieces: list[str], kept: list[str]) -> None:
    words = [Word(100 * i, piece) for i, piece in enumerate(pieces)]
    found = keep_words(words, clean("".join(pieces)))
    assert [word.text for word in found] == [" ".join(text.split()) for text in kept]


def test_words_that_do_not_make_up_the_text_or_go_back_are_dropped() -> None:
    assert keep_words([Word(0, "a"), Word(5, "c")], "a b c") == ()
    assert keep_words([Word(5, "a"), Word(0, "b")], "a b") == ()


PIECES = st.lists(
    st.sampled_from(["a", " b", " c.", "[Music]", " >> ", "\n", "我", "们", " &amp;", "<c> x</c>"]),
    max_size=9,
)


@steady
@given(PIECES, st.sampled_from(["en", "zh"]))
def test_kept_words_make_up_the_text_and_count_as_it(pieces: list[str], language: str) -> None:
    text = clean("".join(pieces))
    kept = keep_words([Word(i, piece) for i, piece in enumerate(pieces)], text)
    assert not kept or "".join(word.text for word in kept).replace(" ", "") == text.replace(" ", "")
    for words in (kept, ()):
        timed = word_times(Cue(0, 1000, text, words), language)
        if not words:
            assert len(timed) == count_words(text, language)
        assert all(a.end_ms == b.start_ms and a.start_ms <= a.end_ms for a, b in itertools.pairwise(timed))

"""A track as one stream of words."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihowto.captions.cues import Cue, Word
from multihowto.captions.sentences import LONG_MS, sentences
from multihowto.captions.speech import sentence_end, speech
from multihowto.captions.words import word_times

steady = settings(
    max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)

TWO = [Cue(1000, 3000, "Mix it. Now"), Cue(3000, 5000, "add salt, and"), Cue(8000, 9000, "stir.")]


def test_words_know_their_cue_their_time_and_what_ends_after_them() -> None:
    said = speech(TWO, "en")
    assert said.words == ["Mix", "it.", "Now", "add", "salt,", "and", "stir."]
    assert said.edges == [0, 3, 6, 7]
    assert said.ends_sentence.tolist() == [False, True, False, False, False, False, True]
    assert said.ends_clause.tolist() == [False, False, False, False, True, False, False]
    assert said.ends_cue.tolist() == [False, False, True, False, False, True, True]
    # 9 characters in 2 s: Mix from 0, it. after 3 of them, Now after 6
    assert said.starts_ms[:3].tolist() == [1000, 1666, 2333]
    assert said.pause_ms.tolist() == [0, 0, 0, 0, 0, 3000, 0]
    assert said.at.tolist() == [0, 3, 6, 9, 12, 17, 20, 25]


def test_text_keeps_the_spaces_of_its_cues() -> None:
    said = speech([Cue(0, 1000, "用Python写。"), Cue(1000, 2000, "好")], "zh")
    assert said.text_of(0, len(said.words)) == "用Python写。好"
    assert said.text_of(1, 3) == "Python写。"
    assert speech(TWO, "en").text_of(1, 5) == "it. Now add salt,"
    assert speech(TWO, "en").text_of(3, 3) == ""


@pytest.mark.parametrize(
    ("word", "following", "ends"),
    [
        ("it.", "Now", True),
        ("it.", "", True),
        ("it.", "now", False),
        ("Dr.", "Who", False),
        ("3.", "Schritt", False),
        ("B.", "Bread", False),
        ("it?", "he", True),
        ("wait…", "for", False),
        ("wait…", "For", True),
        ("done!”", "Next", True),
        ("好。", "然", True),
        ("salt,", "And", False),
    ],
)
def test_where_a_sentence_ends(word: str, following: str, ends: bool) -> None:
    assert sentence_end(word, following) is ends


WORDS = st.sampled_from(["a", "把面粉,和", "ok.", "用Python写", "(x)"])


@st.composite
def tracks(draw: st.DrawFn) -> list[Cue]:
    cues, now = list[Cue](), 0
    for _ in range(draw(st.integers(0, 8))):
        texts = draw(st.lists(WORDS, min_size=1, max_size=6))
        end = now + draw(st.integers(1, 3000))
        times = sorted(draw(st.lists(st.integers(now, end), min_size=len(texts), max_size=len(texts))))
        words = tuple(map(Word, times, texts)) if draw(st.booleans()) else ()
        cues.append(Cue(now, end, " ".join(texts), words))
        now = end if draw(st.booleans()) else now
    return cues


@steady
@given(tracks(), st.sampled_from(["en", "zh"]))
def test_the_words_are_those_of_word_times(cues: list[Cue], language: str) -> None:
    said = speech(cues, language)
    each = [word for cue in cues for word in word_times(cue, language)]
    assert said.words == [word.text for word in each]
    assert said.starts_ms.tolist() == [word.start_ms for word in each]
    assert said.ends_ms.tolist() == [word.end_ms for word in each]


@steady
@given(tracks(), st.sampled_from(["en", "zh"]))
def test_every_word_is_in_one_sentence(cues: list[Cue], language: str) -> None:
    said = speech(cues, language)
    parts = sentences(said)
    assert [word for first, end in parts for word in range(first, end)] == list(range(len(said.words)))


def test_sentences_go_by_marks() -> None:
    assert sentences(speech(TWO, "en")) == [(0, 2), (2, 7)]
    assert sentences(speech([], "en")) == []


def test_without_marks_a_long_stretch_is_parted_at_its_pauses() -> None:
    spoken = [
        Cue(i * 1000 + (i // 5) * 2000, i * 1000 + (i // 5) * 2000 + 1000, "so we mix") for i in range(20)
    ]
    assert spoken[-1].end_ms > LONG_MS
    parts = sentences(speech(spoken, "en"))
    assert parts == [(0, 15), (15, 30), (30, 45), (45, 60)]


def test_what_nothing_parts_is_still_cut_into_parts_of_some_seconds() -> None:
    said = speech([Cue(0, 60_000, " ".join(["word"] * 120))], "en")
    parts = sentences(said)
    assert 8 <= len(parts) <= 16


class _Counting(str):
    """A text that counts how often something is looked for in it."""

    looks = 0

    def find(self, *arguments: Any) -> int:
        self.looks += 1
        return super().find(*arguments)


def test_a_cue_of_many_sentences_is_looked_through_once() -> None:
    text = _Counting("把。" * 500)
    said = speech([Cue(0, 60_000, text)], "zh")
    parts = [said.text_of(first, end) for first, end in sentences(said)]
    assert parts == ["把。"] * 500
    assert text.looks <= len(said.words)


def test_words_that_do_not_stand_in_their_cue_are_said_alone() -> None:
    said = speech([Cue(0, 1000, "a b", (Word(0, "a"), Word(500, "x"), Word(700, "b")))], "en")
    assert [said.text_of(first, first + 1) for first in range(3)] == ["a", "x", "b"]

"""Which numbers of a SubRip file are indices, and which are said."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihowto.captions.formats import parse

many = settings(max_examples=200, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def texts(body: str) -> list[str]:
    return [cue.text for cue in parse(body, "srt").cues]


def timing(second: int) -> str:
    return f"00:00:{second:02d},000 --> 00:00:{second + 1:02d},000"


def srt(said: list[str], index: bool, gap: str = "\n\n") -> str:
    return gap.join(
        (f"{i}\n" if index else "") + f"{timing(i)}\n{text}" for i, text in enumerate(said, start=1)
    )


@pytest.mark.parametrize("gap", ["\n\n", "\n", "\n\n\n"])
@pytest.mark.parametrize("index", [True, False])
def test_a_number_as_the_last_line_is_said(index: bool, gap: str) -> None:
    said = ["Mix", "Add\n250", "grams", "and\n\n3", "eggs", "in all\n4", "so"]
    assert texts(srt(said, index, gap)) == said


@pytest.mark.parametrize("said", [["Add\n250", "Mix"], ["1", "2", "3"], ["Count", "1"], ["3", "2", "Go"]])
def test_few_cues_and_cues_of_numbers_alone(said: list[str]) -> None:
    assert texts(srt(said, index=False)) == said
    assert texts(srt(said, index=True)) == said


def test_a_list_of_amounts_without_indices() -> None:
    said = ["Flour\n250", "Sugar\n100", "Eggs\n3", "Milk\n50"]
    assert texts(srt(said, index=False)) == said


def test_a_lost_first_index_changes_nothing() -> None:
    said = ["Mix", "Add\n250", "grams"]
    assert texts(srt(said, index=True).removeprefix("1\n")) == said


def test_a_file_of_cues_without_text_has_indices() -> None:
    parsed = parse(srt([""] * 4, index=True), "srt")
    assert parsed.cues == []
    assert [one.what for one in parsed.problems] == ["a cue without text"] * 4


def test_a_number_at_the_end_is_a_cut_index_only_in_a_file_with_indices() -> None:
    said = ["Mix", "Add\n\n3"]
    assert texts(srt(said, index=False)) == said
    assert texts(srt(said, index=True)) == ["Mix", "Add"]
    assert texts(srt(["Mix", "Add\n\n00:00:0"], index=False)) == ["Mix", "Add"]


@many
@given(
    st.lists(
        st.sampled_from(["Mix", "Add\n250", "1990", "a\n3", "- b\nc", "d -> e"]), min_size=3, max_size=9
    ),
    st.booleans(),
)
def test_what_is_said_is_read_with_and_without_indices(said: list[str], index: bool) -> None:
    assert texts(srt(["First", *said], index)) == ["First", *said]


def test_a_separator_before_an_index_is_no_part_of_it() -> None:
    body = "1\n00:00:01,000 --> 00:00:02,000\nhi\n\n\x1e2\n00:00:03,000 --> 00:00:04,000\nho\n"
    assert [cue.text for cue in parse(body, "srt").cues] == ["hi", "ho"]

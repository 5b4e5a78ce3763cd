from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from multihowto.captions.cleaning import strip_tags
from multihowto.captions.cues import Cue, normalise
from multihowto.captions.rolling import deroll, end_at_next, is_rolling

steady = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

# The shape of YouTube's automatic VTT: a line being spoken below the line before, then a filler of 10 ms.
ROLLING = [
    Cue(80, 2310, " \nfirst<00:00:00.320><c> we</c><00:00:00.560><c> mix</c>"),
    Cue(2310, 2320, "first we mix\n "),
    Cue(2320, 4500, "first we mix\nyeah"),
    Cue(4500, 4510, "yeah\n "),
    Cue(4510, 6000, "yeah\nyeah"),
    Cue(6000, 6010, "yeah\n "),
    Cue(6010, 9000, "yeah\nthe<00:00:06.400><c> flour</c>"),
]
SPOKEN = [
    Cue(80, 2310, "first we mix"),
    Cue(2320, 4500, "yeah"),
    Cue(4510, 6000, "yeah"),
    Cue(6010, 9000, "the flour"),
]


def in_turn(*texts: str) -> list[Cue]:
    """A cue of 100 ms for each text."""
    return [Cue(100 * i, 100 * (i + 1), text) for i, text in enumerate(texts)]


def bare(cues: list[Cue]) -> list[Cue]:
    return [cue._replace(text=strip_tags(cue.text)) for cue in cues]


def test_every_line_once_when_it_first_appeared() -> None:
    assert is_rolling(ROLLING)
    assert bare(deroll(ROLLING)) == SPOKEN


def test_lines_keep_their_tags_which_cleaning_counts() -> None:
    assert [cue.text for cue in deroll(ROLLING)][::3] == [
        "first<00:00:00.320><c> we</c><00:00:00.560><c> mix</c>",
        "the<00:00:06.400><c> flour</c>",
    ]


def test_two_new_lines_at_once_are_one_with_a_space_where_the_language_has_one() -> None:
    chinese = in_turn("<c>你</c>\n<c>好</c>", "<c>好</c>\n再", "再\n见", "见\na", "a\nb")
    assert [cue.text for cue in deroll(chinese)] == ["<c>你</c><c>好</c>", "再", "见", "a", "b"]
    english = in_turn("<c>a</c>\n<c>b</c>", "b\nc", "c\nd")
    assert [cue.text for cue in deroll(english)] == ["<c>a</c> <c>b</c>", "c", "d"]


def test_a_tag_over_two_lines_goes_with_all_others_of_the_cue() -> None:
    torn = in_turn("<v\nAnn>a <i>b</i>", "a b\nc", "c\nd")
    assert [cue.text for cue in deroll(torn)] == ["a b", "c", "d"]


@pytest.mark.parametrize(
    "texts",
    [
        ["a", "a\nb", "b\nc"],  # two lines, each cue rolls
        ["a", "a\nb", "b", "b\nc", "c"],  # one line is shown, then again with the next
    ],
)
def test_a_rolling_track_without_fillers_and_tags(texts: list[str]) -> None:
    assert [cue.text for cue in deroll(in_turn(*texts))] == ["a", "b", "c"]


def settling(*texts: str) -> list[Cue]:
    """Each text for 990 ms, then its last line for 10 ms once more."""
    return [
        cue
        for i, text in enumerate(texts)
        for cue in (
            Cue(i * 1000, i * 1000 + 990, text),
            Cue(i * 1000 + 990, i * 1000 + 1000, text.split("\n")[-1]),
        )
    ]


def test_one_line_that_settles_for_10_ms_is_said_once() -> None:
    lines = ["we<00:00:00.500><c> mix</c>", "yeah", "yeah", "done"]
    assert not is_rolling(settling(*lines))
    assert [cue.text for cue in deroll(settling(*lines))] == lines
    two = settling("mix\nit", "bake\nthat")
    assert deroll(two) == two[::2]


def test_a_track_that_rolls_only_without_its_fillers_is_said_once() -> None:
    often = [
        Cue(i * 1000 + k, i * 1000 + (k or 900) + 1, text if k == 0 else text[-1])
        for i, text in enumerate(["a", "a\nb", "b\nc", "c\nd"])
        for k in (0, *range(910, 960, 10))
    ]
    assert not is_rolling(often)
    assert [cue.text for cue in deroll(often)] == ["a", "b", "c", "d"]


def test_a_short_cue_with_a_line_of_its_own_and_a_long_one_without_stay() -> None:
    words = [Cue(0, 40, "one"), Cue(40, 80, "two"), Cue(80, 120, "two\nthree"), Cue(120, 300, "x")]
    assert deroll(words) == words
    refrain = [Cue(0, 990, "la"), Cue(990, 1040, "la")]
    assert deroll(refrain) == refrain


def test_a_gap_that_empties_the_window_starts_anew() -> None:
    cues = [*ROLLING, Cue(60_000, 61_000, "yes\nyes"), Cue(61_000, 61_010, "yes")]
    assert bare(deroll(cues)) == [*SPOKEN, Cue(60_000, 61_000, "yes yes")]


def test_a_human_track_passes_unchanged() -> None:
    song = in_turn("la la la", "la la la", "la la la\nhey", "la la la")
    twice = in_turn("one\ntwo", "one\ntwo", "three", "three")
    answers = in_turn("<i>No.</i>", "No.\nYes.", "Hm.", "What?")
    for track in (song[:2] + song[3:], twice, answers, song[:1], []):
        assert not is_rolling(track)
        assert deroll(track) == track


def test_lines_on_screen_past_the_next_start_end_there_if_most_do() -> None:
    roll_up = [Cue(0, 5000, "a"), Cue(2000, 7000, "b"), Cue(4000, 8000, "c")]
    assert end_at_next(roll_up) == [Cue(0, 2000, "a"), Cue(2000, 4000, "b"), Cue(4000, 8000, "c")]
    talk = [Cue(0, 5000, "a"), Cue(2000, 7000, "b"), Cue(7000, 8000, "c"), Cue(8000, 9000, "d")]
    assert end_at_next(talk) == talk


WORDS = st.sampled_from(["a", "b", "c d", " ", "<i>e</i>"])
TRACKS = st.lists(
    st.builds(
        lambda start, length, lines: Cue(start, start + length, "\n".join(lines)),
        st.integers(0, 5000),
        st.integers(1, 900),
        st.lists(WORDS, min_size=1, max_size=4),
    ),
    max_size=10,
).map(normalise)


@steady
@given(TRACKS)
def test_derolling_twice_changes_nothing(cues: list[Cue]) -> None:
    once = deroll(cues)
    assert deroll(once) == once
    assert end_at_next(end_at_next(cues)) == end_at_next(cues)


@steady
@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=2), min_size=2, max_size=30))
def test_a_spoken_text_survives_rolling_and_derolling(lines: list[str]) -> None:
    rolled = [Cue(0, 990, lines[0])]
    for i, (above, line) in enumerate(pairwise(lines), start=1):
        rolled += [
            Cue(i * 1000 - 10, i * 1000, above + "\n "),
            Cue(i * 1000, i * 1000 + 990, f"{above}\n{line}"),
        ]
    assert [cue.text for cue in deroll(rolled)] == lines
    assert [cue.start_ms for cue in deroll(rolled)] == [i * 1000 for i in range(len(lines))]


@given(
    st.lists(st.lists(st.sampled_from(["a", "b", "<i>c</i>", "d<br>e"]), min_size=1, max_size=3), max_size=12)
)
@example([["a"], ["a"], ["a"], ["a", "b"], ["b"], ["b"], ["b"], ["b", "c"], ["c"], ["c"]])
def test_a_track_without_fillers_changes_if_and_only_if_it_rolls(shown: list[list[str]]) -> None:
    cues = in_turn(*("\n".join(lines) for lines in shown))
    assert (deroll(cues) != cues) == is_rolling(cues)

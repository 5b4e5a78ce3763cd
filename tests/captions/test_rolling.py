from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


def test_every_line_once_when_it_first_appeared() -> None:
    assert is_rolling(ROLLING)
    assert deroll(ROLLING) == SPOKEN


def test_a_rolling_track_without_fillers_and_tags() -> None:
    assert deroll([Cue(0, 9, "a"), Cue(9, 19, "a\nb"), Cue(19, 29, "b\nc")]) == [
        Cue(0, 9, "a"),
        Cue(9, 19, "b"),
        Cue(19, 29, "c"),
    ]


def test_a_gap_that_empties_the_window_starts_anew() -> None:
    cues = [*ROLLING, Cue(60_000, 61_000, "yes\nyes"), Cue(61_000, 61_010, "yes")]
    assert deroll(cues) == [*SPOKEN, Cue(60_000, 61_000, "yes yes")]


def test_a_human_track_passes_unchanged() -> None:
    song = [
        Cue(0, 9, "la la la"),
        Cue(9, 19, "la la la"),
        Cue(19, 29, "la la la\nhey"),
        Cue(29, 39, "la la la"),
    ]
    twice = [Cue(0, 9, "one\ntwo"), Cue(9, 19, "one\ntwo"), Cue(19, 29, "three"), Cue(29, 39, "three")]
    answers = [Cue(0, 9, "<i>No.</i>"), Cue(9, 19, "No.\nYes."), Cue(19, 29, "Hm."), Cue(29, 39, "What?")]
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

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihowto.captions.cues import LATEST_MS, Cue, clip_overlaps, normalise

steady = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

TIMES = st.integers(-5_000, 20_000) | st.integers(LATEST_MS - 5, LATEST_MS + 5)
ANY_CUES = st.lists(st.builds(Cue, TIMES, TIMES, st.sampled_from(["a", "b c", " ", ""])), max_size=12)


def test_cues_are_sorted_by_start_then_end() -> None:
    cues = [Cue(5, 9, "c"), Cue(0, 8, "b"), Cue(0, 4, "a")]
    assert normalise(cues) == [Cue(0, 4, "a"), Cue(0, 8, "b"), Cue(5, 9, "c")]


def test_a_cue_without_length_ends_at_the_next_one() -> None:
    cues = [Cue(1000, 1000, "a"), Cue(1400, 900, "b"), Cue(9000, 9500, "c")]
    assert normalise(cues) == [Cue(1000, 1400, "a"), Cue(1400, 2400, "b"), Cue(9000, 9500, "c")]


def test_cues_without_length_that_start_together_end_together() -> None:
    assert normalise([Cue(10, 10, "a"), Cue(10, 10, "b"), Cue(30, 40, "c")]) == [
        Cue(10, 30, "a"),
        Cue(10, 30, "b"),
        Cue(30, 40, "c"),
    ]


def test_negative_empty_late_and_double_cues_are_dropped() -> None:
    cues = [
        Cue(-1, 5, "x"),
        Cue(0, 5, " \n"),
        Cue(LATEST_MS, LATEST_MS + 9, "x"),
        Cue(1, 2, "a"),
        Cue(1, 2, "a"),
    ]
    assert normalise(cues) == [Cue(1, 2, "a")]


def test_an_end_past_the_tables_integers_is_cut() -> None:
    assert normalise([Cue(0, 10**15, "a")]) == [Cue(0, LATEST_MS, "a")]


def test_one_time_with_two_texts_keeps_both() -> None:
    assert normalise([Cue(0, 5, "b"), Cue(0, 5, "a"), Cue(0, 5, "b")]) == [Cue(0, 5, "b"), Cue(0, 5, "a")]


def test_overlaps_are_clipped_at_the_next_start_but_not_to_nothing() -> None:
    cues = [Cue(0, 50, "a"), Cue(0, 60, "b"), Cue(40, 90, "c")]
    assert clip_overlaps(cues) == [Cue(0, 40, "a"), Cue(0, 40, "b"), Cue(40, 90, "c")]


@steady
@given(ANY_CUES)
def test_normalised_cues_are_sound_and_stay_so(cues: list[Cue]) -> None:
    sound = normalise(cues)
    assert normalise(sound) == sound
    assert [cue[:2] for cue in sound] == sorted(cue[:2] for cue in sound)
    assert all(0 <= cue.start_ms < cue.end_ms <= LATEST_MS and cue.text.strip() for cue in sound)
    assert len(set(sound)) == len(sound)
    assert all(cue.end_ms > cue.start_ms for cue in clip_overlaps(sound))

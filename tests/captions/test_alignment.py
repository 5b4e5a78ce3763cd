import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihowto.captions import timelines
from multihowto.captions.alignment import Aligned, align_shared
from multihowto.captions.cleaning import join
from multihowto.captions.cues import Cue, normalise
from multihowto.captions.forming import Span, form_clips

steady = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

PIVOT = [Cue(0, 2000, "one"), Cue(2000, 4000, "two"), Cue(5000, 8000, "three")]
EACH = [Span(0, 2000, 0, 0), Span(2000, 4000, 1, 1), Span(5000, 8000, 2, 2)]
ALL = [Span(0, 8000, 0, 2)]


def test_a_twin_timeline_gives_each_its_twin() -> None:
    track = [Cue(0, 2000, "eins"), Cue(2050, 3950, "zwei"), Cue(5000, 8000, "drei")]
    assert align_shared(EACH, PIVOT, track) == [
        Aligned("eins", "shared_timeline", 1.0),
        Aligned("zwei", "shared_timeline", 1.0),
        Aligned("drei", "shared_timeline", 1.0),
    ]
    assert align_shared(ALL, PIVOT, track) == [Aligned("eins zwei drei", "shared_timeline", 1.0)]


def test_an_untranslated_cue_has_no_text_and_takes_nothing_from_the_others() -> None:
    track = [PIVOT[0]._replace(text="eins"), PIVOT[2]._replace(text="drei")]
    first, second, third = align_shared(EACH, PIVOT, track)
    assert (first, second, third) == (
        Aligned("eins", "shared_timeline", 1.0),
        None,
        Aligned("drei", "shared_timeline", 1.0),
    )
    assert align_shared(ALL, PIVOT, track) == [Aligned("eins drei", "shared_timeline", 5000 / 7000)]


def test_a_cue_without_a_twin_goes_by_largest_overlap() -> None:
    # 0.5-2.9 s: 1.5 s in the first, 0.9 s in the second. 3.1-5.3 s: 0.9 s in the second, 0.3 s in the third.
    track = [Cue(500, 2900, "un"), Cue(3100, 5300, "deux"), Cue(5400, 8000, "trois")]
    assert align_shared(EACH, PIVOT, track) == [
        Aligned("un", "shared_timeline", 1500 / 2900),
        Aligned("deux", "shared_timeline", 900 / 3300),
        Aligned("trois", "shared_timeline", 2600 / 3000),
    ]


def test_a_tie_goes_to_the_earlier_cue_and_cues_in_a_gap_to_none() -> None:
    track = [Cue(1000, 3000, "tie"), Cue(4100, 4900, "gap"), Cue(9000, 9500, "after")]
    first, second, third = align_shared(EACH, PIVOT, track)
    assert first == Aligned("tie", "shared_timeline", 1000 / 3000)
    assert second is None
    assert third is None


def test_several_cues_of_one_pivot_cue_are_joined_in_time_order() -> None:
    track = [Cue(5000, 5900, "你"), Cue(6000, 6900, "好"), Cue(7000, 8000, "吗")]
    assert align_shared(EACH, PIVOT, track)[2] == Aligned("你好吗", "shared_timeline", 1.0)


def test_lines_that_stay_on_screen_have_the_same_timeline() -> None:
    pivot = [Cue(0, 2000, "one"), Cue(2000, 4000, "two"), Cue(4000, 8000, "three")]
    stays = [Cue(0, 3900, "eins"), Cue(2000, 5900, "zwei"), Cue(4000, 8000, "drei")]
    assert [aligned.text for aligned in align_shared(EACH, pivot, stays) if aligned] == [
        "eins",
        "zwei",
        "drei",
    ]


def test_cues_of_equal_times_are_paired_in_order() -> None:
    pivot = [Cue(0, 1000, "a"), Cue(0, 1000, "b")]
    spans = [Span(0, 1000, 0, 0), Span(0, 1000, 1, 1)]
    track = [Cue(0, 1000, "x"), Cue(0, 1000, "y"), Cue(0, 1000, "z")]
    assert [aligned.text for aligned in align_shared(spans, pivot, track) if aligned] == ["x z", "y"]


def test_nothing_said() -> None:
    assert align_shared(EACH, PIVOT, []) == [None, None, None]
    assert align_shared([], PIVOT, PIVOT) == []
    assert align_shared([], [], PIVOT) == []


TRACKS = st.lists(
    st.builds(
        lambda start, length, text: Cue(start, start + length, text),
        st.integers(0, 20_000),
        st.integers(1, 6000),
        st.sampled_from(["a", "b c", "d e f", "g"]),
    ),
    max_size=20,
).map(normalise)


@steady
@given(TRACKS, st.integers(1, 6000))
def test_the_pivot_itself_aligns_perfectly(pivot: list[Cue], min_ms: int) -> None:
    spans = form_clips(pivot, method="grow", min_ms=min_ms, min_words=1, duration_ms=None)
    own = [join(cue.text for cue in pivot[span.first_cue : span.last_cue + 1]) for span in spans]
    assert align_shared(spans, pivot, pivot) == [Aligned(text, "shared_timeline", 1.0) for text in own]


@steady
@given(TRACKS, TRACKS)
def test_every_overlapping_cue_is_told_exactly_once(pivot: list[Cue], track: list[Cue]) -> None:
    each = [Span(cue.start_ms, cue.end_ms, i, i) for i, cue in enumerate(pivot)]
    found = align_shared(each, pivot, track)
    told = [word for aligned in found if aligned for word in aligned.text.split()]
    touching = [
        cue for cue in track if any(p.start_ms < cue.end_ms and cue.start_ms < p.end_ms for p in pivot)
    ]
    words = [word for cue in touching for word in cue.text.split()]
    assert all(0 <= aligned.score <= 1 for aligned in found if aligned)
    if all(twin is None for twin in timelines.twins(pivot, track)):
        assert sorted(told) == sorted(words)


@pytest.mark.parametrize("shift_ms", [0, 30])
def test_a_long_track_with_one_cue_over_the_whole_video(shift_ms: int) -> None:
    pivot = [Cue(i * 1000, i * 1000 + 1000, f"w{i}") for i in range(500)]
    spans = [Span(cue.start_ms, cue.end_ms, i, i) for i, cue in enumerate(pivot)]
    track = normalise(
        [Cue(0, 500_000, "credits")]
        + [Cue(c.start_ms + shift_ms, c.end_ms + shift_ms, c.text) for c in pivot]
    )
    found = align_shared(spans, pivot, track)
    assert [aligned.text.replace("credits", "").strip() for aligned in found if aligned] == [
        c.text for c in pivot
    ]


def test_twins_in_another_order_cover_the_same_time() -> None:
    pivot = [Cue(20, 110, "one"), Cue(90, 140, "two")]
    track = [Cue(50, 150, "zwei"), Cue(60, 90, "eins")]
    assert timelines.twins(pivot, track) == [1, 0]
    assert align_shared([Span(20, 140, 0, 1)], pivot, track) == [Aligned("zwei eins", "shared_timeline", 1.0)]

import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihowto.captions.cues import Cue, normalise
from multihowto.captions.forming import Span, form_clips

steady = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


def grow(cues: list[Cue], min_ms: int, min_words: int = 0, duration_ms: int | None = 60_000) -> list[Span]:
    return form_clips(cues, method="grow", min_ms=min_ms, min_words=min_words, duration_ms=duration_ms)


def widen(cues: list[Cue], min_ms: int, min_words: int = 0, duration_ms: int | None = 60_000) -> list[Span]:
    return form_clips(cues, method="widen", min_ms=min_ms, min_words=min_words, duration_ms=duration_ms)


# 0 to 2 s, 3 to 5 s, 5 to 6 s, 10 to 14 s
FOUR = [Cue(0, 2000, "a b"), Cue(3000, 5000, "c"), Cue(5000, 6000, "d e"), Cue(10_000, 14_000, "f")]


def test_growing_goes_to_the_shorter_total() -> None:
    # cue 0: right, 0 to 5 s. cue 1: left 0-5 s or right 3-6 s: right is shorter (3 s); then left, 0-6 s.
    # cue 2: left 3-6 s; then left 0-6 s (right would be 3-14 s). cue 3: left, 5-14 s.
    assert grow(FOUR, 4500) == [Span(0, 5000, 0, 1), Span(0, 6000, 0, 2), Span(5000, 14_000, 2, 3)]


def test_growing_until_there_are_enough_words() -> None:
    # with 3 words: 0 takes 1 (0-5 s); 1 takes 2 (3-6 s); 2 takes 1; 3 takes 2 (5-14 s)
    assert grow(FOUR, 1, 3) == [Span(0, 5000, 0, 1), Span(3000, 6000, 1, 2), Span(5000, 14_000, 2, 3)]


def test_a_tie_goes_left() -> None:
    even = [Cue(0, 1000, "a"), Cue(1000, 2000, "b"), Cue(2000, 3000, "c")]
    # cue 1: left and right are both 2 s. cue 2 can only go left, cue 0 only right.
    assert grow(even, 1500) == [Span(0, 2000, 0, 1), Span(1000, 3000, 1, 2)]


def test_a_cue_inside_a_longer_one_counts_the_longer_end() -> None:
    nested = [Cue(0, 9000, "a"), Cue(1000, 2000, "b"), Cue(20_000, 21_000, "c")]
    # cue 1 takes cue 0, which ends at 9 s: the same time as cue 0 alone, so one span with both.
    # cue 2 takes cue 1 (1 to 21 s), which is enough.
    assert grow(nested, 3000) == [Span(0, 9000, 0, 1), Span(1000, 21_000, 1, 2)]


def test_all_cues_together_too_short_are_widened_once() -> None:
    # 10 to 13 s, 5 s wanted: one second on each side; near an edge it is shifted
    assert grow([Cue(10_000, 11_000, "a"), Cue(12_000, 13_000, "b")], 5000) == [Span(9000, 14_000, 0, 1)]
    assert grow([Cue(500, 1500, "a")], 5000) == [Span(0, 5000, 0, 0)]
    assert grow([Cue(8500, 9500, "a")], 5000, duration_ms=10_000) == [Span(5000, 10_000, 0, 0)]
    assert grow([Cue(8500, 9500, "a")], 5000, duration_ms=None) == [Span(6500, 11_500, 0, 0)]
    assert grow([Cue(500, 1500, "a")], 5000, duration_ms=3000) == [Span(0, 3000, 0, 0)]


def test_too_few_words_give_no_clip() -> None:
    assert grow(FOUR, 1000, 7) == []
    assert widen(FOUR, 1000, 3) == []
    assert grow([], 1000) == widen([], 1000) == []


def test_widening_each_cue_by_itself() -> None:
    # 4 s wanted: 0-2 s shifts to 0-4 s; 3-5 s gets 2-6 s; 5-6 s gets 3.5-7.5 s; 10-14 s is long enough
    assert widen(FOUR, 4000) == [
        Span(0, 4000, 0, 0),
        Span(2000, 6000, 1, 1),
        Span(3500, 7500, 2, 2),
        Span(10_000, 14_000, 3, 3),
    ]
    assert widen(FOUR, 4000, 2) == [Span(0, 4000, 0, 0), Span(3500, 7500, 2, 2)]


def test_widened_cues_of_the_same_time_are_one_clip_with_both() -> None:
    early = [Cue(0, 1000, "a"), Cue(1000, 2000, "b")]
    assert widen(early, 5000) == [Span(0, 5000, 0, 1)]


def test_cues_past_the_end_of_the_video_are_cut_or_left_out() -> None:
    assert widen(FOUR, 1000, duration_ms=12_000)[-1] == Span(10_000, 12_000, 3, 3)
    assert widen(FOUR, 1000, duration_ms=10_000)[-1] == Span(5000, 6000, 2, 2)
    assert grow(FOUR, 1000, duration_ms=0) == []


def test_chinese_is_counted_by_character() -> None:
    cues = [Cue(0, 9000, "把面粉倒进去")]
    assert form_clips(cues, method="grow", min_ms=1, min_words=4, duration_ms=None, language="zh")
    assert not form_clips(cues, method="grow", min_ms=1, min_words=4, duration_ms=None)


def test_another_method_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="no method 'shrink'; there are: grow, widen, caption, sentence"):
        form_clips([], method="shrink", min_ms=1, min_words=1, duration_ms=None)  # type: ignore[arg-type]


TRACKS = st.lists(
    st.builds(
        lambda start, length, text: Cue(start, start + length, text),
        st.integers(0, 40_000),
        st.integers(1, 6000),
        st.sampled_from(["a", "a b", "a b c d"]),
    ),
    max_size=25,
).map(normalise)


@steady
@given(TRACKS, st.integers(0, 9000), st.integers(0, 9), st.none() | st.integers(0, 50_000))
def test_grown_clips_keep_their_promises(
    cues: list[Cue], min_ms: int, min_words: int, duration_ms: int | None
) -> None:
    spans = grow(cues, min_ms, min_words, duration_ms)
    assert spans == sorted(spans)
    assert len({span[:2] for span in spans}) == len(spans)
    latest_ms = duration_ms if duration_ms is not None else 10**9
    for span in spans:
        inside = cues[span.first_cue : span.last_cue + 1]
        assert 0 <= span.start_ms <= inside[0].start_ms
        assert min(latest_ms, max(cue.end_ms for cue in inside)) <= span.end_ms <= latest_ms
        assert sum(len(cue.text.split()) for cue in inside) >= min_words
        assert span.end_ms - span.start_ms >= min(min_ms, latest_ms)


@steady
@given(TRACKS, st.integers(0, 9000), st.integers(0, 9))
def test_growing_finds_what_plain_growing_finds(cues: list[Cue], min_ms: int, min_words: int) -> None:
    def plain(seed: int) -> tuple[int, int] | None:
        first = last = seed
        while True:
            group = cues[first : last + 1]
            length_ms = max(cue.end_ms for cue in group) - group[0].start_ms
            if length_ms >= min_ms and sum(len(cue.text.split()) for cue in group) >= min_words:
                return group[0].start_ms, group[0].start_ms + length_ms
            ways = [(first - 1, last)] * (first > 0) + [(first, last + 1)] * (last + 1 < len(cues))
            if not ways:
                return None
            first, last = min(
                ways, key=lambda way: max(c.end_ms for c in cues[way[0] : way[1] + 1]) - cues[way[0]].start_ms
            )

    expected = {plain(seed) for seed in range(len(cues))} - {None}
    if expected:
        assert {span[:2] for span in grow(cues, min_ms, min_words, None)} == expected


@steady
@given(TRACKS, st.integers(0, 9000), st.integers(1, 50_000))
def test_widened_clips_cover_every_cue_in_the_video(cues: list[Cue], min_ms: int, duration_ms: int) -> None:
    spans = widen(cues, min_ms, 0, duration_ms)
    assert all(0 <= span.start_ms < span.end_ms <= duration_ms for span in spans)
    for i, cue in enumerate(cues):
        if cue.start_ms < duration_ms:
            end_ms = min(cue.end_ms, duration_ms)
            assert any(
                span.first_cue <= i <= span.last_cue
                and span.start_ms <= cue.start_ms
                and end_ms <= span.end_ms
                for span in spans
            )


def test_two_hundred_cues_take_less_than_five_milliseconds() -> None:
    cues = [Cue(i * 2500, i * 2500 + 2300, "some words of a sentence") for i in range(200)]
    best_s = 1.0
    for _ in range(20):
        began_s = time.perf_counter()
        grow(cues, 5000, 4, None)
        best_s = min(best_s, time.perf_counter() - began_s)
    assert best_s < 0.005


def test_thousands_of_cues_of_milliseconds_take_little_memory() -> None:
    cues = [Cue(20 * i, 20 * i + 20, "word") for i in range(400)]
    tracemalloc.start()
    spans = form_clips(cues, method="grow", min_ms=5000, min_words=0, duration_ms=None)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(spans) > 100
    assert most < 2_000_000

"""Where a track's time lies on the pivot's: offsets, drifts and jumps that are known."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from multihowto.captions.cues import LATEST_MS, Cue, normalise
from multihowto.captions.lags import hear, sketch
from multihowto.captions.speech import speech
from multihowto.captions.timelines import SAME, Timeline, find_timeline, gaps, is_shared

Times = Callable[[float], float]


def spoken(seed: int, sentences: int, moved: Times = lambda time: time, cut: int = 9) -> list[Cue]:
    """Sentences of one speech, in cues of up to `cut` words, their times moved."""
    chance = random.Random(seed)
    cues, now = list[Cue](), 3000.0
    for number in range(sentences):
        words = chance.randint(3, 20)
        length = words * 330
        text = [f"Word{number}", *["word"] * (words - 2), "end."]
        for first in range(0, words, cut):
            last = min(words, first + cut)
            start, end = (moved(now + length * part / words) for part in (first, last))
            cues.append(Cue(round(start), round(end), " ".join(text[first:last])))
        now += length + chance.uniform(0, 2000)
    return normalise(cues)


def found(pivot: list[Cue], track: list[Cue]) -> Timeline:
    ours, theirs = speech(pivot, "en"), speech(track, "de")
    last_ms = max((cue.end_ms for cue in track), default=0)
    return find_timeline(ours, theirs, hear([sketch(ours)], last_ms), sketch(theirs))


def off_ms(timeline: Timeline, moved: Times, times: list[float]) -> float:
    """How far the timeline is from the truth, at most, at some times of the pivot."""
    back = timeline.to_pivot(np.array([moved(time) for time in times]))
    return float(np.abs(back - times).max())


@pytest.mark.parametrize("offset_ms", [-5000, -1200, 0, 2400, 5000])
@pytest.mark.parametrize("drift", [-0.01, 0.0, 0.0043, 0.01])
def test_an_offset_and_a_drift(offset_ms: int, drift: float) -> None:
    def moved(time: float) -> float:
        return time * (1 + drift) + 6000 + offset_ms

    pivot = [Cue(cue.start_ms + 6000, cue.end_ms + 6000, cue.text) for cue in spoken(1, 100)]
    timeline = found(pivot, spoken(1, 100, moved, cut=6))
    assert timeline.jumps == 0
    assert off_ms(timeline, lambda time: moved(time - 6000), [10_000, 200_000, 400_000]) < 60


@pytest.mark.parametrize("seconds", [-45, -8, 8, 45])
def test_a_jump(seconds: int) -> None:
    def moved(time: float) -> float:
        return time + 60_000 + (seconds * 1000 if time > 200_000 else 0)

    # what would run backwards is not said at all
    track = [
        cue
        for cue in spoken(2, 110, moved)
        if not (seconds < 0 and 260_000 + seconds * 1000 < cue.start_ms < 260_000)
    ]
    pivot = [Cue(cue.start_ms + 60_000, cue.end_ms + 60_000, cue.text) for cue in spoken(2, 110)]
    timeline = found(pivot, track)
    assert timeline.jumps == 1
    assert off_ms(timeline, lambda time: moved(time - 60_000), [100_000, 180_000, 330_000, 500_000]) < 60


def test_a_pal_film_runs_four_percent_faster() -> None:
    timeline = found(spoken(3, 100), spoken(3, 100, lambda time: time * 0.96))
    assert off_ms(timeline, lambda time: time * 0.96, [5000, 300_000, 500_000]) < 80


def test_few_cues_stay_where_they_are() -> None:
    pivot = [Cue(0, 5000, "one"), Cue(5000, 10_000, "two")]
    timeline = found(pivot, [Cue(500, 2500, "un"), Cue(2500, 5500, "et un"), Cue(5500, 10_500, "deux")])
    assert timeline.jumps == 0
    assert abs(float(timeline.to_pivot(np.array([4000.0]))[0]) - 4000) <= 800


@pytest.mark.parametrize(
    "track",
    [
        [],
        [Cue(0, 1, "x")],
        [Cue(0, 5000, "x")] * 3,
        [Cue(LATEST_MS - 2, LATEST_MS - 1, "late.")],
        [Cue(i, i + 1, "all at once.") for i in range(500)],
    ],
    ids=["none", "one", "equal", "late", "dense"],
)
def test_odd_tracks_have_a_timeline_that_goes_forward(track: list[Cue]) -> None:
    for pivot in (spoken(4, 20), [Cue(0, 2000, "one")], []):
        timeline = found(pivot, track)
        there = timeline.to_pivot(np.array([0.0, 1000.0, 60_000.0]))
        assert (np.diff(there) > 0).all()
        assert 0 <= timeline.score <= 1


def test_what_is_shared() -> None:
    pivot = [Cue(i * 1000, i * 1000 + 1000, f"p{i}") for i in range(10)]
    assert is_shared(pivot, [*pivot[:9], Cue(9200, 9900, "late")])
    assert not is_shared(pivot, [*pivot[:8], Cue(8200, 8900, "x"), Cue(9200, 9900, "late")])
    assert is_shared(pivot[:1], [Cue(50, 1050, "x")])
    assert not is_shared(pivot[:1], [Cue(51, 1000, "x")])
    assert not is_shared(pivot, [])


def test_where_nothing_is_said() -> None:
    pivot = [Cue(0, 4000, "a"), Cue(4000, 9000, "b"), Cue(20_000, 30_000, "c")]
    track = [Cue(500, 4500, "x"), Cue(24_000, 25_000, "y")]
    assert gaps(pivot, track, SAME) == [(4500, 9000), (20_000, 24_000), (25_000, 30_000)]
    assert gaps(pivot, [], SAME) == [(0, 9000), (20_000, 30_000)]
    later = Timeline("own", ((0.0, 1000.0), (10_000.0, 11_000.0)), 0, 1.0)
    assert gaps(pivot, track, later)[0] == (5500, 9000)

"""What tracks mean: stretches of speech, how alike they are, and timelines that nothing else shows."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from multihowto.captions.cues import Cue
from multihowto.captions.meanings import MOST, STEP, Meanings, alike, meanings, stretches
from multihowto.captions.speech import speech
from multihowto.stages.match_timelines import find

Vectors = npt.NDArray[np.float32]
WIDTH = 64


def steady(letter: str, first: int, count: int, lag_ms: int) -> list[Cue]:
    """Cues of ten words each, one word every 300 ms without a pause or a mark: nothing but words tells them apart."""
    return [
        Cue(
            lag_ms + 300 * n,
            lag_ms + 300 * (n + 10),
            " ".join(f"{letter}{word}" for word in range(n, n + 10)),
        )
        for n in range(first, first + count, 10)
    ]


def embed(texts: object) -> Vectors:
    """A vector whose directions are the words' numbers, whatever their language: equal words, equal meaning."""
    vectors = []
    for text in list(texts):  # type: ignore[call-overload]
        vector = np.full(WIDTH, 0.5)
        for word in text.split():
            vector += np.random.Generator(np.random.Philox(int(word[1:]))).standard_normal(WIDTH)
        vectors.append(vector / np.linalg.norm(vector))
    return np.array(vectors, np.float32)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_stretches_hold_all_words_and_neighbours_share_some(language: str) -> None:
    said = speech(steady("a", 0, 300, 0), "en")
    found = stretches(said, language)
    assert found[0][0] == 0 and found[-1][1] == len(said.words)
    assert all(a[0] < b[0] < a[1] < b[1] for a, b in pairwise(found))


def test_a_character_of_chinese_says_more() -> None:
    said = speech(steady("a", 0, 300, 0), "en")
    assert len(stretches(said, "zh")) > 2 * len(stretches(said, "en"))


def test_a_long_track_has_no_more_stretches_than_can_be_compared() -> None:
    said = speech(steady("a", 0, 40_000, 0), "en")
    assert said.at[-1] > 2 * STEP * MOST
    assert MOST / 2 < len(stretches(said, "en")) <= MOST


def test_nothing_said_has_no_stretch() -> None:
    assert stretches(speech([], "en"), "en") == []


def test_a_translation_is_likelier_than_what_says_something_else() -> None:
    ours = meanings(speech(steady("a", 0, 300, 0), "en"), "en", embed)
    theirs = meanings(speech(steady("b", 0, 300, 5000), "de"), "de", embed)
    found = alike(ours, theirs)
    own = found.likelier.diagonal()
    others = found.likelier[np.abs(np.subtract.outer(np.arange(len(own)), np.arange(len(own)))) > 2]
    assert own.min() > 2 > 0 > np.median(others)
    assert np.allclose(found.track_ms - found.pivot_ms, 5000)


def test_stretches_that_are_all_alike_say_nothing() -> None:
    same = Meanings(np.arange(3.0), np.full((3, 4), 0.5, np.float32))
    assert np.ptp(alike(same, same).likelier) == 0


def test_meaning_finds_a_lag_that_times_and_spelling_do_not_show() -> None:
    cues = {"en": steady("a", 0, 600, 0), "de": steady("b", 60, 540, -9200)}
    times = np.array([20_000.0, 60_000.0, 120_000.0])
    alone, helped = find(cues, "en")["de"], find(cues, "en", embed)["de"]
    assert np.abs(alone.to_pivot(times) - times - 9200).min() > 3000
    assert np.abs(helped.to_pivot(times) - times - 9200).max() < 800
    assert helped.score > alone.score


def test_meaning_shows_where_a_track_jumps() -> None:
    """The track leaves out 20 s; what remains is without pause, and has no word in common."""
    kept = [*steady("b", 0, 270, 1100), *steady("b", 340, 260, -19_900)]
    found = find({"en": steady("a", 0, 600, 0), "de": kept}, "en", embed)["de"]
    assert found.jumps == 1
    track_ms = np.array([10_000.0, 60_000.0, 100_000.0, 150_000.0])
    assert np.abs(found.to_pivot(track_ms) - track_ms + [1100, 1100, -19_900, -19_900]).max() < 800
    (_, before), (_, after) = found.knots[1], found.knots[2]
    assert abs(before - 81_000) < 3500 and abs(after - 102_000) < 3500


@pytest.mark.parametrize("cues", [[], [Cue(0, 1000, "♪")], [Cue(0, 10**12, "b1 b2")]])
def test_odd_tracks_have_a_timeline_with_an_encoder_too(cues: list[Cue]) -> None:
    pivot = steady("a", 0, 100, 0)

    def anything(texts: object) -> Vectors:
        return np.eye(len(list(texts)), 8, dtype=np.float32)  # type: ignore[call-overload]

    found = find({"en": pivot, "de": cues}, "en", anything)
    assert found["de"].kind in ("own", "shared")
    assert find({"en": [], "de": cues}, "en", anything)["de"].score == 0

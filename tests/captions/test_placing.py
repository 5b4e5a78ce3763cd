"""Placing the pieces of a track on the pivot's words, and reading clips from them."""

from itertools import permutations

import pytest

from multihowto.captions.alignment import LEAST_SCORE, align
from multihowto.captions.cues import Cue, Word
from multihowto.captions.forming import Span, form_clips, nearest_cues
from multihowto.captions.placing import place
from multihowto.captions.speech import speech
from multihowto.captions.timelines import SAME
from multihowto.stages.match_timelines import find

PIVOT = [
    Cue(0, 2000, "Cut the bread."),
    Cue(2500, 4500, "Spread some butter."),
    Cue(5000, 7000, "Then you eat it."),
]
EACH = [Span(cue.start_ms, cue.end_ms, i, i) for i, cue in enumerate(PIVOT)]


def texts(track: list[Cue], spans: list[Span] = EACH, pivot: list[Cue] = PIVOT) -> list[str | None]:
    found = align(spans, speech(pivot, "en"), speech(track, "de"), SAME)
    assert all(LEAST_SCORE <= one.score <= 1 for one in found if one)
    return [one.text if one else None for one in found]


def test_sentences_in_other_cuts_go_to_their_own() -> None:
    # the first cue runs into the second sentence, the last sentence is in two cues
    track = [
        Cue(0, 2900, "Schneide das Brot. Streiche"),
        Cue(2900, 4600, "etwas Butter."),
        Cue(4900, 6000, "Dann isst"),
        Cue(6000, 7000, "du es."),
    ]
    assert texts(track) == ["Schneide das Brot.", "Streiche etwas Butter.", "Dann isst du es."]


def test_a_missing_sentence_leaves_a_hole() -> None:
    track = [Cue(0, 2000, "Schneide das Brot."), Cue(5000, 7000, "Dann isst du es.")]
    assert texts(track) == ["Schneide das Brot.", None, "Dann isst du es."]


def test_a_cue_that_stays_until_it_is_read_does_not_take_the_next_sentence() -> None:
    pivot = [Cue(i * 3000, i * 3000 + 1500, f"Sentence number {i:02d} here.") for i in range(12)]
    track = [Cue(cue.start_ms, cue.start_ms + 2920, cue.text) for i, cue in enumerate(pivot) if i % 3]
    spans = [Span(cue.start_ms, cue.end_ms, i, i) for i, cue in enumerate(pivot)]
    assert texts(track, spans, pivot) == [cue.text if i % 3 else None for i, cue in enumerate(pivot)]


def test_a_note_over_speech_is_left_out() -> None:
    pivot = [Cue(i * 3000, i * 3000 + 2000, f"Sentence number {i:02d} here.") for i in range(12)]
    note = Cue(15_100, 16_900, "(The word stands for a small part of a farm, or so.)")
    spans = [Span(cue.start_ms, cue.end_ms, i, i) for i, cue in enumerate(pivot)]
    assert texts(sorted([*pivot, note]), spans, pivot) == [cue.text for cue in pivot]


def test_one_long_cue_is_cut_in_proportion() -> None:
    # the pivot's three clips have 12, 17 and 13 characters of 42
    pivot = [Cue(0, 2000, "aa bb cc dd ee ff"), Cue(2000, 4000, "gg hh ii jj kk ll")]
    spans = [Span(0, 2000, 0, 0), Span(2000, 4000, 1, 1)]
    assert texts([Cue(0, 4000, "eins zwei drei vier")], spans, pivot) == ["eins zwei", "drei vier"]


def test_words_with_times_are_cut_by_time() -> None:
    pivot = [Cue(0, 2000, "aa bb cc dd"), Cue(2000, 4000, "ee ff gg hh")]
    spans = [Span(0, 2000, 0, 0), Span(2000, 4000, 1, 1)]
    words = (Word(0, "eins"), Word(400, "zwei"), Word(900, "drei"), Word(1500, "vier"), Word(2100, "fünf"))
    track = [Cue(0, 4000, "eins zwei drei vier fünf", words)]
    assert texts(track, spans, pivot) == ["eins zwei drei vier", "fünf"]


def test_a_clip_may_begin_and_end_in_the_midst_of_cues() -> None:
    pivot = [Cue(0, 3000, "Cut it. Then you"), Cue(3000, 6000, "eat it. And drink.")]
    track = [Cue(0, 3000, "Schneide es. Dann"), Cue(3000, 6000, "isst du es. Und trinke.")]
    spans = form_clips(pivot, method="sentence", min_ms=0, min_words=0, duration_ms=None)
    assert [(span.words_before, span.words_after) for span in spans] == [(0, 2), (2, 2), (2, 0)]
    assert texts(track, spans, pivot) == ["Schneide es.", "Dann isst du es.", "Und trinke."]


def test_pieces_go_forward_and_none_twice() -> None:
    placed = place(speech(PIVOT, "en"), speech([Cue(0, 9000, "x."), *PIVOT, Cue(100, 200, "y")], "de"), SAME)
    assert (placed.low <= placed.high).all()
    assert (placed.low[1:] >= placed.low[:-1]).all()


@pytest.mark.parametrize(
    "track",
    [[], [Cue(0, 1, "x")], [Cue(0, 7000, "x y z.")] * 3, [Cue(90_000, 91_000, "far away.")]],
    ids=["none", "tiny", "equal", "far"],
)
def test_odd_tracks(track: list[Cue]) -> None:
    assert len(texts(track)) == 3
    assert align([], speech(PIVOT, "en"), speech(track, "de"), SAME) == []
    assert align(EACH[:0], speech([], "en"), speech(track, "de"), SAME) == []


def test_the_order_of_tracks_changes_nothing() -> None:
    def later(ms: int) -> list[Cue]:
        return [Cue(cue.start_ms + ms, cue.end_ms + ms, cue.text) for cue in PIVOT]

    cues = {"en": PIVOT, "de": later(700), "fr": later(1900), "cs": PIVOT}
    assert find(cues, "en") == find(dict(reversed(cues.items())), "en")
    each = [find(dict(order), "en") for order in permutations(cues.items())]
    assert all(found == each[0] for found in each)


def test_many_cues_of_one_time_are_one_clip() -> None:
    same = [Cue(0, 2000, f"w{i}") for i in range(3000)]
    spans = form_clips(same, method="grow", min_ms=5000, min_words=0, duration_ms=60_000)
    assert len(spans) == 1
    assert (spans[0].first_cue, spans[0].last_cue) == (0, 2999)


def test_the_nearest_cues_of_a_clip() -> None:
    spans = [Span(0, 2000, 0, 0), Span(4000, 8000, 2, 2)]
    # middles of the cues: 1, 3.5 and 6 s; of the spans: 1 and 6 s
    assert nearest_cues(spans, PIVOT, 2) == [[0, 1], [2, 1]]
    assert nearest_cues(spans, PIVOT, 0) == [[], []]
    assert nearest_cues(spans, [], 3) == [[], []]

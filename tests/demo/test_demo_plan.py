"""What the plan promises about videos, concepts and the presence of tracks."""

from collections import Counter, defaultdict

import pytest

from demo_chance import between, draw, pick, shuffled
from demo_plan import (
    HERE,
    HOSTILE_TEXT,
    HOSTILE_VIDEO,
    LANGUAGES,
    OTHERS,
    PIVOT,
    ROLLING_VIDEO,
    plan,
    read_concepts,
    step_counts,
)

CONCEPTS = read_concepts(HERE / "captions.csv")


def test_draws_are_the_same_everywhere() -> None:
    assert draw("a", 1) == draw("a", "1") == 0.7899533501983917
    assert draw("a", 1) != draw("a", 2)
    assert 3 <= between(3, 4, "b") < 4
    assert pick(["only"], "c") == "only"
    assert sorted(shuffled(range(9), "d")) == list(range(9)) != shuffled(range(9), "d")


def test_videos_have_six_to_ten_steps_of_five_to_six_seconds() -> None:
    for video in plan():
        assert 6 <= len(video.steps) <= 10
        assert 30_000 <= video.duration_ms <= 60_000
        assert all(5000 <= step.end_ms - step.start_ms <= 6000 for step in video.steps)


def test_steps_follow_each_other_and_begin_on_a_frame() -> None:
    for video in plan():
        borders = [0, *(step.end_ms for step in video.steps)]
        assert [step.start_ms for step in video.steps] == borders[:-1]
        assert all(border * 12 % 1000 == 0 for border in borders)


def test_a_video_shows_concepts_of_its_own_split_only() -> None:
    assert all(step.concept.split == video.split for video in plan() for step in video.steps)


def test_the_first_five_videos_cover_all_splits() -> None:
    assert {video.split for video in plan()[:5]} == {"train", "validation", "test"}
    assert [video.video_id for video in plan()[:2]] == ["steps-001", "steps-002"]


def test_every_concept_is_shown_and_a_sixth_in_two_videos() -> None:
    shown_in = defaultdict(list)
    for video in plan():
        for step in video.steps:
            shown_in[step.concept.name].append(video.video_id)
            assert step.appearance == len(shown_in[step.concept.name])
    assert set(shown_in) == {concept.name for concept in CONCEPTS}
    assert all(len(videos) == len(set(videos)) <= 2 for videos in shown_in.values())
    twice = sum(len(videos) == 2 for videos in shown_in.values())
    assert 0.15 <= twice / len(CONCEPTS) <= 0.20


def test_step_counts_add_up_within_their_bounds() -> None:
    for steps in (60, 61, 85, 99, 100):
        counts = step_counts(steps, 10, "example")
        assert sum(counts) == steps
        assert all(6 <= count <= 10 for count in counts)
    with pytest.raises(ValueError, match="101 steps do not fit into 10 videos"):
        step_counts(101, 10, "example")


def test_english_is_everywhere_and_other_languages_are_on_most_videos() -> None:
    counts = Counter(track.language for video in plan() for track in video.tracks)
    assert counts[PIVOT] == len(plan())
    assert all(0.75 <= counts[language] / len(plan()) <= 0.85 for language in OTHERS)
    assert all(video.tracks[0].language == PIVOT for video in plan())
    for video in plan():
        languages = [track.language for track in video.tracks]
        assert languages == [language for language in LANGUAGES if language in languages]


def test_about_one_track_in_six_has_a_segmentation_of_its_own() -> None:
    tracks = [track for video in plan() for track in video.tracks if track.language != PIVOT]
    kinds = Counter(track.segmentation for track in tracks)
    assert set(kinds) == {"shared", "split", "shifted", "merged"}
    assert 0.15 < 1 - kinds["shared"] / len(tracks) < 0.18


def test_one_english_track_rolls_and_the_others_have_one_cue_a_step() -> None:
    for video in plan():
        assert video.tracks[0].segmentation == ("rolling" if video.video_id == ROLLING_VIDEO else "shared")
        spans = [(step.start_ms, step.end_ms) for step in video.steps]
        assert [(cue.start_ms, cue.end_ms) for cue in video.tracks[0].cues] == spans


def test_cues_never_overlap_nor_leave_the_video() -> None:
    for video in plan():
        for track in video.tracks:
            times = [time for cue in track.cues for time in (cue.start_ms, cue.end_ms)]
            assert times == sorted(times)
            assert all(cue.start_ms < cue.end_ms for cue in track.cues)
            assert times[0] >= 0
            assert times[-1] <= video.duration_ms


def test_tracks_say_the_captions_of_their_steps() -> None:
    for video in plan():
        for track in video.tracks:
            said = " ".join(cue.text for cue in track.cues).split()
            captions = " ".join(step.concept.captions[track.language] for step in video.steps).split()
            assert [word for word in said if word != HOSTILE_TEXT] == captions


def test_one_title_and_one_caption_are_hostile() -> None:
    assert [video.video_id for video in plan() if HOSTILE_TEXT in video.title] == [HOSTILE_VIDEO]
    cues = [
        (video.video_id, track.language)
        for video in plan()
        for track in video.tracks
        for cue in track.cues
        if HOSTILE_TEXT in cue.text
    ]
    assert cues == [(HOSTILE_VIDEO, PIVOT)]


def test_languages_are_the_nine_of_the_table() -> None:
    assert LANGUAGES == ("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi")

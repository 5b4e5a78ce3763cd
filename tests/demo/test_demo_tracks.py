"""Segmentations and WebVTT, by examples that can be checked by eye."""

from demo_tracks import Cue, Track, halves, segment

CUES = (
    Cue(0, 5000, "hammer: tool, carpenter"),
    Cue(5000, 10_000, "saw: cut, wood"),
    Cue(10_000, 16_000, "axe: <b> & chop"),
)


def test_a_cue_is_halved_at_the_border_nearest_its_middle() -> None:
    # 23 characters; borders after 7 (colon) and 13 (comma); 5000 x 13 / 23 = 2826
    assert halves(CUES[0]) == (Cue(0, 2826, "hammer: tool,"), Cue(2826, 5000, "carpenter"))


def test_merged_cues_have_two_lines_and_both_spans() -> None:
    merged = segment(CUES[:2], "merged", "example")
    assert merged == (Cue(0, 10_000, "hammer: tool, carpenter\nsaw: cut, wood"),)


def test_shifts_are_between_100_and_600_ms() -> None:
    shifted = segment(CUES, "shifted", "example")
    for before, after in zip(CUES, shifted, strict=True):
        assert before.text == after.text
        assert 100 <= abs(after.start_ms - before.start_ms) <= 600
        assert 100 <= abs(after.end_ms - before.end_ms) <= 600
    assert shifted[0].start_ms > 0
    assert shifted[-1].end_ms < 16_000
    assert shifted[0].end_ms == shifted[1].start_ms


def test_plain_vtt() -> None:
    assert Track("en", "shared", CUES[2:]).to_vtt() == (
        "WEBVTT\n\n00:00:10.000 --> 00:00:16.000\naxe: &lt;b&gt; &amp; chop\n"
    )


def test_rolling_vtt_repeats_the_line_before_and_times_each_word() -> None:
    cues = (Cue(0, 5000, "saw: cut"), Cue(5000, 10_000, "axe: chop"))
    position = " align:start position:0%"
    assert Track("en", "rolling", cues).to_vtt() == (
        "WEBVTT\nKind: captions\nLanguage: en\n\n"
        f"00:00:00.000 --> 00:00:04.990{position}\n \nsaw:<00:00:02.000><c> cut</c>\n\n"
        f"00:00:04.990 --> 00:00:05.000{position}\nsaw: cut\n \n\n"
        f"00:00:05.000 --> 00:00:09.990{position}\nsaw: cut\naxe:<00:00:07.000><c> chop</c>\n\n"
        f"00:00:09.990 --> 00:00:10.000{position}\naxe: chop\n \n"
    )

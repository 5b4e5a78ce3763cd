"""What every parser promises of any file: all that can be saved, what could not be said, both bounded."""

import json
import random
import re
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from captions import speech
from multihowto.captions import problems as limits
from multihowto.captions.cues import CaptionError, Cue
from multihowto.captions.encodings import decode_file
from multihowto.captions.formats import parse, read
from multihowto.captions.problems import Problem

GENUINE = Path(__file__).parent / "genuine"
WRITERS = speech.WITH_WORDS | speech.WITHOUT
FORMATS = [*WRITERS, "srv2"]
many = settings(max_examples=400, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

COUNTS = {
    "sample.vtt": 16,
    "youtube_dl.vtt": 4,
    "captions_with_bom.vtt": 4,
    "comments.vtt": 3,
    "cue_tags.vtt": 3,
    "invalid_timeframe.vtt": 6,
    "missing_timeframe.vtt": 6,
    "metadata_headers_multiline.vtt": 2,
    "non_padded_timestamps.vtt": 3,
    "regions.vtt": 2,
    "styles.vtt": 1,
    "using_identifiers.vtt": 6,
    "sample.srt": 5,
    "styles_colours.srt": 6,
    "missing_timeframe.srt": 4,
    "sample.sbv": 5,
    "missing_timeframe.sbv": 4,
    "ttml_example.ttml": 11,
    "ttml_example.ass": 11,
    "ttml_example2.ttml": 10,
    "ttml_example2.ass": 10,
    "transcript.xml": 3,
    "subtitle_with_attached_images_aegisub.ass": 0,
    "sample_dfxp_concurrent_with_empty_p.dfxp": 1,
    "sample_dfxp_empty_paragraph.dfxp": 1,
    "sample_dfxp_missing_end_and_dur.dfxp": 1,
    "sample_dfxp_syntax_error.dfxp": 2,
    "sample_dfxp_with_alternative_timing_formats.dfxp": 2,
    "sample_dfxp_with_custom_framerate.dfxp": 1,
    "sample_dfxp_with_custom_tickrate.dfxp": 1,
    "sample_dfxp_with_frame_timing.dfxp": 1,
    "sample_dfxp_with_nested_spans.dfxp": 1,
    "sample_srt_empty_cue_output.srt": 1,
    "sample_webvtt_empty_cue_then_orphan_text.vtt": 2,
    "sample_webvtt_empty_cue_then_style.vtt": 2,
    "sample_webvtt_no_blank_after_header.vtt": 1,
    "sample_webvtt_note_with_arrow.vtt": 1,
    "sample_webvtt_numeric_entities.vtt": 1,
    "sample_webvtt_timestamps.vtt": 2,
    "sample_webvtt_with_bom.vtt": 1,
    "sample_webvtt_with_inline_style.vtt": 3,
}
BROKEN = {
    "invalid_timeframe.vtt": [6],
    "missing_timeframe.vtt": [6],
    "missing_timeframe.sbv": [4],
    "sample_dfxp_missing_end_and_dur.dfxp": [6, 6],
    "sample_webvtt_empty_cue_then_orphan_text.vtt": [5],
    "sample_webvtt_note_with_arrow.vtt": [3],
}
SPANS = {  # in milliseconds, as pycaption's own tests want them or as the file plainly says
    "sample_dfxp_syntax_error.dfxp": [(2070, 5070), (5070, 6210)],
    "sample_dfxp_with_alternative_timing_formats.dfxp": [(1900, 3050), (4000, 5200)],
    "sample_dfxp_with_custom_framerate.dfxp": [(9834, 12_292)],
    "sample_dfxp_with_custom_tickrate.dfxp": [(5000, 12_000)],
    "sample_dfxp_with_frame_timing.dfxp": [(9667, 12_233)],
    "sample_webvtt_timestamps.vtt": [(61_001, 610_100), (3_661_001, 36_610_100)],
}


@pytest.mark.parametrize("path", sorted(GENUINE.glob("*/*")), ids=lambda path: path.name)
def test_genuine_files(path: Path) -> None:
    text = decode_file(path.read_bytes())
    assert text is not None
    parsed = parse(text)
    assert len(parsed.cues) == COUNTS[path.name]
    assert [one.line for one in parsed.problems] == BROKEN.get(path.name, [])
    spans = [(cue.start_ms, cue.end_ms) for cue in parsed.cues]
    assert spans == SPANS.get(path.name, spans)


@pytest.mark.parametrize("name", ["ttml_example", "ttml_example2"])
def test_the_same_subtitles_as_pysubs2_converted_them(name: str) -> None:
    folder = GENUINE / "pysubs2"
    ours = read((folder / f"{name}.ttml").read_text(encoding="utf-8"), "ttml")
    theirs = read((folder / f"{name}.ass").read_text(encoding="utf-8"), "ass")
    assert [cue.text for cue in ours] == [cue.text for cue in theirs]
    assert all(abs(a.start_ms - b.start_ms) <= 10 for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize(
    ("body", "format", "texts", "problems"),
    [
        (
            "WEBVTT\n\nlost\n\n00:01.000 --> x\nlost\n\n1\n00:01.000 --> 00:02.000\nkept",
            "vtt",
            ["kept"],
            [
                (3, "text without times: 'lost'"),
                (5, "no times that can be read, so its text is left out: '00:01.000 --> x'"),
            ],
        ),
        ("00:01.000 --> 00:02.000\nkept", "vtt", ["kept"], [(1, "no WEBVTT header")]),
        (
            "\n\nlost\n1\n00:00:01,000 --> 00:00:02,000\nkept",
            "srt",
            ["kept"],
            [(3, "text without times: 'lost'")],
        ),
        (
            "1\n00:00:01,000 --> 00:00:02,000\nkept\n\n2\n00:00:0x --> 1\nlost\n\n3\n00:00:03,000 --> 00:00:04,000\n\n",
            "srt",
            ["kept"],
            [
                (6, "no times that can be read, so its text is left out: '00:00:0x --> 1'"),
                (10, "a cue without text"),
            ],
        ),
        (
            "1\n00:00:01,000 --> 00:00:02,000\na --> b\n\n2\n00:00:0",
            "srt",
            ["a --> b"],
            [(5, "the file ends within a cue: '2 00:00:0'")],
        ),
        ("0:00:01.000,0:00:02.000\nkept\n\nlost\n", "sbv", ["kept"], [(4, "text without times: 'lost'")]),
        (
            "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,kept\nDialogue: 0,x,y,D,,0,0,0,,lost\nlost",
            "ass",
            ["kept"],
            [
                (3, "a dialogue without times or text: '0,x,y,D,,0,0,0,,lost'"),
                (4, "no line of events: 'lost'"),
            ],
        ),
        (
            '{"events": [{"tStartMs": 1, "segs": [{"utf8": "kept"}]},'
            ' {"tStartMs": "x", "segs": [{"utf8": "lost"}]}, 5]}',
            "json3",
            ["kept"],
            [(2, "a row whose time is no number"), (3, "an event that is no object")],
        ),
        (
            '<timedtext><body><p t="1" d="2">kept</p><p t="x">lost</p><p t="3" d="2">cut',
            "srv3",
            ["kept", "cut"],
            [(2, "a row whose time is no number"), (3, "a row that does not end")],
        ),
        (
            '<tt><body>\n<p begin="1s" end="2s">kept</p>\n<p begin="now" end="3s">early</p><p begin="4s" end="5s">cut',
            "ttml",
            ["kept", "early", "cut"],
            [(3, "no time: 'now'"), (3, "the file ends within a paragraph")],
        ),
    ],
)
def test_what_cannot_be_saved_is_said_line_by_line(
    body: str, format: str, texts: list[str], problems: list[tuple[int, str]]
) -> None:
    parsed = parse(body, format)
    assert [cue.text for cue in parsed.cues] == texts
    assert list(parsed.problems) == [Problem(*one) for one in problems]


def test_a_broken_json3_keeps_the_events_that_are_whole() -> None:
    body = speech.json3(speech.speech(1))
    broken = body.replace('{"tStartMs": 0', "{tStartMs: 0", 1)
    assert parse(broken, "json3").cues == parse(body).cues
    assert "broken json3" in parse(broken, "json3").problems[0].what


def test_a_hundred_problems_and_a_count() -> None:
    parsed = parse("WEBVTT\n" + "\n\nlost --> lost\nx" * 350)
    assert len(parsed.problems) == 101
    assert parsed.problems[-1].what == "and 250 more problems after this"


@pytest.mark.parametrize("format", WRITERS)
def test_long_texts_are_cut_and_too_many_cues_left_out(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    long = [[speech.Said(1000, "x" * 10_001)]]
    [cue] = parse(WRITERS[format](long), format).cues[:1]
    assert len(cue.text) == 10_000
    assert any(one.what == limits.TOO_LONG for one in parse(WRITERS[format](long), format).problems)


def test_no_more_than_200000_cues() -> None:
    cue = "00:01.000 --> 00:02.000\nx\n\n"
    parsed = parse("WEBVTT\n\n" + cue * 200_002)
    assert len(parsed.cues) == 200_000
    assert parsed.problems == (Problem(600_003, limits.TOO_MANY),)


def test_document_types_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><tt><body><p begin="1s">&b;</p></body></tt>'
    for format in ("ttml", "srv1", "srv2", "srv3"):
        with pytest.raises(CaptionError, match="document type"):
            parse(bomb, format)
    with pytest.raises(CaptionError, match="no caption file but an unknown format"):
        parse(bomb)


def test_a_file_of_lines_with_arrows_takes_little_memory() -> None:
    body = "WEBVTT\n\n" + "-->\n" * 20_000 + "\n" + "0:0:1.0,0:0:2.0\n" * 20_000
    for format in ("vtt", "sbv"):
        tracemalloc.start()
        parse(body, format)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 5 * len(body)


def test_a_word_before_its_row_does_not_take_the_row_along() -> None:
    words = [{"utf8": "mix", "tOffsetMs": -5000}, {"utf8": " it", "tOffsetMs": 100}]
    body = json.dumps({"events": [{"tStartMs": 1000, "dDurationMs": 900, "segs": words}]})
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in read(body, "json3")] == [(1000, 1900, "mix it")]


ENDS = {
    "json3": r'"wWinId": 1.*?\]\}',
    "srv3": r'w="1">.*?</p>',
    "srv1": "</text>",
    "ttml": "</p>",
    "ass": r"Dialogue.*\n",
    "vtt": r"-->(?:.|\n(?!\n))*\n\n",
}
"""After what each cue of a written file is whole; in the others after an empty line."""


@many
@given(st.sampled_from(sorted(WRITERS)), st.integers(0, 10_000), st.floats(0, 1))
def test_a_cut_file_loses_only_what_was_cut(format: str, seed: int, share: float) -> None:
    body = WRITERS[format](speech.speech(seed, lines=5))
    cut = int(share * len(body))
    ends = [found.end() for found in re.finditer(ENDS.get(format, "\n\n"), body)]
    whole, kept = parse(body).cues, sum(end <= cut for end in ends)
    assert len(ends) >= len(whole) - 1
    assert parse(body[:cut], format).cues[:kept] == whole[:kept]


@many
@given(st.sampled_from(FORMATS), st.integers(0, 500), st.randoms(use_true_random=False), st.integers(1, 20))
def test_any_damage_is_parsed_or_refused(format: str, seed: int, chance: random.Random, hits: int) -> None:
    body = WRITERS.get(format, speech.srv1)(speech.speech(seed, lines=4))
    for _ in range(hits):
        begin = chance.randrange(len(body) + 1)
        middle = chance.choice(
            ["", "-->", "\n\n", "<", ">", "&", '"', "{", "}", "\0", "\r", "é", "9", "<00:00:01.000>"]
        )
        body = body[:begin] + middle + body[begin + chance.randrange(6) :]
    bounded(body, format)


def bounded(body: str, format: str | None) -> None:
    """Parses and reads; what comes back is within its bounds."""
    try:
        parsed = parse(body, format)
        assert len(parsed.problems) <= 101
        assert all(len(one.what) < 400 and "\n" not in one.what for one in parsed.problems)
        assert all(len(cue.text) <= 10_000 for cue in parsed.cues)
        cues = read(body, parsed.format)
    except CaptionError:
        return
    for cue in cues:
        assert isinstance(cue, Cue)
        joined = "".join("".join(word.text.split()) for word in cue.words)
        assert joined in ("", "".join(cue.text.split()))


@many
@given(st.sampled_from(FORMATS), st.binary(max_size=300))
def test_any_bytes_are_parsed_or_refused(format: str, data: bytes) -> None:
    text = decode_file(data)
    if text is not None:
        bounded(text, format)
        bounded(text, None)


@many
@given(st.sampled_from(FORMATS), st.text(max_size=300))
def test_any_text_is_parsed_or_refused(format: str, text: str) -> None:
    bounded(text, format)

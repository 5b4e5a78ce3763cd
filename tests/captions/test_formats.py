import contextlib
import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from captions.bodies import BODIES, SRT, VTT, YOUTUBE_VTT
from multihowto.adapters.webvtt import write_vtt
from multihowto.captions.cues import CaptionError, Cue, normalise
from multihowto.captions.formats import read, sniff

steady = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

TWO = [Cue(1000, 2500, "Sift the flour & salt."), Cue(3_723_004, 3_725_000, "Then rest it.")]


def plain(cues: list[Cue]) -> list[Cue]:
    """The cues without the times of their words."""
    return [Cue(cue.start_ms, cue.end_ms, cue.text) for cue in cues]


@pytest.mark.parametrize("format", BODIES)
def test_the_same_track_in_all_formats(format: str) -> None:
    body = BODIES[format]
    for variant in (
        body,
        "\ufeff" + body,
        "\n\n" + body,
        body.replace("\n", "\r\n"),
        body.replace("\n", "\r"),
    ):
        assert sniff(variant) == format
        assert plain(read(variant, format)) == TWO


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n",
        "\ufeff",
        "<!DOCTYPE html><html><body>Before you continue</body></html>",
        "<html>00:00:01,000 --> 00:00:02,000</html>",
        '{"error": 429}',
        '<table xmlns="http://www.w3.org/ns/ttml"><body/></table>',
        "WEBVTTX\n\n00:01.000 --> 00:02.000\nx\n",
        "\x00\x00\x00\x18ftypmp42",
        "Hello\n00:00:01,000 --> 00:00:02,000\nx\n",
    ],
)
def test_other_bodies_have_no_format_and_are_refused(body: str) -> None:
    assert sniff(body) is None
    for format in BODIES:
        with pytest.raises(CaptionError):
            read(body, format)


@pytest.mark.parametrize(
    ("body", "format", "message"),
    [
        ("", "vtt", "not vtt but an empty body"),
        (" <HTML>", "vtt", "not vtt but an HTML page"),
        ("hello", "srt", "not srt but an unknown format"),
        (SRT, "vtt", "not vtt but srt"),
        ("WEBVTT\n", "vtt", "vtt without cues"),
        ("1\n00:00:01,000 --> 00:00:02,000", "srt", "srt without cues"),
        ('{"events": []}', "json3", "json3 without cues"),
        (
            '{"events": [',
            "json3",
            "json3 without cues: broken json3, whole events are kept: Expecting value: line 1 column 13",
        ),
        ('{"events": {}}', "json3", "json3 without a list of events"),
        ('{"events": ' + "[" * 200_000, "json3", "json3 without cues: broken json3, whole events are kept: "),
        ("<timedtext><body/></timedtext>", "srv3", "srv3 without cues"),
        ("<timedtext><body>", "srv3", "srv3 without cues"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(body: str, format: str, message: str) -> None:
    with pytest.raises(CaptionError, match=re.escape(message)) as caught:
        read(body, format)
    assert "\n" not in str(caught.value)


def test_another_format_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="no caption format 'scc'; there are: vtt, srt, json3, srv1"):
        read(VTT, "scc")


def test_entity_bombs_are_refused_unread() -> None:
    declared = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    bomb = f'<timedtext>{declared}<body><p t="1">&b;</p></body></timedtext>'
    with pytest.raises(CaptionError, match="document type or entity declaration"):
        read(bomb, "srv3")


def test_youtubes_rolling_file_says_each_word_once() -> None:
    assert plain(read(YOUTUBE_VTT, "vtt")) == [
        Cue(286_070, 286_470, "yeah"),
        Cue(286_470, 304_080, "what"),
        Cue(304_080, 305_069, "this will happen is"),
    ]


@pytest.mark.parametrize(
    "cue",
    [
        "00:00:01,000 --> 00:00:02,500 align:start\nx",
        "0:1.0 --> 0:2.5\nx",
        "00:01.000-->00:02.500\nx",
        "00:00:01.0004 --> 00:00:02.5009\nx",
        "NOTE not --> a comment\n\nid: a <odd> & id\n00:01.000 --> 00:02.500\nx",
        "STYLE\n::cue { color: red }\n\nREGION\nid:fred\n\nNOTE a\n\n00:01.000 --> 00:02.500 region:fred\nx",
        "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000\n\n00:01.000 --> 00:02.500\nx",
        "00:01.000 --> 00:02.500\nx\n\n00:03.000 --> 00:04.000\n\n00:05.000 --> 00:99:99\nlost",
    ],
)
def test_odd_but_clear_webvtt_cues_are_read(cue: str) -> None:
    for header in ("WEBVTT\n\n", "WEBVTT - title\n", "WEBVTT\nKind: captions\nLanguage: en\n\n"):
        assert read(header + cue, "vtt") == [Cue(1000, 2500, "x")]


def test_five_digit_hours_and_hours_past_the_tables_integers() -> None:
    assert read("WEBVTT\n\n00500:00:00.000 --> 00500:00:01.000\nx", "vtt") == [
        Cue(1_800_000_000, 1_800_001_000, "x")
    ]
    assert read("WEBVTT\n\n12345:00:00.000 --> 12345:00:01.000\nx", "vtt") == []


def test_lines_of_white_space_before_an_index_end_the_cue() -> None:
    body = "WEBVTT\n\n1\n00:01.000 --> 00:02.000\none\n \n2\n00:02.000 --> 00:03.000\ntwo\n"
    assert read(body, "vtt") == [Cue(1000, 2000, "one"), Cue(2000, 3000, "two")]


@pytest.mark.parametrize(
    "body",
    [
        "00:00:01,000 --> 00:00:02,000\none\n\n00:00:02,000 --> 00:00:03,000\ntwo\n",
        "7\n00:01,000 --> 00:02,000\none\n7\n00:02.000 --> 00:03.000 X1:40\ntwo",
        "1\n\n00:00:01,0 --> 00:00:02,0\n{\\an8}<i>one</i>\n\n2\n\n0:0:2,0 --> 0:0:3,0\ntwo\n",
    ],
)
def test_odd_but_clear_subrip_cues_are_read(body: str) -> None:
    assert read(body, "srt") == [Cue(1000, 2000, "one"), Cue(2000, 3000, "two")]


def test_subrip_text_may_hold_empty_lines_and_years() -> None:
    body = "1\n00:00:01,000 --> 00:00:02,000\nin\n\n1990\n\nthere\n\n2\n00:00:02,000 --> 00:00:03,000\ntwo"
    assert read(body, "srt") == [Cue(1000, 2000, "in 1990 there"), Cue(2000, 3000, "two")]


def events(*rows: object) -> str:
    return json.dumps({"events": rows})


def test_json3_rows_end_where_the_next_one_with_text_starts() -> None:
    body = events(
        {
            "tStartMs": 0,
            "dDurationMs": 4960,
            "wWinId": 1,
            "segs": [{"utf8": "we"}, {"utf8": " mix", "tOffsetMs": 400}],
        },
        {"tStartMs": 1990, "dDurationMs": 2970, "wWinId": 1, "aAppend": 1, "segs": [{"utf8": "\n"}]},
        {"tStartMs": 2000, "dDurationMs": 2960, "wWinId": 1, "segs": [{"utf8": "flour"}]},
    )
    assert plain(read(body, "json3")) == [Cue(0, 2000, "we mix"), Cue(2000, 4960, "flour")]


def test_json3_rows_last_past_their_last_word_whatever_the_placeholder_says() -> None:
    words = [{"utf8": "a"}, {"utf8": " long", "tOffsetMs": 2900}, {"utf8": " row", "tOffsetMs": 4000}]
    alone = {"tStartMs": 1000, "dDurationMs": 3000, "segs": words}
    assert plain(read(events(alone), "json3")) == [Cue(1000, 5500, "a long row")]
    following = {"tStartMs": 5200, "dDurationMs": 3000, "segs": [{"utf8": "next"}]}
    assert plain(read(events(alone, following), "json3"))[0] == Cue(1000, 5200, "a long row")


def test_json3_starts_with_the_first_word_and_odd_rows_are_passed_over() -> None:
    late = {"tStartMs": 1000, "dDurationMs": 3000, "segs": [{"utf8": "late", "tOffsetMs": 500}]}
    odd: list[object] = [
        None,
        {},
        {"tStartMs": "x", "segs": [{"utf8": "x"}]},
        {"tStartMs": 1, "dDurationMs": float("nan"), "segs": [{"utf8": "x"}]},
        {"tStartMs": 10**40, "dDurationMs": 1, "segs": [{"utf8": "x"}]},
        {"tStartMs": 5, "segs": "x"},
        {"tStartMs": 5, "segs": [None, {"utf8": None}, {"tOffsetMs": 4}]},
    ]
    assert plain(read(events(late, *odd), "json3")) == [Cue(1500, 4000, "late")]


def test_srv3_breaks_and_text_around_words() -> None:
    row = '<p t="9" d="900">one<br/>two <s t="300">three</s> four</p><p d="5">zero</p>'
    assert plain(read(f"<timedtext><body>{row}</body></timedtext>", "srv3")) == [
        Cue(0, 5, "zero"),
        Cue(9, 909, "one two three four"),
    ]


def test_notes_alone_are_a_track_without_words() -> None:
    assert read("WEBVTT\n\n00:01.000 --> 00:02.000\n[Music]\n", "vtt") == []


def test_written_webvtt() -> None:
    assert write_vtt(TWO) == (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\nSift the flour &amp; salt.\n\n"
        "01:02:03.004 --> 01:02:05.000\nThen rest it.\n"
    )
    assert write_vtt([]) == "WEBVTT\n"


@steady
@given(st.sampled_from(sorted(BODIES)), st.text())
def test_any_text_is_read_or_refused(format: str, text: str) -> None:
    prefixes = ("", "WEBVTT\n\n00:01.000 --> 00:02.000\n", "1\n00:00:01,000 --> 00:00:02,000\n", '{"events":')
    for body in [prefix + text for prefix in (*prefixes, "<timedtext><body><p t='1'>")] + [
        BODIES[format][: len(text) * 9] + text
    ]:
        try:
            assert read(body, format) == normalise(read(body, format))
        except CaptionError:
            continue


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["tStartMs", "dDurationMs", "segs", "utf8", "tOffsetMs"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@steady
@given(st.lists(JSON, max_size=4))
def test_any_json_is_read_or_refused(rows: list[object]) -> None:
    with contextlib.suppress(CaptionError):
        read(events(*rows), "json3")

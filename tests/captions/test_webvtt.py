"""Our WebVTT parser against the W3C specification and webvtt-py, and what we write; see docs/webvtt.md."""

import contextlib
import html
import json
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihowto.adapters.webvtt import write_vtt
from multihowto.captions.cues import Cue, Word, normalise
from multihowto.captions.formats import parse, read
from multihowto.captions.vtt import with_words

steady = settings(
    max_examples=100, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)

many = settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])

SAFE = st.text(alphabet="ab c&<>é你-:;1", min_size=1, max_size=12)


@steady
@given(
    st.lists(st.builds(lambda s, d, t: Cue(s, s + d, t), st.integers(0, 10**8), st.integers(1, 9999), SAFE))
)
def test_what_is_written_is_read_back(cues: list[Cue]) -> None:
    clean_cues = normalise(cues)
    if clean_cues:
        kept = read_texts(write_vtt(clean_cues))
        assert kept == [" ".join(cue.text.split()) for cue in clean_cues]


def read_texts(body: str) -> list[str]:
    """The payloads by the specification's parser below, entities resolved."""
    texts = [text for _, _, text in specified(body)]
    return [
        " ".join(text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").split())
        for text in texts
    ]


LINES = st.sampled_from(
    [
        *("WEBVTT", "Kind: captions", "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:900000", "id:x", "1"),
        *(
            "NOTE",
            "NOTE a --> b",
            "STYLE",
            "::cue{}",
            "REGION",
            "a --> b",
            "-->",
            "",
            " ",
            "\t",
            "hello",
            "<b>x</b>",
        ),
        *("00:01.000 --> 00:02.000", "00:00:03.000-->00:00:04.000", "00:05.000 --> 00:03.000 line:0"),
        "12345:00:01.000 --> 12345:00:02.000 align:start",
    ]
)


def raw(body: str) -> list[tuple[int, int, str]]:
    return [cue[:3] for cue in parse(body, "vtt").cues]


def theirs(body: str) -> list[tuple[int, int, str]]:
    from webvtt import WebVTT

    captions = WebVTT.from_string(body).captions
    return [
        (cue.start_time.in_milliseconds(), cue.end_time.in_milliseconds(), cue.raw_text) for cue in captions
    ]


@many
@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
def test_webvtt_is_read_as_the_specification_and_webvtt_py_say(lines: list[str], line_end: str) -> None:
    body = line_end.join(["WEBVTT", *lines])
    if not re.search(
        r"\n[ \t]+\n1\n.*-->", "\n".join(lines) + "\n"
    ):  # the one difference here, see docs/webvtt.md
        assert raw(body) == specified(body) == theirs(body)


CLOCKS = st.builds(
    "{}{:02d}:{:02d}.{:03d}".format,
    st.sampled_from(["", "00:", "7:", "100:"]),
    *[st.integers(0, 59)] * 2,
    st.integers(0, 999),
)
TEXTS = st.lists(
    st.text("ab <>&;/ é你", min_size=1, max_size=9).map(lambda text: text + "."), max_size=3
).map("\n".join)


@many
@given(st.lists(st.tuples(st.sampled_from(["", "1\n", "name\n"]), CLOCKS, CLOCKS, TEXTS), max_size=8))
def test_generated_files_are_read_as_by_webvtt_py(cues: list[tuple[str, str, str, str]]) -> None:
    body = "WEBVTT\n\n" + "\n\n".join(
        f"{name}{start} --> {end} align:start\n{text}" for name, start, end, text in cues
    )
    assert raw(body) == theirs(body)


@pytest.mark.parametrize(
    ("body", "ours"),
    [
        ("WEBVTT\n\n00:01,000 --> 00:02,000\ncommas", [(1000, 2000, "commas")]),
        ("WEBVTT\n\n00:61.000 --> 00:99.000\npast 59", [(61_000, 99_000, "past 59")]),
        ("WEBVTT\n\n00:01.000 ---> 00:02.000\narrow", [(1000, 2000, "arrow")]),
        ("\n\nWEBVTT\n\n00:01.000 --> 00:02.000\nlate header", [(1000, 2000, "late header")]),
        ("00:01.000 --> 00:02.000\nno header", [(1000, 2000, "no header")]),
        (
            "WEBVTT\n\n00:01.000 --> 00:02.000\none\n \n2\n00:03.000 --> 00:04.000\ntwo",
            [(1000, 2000, "one"), (3000, 4000, "two")],
        ),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\na\0b", [(1000, 2000, "ab")]),
    ],
)
def test_where_we_are_more_lenient_than_webvtt_py(body: str, ours: list[tuple[int, int, str]]) -> None:
    from webvtt.errors import MalformedFileError

    assert raw(body) == ours
    with contextlib.suppress(MalformedFileError):
        assert theirs(body) != ours


@many
@given(st.lists(st.tuples(CLOCKS, CLOCKS, st.text("ab c&<>;é你-", min_size=1, max_size=20)), max_size=8))
def test_parsed_written_and_parsed_again_is_the_same(cues: list[tuple[str, str, str]]) -> None:
    body = "WEBVTT\n\n" + "\n\n".join(f"{start} --> {end}\n{html.escape(text)}." for start, end, text in cues)
    once = [cue._replace(text=html.unescape(cue.text)) for cue in parse(body).cues]
    again = [cue._replace(text=html.unescape(cue.text)) for cue in parse(write_vtt(once)).cues]
    assert again == once


HOSTILE = st.lists(
    st.sampled_from(
        [
            *(
                "\ud800",
                "\ude00",
                "\0",
                "\r",
                "\u2028",
                "\x85",
                "\ufeff",
                "\n",
                "-->",
                " ",
                "&",
                "<",
                "é",
                "0",
            ),
            *("WEBVTT", "NOTE", "STYLE", "1", "00:01.000 --> 00:02.000", "<b>", "&amp;", "{\\an8}"),
        ]
    ),
    max_size=8,
).map("".join)


@many
@given(st.lists(st.tuples(st.integers(0, 2**31 - 2), st.integers(1, 10**6), HOSTILE), max_size=6))
def test_what_json3_gives_is_the_same_after_writing_and_parsing(rows: list[tuple[int, int, str]]) -> None:
    events = [
        {"tStartMs": start_ms, "dDurationMs": length_ms, "segs": [{"utf8": text}]}
        for start_ms, length_ms, text in rows
    ]
    once = [cue for cue in parse(json.dumps({"events": events})).cues if visible(cue.text)]
    written = write_vtt(once)
    again = [cue._replace(text=html.unescape(cue.text)) for cue in parse(written).cues]
    assert [(*cue[:2], visible(cue.text)) for cue in again] == [(*cue[:2], visible(cue.text)) for cue in once]
    assert written.encode()


def visible(text: str) -> list[str]:
    """The lines without those of white space, as a WebVTT cue has none."""
    return [line for raw in text.splitlines() if (line := raw.strip("\ufeff \t"))]


def test_markup_of_cues() -> None:
    body = (
        "WEBVTT\n\nSTYLE\n::cue(c) {}\n\nNOTE a\nb\n\nREGION\nid:x\n\n"
        "00:01.000 --> 00:09.000 region:x\n<v.loud Ann>Mix <ruby>flour<rt>powder</rt></ruby> &amp;<c.red> salt</c></v>"
    )
    parsed = parse(body)
    assert [cue.text for cue in read(body, "vtt")] == ["Mix flour & salt"]
    assert parsed.problems == ()


def test_stamps_are_words() -> None:
    body = "WEBVTT\n\n00:01.000 --> 00:09.000\nwe<00:02.500><c> mix</c><01:00:03,5> it<00:x>"
    [cue] = parse(body).cues
    assert with_words(cue).words == (
        Word(1000, "we"),
        Word(2500, "<c> mix</c>"),
        Word(3_603_500, " it<00:x>"),
    )


def specified(body: str) -> list[tuple[int, int, str]]:
    """The cues of a WebVTT file by the W3C specification's parsing rules (section 6.1), tags left in."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    at = 1
    while at < len(lines) and lines[at] and "-->" not in lines[at]:
        at += 1
    cues = []
    while at < len(lines):
        at, cue = specified_block(lines, at)
        cues += [cue] if cue else []
    return cues


def specified_block(lines: list[str], at: int) -> tuple[int, tuple[int, int, str] | None]:
    """Where the block after this line ends, and its cue if it is one."""
    while at < len(lines) and not lines[at]:
        at += 1
    times, payload, count, arrow = None, list[str](), 0, False
    while at < len(lines) and lines[at]:
        count += 1
        if "-->" in lines[at]:
            if count > 2 or arrow:
                break
            arrow, payload, times = True, [], specified_times(lines[at])
        else:
            payload.append(lines[at])
        at += 1
    return at, (*times, "\n".join(payload)) if times else None


def specified_times(line: str) -> tuple[int, int] | None:
    clock = r"(?:(\d{2,}):)?(\d{2}):(\d{2})\.(\d{3})"
    found = re.match(rf"[ \t\f]*{clock}[ \t\f]*-->[ \t\f]*{clock}", line)
    if not found:
        return None
    h, m, s, ms, h2, m2, s2, ms2 = (int(part or 0) for part in found.groups())
    return ((h * 60 + m) * 60 + s) * 1000 + ms, ((h2 * 60 + m2) * 60 + s2) * 1000 + ms2


def test_every_test_that_the_document_names_is_there() -> None:
    folder = Path(__file__).parent
    page = (folder.parents[1] / "docs" / "webvtt.md").read_text(encoding="utf-8")
    sources = "".join(path.read_text(encoding="utf-8") for path in folder.glob("test_*.py"))
    names = re.findall(r"`(test_\w+)` \|", page)
    assert len(names) >= 19
    assert [name for name in names if f"def {name}(" not in sources] == []

"""webvtt-py against the W3C specification: the parser that we rely on, and what we write with it."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from multihowto.captions.cues import Cue, normalise
from multihowto.captions.formats import write_vtt

steady = settings(
    max_examples=100, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)

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


@steady
@given(st.lists(LINES, max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
def test_webvtt_is_read_as_the_specification_says(lines: list[str], line_end: str) -> None:
    from webvtt import WebVTT

    body = line_end.join(["WEBVTT", *lines])
    found = [
        (cue.start_time.in_milliseconds(), cue.end_time.in_milliseconds(), cue.raw_text)
        for cue in WebVTT.from_string(body).captions
    ]
    assert found == specified(body)


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

"""Halves of characters, which no UTF-8 holds, get past no reading, whatever the switches."""

import json
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from captions.bodies import BODIES
from multihowto.captions.cleaning import Cleaning
from multihowto.captions.cues import CaptionError, Cue
from multihowto.captions.encodings import decode_caption
from multihowto.captions.formats import parse, parse_as, read, spoken
from multihowto.captions.surrogates import without_surrogates

many = settings(max_examples=200, deadline=None, database=None)

LEAVE_ALL = Cleaning(False, False, False, False, False, False, False)
HALVES = st.text(st.sampled_from("\ud800\ude00\udfff a<&\n"), max_size=9)


def all_texts(cues: Sequence[Cue]) -> list[str]:
    return [text for cue in cues for text in (cue.text, *(word.text for word in cue.words))]


def test_two_halves_are_a_character_and_one_alone_is_none() -> None:
    assert without_surrogates("a\ud83d\ude00\ud83d b\ude00é") == "a\U0001f600\ufffd b\ufffdé"
    assert without_surrogates("é\U0001f600\ufffe") == "é\U0001f600\ufffe"


@pytest.mark.parametrize("format", BODIES)
def test_a_half_in_a_body_of_any_format(format: str) -> None:
    half = "\\ud83d" if format == "json3" else "\ud83d"
    for body in (BODIES[format].replace("rest", f"rest{half}"), BODIES[format].replace("rest", "rest\ud83d")):
        parsed = parse_as(body, format)
        said = [parsed.cues[-1].text, spoken(parsed, LEAVE_ALL)[-1].text]
        assert ["rest\ufffd" in text for text in said] == [True, True]
        assert pa.array(all_texts(parsed.cues)).null_count == 0


def test_halves_in_two_segments_of_json3_are_one_character_without_a_time_of_its_own() -> None:
    segments = [{"utf8": "we"}, {"utf8": " \ud83d", "tOffsetMs": 100}, {"utf8": "\ude00", "tOffsetMs": 200}]
    body = json.dumps({"events": [{"tStartMs": 1, "dDurationMs": 900, "segs": segments}]})
    [cue] = parse(body, "json3").cues
    assert (cue.text, cue.words) == ("we \U0001f600", ())


@many
@given(st.sampled_from(sorted(BODIES)), HALVES, st.booleans())
def test_whatever_is_read_can_be_written(format: str, halves: str, inside: bool) -> None:
    said = json.dumps(halves)[1:-1] if format == "json3" else halves
    body = BODIES[format].replace("Then", said) if inside else BODIES[format] + said
    parsed = parse(body, format)
    for cues in (parsed.cues, spoken(parsed, LEAVE_ALL), spoken(parsed)):
        pa.array(all_texts(cues), pa.string())
    pa.array([one.what for one in parsed.problems], pa.string())
    try:
        read(halves + body, format)
    except CaptionError as error:
        str(error).encode()


def test_a_declared_charset_brings_no_half_and_no_slow_codec() -> None:
    assert decode_caption(b"\xff+2AA-", "utf-7") is None
    assert "\ud800" in b"+2AA-x".decode("utf-7")
    for charset in (
        "unicode_escape",
        "raw_unicode_escape",
        "idna",
        "punycode",
        "undefined",
        "hex",
        "no\0name",
    ):
        assert decode_caption(b"\\ud800\xff", charset) is None
    assert decode_caption(b"\xff-" + b"a" * 400_000, "punycode") is None

"""Every caption parser under coverage-guided fuzzing, and its work on hostile files: linear in their length."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from multihowto.captions.formats import parse

pytestmark = pytest.mark.proof

FORMATS = ("vtt", "srt", "json3", "srv1", "srv3", "ttml", "ass", "sbv")
SECONDS = 7
MOST_MB = 2560
"""libFuzzer counts the peak of the process that started it, which the tests before this may have raised to 1 GB."""
FUZZ = """
import sys
import atheris
with atheris.instrument_imports(include=["multihowto.captions"]):
    from multihowto.captions.cues import CaptionError
    from multihowto.captions.encodings import decode_file
    from multihowto.captions.formats import parse, read

FORMAT = sys.argv.pop(1)

def one(data):
    text = decode_file(data)
    if text is None:
        text = data.decode("latin-1")
    for format in (FORMAT, None):
        try:
            parsed = parse(text, format)
            assert len(parsed.problems) <= 101
            assert all(len(cue.text) <= 10_000 for cue in parsed.cues)
            read(text, parsed.format)
        except CaptionError as error:
            assert "\\n" not in str(error)

atheris.Setup(sys.argv, one)
atheris.Fuzz()
"""


@pytest.mark.parametrize("format", FORMATS)
def test_seconds_of_guided_fuzzing_find_nothing(format: str, tmp_path: Path) -> None:
    pytest.importorskip("atheris")
    from captions import speech

    seeds = tmp_path / "seeds"
    seeds.mkdir()
    write = (speech.WITH_WORDS | speech.WITHOUT)[format]
    for seed in range(5):
        (seeds / str(seed)).write_text(write(speech.speech(seed, lines=3)), encoding="utf-8")
    script = tmp_path / "fuzz.py"
    script.write_text(FUZZ, encoding="utf-8")
    options = [
        f"-max_total_time={SECONDS}",
        "-timeout=5",
        f"-rss_limit_mb={MOST_MB}",
        "-max_len=4096",
        "-seed=1",
    ]
    done = subprocess.run(
        [sys.executable, str(script), format, *options, str(seeds)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "DONE" in done.stderr


HOSTILE: dict[str, tuple[str, Callable[[int], str]]] = {
    "tags": ("vtt", lambda n: "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<c>" * n),
    "stamps": ("vtt", lambda n: "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<00:01.000>" * n),
    "entities": ("vtt", lambda n: "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "&amp;" * n),
    "arrows on a line": ("vtt", lambda n: "WEBVTT\n\n" + "-->" * n),
    "arrows on lines": ("vtt", lambda n: "WEBVTT\n\n" + "-->\n" * n),
    "cues without a gap": ("vtt", lambda n: "WEBVTT\n\n" + "00:01.000 --> 00:02.000\nx\n" * n),
    "arrows in SubRip": ("srt", lambda n: "1\n00:00:01,000 --> 00:00:02,000\n" + "\n\n-->" * n),
    "digits in SubRip": ("srt", lambda n: "1\n00:00:01,000 --> 00:00:02,000\n" + "1\n" * n),
    "blanks": ("srt", lambda n: "1\n" + "\f" * n + "\n" + " " * n),
    "no line in SubRip": ("srt", lambda n: "1\n00:00:01,000 --> 00:00:02,000\n" + "x" * n),
    "blanks in SBV": ("sbv", lambda n: "0:00:01.000,0:00:02.000\n" + (" " * 50 + "\n") * n),
    "braces": ("ass", lambda n: "[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,," + "{\\k1" * n),
    "commas": ("ass", lambda n: "[Events]\n" + "Dialogue: ,,,,,,,,,\n" * n),
    "open events": ("json3", lambda n: '{"events": [' + '{"tStartMs": [' * n),
    "open strings": ("json3", lambda n: '{"events": [' + '{"tStartMs": "' * n),
    "open tags": ("srv3", lambda n: "<timedtext><body>" + "<p t='" * n),
    "nested words": ("srv3", lambda n: "<timedtext><body><p t='1'>" + "<s>" * n),
    "open comments": ("ttml", lambda n: "<tt>" + "<!--" * n),
    "attributes": ("ttml", lambda n: "<tt " + "a='1' " * n),
    "brackets": ("ttml", lambda n: "<tt>" + "<" * n),
}


def steps(body: str, format: str) -> int:
    """How many lines of our own code a parser goes through, so that no clock is needed."""
    count = 0

    def trace(frame: object, event: str, argument: object) -> object:
        nonlocal count
        count += event == "line"
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        parse(body, format)
    finally:
        sys.settrace(None)
    return count


@pytest.mark.parametrize("name", HOSTILE)
def test_four_times_the_file_is_four_times_the_work(name: str) -> None:
    format, write = HOSTILE[name]
    small, large = steps(write(2000), format), steps(write(8000), format)
    assert large <= 4.5 * small + 100


@pytest.mark.parametrize("name", HOSTILE)
def test_four_times_the_file_takes_at_most_ten_times_as_long(name: str) -> None:
    """What single calls of `re` and `str` do shows in time alone; one that is quadratic takes sixteen times as long."""
    from time import process_time

    format, write = HOSTILE[name]

    def least(n: int) -> float:
        body, taken = write(n), []
        for _ in range(3):
            started = process_time()
            parse(body, format)
            taken.append(process_time() - started)
        return min(taken)

    assert least(200_000) <= 10 * least(50_000) + 0.02

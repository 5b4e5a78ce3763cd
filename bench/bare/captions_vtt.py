"""webvtt-py alone: cues with times and text."""

from collections.abc import Callable
from pathlib import Path

from webvtt import WebVTT


def prepare(folder: Path) -> Callable[[], None]:
    """Reads the body."""
    body = (folder / "body").read_text(encoding="utf-8")

    def work() -> None:
        for cue in WebVTT.from_string(body).captions:
            assert cue.start_time.in_milliseconds() <= cue.end_time.in_milliseconds(), cue.raw_text

    return work

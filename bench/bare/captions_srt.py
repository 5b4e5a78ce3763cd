"""Package srt alone: cues with times and text."""

from collections.abc import Callable
from pathlib import Path

import srt


def prepare(folder: Path) -> Callable[[], None]:
    """Reads the body."""
    body = (folder / "body").read_text(encoding="utf-8")

    def work() -> None:
        assert list(srt.parse(body))

    return work

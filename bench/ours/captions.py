"""Our parser on one caption body: cues with times and text, and json3's words."""

from collections.abc import Callable
from pathlib import Path

from multihowto.captions.formats import parse


def prepare(folder: Path) -> Callable[[], None]:
    """Reads the body."""
    body = (folder / "body").read_text(encoding="utf-8")
    format = (folder / "format").read_text(encoding="utf-8")

    def work() -> None:
        assert parse(body, format).cues

    return work

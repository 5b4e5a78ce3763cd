"""The json module alone, on a file of json3."""

import json
from collections.abc import Callable
from pathlib import Path


def prepare(folder: Path) -> Callable[[], None]:
    """Reads the body."""
    body = (folder / "body").read_text(encoding="utf-8")

    def work() -> None:
        assert json.loads(body)["events"]

    return work

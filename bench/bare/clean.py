"""One white space between words and NFC, nothing else."""

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path


def prepare(folder: Path) -> Callable[[], None]:
    """Reads the texts."""
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))

    def work() -> None:
        for text in texts:
            unicodedata.normalize("NFC", " ".join(text.split()))

    return work

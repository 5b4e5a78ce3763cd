"""Cleaning of many captions, everything switched on and counted."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from multihowto.captions.cleaning import ALL, clean


def prepare(folder: Path) -> Callable[[], None]:
    """Reads the texts."""
    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))

    def work() -> None:
        removed: Counter[str] = Counter()
        for text in texts:
            clean(text, ALL, removed)
        assert len(removed) == 7

    return work

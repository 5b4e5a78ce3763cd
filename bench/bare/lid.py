"""fastText alone: its calls on texts that are prepared already."""

import json
from collections.abc import Callable
from pathlib import Path

import fasttext


def prepare(folder: Path) -> Callable[[], None]:
    """Loads the model and the texts."""
    task = json.loads((folder / "lid.json").read_text(encoding="utf-8"))
    model = fasttext.load_model(task["model"])

    def work() -> None:
        for texts in task["texts"]:
            model.predict(texts, k=-1, threshold=0.0)

    return work

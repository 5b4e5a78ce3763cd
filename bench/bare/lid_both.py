"""fastText and lingua alone: their calls on texts that are prepared already."""

import json
from collections.abc import Callable
from pathlib import Path

import fasttext
from lingua import IsoCode639_1, LanguageDetectorBuilder


def prepare(folder: Path) -> Callable[[], None]:
    """Loads both models and the texts."""
    task = json.loads((folder / "lid.json").read_text(encoding="utf-8"))
    model = fasttext.load_model(task["model"])
    codes = [getattr(IsoCode639_1, language.upper()) for language in task["languages"]]
    lingua = LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_preloaded_language_models().build()

    def work() -> None:
        for texts in task["texts"]:
            model.predict(texts, k=-1, threshold=0.0)
            for text in texts:
                lingua.compute_language_confidence_values(text)

    return work

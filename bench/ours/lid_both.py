"""Captions identified in their tracks by fastText and lingua together."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.feather

from multihowto.adapters import fasttext, lingua
from multihowto.adapters.language_id import Together
from multihowto.adapters.language_tracks import identify


def prepare(folder: Path) -> Callable[[], None]:
    """Loads both models and the captions."""
    task = json.loads((folder / "lid.json").read_text(encoding="utf-8"))
    model, languages = Path(task["model"]), tuple(task["languages"])
    both = Together((fasttext.load(model.parent, model.name, languages), lingua.load(languages)))
    both.detect(task["warm"])  # lingua loads a language's models when they are first needed
    captions = pyarrow.feather.read_table(folder / "captions.arrow")
    texts = captions["text"].to_pylist()
    tracks = list(zip(captions["video_id"].to_pylist(), captions["language"].to_pylist(), strict=True))

    def work() -> None:
        identify(both, texts, tracks)

    return work

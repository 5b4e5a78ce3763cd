"""Writes the recipes of the grid into recipes/, flat: they differ in nothing but what the grid is about.

Usage, after a setting is changed here: python -m bench.experiment.recipes
"""

from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "recipes"
STARTS: Final = ("none", "mp", "mmp")
FINE_TUNINGS: Final = ("zero_shot", "translate_train")
CELLS: Final = tuple(f"{start}_{tuning}" for tuning in FINE_TUNINGS for start in STARTS)
PRE_TRAININGS: Final = ("mp", "mmp")

_MODEL: Final = """\
features: features_efficientnet_lite0
text:
  encoder: multilingual-e5-small
  prefix: "query: "
  layer: 12
  freeze_below: 13
model:
  layers: 1
  heads: 4
  width: 256
  feed_forward: 512
  dropout: 0.3
  readout: mean
  max_video_s: 32
losses:
  temperature: 0.1
  denominator: two_way
  masked_share: 0.05
  intra: 1.0
  cross: 1.0
  same_text: exclude
"""
_PRE_TRAINING: Final = """\
phases:
  - name: pre-training
    languages: {languages}
    epochs: 8
    batch_size: 64
    learning_rate: 2.0e-3
    schedule: cosine
    max_tokens: 64
seeds: [1, 2, 3]
"""
_FINE_TUNING: Final = """\
phases:
  - name: fine-tuning
    languages: {languages}
    captions: {captions}
    epochs: {epochs}
    batch_size: 64
    learning_rate: 1.0e-3
    schedule: cosine
    max_tokens: 64
seeds: [1, 2, 3]
"""
_ALONE: Final = {"languages": "[en]", "captions": 1, "epochs": 8}
_TRANSLATED: Final = {"languages": "all", "captions": 2, "epochs": 10}
_SAID: Final = {
    "mp": "Pre-trained on the English captions of the pre-training concepts.",
    "mmp": "Pre-trained on captions in all nine languages, one drawn for each clip and epoch.",
    "zero_shot": "fine-tuned on English captions alone; the epoch is chosen by English validation.",
    "translate_train": "fine-tuned on captions in all nine languages, two of a clip in a step with the cross loss.",
}


def text_of(name: str) -> str:
    """The recipe of a pre-training or a cell, as YAML."""
    if name in PRE_TRAININGS:
        languages = "[en]" if name == "mp" else "all"
        return f"# {_SAID[name]}\n{_MODEL}{_PRE_TRAINING.format(languages=languages)}"
    start, _, tuning = name.partition("_")
    begins = "Starts at random" if start == "none" else f"Starts from the run {start} of the same seed"
    chained = "" if start == "none" else f"start: {{recipe: {start}, root: build/experiment/pretrain}}\n"
    phase = _FINE_TUNING.format_map(_ALONE if tuning == "zero_shot" else _TRANSLATED)
    return f"# {begins}; {_SAID[tuning]}\n{chained}{_MODEL}{phase}"


def file_of(name: str) -> Path:
    """Where a recipe is."""
    return FOLDER / f"{name}.yaml"


def write_all() -> None:
    """Writes every recipe."""
    for name in (*PRE_TRAININGS, *CELLS):
        file_of(name).write_text(text_of(name), encoding="utf-8")


if __name__ == "__main__":
    write_all()

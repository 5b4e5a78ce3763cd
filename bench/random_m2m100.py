"""Writes a random M2M100 of 44 million parameters for transformers (`hf`) and for CTranslate2 (`ct2`).

Usage: PYTHONPATH=demo python bench/random_m2m100.py FOLDER
"""

import shutil
import sys
from pathlib import Path

import torch

from demo_m2m100 import PIECES_FILE, convert, new_model, write_model
from demo_translator import TRANSLATOR

SEED = 44


def main(folder: Path) -> None:
    """The same weights twice, with the demo's sentencepiece model."""
    torch.manual_seed(SEED)
    (folder / "hf").mkdir(exist_ok=True)
    shutil.copyfile(TRANSLATOR / PIECES_FILE, folder / "hf" / PIECES_FILE)
    model = new_model(
        5000, width=512, encoder_layers=6, decoder_layers=6, heads=8, feed_forward=2048, init_std=0.02
    )
    write_model(model, folder / "hf")
    convert(folder / "hf", folder / "ct2")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

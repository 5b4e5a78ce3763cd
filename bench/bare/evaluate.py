"""torch alone: all scores of captions and clips, in chunks, once."""

import json
from collections.abc import Callable
from pathlib import Path

import torch


def prepare(folder: Path) -> Callable[[], None]:
    """Makes vectors."""
    items = json.loads((folder / "evaluate.json").read_text(encoding="utf-8"))["items"]
    torch.manual_seed(0)
    texts, videos = torch.randn(items, 1024), torch.randn(items, 1024)

    def work() -> None:
        space = torch.empty(512 * 8192)
        for row in range(0, items, 512):
            for column in range(0, items, 8192):
                left, right = texts[row : row + 512], videos[column : column + 8192]
                torch.mm(left, right.T, out=space[: len(left) * len(right)].view(len(left), len(right)))

    return work

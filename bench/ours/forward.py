"""The network alone, on pictures that are in memory."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from multihowto.networks.efficientnet_lite import Extractor
from multihowto.stages.extract_features import ExtractFeatures


def prepare(folder: Path) -> Callable[[], None]:
    """Loads the network, and makes as many pictures as the videos have."""
    task, stage = json.loads((folder / "features.json").read_text(encoding="utf-8")), ExtractFeatures()
    extractor = Extractor(Path(task["weights"]), "cpu", stage.threads)
    shape = (stage.batch_size, task["side"], task["side"], 3)
    batch = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    batches = task["bytes"] // batch.nbytes * len(task["videos"])

    def work() -> None:
        for _ in range(batches):
            extractor.features(batch)

    return work

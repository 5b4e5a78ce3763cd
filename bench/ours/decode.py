"""The pictures of each video as stage extract_features gets them, thrown away."""

import json
from collections.abc import Callable
from pathlib import Path

from multihowto.adapters.ffmpeg import Sampling, frames
from multihowto.stages.extract_features import ExtractFeatures


def prepare(folder: Path) -> Callable[[], None]:
    """Reads which videos, and imports what probing needs."""
    import av  # noqa: F401 - once a worker, so not measured

    task = json.loads((folder / "features.json").read_text(encoding="utf-8"))
    stage = ExtractFeatures()
    sampling = Sampling(stage.rate_hz, task["side"], task["crop"], stage.batch_size)

    def work() -> None:
        for path in task["videos"]:
            size = sum(batch.nbytes for batch in frames(Path(path), sampling, stage.deadline_s))
            assert size == task["bytes"]

    return work

"""Stage extract_features through the runner: Parquet and media in, Parquet out."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa

from multihowto import tables
from multihowto.stages.extract_features import ExtractFeatures
from multihowto.storage import Store
from ours.parts import make, task, write


def prepare(folder: Path) -> Callable[[], None]:
    """Puts the videos into a store, and imports PyTorch by opening the stage once."""
    orders = json.loads((folder / "features.json").read_text(encoding="utf-8"))
    store, stage = Store(tempfile.mkdtemp(dir=folder)), ExtractFeatures(device="cpu")
    rows = []
    for number, path in enumerate(orders["videos"]):
        video = f"video-{number}"
        shutil.copy(path, folder / video)
        store.files.put(f"kept/00000/{video}/media.mp4", folder / video)
        rows.append(_row(video, f"kept/00000/{video}/media.mp4"))
    write(store, tables.VIDEOS, pa.Table.from_pylist(rows, schema=tables.VIDEOS.schema))
    extract = task("extract_features", stage, store, {stage.model: Path(orders["weights"]).parent})
    stage.close(stage.open(extract.world))
    return lambda: make(extract)


def _row(video: str, media_path: str) -> dict[str, object]:
    texts = {name: "" for name in ("url", "site", "title", "tool")}
    return {
        **texts,
        "video_id": video,
        "media_path": media_path,
        "duration_ms": 0,
        "tracks": [],
        "missing": [],
    }

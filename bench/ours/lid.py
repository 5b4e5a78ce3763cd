"""Stage identify_language through the runner: Parquet in, Parquet out."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow.feather

from multihowto import tables
from multihowto.stages.identify_language import IdentifyLanguage
from multihowto.storage import Store
from ours.parts import make, task, write


def prepare(folder: Path) -> Callable[[], None]:
    """Writes the shard of captions, and loads fastText."""
    model = Path(json.loads((folder / "lid.json").read_text(encoding="utf-8"))["model"])
    store, stage = Store(tempfile.mkdtemp(dir=folder)), IdentifyLanguage()
    write(store, tables.CAPTIONS, pyarrow.feather.read_table(folder / "captions.arrow").combine_chunks())
    identify = task("identify_language", stage, store, {stage.model: model.parent})
    stage.open(identify.world)
    return lambda: make(identify)

"""Stage translate_captions through the runner: Parquet in, Parquet out."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from pyarrow import feather

from multihowto import tables
from multihowto.stages.translate_captions import TranslateCaptions
from multihowto.storage import Store
from ours.parts import make, task, write


def prepare(folder: Path) -> Callable[[], None]:
    """Writes the shards of clips and captions, and loads CTranslate2."""
    model = Path(json.loads((folder / "translate.json").read_text(encoding="utf-8"))["model"])
    store, stage = Store(tempfile.mkdtemp(dir=folder)), TranslateCaptions()
    captions = feather.read_table(folder / "translate.arrow").combine_chunks()
    write(store, tables.CAPTIONS, captions)
    write(store, tables.CLIPS, _clips(captions))
    translate = task("translate_captions", stage, store, {stage.model: model})
    stage.open(translate.world)
    return lambda: make(translate)


def _clips(captions: pa.Table) -> pa.Table:
    """The clips of the captions; their times do not matter here."""
    zero = pa.array([0] * captions.num_rows, pa.int32())
    times = [zero] * (len(tables.CLIPS.schema) - 2)
    return pa.table([captions["clip_id"], captions["video_id"], *times], names=tables.CLIPS.schema.names)

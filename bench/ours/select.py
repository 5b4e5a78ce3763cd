"""Stage select_clips through the runner, every rule with its table: Parquet in, Parquet out."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.feather

from multihowto import tables
from multihowto.stages.select_clips import SelectClips
from multihowto.storage import Store, shard_name
from ours.parts import make, task, write


def prepare(folder: Path) -> Callable[[], None]:
    """Writes the shards that the stage reads; the work is the stage on them, on one core."""
    pa.set_cpu_count(1)
    store = Store(tempfile.mkdtemp(dir=folder))
    names = json.loads((folder / "select.json").read_text(encoding="utf-8"))
    store.create("bench", 1, names)
    for name in names:
        rows = pyarrow.feather.read_table(folder / f"{name}.arrow").combine_chunks()
        write(store, tables.TABLES[name], rows)
    select = task("select_clips", SelectClips(), store)

    def work() -> None:
        make(select)
        store.files.remove(shard_name("tables", tables.SELECTION.name, 0))

    return work

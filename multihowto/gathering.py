"""Gather: a sketch of each shard becomes one score table, sharded again."""

import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from multihowto import checksums, digests
from multihowto.contract import Inputs, check, check_schema, close, contents, inputs_of
from multihowto.errors import RetryableError, world_errors
from multihowto.manifests import shard_of
from multihowto.runner import Report, Task, unchanged
from multihowto.stage import Gather, Output
from multihowto.tables import Table


def run_gather(task: Task, total: int) -> dict[int, Report]:
    """Scores all videos together, if any shard of its inputs has changed; writes the shards whose rows have.

    One shard of the inputs is in memory at a time; the sketches of all are in files. store.json notes which inputs
    all shards are of. RetryableError if a shard of an input is missing, or the disk is full.
    """
    stage = task.stage
    assert isinstance(stage, Gather)
    note, inputs = f"gathered {task.name}", _mark(task, total)
    stamps = [task.store.whole_stamp(stage.writes.name, shard) for shard in range(total)]
    there = [stamp for stamp in stamps if stamp is not None]
    if len(there) == total and (task.store.settings() or {}).get(note) == inputs:
        return {shard: unchanged(stamp) for shard, stamp in enumerate(there)}
    parts = _by_shard(_score(task, stage, total), stage.writes, total)
    # Whatever kills this build: shards of two different inputs are never taken for whole.
    task.store.note(note, None)
    reports = {shard: _write(task, shard, rows) for shard, rows in enumerate(parts)}
    task.store.note(note, inputs)
    return reports


def _mark(task: Task, total: int) -> str:
    """What store.json notes once all shards are of these inputs; RetryableError if one is missing."""
    return checksums.of_values(task.how, [_input_contents(task, shard) for shard in range(total)])


def _input_contents(task: Task, shard: int) -> list[str]:
    views = inputs_of(task.stage, task.store)
    stamps = [task.store.stamp(view.table.name, shard) for view in views]
    missing = [view.table.name for view, stamp in zip(views, stamps, strict=True) if stamp is None]
    if missing:
        raise RetryableError(
            f"{task.name} needs all shards, and shard {shard} of {missing[0]} is not made yet"
        )
    return [stamp.content for stamp in stamps if stamp is not None]


def _score(task: Task, stage: Gather, total: int) -> pa.Table:
    """The rows of all videos, of the table's schema."""
    tools = stage.open(task.world)
    try:
        with tempfile.TemporaryDirectory(dir=task.store.files.scratch()) as folder:
            names = [Path(folder) / f"{shard:05d}.arrow" for shard in range(total)]
            # Files that are mapped stay readable when their names are gone.
            sketches = pa.concat_tables(
                [_in_file(stage.sketch(_rows(task, shard), tools), names[shard]) for shard in range(total)]
            )
        rows = stage.score(sketches, tools)
    finally:
        stage.close(tools)
    check_schema(task.name, stage.writes, rows)
    return rows


def _in_file(sketch: pa.Table, path: Path) -> pa.Table:
    """A sketch as one chunk a column, mapped from a file: the system reads what is looked at, and forgets it again."""
    sketch = sketch.combine_chunks()
    with world_errors(f"writing {path}"), pa.ipc.new_file(path, sketch.schema) as writer:
        writer.write_table(sketch)
    return pa.ipc.open_file(pa.memory_map(str(path))).read_all()


def _rows(task: Task, shard: int) -> dict[str, pa.Table]:
    """A shard of each table that the stage reads."""
    views = inputs_of(task.stage, task.store)
    return {view.table.name: task.store.read_shard(view, shard) for view in views}


def _by_shard(rows: pa.Table, table: Table, total: int) -> Iterator[pa.Table]:
    """The rows of each shard, sorted; of rows that come shard after shard only one shard's are copied at a time."""
    places = _places(rows["video_id"], total)
    if (places[1:] < places[:-1]).any():
        order = np.argsort(places, kind="stable")
        rows, places = rows.take(order), places[order]
    edges = np.searchsorted(places, range(total + 1)).tolist()
    order_by = [("video_id", "ascending"), (table.key, "ascending")]
    for begin, end in pairwise(edges):
        yield rows.slice(begin, end - begin).sort_by(order_by).combine_chunks()


def _places(videos: pa.ChunkedArray, total: int) -> npt.NDArray[np.int32]:
    """The shard of each row's video."""
    chunks = videos.dictionary_encode().unify_dictionaries().chunks
    names = chunks[0].dictionary.to_pylist() if chunks else []
    shards = np.array([shard_of(video, total) for video in names], np.int32)
    return np.concatenate([shards[:0], *(shards[chunk.indices.to_numpy()] for chunk in chunks)])


def _write(task: Task, shard: int, rows: pa.Table) -> Report:
    """Checks the rows of a shard against its keys, and writes them if they or what they are of have changed."""
    started, table = time.monotonic(), task.stage.writes
    # Keys alone: the texts were read for the sketch.
    inputs = Inputs.read([view.table.only() for view in inputs_of(task.stage, task.store)], task.store, shard)
    made = Output(rows)
    check(task.name, task.stage, inputs, list(inputs.hashes), made)
    accounts = inputs.accounts(list(inputs.hashes), made)
    content = digests.of_slices(rows, [rows.num_rows])[0].hex()
    recipe = checksums.of_values(
        task.how, content, {video: has.hex() for video, has in inputs.hashes.items()}
    )
    old = task.store.whole_stamp(table.name, shard)
    if old is not None and old.recipe == recipe:
        return unchanged(old)
    stamp, full = close(recipe, task.how, rows, accounts)
    before = {} if old is None else contents(task.store, table.name, shard)
    after = dict(zip(full["video_id"].to_pylist(), full["content_hash"].to_pylist(), strict=True))
    task.store.write_shard(table, shard, rows, full, stamp)
    copied = sum(before.get(video) == content for video, content in after.items())
    return Report(
        "made",
        videos=stamp.videos,
        ran=len(accounts) - copied,
        copied=copied,
        removed=len(before.keys() - after.keys()),
        rows=stamp.rows,
        seconds=time.monotonic() - started,
    )

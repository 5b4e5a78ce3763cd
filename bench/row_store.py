"""Rows store.write_ratio and store.read_ratio: what a store costs beyond pyarrow's own files, in CPU-seconds."""

from pathlib import Path

import pyarrow.feather

import material
from harness import Bench, Row, row, run_timed

TARGET = 1.25
VIDEOS = 290
"""As many as a shard of HowTo100M in 4,096; with 100 clips in nine languages each: 261,000 rows."""
REPEATS = 9
"""In each fresh process, after one for warming up: reading takes but a twentieth of a second."""


def write_ratio(bench: Bench) -> Row:
    """Hashes, accounts, stamp and both files, against one Parquet file of the same rows and compression."""
    _write_material(bench.folder)
    return _compare(bench, "store.write_ratio", "store_write")


def read_ratio(bench: Bench) -> Row:
    """All columns of a shard, against the same file without a store."""
    _write_material(bench.folder)
    for module in ("ours.store_write", "bare.store_write"):
        run_timed(module, bench.folder)
    return _compare(bench, "store.read_ratio", "store_read")


def _compare(bench: Bench, name: str, module: str) -> Row:
    works = {
        "ours": lambda: run_timed(f"ours.{module}", bench.folder, REPEATS),
        "bare": lambda: run_timed(f"bare.{module}", bench.folder, REPEATS),
    }
    return row(name, bench.take_turns(name, works), TARGET, "cpu_s")


def _write_material(folder: Path) -> None:
    """The rows, once."""
    path = folder / "rows.arrow"
    if not path.is_file():
        pyarrow.feather.write_feather(material.captions(VIDEOS), path, compression="uncompressed")


ROWS = {"store.write_ratio": write_ratio, "store.read_ratio": read_ratio}

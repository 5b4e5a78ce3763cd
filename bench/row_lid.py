"""Rows lid.ratio and lid.both_ratio: what identification costs beyond fastText's, and lingua's, own calls."""

import json
from pathlib import Path

import pyarrow.feather

import material
from harness import Bench, Row, row, run_timed
from multihowto.adapters import fasttext, models
from multihowto.stages.identify_language import IdentifyLanguage

TARGET = 1.3
VIDEOS = 67
"""With 100 clips in nine languages each: 60,300 captions."""
FEW_VIDEOS = 20
"""lingua takes four times as long."""


def ratio(bench: Bench) -> Row:
    """CPU-seconds of the stage on one shard, Parquet to Parquet, against those of the bare calls."""
    _write_material(bench.folder)
    works = {
        "ours": lambda: run_timed("ours.lid", bench.folder),
        "bare": lambda: run_timed("bare.lid", bench.folder),
    }
    return row("lid.ratio", bench.take_turns("lid.ratio", works), TARGET, "cpu_s")


def both_ratio(bench: Bench) -> Row:
    """CPU-seconds of fastText and lingua together, captions in their tracks, against those of the bare calls."""
    _write_material(bench.folder, FEW_VIDEOS)
    works = {
        "ours": lambda: run_timed("ours.lid_both", bench.folder),
        "bare": lambda: run_timed("bare.lid_both", bench.folder),
    }
    return row("lid.both_ratio", bench.take_turns("lid.both_ratio", works), TARGET, "cpu_s")


def _write_material(folder: Path, videos: int = VIDEOS) -> None:
    """The captions for us; for the reference the texts as the stage prepares them, alone and by track."""
    name = IdentifyLanguage().model
    rows = material.captions(videos)
    pyarrow.feather.write_feather(rows, folder / "captions.arrow", compression="uncompressed")
    tracks: dict[tuple[str, str], list[str]] = {}
    for one in rows.select(["video_id", "language", "text"]).to_pylist():
        tracks.setdefault((one["video_id"], one["language"]), []).append(one["text"])
    alone = [fasttext.prepare(text) for text in rows["text"].to_pylist()]
    joined = [fasttext.prepare(" ".join(texts)) for texts in tracks.values()]
    task = {
        "model": str(models.fetch(name) / name),
        "texts": [alone, joined],
        "languages": material.languages(),
        "warm": alone[:90],
    }
    (folder / "lid.json").write_text(json.dumps(task, ensure_ascii=False), encoding="utf-8")


ROWS = {"lid.ratio": ratio, "lid.both_ratio": both_ratio}

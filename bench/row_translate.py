"""Rows translate.ratio and translate.vs_transformers: what stage translate_captions costs beyond CTranslate2's
own call, and what that engine saves."""

import csv
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import feather

import material
from harness import HERE, REPOSITORY, Bench, Row, median, row, run_timed
from multihowto import tables
from multihowto.adapters import models
from multihowto.stages.translate_captions import TranslateCaptions

RATIO_TARGET = 1 / 0.9
"""Nine tenths of the bare engine's target tokens a second."""
TRANSFORMERS_TARGET = 1 / 4
"""Four times the target tokens a second of transformers in float32."""
VIDEOS = 8
"""With 100 clips each, English alone: 6,400 translations."""
TOKENS = 24
"""Target tokens of each sentence, forced, since a model of random weights never ends of itself."""
SENTENCES = 192
REPEATS = 2
"""After one for warming up, on both sides."""


def ratio(bench: Bench) -> Row:
    """Seconds of the stage on one shard, Parquet to Parquet, against the best bare call on the same sentences."""
    _write_material(bench.folder)
    works = {
        "ours": lambda: run_timed("ours.translate", bench.folder),
        "bare": lambda: run_timed("bare.translate", bench.folder),
    }
    return row("translate.ratio", bench.take_turns("translate.ratio", works), RATIO_TARGET, "wall_s")


def vs_transformers(bench: Bench) -> Row:
    """Share of transformers' time that the engine takes, as we open it, for a model of 44 million parameters."""
    _write_random_model(bench.folder)
    works = {
        "ours": lambda: run_timed("ours.translate_random", bench.folder, REPEATS),
        "bare": lambda: run_timed("bare.translate_random", bench.folder, REPEATS),
    }
    took = bench.take_turns("translate.vs_transformers", works)
    ours, bare = median(took["ours"], "wall_s"), median(took["bare"], "wall_s")
    return Row(
        name="translate.vs_transformers",
        value=ours / bare,
        unit="of its time",
        reference=1.0,
        target=TRANSFORMERS_TARGET,
        cpu_s=median(took["ours"], "cpu_s"),
        reference_cpu_s=median(took["bare"], "cpu_s"),
    )


def _write_material(folder: Path) -> None:
    """English captions of the demo, whose translations come to an end, each once a video; and their clips."""
    draw, texts = random.Random(material.SEED), english()
    rows = material.captions(VIDEOS)
    rows = rows.filter(pc.equal(rows["language"], "en")).drop_columns(["text"])
    said = [text for _ in range(VIDEOS) for text in draw.sample(texts, material.CLIPS)]
    rows = rows.append_column("text", pa.array(said)).select(tables.CAPTIONS.schema.names)
    feather.write_feather(rows, folder / "translate.arrow", compression="uncompressed")
    targets = [language for language in material.languages() if language != "en"]
    task = {"model": str(models.fetch(TranslateCaptions().model)), "texts": said, "targets": targets}
    (folder / "translate.json").write_text(json.dumps(task, ensure_ascii=False), encoding="utf-8")


def _write_random_model(folder: Path) -> None:
    """A model of random weights, for both libraries, in a process of its own that has the demo's modules."""
    task = {"texts": sorted(english()[:SENTENCES], key=len), "tokens": TOKENS}
    (folder / "random.json").write_text(json.dumps(task, ensure_ascii=False), encoding="utf-8")
    command = [sys.executable, str(HERE / "random_m2m100.py"), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "demo")}
    subprocess.run(command, check=True, capture_output=True, env=environment)


def english() -> list[str]:
    """The demo's captions."""
    with (REPOSITORY / "demo" / "captions.csv").open(encoding="utf-8", newline="") as file:
        return [row["en"] for row in csv.DictReader(file)]


ROWS = {"translate.ratio": ratio, "translate.vs_transformers": vs_transformers}

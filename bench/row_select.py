"""Row select.captions_s: every rule of the selection, on so many captions a second of one core."""

import json
import random
from typing import Any

import pyarrow as pa
import pyarrow.feather

import material
from harness import Bench, Row, row, run_timed
from multihowto import tables

CAPTIONS_A_SECOND = 500_000
VIDEOS = 223
"""With 100 clips in nine languages each: 200,700 captions."""
REPEATS = 3
"""In each fresh process, after one for warming up."""
NAME = "select.captions_s"


def captions_s(bench: Bench) -> Row:
    """CPU-seconds of the stage on one shard, Parquet to Parquet with hashes and accounts, for all captions."""
    made = shard(VIDEOS)
    for name, rows in made.items():
        pyarrow.feather.write_feather(rows, bench.folder / f"{name}.arrow", compression="uncompressed")
    (bench.folder / "select.json").write_text(json.dumps(list(made)), encoding="utf-8")
    works = {
        name: (lambda name=name: run_timed(f"{name}.select", bench.folder, REPEATS))
        for name in ("ours", "bare")
    }
    target_s = made["captions"].num_rows / CAPTIONS_A_SECOND
    return row(NAME, bench.take_turns(NAME, works), target_s, "cpu_s")


def shard(videos: int) -> dict[str, pa.Table]:
    """All tables that the selection reads, of so many videos, by name; most captions pass."""
    captions = material.captions(videos)
    clips = sorted(set(captions["clip_id"].to_pylist()))
    ids = sorted({clip.split(":")[0] for clip in clips})
    by_caption = captions.select(["caption_id", "video_id", "language"]).to_pylist()
    draw = random.Random(material.SEED)
    rows = {
        tables.CLIPS: [_clip(clip) for clip in clips],
        tables.LANGUAGES: [_language(draw, one) for one in by_caption],
        tables.VIDEOS: [_video(video) for video in ids],
        tables.SOURCES: [dict.fromkeys(tables.SOURCES.schema.names) | {"video_id": v, "url": v} for v in ids],
        tables.REUPLOADS: [{"video_id": v, "original_id": v, "copies": 1, "score": 0.0} for v in ids],
        tables.DUPLICATES: [_duplicate(draw, one) for one in by_caption],
        tables.OVERLAPS: [_overlap(draw, one) for one in by_caption],
    }
    made = {table.name: pa.Table.from_pylist(its, schema=table.schema) for table, its in rows.items()}
    return {"captions": captions} | {
        name: its.replace_schema_metadata(None).combine_chunks() for name, its in made.items()
    }


def _clip(clip_id: str) -> dict[str, Any]:
    video_id, span = clip_id.split(":")
    start, end = map(int, span.split("-"))
    nothing: dict[str, Any] = {name: 0 for name in tables.CLIPS.schema.names} | {"nearest": []}
    return nothing | {"clip_id": clip_id, "video_id": video_id, "start_ms": start, "end_ms": end}


def _language(draw: random.Random, one: dict[str, Any]) -> dict[str, Any]:
    ids = {"caption_id": one["caption_id"], "video_id": one["video_id"], "expected": one["language"]}
    score = draw.uniform(0.3, 1)
    return ids | {
        "detected": one["language"],
        "score": score,
        "track_detected": one["language"],
        "track_score": score,
    }


def _video(video_id: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        field.name: None
        if field.nullable
        else []
        if pa.types.is_list(field.type)
        else 0
        if pa.types.is_integer(field.type)
        else ""
        for field in tables.VIDEOS.schema
    }
    return nothing | {"video_id": video_id, "license": "CC BY"}


def _duplicate(draw: random.Random, one: dict[str, Any]) -> dict[str, Any]:
    ids = {"caption_id": one["caption_id"], "video_id": one["video_id"], "near_id": one["caption_id"]}
    return ids | {"in_video": 1, "in_videos": draw.randint(1, 22), "near_videos": draw.randint(1, 52)}


def _overlap(draw: random.Random, one: dict[str, Any]) -> dict[str, Any]:
    sets = [{"name": "set", "by": "text", "share": draw.random()}] if draw.random() < 0.01 else []
    return {"caption_id": one["caption_id"], "video_id": one["video_id"], "sets": sets}


ROWS = {NAME: captions_s}

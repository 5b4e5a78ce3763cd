"""Captions by the hundred thousand, made of the demo's words: realistic in length, script and variety."""

import csv
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import pyarrow as pa

from harness import REPOSITORY
from multihowto import tables
from multihowto.manifests import read_languages, shipped

SEED = 20251101
CLIPS = 100
"""Clips of a video; HowTo100M has 110 on average."""
METHODS = ("shared_timeline", "largest_overlap")


def languages() -> tuple[str, ...]:
    """The nine languages."""
    return read_languages(shipped("manifests") / "languages.csv")


@cache
def phrases() -> dict[str, list[str]]:
    """All names and keywords of the demo, by language."""
    with (REPOSITORY / "demo" / "captions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        language: [part.strip() for row in rows for part in row[language].replace(":", ",").split(",")]
        for language in languages()
    }


def video_ids(videos: int) -> list[str]:
    """Ids that look like YouTube's, sorted."""
    draw = random.Random(SEED)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return sorted("".join(draw.choices(letters, k=11)) for _ in range(videos))


def captions(videos: int, clips: int = CLIPS) -> pa.Table:
    """A shard of table `captions`: each clip of each video in each language, sorted as the runner sorts."""
    rows = pa.Table.from_pylist(list(_rows(videos, clips)), schema=tables.CAPTIONS.schema)
    order = [("video_id", "ascending"), ("caption_id", "ascending")]
    return rows.sort_by(order).replace_schema_metadata(None).combine_chunks()


def _rows(videos: int, clips: int) -> Iterator[dict[str, Any]]:
    draw, words = random.Random(SEED), phrases()
    for video in video_ids(videos):
        end = 0
        for _ in range(clips):
            start, end = end, end + draw.randrange(1500, 9000)
            for language in words:
                yield _row(draw, video, f"{video}:{start:08d}-{end:08d}", language, words[language])


def _row(draw: random.Random, video: str, clip: str, language: str, words: list[str]) -> dict[str, Any]:
    pivot = language == "en"
    return {
        "caption_id": f"{clip}/{language}",
        "clip_id": clip,
        "video_id": video,
        "language": language,
        "text": text(draw, words),
        "origin": "manual",
        "track": language,
        "method": "pivot" if pivot else draw.choice(METHODS),
        "score": 1.0 if pivot else draw.uniform(0.3, 1.0),
    }


def text(draw: random.Random, words: list[str]) -> str:
    """A caption: three to six phrases, as long as ten words of speech."""
    return " ".join(draw.choices(words, k=draw.randint(3, 6)))


def track(draw: random.Random, words: list[str], cues: int) -> str:
    """A WebVTT file with a cue every five seconds."""
    blocks = [
        f"00:{5 * cue // 60:02}:{5 * cue % 60:02}.000 --> 00:{5 * cue // 60:02}:{5 * cue % 60 + 4:02}.900\n"
        f"{text(draw, words)}\n"
        for cue in range(cues)
    ]
    return "\n".join(["WEBVTT\n", *blocks])

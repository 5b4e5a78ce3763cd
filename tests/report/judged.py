"""A store made by hand for judging: scores in every band, hostile texts, and timelines of every kind."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from multihowto import tables
from multihowto.manifests import shard_of
from multihowto.storage import Stamp, Store

HOSTILE = (
    "</bdi></li><script>window.alert(1)</script><img src=x onerror=alert(2)>\"' {{ 7 * 7 }} \u202egnp.exe"
)
SHARDS = 3
VIDEOS = ("-dashed_id0", "plain_video", "third_video", "no_times_00")
SCORES = (0.3, 0.6, 0.85, 0.95)
"""One in each band; clips take them in turn."""
CLIPS = 12
CLIP_MS = 5000
URLS = {
    "-dashed_id0": "https://www.youtube.com/watch?v=-dashed_id0&t=9",
    "plain_video": "https://videos.example.org/a?b=1",
    "third_video": "javascript:alert(3)",
}
MINUTES_20 = 1_200_000


def judged_store(root: Path, texts: Mapping[str, str] | None = None, shards: int = SHARDS) -> Store:
    """A store of four videos in German and Swahili; `texts` replaces texts by caption."""
    store = Store(str(root))
    store.create("toy", shards, ["videos", "clips", "captions", "timelines", "tracks"])
    for shard in range(shards):
        videos = [video for video in VIDEOS if shard_of(video, shards) == shard]
        clips = [clip for video in videos for clip in clips_of(video)]
        captions = [row for clip in clips for row in captions_of(clip, texts or {})]
        lines = [row for video in videos for row in timelines_of(video)]
        tracks = [track_of(row) for row in lines]
        write(store, tables.VIDEOS, shard, [video_of(video) for video in videos])
        write(store, tables.CLIPS, shard, clips)
        write(store, tables.CAPTIONS, shard, captions)
        write(store, tables.TIMELINES, shard, lines)
        write(store, tables.TRACKS, shard, tracks)
    return store


def write(store: Store, table: tables.Table, shard: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows; columns that they do not have are empty."""
    full = [{field.name: row.get(field.name, _empty(field)) for field in table.schema} for row in rows]
    made = pa.Table.from_pylist(full, schema=table.schema)
    stamp = Stamp("toy", "toy", "toy", len(rows), len(rows), 0)
    store.write_shard(table, shard, made, tables.ACCOUNTS.empty_table(), stamp)


def _empty(field: pa.Field) -> Any:
    if field.nullable:
        return None
    if pa.types.is_list(field.type):
        return []
    return "" if pa.types.is_string(field.type) else False if pa.types.is_boolean(field.type) else 0


def video_of(video_id: str) -> dict[str, Any]:
    path = f"media/{shard_of(video_id, SHARDS):05d}/{video_id}.mp4"
    return {"video_id": video_id, "url": URLS.get(video_id, ""), "title": HOSTILE, "media_path": path}


def clips_of(video_id: str) -> list[dict[str, Any]]:
    return [
        {
            "clip_id": f"{video_id}:{at * CLIP_MS:08d}-{(at + 1) * CLIP_MS:08d}",
            "video_id": video_id,
            "start_ms": at * CLIP_MS,
            "end_ms": (at + 1) * CLIP_MS,
        }
        for at in range(CLIPS)
    ]


def captions_of(clip: Mapping[str, Any], texts: Mapping[str, str]) -> list[dict[str, Any]]:
    score = SCORES[clip["start_ms"] // CLIP_MS % len(SCORES)]
    found = []
    for language in ("en", "de", "sw"):
        caption_id = f"{clip['clip_id']}/{language}"
        pivot = language == "en"
        found.append(
            {
                "caption_id": caption_id,
                "clip_id": clip["clip_id"],
                "video_id": clip["video_id"],
                "language": language,
                "text": texts.get(caption_id, f"{language} {clip['start_ms']} {HOSTILE}"),
                "origin": "manual",
                "method": "pivot" if pivot else "own_timeline",
                "score": 1.0 if pivot else score,
            }
        )
    return found


def timelines_of(video_id: str) -> list[dict[str, Any]]:
    """The pivot's, a shared one with a gap, and one of its own that starts 2 s late, drifts by 1 % and jumps."""
    own = [(0, 2000), (600_000, 608_000), (600_001, 638_001), (1_150_000, 1_193_500)]
    lost = video_id == VIDEOS[-1]
    rows: list[dict[str, Any]] = [
        {"language": "en", "kind": "pivot", "score": 1.0},
        {"language": "de", "kind": "shared", "score": 1.0, "gaps": [(60_000, 180_000)]},
        {"language": "fr", "kind": "own", "score": 0.0}
        if lost
        else {
            "language": "fr",
            "kind": "own",
            "score": 0.2 + 0.1 * VIDEOS.index(video_id),
            "knots": own,
            "offset_ms": 7750,
            "drift": 0.01,
            "jumps": 1,
            "gaps": [(608_000, 638_000)],
        },
    ]
    for row in rows:
        row["track_id"], row["video_id"] = f"{video_id}/{row['language']}", video_id
        row["knots"] = [{"track_ms": x, "pivot_ms": y} for x, y in row.get("knots", [])]
        row["gaps"] = [{"start_ms": x, "end_ms": y} for x, y in row.get("gaps", [])]
    return rows


def track_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """A cue of 4.5 s every 5 s, for 20 minutes."""
    cues = [
        {"start_ms": start, "end_ms": start + 4500, "text": "said", "words": []}
        for start in range(0, MINUTES_20, 5000)
    ]
    named = {name: line[name] for name in ("track_id", "video_id", "language")}
    return named | {"kind": "manual", "format": "vtt", "verdict": "keep", "cues": cues}

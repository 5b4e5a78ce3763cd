"""Videos for the page: a few, chosen by seed over the splits, with their media and captions."""

import base64
import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.manifests import shard_of
from multihowto.report.labels import shown, web_url
from multihowto.storage import Store

MEDIA_TYPES = {"mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm"}
"""What browsers play, by the end of the file's name."""
MAX_CANDIDATES = 400
"""So many videos of each split are looked at."""
MAX_CLIPS = 3000
"""No further video is taken when so many clips are on the page."""
MAX_SILENT = 8
"""So many videos are shown by their captions alone if the media of none can be embedded."""

_VIDEO = tables.VIDEOS.only("url", "site", "title", "channel", "license", "duration_ms")
_CLIP = tables.CLIPS.only("start_ms", "end_ms")
_CAPTION = tables.CAPTIONS.only("clip_id", "language", "text", "origin", "method", "score")
_TRANSLATION = tables.TRANSLATIONS.only(
    "clip_id", "language", "text", "origin", "source_language", "model", "model_license", "score"
)
_SELECTION = tables.SELECTION.only("keep", "why_not", "split")


Rows = dict[tuple[str, str], list[dict[str, Any]]]
"""Rows by table and video."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A video that could be shown."""

    rank: bytes
    video_id: str
    split: str
    media_path: str
    media_bytes: int
    """0 if there is no media that a browser plays."""

    @property
    def embedded_bytes(self) -> int:
        """Size of its media in base64."""
        return (self.media_bytes + 2) // 3 * 4


@dataclass(frozen=True, slots=True)
class Sample:
    """The videos of the page, ready for JSON, and what they weigh."""

    videos: Sequence[Mapping[str, Any]]
    embedded_bytes: int
    """Size of all media in base64."""


def sample(store: Store, seed: int, most_bytes: int) -> Sample:
    """Videos with kept clips, by seed, split by split in turn, while their media in base64 fit into `most_bytes`."""
    order = [one for one in chain.from_iterable(zip_longest(*_candidates(store, seed).values())) if one]
    media: dict[str, str] = {}
    spent = clips = 0
    for one in order:
        if one.media_bytes and spent + one.embedded_bytes <= most_bytes and clips < MAX_CLIPS:
            uri = _data_uri(store, one)
            if uri and spent + len(uri) <= most_bytes:
                media[one.video_id] = uri
                spent += len(uri)
                clips += _clips_of(store, one.video_id)
    chosen = [one for one in order if one.video_id in media] or order[:MAX_SILENT]
    rows = _rows(store, [one.video_id for one in chosen])
    return Sample([_video(one, rows, media.get(one.video_id, "")) for one in chosen], spent)


def _candidates(store: Store, seed: int) -> dict[str, list[Candidate]]:
    """The videos of lowest rank of each split; train, validation, test, in this order if they are there."""
    best: dict[str, list[Candidate]] = {"train": [], "validation": [], "test": []}
    for shard in store.shards_of("videos"):
        found: dict[str, list[Candidate]] = defaultdict(list)
        splits = _splits(store, shard)
        rows = store.read_shard(tables.VIDEOS.only("media_path", "media_bytes"), shard)
        for row in rows.filter(pc.is_in(rows["video_id"], pa.array(splits, pa.string()))).to_pylist():
            video_id = row["video_id"]
            rank = hashlib.blake2b(f"{seed}:{video_id}".encode(), digest_size=8).digest()
            path = row["media_path"] or ""
            playable = path.rsplit(".", 1)[-1] in MEDIA_TYPES and not {"", ".", ".."} & set(path.split("/"))
            size = (row["media_bytes"] or 0) if playable else 0
            found[splits[video_id]].append(Candidate(rank, video_id, splits[video_id], path, size))
        for split, ones in found.items():
            best[split] = heapq.nsmallest(
                MAX_CANDIDATES, best.get(split, []) + ones, key=lambda one: one.rank
            )
    return best


def _splits(store: Store, shard: int) -> dict[str, str]:
    """Videos of a shard that have kept clips, and their splits; before `select_clips` all that have clips."""
    if store.stamp("selection", shard) is not None:
        rows = store.read_shard(tables.SELECTION.only("keep", "split"), shard)
        return {row["video_id"]: row["split"] for row in rows.filter(rows["keep"]).to_pylist()}
    if store.stamp("clips", shard) is None:
        return {}
    ids = store.read_shard(tables.CLIPS.only(), shard)["video_id"].unique().to_pylist()
    return dict.fromkeys(ids, "undecided")


def _data_uri(store: Store, one: Candidate) -> str:
    """The media as a data: URI; empty if the file is gone."""
    data = store.files.read_bytes(one.media_path)
    if not data:
        return ""
    kind = MEDIA_TYPES[one.media_path.rsplit(".", 1)[-1]]
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _clips_of(store: Store, video_id: str) -> int:
    shard = shard_of(video_id, store.require()["shards"])
    rows = store.read_shard(tables.CLIPS.only(), shard)
    return int(pc.sum(pc.equal(rows["video_id"], video_id)).as_py() or 0)


def _rows(store: Store, video_ids: Sequence[str]) -> Rows:
    """The rows of some videos, by table and video; each shard is read once."""
    found: Rows = defaultdict(list)
    shards = store.require()["shards"]
    wanted = pa.array(video_ids, pa.string())
    for shard in sorted({shard_of(video_id, shards) for video_id in video_ids}):
        for view in (_VIDEO, _CLIP, _CAPTION, _TRANSLATION, _SELECTION):
            if store.stamp(view.table.name, shard) is not None:
                rows = store.read_shard(view, shard)
                for row in rows.filter(pc.is_in(rows["video_id"], wanted)).to_pylist():
                    found[view.table.name, row["video_id"]].append(row)
    return found


def _video(one: Candidate, rows: Rows, media: str) -> dict[str, Any]:
    [video] = rows[_VIDEO.table.name, one.video_id]
    captions: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in chain(rows[_CAPTION.table.name, one.video_id], rows[_TRANSLATION.table.name, one.video_id]):
        captions[row["clip_id"]].append(_caption(row))
    decisions = {row["clip_id"]: row for row in rows[_SELECTION.table.name, one.video_id]}
    return {
        "id": one.video_id,
        "title": shown(video["title"]),
        "channel": shown(video["channel"]),
        "site": shown(video["site"]),
        "url": web_url(video["url"]),
        "license": shown(video["license"]),
        "duration": video["duration_ms"],
        "split": one.split,
        "media": media,
        "clips": list(_clips(rows[_CLIP.table.name, one.video_id], captions, decisions)),
    }


def _clips(
    clips: Iterable[Mapping[str, Any]],
    captions: Mapping[str, list[dict[str, Any]]],
    decisions: Mapping[str, Mapping[str, Any]],
) -> Iterator[dict[str, Any]]:
    for row in sorted(clips, key=lambda row: (row["start_ms"], row["end_ms"])):
        yield {
            "id": row["clip_id"],
            "start": row["start_ms"],
            "end": row["end_ms"],
            "whyNot": decisions.get(row["clip_id"], {}).get("why_not", []),
            "captions": captions.get(row["clip_id"], []),
        }


def _caption(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of a caption; machine translations also name their model and its licence."""
    shared = {
        "language": row["language"],
        "text": shown(row["text"]),
        "origin": row["origin"],
        "score": round(row["score"], 3),
    }
    if "model" not in row:
        return {**shared, "how": row["method"]}
    return {
        **shared,
        "how": f"from {row['source_language']}",
        "model": shown(row["model"]),
        "modelLicense": shown(row["model_license"]),
    }

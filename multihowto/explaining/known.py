"""All that a store has of one video: rows of one shard, rejects, and when it was fetched."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from multihowto import tables
from multihowto.errors import ConfigError
from multihowto.storage import Store

_SHAPE = re.compile(r"([A-Za-z0-9_-]{1,64})(?::(\d{8,10})-(\d{8,10})(?:/([a-z]{2,3})(/mt)?)?)?")
"""A video id, or a clip id, or a caption id."""


@dataclass(frozen=True)
class Known:
    """What is asked for, and the rows of its video in every table of the store."""

    store: Store
    video_id: str
    clip_id: str | None
    """None if a whole video is asked for."""
    language: str | None
    """None if no single caption is asked for."""
    rows: dict[str, pa.Table]
    """Every row of the video, by table, as far as the store has the table."""
    rejects: dict[str, list[dict[str, str]]]
    """What was left out, or is missing, by table."""
    fetched_at: str | None
    """When its page was fetched, if the ledger tells."""

    def of_video(self, table: str) -> list[dict[str, Any]]:
        """The rows of the video in a table; none if the store has no such table."""
        found: list[dict[str, Any]] = self.rows[table].to_pylist() if table in self.rows else []
        return found

    def of_clip(self, table: str) -> list[dict[str, Any]]:
        """The rows of the clip, or of the one caption that is asked for."""
        rows = [row for row in self.of_video(table) if _clip_of(row) == self.clip_id]
        return [row for row in rows if self.language in (None, row.get("language", _language_of(row)))]


def known(store: Store, id: str) -> Known:
    """Reads what a store has of a video, a clip or a caption. ConfigError if it knows nothing of the video.

    Reads one shard of each table.
    """
    shape = _SHAPE.fullmatch(id)
    if shape is None:
        raise ConfigError(
            f"{id!r:.100} is no id: give a video (dQw4w9WgXcQ), a clip (dQw4w9WgXcQ:00012000-00017000) or a caption "
            "(dQw4w9WgXcQ:00012000-00017000/de)"
        )
    video_id, begin, _, language, _ = shape.groups()
    made = [name for name in store.require()["tables"] if name in tables.TABLES]
    rows = {name: store.read_video(name, video_id) for name in made}
    rejects = {name: found for name in made if (found := store.read_rejects(name, video_id))}
    if not rejects and not any(table.num_rows for table in rows.values()):
        raise ConfigError(
            f"the store {store.root} has nothing of the video {video_id!r}: ids are case-sensitive; "
            f"`multihowto check {store.require()['pipeline']}` says which lines of the manifest are left out"
        )
    clip_id = id.split("/")[0] if begin else None
    return Known(store, video_id, clip_id, language, rows, rejects, _fetched_at(store, video_id))


def _fetched_at(store: Store, video_id: str) -> str | None:
    """The latest note of the ledger on a video."""
    found = None
    word = json.dumps(video_id).encode()
    for line in (store.files.read_bytes("ledger.jsonl") or b"").splitlines():
        if word not in line:
            continue
        try:
            entry = json.loads(line)
        except ValueError:  # the last line of a build that was killed
            continue
        notes = entry.get("notes") if isinstance(entry, dict) else None
        found = str(notes[video_id]) if isinstance(notes, dict) and video_id in notes else found
    return found


def _clip_of(row: dict[str, Any]) -> str:
    """The clip of a row of any table whose key is a clip or caption id."""
    return str(row.get("clip_id") or row.get("caption_id", "")).split("/")[0]


def _language_of(row: dict[str, Any]) -> str | None:
    return str(row["caption_id"]).split("/")[1] if "caption_id" in row else None

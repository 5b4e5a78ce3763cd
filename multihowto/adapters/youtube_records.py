"""What a download is made of: the files kept on the way, and the row that comes out."""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from multihowto.adapters.pacing import Pace
from multihowto.adapters.youtube_options import Options
from multihowto.kept import parse_record as parse_record


class Kept(Protocol):
    """Files kept under a video's id, so that a killed shard does not ask the site twice."""

    @property
    def scratch(self) -> Path:
        """A local folder for temporary folders."""

    def read(self, video_id: str, name: str) -> bytes | None:
        """The file's bytes; None if it is not there."""

    def write(self, video_id: str, name: str, data: bytes) -> None:
        """Keeps bytes: whole or not there."""

    def media_path(self, video_id: str, ending: str) -> str:
        """Where the media file is, from the store's root, while it is kept."""

    def put_media(self, video_id: str, ending: str, local: Path) -> None:
        """Moves a finished local file in: whole or not there."""

    def media_size(self, video_id: str, ending: str) -> int | None:
        """The media file's size in bytes; None if it is not there."""


@dataclass(frozen=True, order=True)
class Track:
    """A caption track, as in `tables.TRACK`."""

    language: str
    tag: str
    kind: str
    format: str
    body: str


@dataclass(frozen=True, order=True)
class Missing:
    """A caption track that did not come, as in `tables.MISSING`."""

    language: str
    tag: str
    code: str


@dataclass(frozen=True)
class Fetched:
    """A row of `tables.VIDEOS`."""

    video_id: str
    url: str
    site: str
    title: str
    channel: str | None
    license: str | None
    spoken_language: str | None
    duration_ms: int
    width: int | None
    height: int | None
    frames: int | None
    media_path: str | None
    media_bytes: int | None
    media_sha256: str | None
    tracks: tuple[Track, ...]
    missing: tuple[Missing, ...]
    tool: str
    fetched_at: str | None = field(default=None, compare=False)
    """When the page was asked; no column, for equal videos have equal rows."""


@dataclass(frozen=True)
class Job:
    """One video on its way: where its files are kept, and what the steps need."""

    video_id: str
    url: str
    site: str
    kept: Kept
    options: Options
    pace: Pace
    fresh: bool = False
    """Whether the page was asked just now; then the failures of an earlier page do not count."""

    def load(self, name: str, settings: str) -> dict[str, Any] | None:
        """A kept record, if it was kept under the same settings and can be read."""
        record = parse_record(self.kept.read(self.video_id, name))
        # A verdict of the clock holds for one try: another, or one with a larger deadline_s, may do better.
        holds = record.get("settings") == settings and record.get("code") != "timed_out"
        return record if holds else None

    def save(self, name: str, record: dict[str, Any], settings: str) -> None:
        """Keeps a record; equal records are equal bytes."""
        data = json.dumps({**record, "settings": settings}, sort_keys=True)
        self.kept.write(self.video_id, name, data.encode("ascii"))

    def note_time(self) -> None:
        """Keeps when the page was asked, apart from the records: these are equal in equal runs."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.kept.write(self.video_id, "fetched_at", now.encode("ascii"))

    def fetched_at(self) -> str | None:
        """When the page was asked, in UTC; None if it was before this was noted."""
        noted = self.kept.read(self.video_id, "fetched_at")
        return noted.decode("ascii", "replace") if noted else None

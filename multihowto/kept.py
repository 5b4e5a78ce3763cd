"""Files that adapters keep under a video's id."""

import contextlib
import json
import tempfile
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from multihowto.errors import world_errors
from multihowto.manifests import shard_of

if TYPE_CHECKING:
    from multihowto.storage import Store


def parse_record(data: bytes | None) -> dict[str, Any]:
    """A kept record; empty if it is not there, or was damaged, for then it is made again."""
    try:
        record = json.loads(data or b"{}")
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


class KeptFiles:
    """Files kept under a video's id, so that a killed shard does not ask the site twice."""

    def __init__(self, store: "Store", shards: int) -> None:
        self._store = store
        self._shards = shards

    @property
    def scratch(self) -> Path:
        """A local folder for unfinished files."""
        return self._store.files.scratch()

    def folder(self, video_id: str) -> str:
        return f"kept/{shard_of(video_id, self._shards):05d}/{video_id}"

    def read(self, video_id: str, name: str) -> bytes | None:
        """A small file's bytes; None if it is not there, or a power cut left zeros of it: no such file has any."""
        data = self._store.files.read_bytes(f"{self.folder(video_id)}/{name}")
        return None if data is None or b"\0" in data else data

    def write(self, video_id: str, name: str, data: bytes) -> None:
        self._store.files.write_bytes(f"{self.folder(video_id)}/{name}", data)

    def media_path(self, video_id: str, ending: str) -> str:
        """Where the media file of a video is, from the store's root, while it is kept.

        Media is apart from the small files, by shard, so that what is left of a shard is found at a glance.
        """
        return f"{self._media_folder(shard_of(video_id, self._shards))}/{video_id}{ending}"

    def put_media(self, video_id: str, ending: str, local: Path) -> None:
        """Moves a finished local file in."""
        self._store.files.put(self.media_path(video_id, ending), local)

    def media_size(self, video_id: str, ending: str) -> int | None:
        """The media file's size in bytes; None if it is not there."""
        full = self._store.files.path(self.media_path(video_id, ending))
        return int(self._store.files.fs.size(full)) if self._store.files.fs.exists(full) else None

    def shards_with_media(self) -> list[int]:
        """Shards that have media files, or an empty folder of them."""
        return [int(name) for name in self._store.files.names("media") if name.isdecimal()]

    def videos_with_media(self, shard: int) -> set[str]:
        """Ids of a shard whose media files are there."""
        return {name.partition(".")[0] for name in self._store.files.names(self._media_folder(shard))}

    def forget_media(self, shard: int) -> None:
        """Drops all media files of a shard."""
        self._store.files.remove(self._media_folder(shard))

    @staticmethod
    def _media_folder(shard: int) -> str:
        return f"media/{shard:05d}"

    @contextlib.contextmanager
    def local(self, path: str) -> Iterator[Path | None]:
        """A file of the store, by its path from the root, as a local one; None if it is not there.

        A remote file is copied, and the copy is gone afterwards.
        """
        store = self._store
        with world_errors(f"looking for {path}"):
            there = store.files.fs.exists(store.files.path(path))
        if not there or store.files.local is not None:
            yield store.files.local / path if there and store.files.local is not None else None
            return
        with tempfile.TemporaryDirectory(prefix="kept-", dir=self.scratch) as folder:
            copy = Path(folder) / PurePosixPath(path).name
            with world_errors(f"reading {path}"):
                store.files.fs.get_file(store.files.path(path), str(copy))
            yield copy

    def forget(self, video_id: str) -> None:
        """Drops all that is kept of a video."""
        media = self._media_folder(shard_of(video_id, self._shards))
        for name in self._store.files.names(media):
            if name.partition(".")[0] == video_id:
                self._store.files.remove(f"{media}/{name}")
        self._store.files.remove(self.folder(video_id))

    def forget_failures(self, video_id: str, codes: Collection[str] | None = None) -> None:
        """Drops refusals, and the page's answer with them; media and caption tracks that came stay.

        `codes`: nothing is dropped unless the video, or a part of it, was refused for one of these reasons.
        """
        folder = self.folder(video_id)
        # The page's answer itself says which tracks were held back.
        names = [
            name
            for name in self._store.files.names(folder)
            if name in ("reject.json", "info.json") or name.endswith(".failed")
        ]
        if codes is None or not self._refusals(video_id, names).isdisjoint(codes):
            for name in names:
                self._store.files.remove(f"{folder}/{name}")

    def _refusals(self, video_id: str, names: Iterable[str]) -> set[str]:
        """Codes of a video's refusal; those of its parts if it was not refused as a whole."""
        records = {name: parse_record(self.read(video_id, name)) for name in names}
        if records.get("reject.json"):
            return {str(records["reject.json"].get("code"))}
        withheld = {"captions_withheld"} if records.get("info.json", {}).get("held_back") else set()
        return withheld | {str(record.get("code")) for record in records.values()}

    def videos_with_facts(self, shard: int) -> set[str]:
        """Ids of a shard of whose media it is kept what was measured in it."""
        return {
            video
            for video in self.videos(shard)
            if "media.json" in self._store.files.names(self.folder(video))
        }

    def forget_facts(self, video_id: str) -> None:
        """Drops what was measured in a video's media, which is then fetched again."""
        self._store.files.remove(f"{self.folder(video_id)}/media.json")

    def videos(self, shard: int) -> list[str]:
        """Ids of which a shard keeps something."""
        return self._store.files.names(f"kept/{shard:05d}")

"""Files that adapters keep under a video's id."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from multihowto.errors import world_errors
from multihowto.manifests import shard_of

if TYPE_CHECKING:
    from multihowto.storage import Store


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

    def forget_failures(self, video_id: str) -> None:
        """Drops refusals, and the page's answer with them; media and caption tracks that came stay."""
        folder = self.folder(video_id)
        for name in self._store.files.names(folder):
            # The page's answer itself says which tracks were held back.
            if name in ("reject.json", "info.json") or name.endswith(".failed"):
                self._store.files.remove(f"{folder}/{name}")

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

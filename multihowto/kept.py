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
        self.scratch = store.files.scratch()

    def folder(self, video_id: str) -> str:
        return f"kept/{shard_of(video_id, self._shards):05d}/{video_id}"

    def read(self, video_id: str, name: str) -> bytes | None:
        return self._store.files.read_bytes(f"{self.folder(video_id)}/{name}")

    def write(self, video_id: str, name: str, data: bytes) -> None:
        self._store.files.write_bytes(f"{self.folder(video_id)}/{name}", data)

    def put(self, video_id: str, name: str, local: Path) -> None:
        self._store.files.put(f"{self.folder(video_id)}/{name}", local)

    def path(self, video_id: str, name: str) -> str | None:
        """Where the file is, from the store's root; None if it is not there."""
        full = f"{self.folder(video_id)}/{name}"
        return full if self._store.files.fs.exists(self._store.files.path(full)) else None

    def size(self, video_id: str, name: str) -> int | None:
        full = self.path(video_id, name)
        return None if full is None else int(self._store.files.fs.size(self._store.files.path(full)))

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
        self._store.files.remove(self.folder(video_id))

    def forget_failures(self, video_id: str) -> None:
        """Drops refusals, and the page's answer with them; media and caption tracks that came stay."""
        folder = self.folder(video_id)
        refused = [
            name
            for name in self._store.files.names(folder)
            if name == "reject.json" or name.endswith(".failed")
        ]
        for name in [*refused, "info.json"] if refused else []:
            self._store.files.remove(f"{folder}/{name}")

    def videos(self, shard: int) -> list[str]:
        """Ids of which a shard keeps something."""
        return self._store.files.names(f"kept/{shard:05d}")

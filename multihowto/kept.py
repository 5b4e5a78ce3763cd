"""Files that adapters keep under a video's id."""

from pathlib import Path

from multihowto.manifests import shard_of
from multihowto.storage import Store


class KeptFiles:
    """Files kept under a video's id, so that a killed shard does not ask the site twice."""

    def __init__(self, store: Store, shards: int) -> None:
        self._store = store
        self._shards = shards
        self.scratch = store.scratch()

    def folder(self, video_id: str) -> str:
        return f"kept/{shard_of(video_id, self._shards):05d}/{video_id}"

    def read(self, video_id: str, name: str) -> bytes | None:
        return self._store.read_bytes(f"{self.folder(video_id)}/{name}")

    def write(self, video_id: str, name: str, data: bytes) -> None:
        self._store.write_bytes(f"{self.folder(video_id)}/{name}", data)

    def put(self, video_id: str, name: str, local: Path) -> None:
        self._store.put(f"{self.folder(video_id)}/{name}", local)

    def path(self, video_id: str, name: str) -> str | None:
        """Where the file is, from the store's root; None if it is not there."""
        full = f"{self.folder(video_id)}/{name}"
        return full if self._store.fs.exists(self._store.path(full)) else None

    def size(self, video_id: str, name: str) -> int | None:
        full = self.path(video_id, name)
        return None if full is None else int(self._store.fs.size(self._store.path(full)))

    def forget(self, video_id: str) -> None:
        """Drops all that is kept of a video."""
        self._store.remove(self.folder(video_id))

    def forget_failures(self, video_id: str) -> None:
        """Drops refusals, and the page's answer with them; media and caption tracks that came stay."""
        folder = self.folder(video_id)
        refused = [
            name for name in self._store.names(folder) if name == "reject.json" or name.endswith(".failed")
        ]
        for name in [*refused, "info.json"] if refused else []:
            self._store.remove(f"{folder}/{name}")

    def videos(self, shard: int) -> list[str]:
        """Ids of which a shard keeps something."""
        return self._store.names(f"kept/{shard:05d}")

"""A folder at a URI, local or remote: a file in it is whole or not there."""

import contextlib
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec

from multihowto.errors import ConfigError, world_errors
from multihowto.locks import hold


class Files:
    """The files of a store, by their names below its root."""

    def __init__(self, root: str) -> None:
        """ConfigError for a URI that fsspec does not know."""
        self.root = root.rstrip("/")
        try:
            self.fs, self.base = fsspec.core.url_to_fs(self.root)
        except (ValueError, ImportError) as error:
            raise ConfigError(f"cannot open the store {root!r}: {error}") from error
        self.local = Path(self.base) if "file" in _protocols(self.fs) else None

    def __reduce__(self) -> tuple[Any, ...]:
        return (Files, (self.root,))

    def path(self, name: str) -> str:
        """A file's name as its file system knows it."""
        return f"{self.base}/{name}"

    def read_bytes(self, name: str) -> bytes | None:
        """A whole file; None if it is not there."""
        try:
            return (
                Path(self.path(name)).read_bytes() if self.local else bytes(self.fs.cat_file(self.path(name)))
            )
        except (FileNotFoundError, NotADirectoryError):
            return None
        except PermissionError as error:
            raise ConfigError(f"{self.path(name)} may not be read: {error.strerror}") from error

    def write_bytes(self, name: str, data: bytes) -> None:
        """Writes a file: it is whole or not there."""
        if self.local is None:
            with world_errors(f"writing {name}"):
                self.fs.pipe_file(self.path(name), data)
            return
        with self.local_file(name) as temporary:
            temporary.write_bytes(data)

    def put(self, name: str, source: Path) -> None:
        """Moves a finished local file into the store."""
        if self.local is None:
            with world_errors(f"writing {name}"):
                self.fs.put_file(str(source), self.path(name))
            source.unlink()
            return
        with self.local_file(name) as temporary, world_errors(f"writing {name}"):
            shutil.move(source, temporary)

    def append_line(self, name: str, line: str) -> None:
        """Adds a line to a local journal; remote stores keep none."""
        if self.local is not None:
            with world_errors(f"writing {name}"), (self.local / name).open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def remove(self, name: str) -> None:
        """Removes a file or a folder, if it is there."""
        if self.local is not None:
            target = self.local / name
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)
        elif self.fs.exists(self.path(name)):
            self.fs.rm(self.path(name), recursive=True)

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; none if it is not there."""
        try:
            if self.local is not None:
                return sorted(os.listdir(self.local / folder))
            listed = self.fs.ls(self.path(folder), detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name.rstrip("/").rsplit("/", 1)[-1] for name in listed)

    @contextlib.contextmanager
    def local_file(self, name: str) -> Iterator[Path]:
        """A temporary path that becomes `name` when the block ends well."""
        temporary = self.scratch() / f"{uuid.uuid4().hex}.part"
        target = Path(self.path(name))
        with world_errors(f"writing {name}"):
            try:
                yield temporary
                target.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)

    @contextlib.contextmanager
    def lock(self, command: str = "") -> Iterator[None]:
        """Holds the store for one command; a second one is refused and told which it is. Local stores only."""
        if self.local is None:
            yield
            return
        with world_errors(f"making {self.local}"):
            self.local.mkdir(parents=True, exist_ok=True)
        with hold(self.local / "lock", self.root, command):
            self.sweep()
            try:
                yield
            finally:
                self.sweep()

    def sweep(self) -> None:
        """Removes unfinished files of builds that were killed; call it with the lock held."""
        if self.local is not None:
            shutil.rmtree(self.local / "tmp", ignore_errors=True)

    def scratch(self) -> Path:
        """A local folder for unfinished files, on the store's own disk where that is local."""
        if self.local is None:
            return Path(tempfile.gettempdir())
        path = self.local / "tmp"
        with world_errors(f"making {path}"):
            path.mkdir(parents=True, exist_ok=True)
        return path


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)

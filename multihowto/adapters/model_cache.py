"""The user's cache of models: what is in it, what was seen of its files, one process at a time."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from multihowto import checksums
from multihowto.errors import ConfigError
from multihowto.manifests import Model, ModelFile

SEEN = "seen.json"


class Seen(msgspec.Struct, frozen=True):
    """What a file was when it was last read: its checksum holds while size and time are the same."""

    sha256: str
    bytes: int
    mtime_ns: int
    accepted: bool = False
    """Whether someone accepted this checksum although models.toml has none."""
    revision: str = ""
    """The commit that the hub gave, where models.toml names none."""


def cache() -> Path:
    """Where models are kept: $MULTIHOWTO_CACHE, or the user's cache folder."""
    named = os.environ.get("MULTIHOWTO_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(home) / "multihowto"


def folder_of(model: Model, root: Path) -> Path:
    """The folder of a model in a cache."""
    return root / "models" / model.name / (model.revision or "unknown")


def beside(folder: Path, what: str) -> Path:
    """A neighbour of a model's folder: `part` for unfinished files, `refused` for wrong ones, `lock`."""
    return folder.with_name(f"{folder.name}.{what}")


def read_seen(folder: Path) -> dict[str, Seen]:
    """What was seen of the files of a folder; nothing if the note is not there or not readable."""
    try:
        return msgspec.json.decode((folder / SEEN).read_bytes(), type=dict[str, Seen])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}


def write_seen(folder: Path, seen: dict[str, Seen]) -> None:
    """Writes the note: it is whole or not there."""
    temporary = folder / f"{SEEN}.{os.getpid()}.part"
    temporary.write_bytes(msgspec.json.format(msgspec.json.encode(seen), indent=1))
    temporary.replace(folder / SEEN)


def look(path: Path) -> Seen:
    """Reads a file and says what it is."""
    status = path.stat()
    return Seen(checksums.of_file(path), status.st_size, status.st_mtime_ns)


def same(path: Path, seen: Seen | None) -> bool:
    """Whether a file is the one that was seen, by size and time: nothing is read."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return seen is not None and (status.st_size, status.st_mtime_ns) == (seen.bytes, seen.mtime_ns)


def usable(file: ModelFile, seen: Seen | None) -> bool:
    """Whether what was seen of a file is what models.toml says, or was accepted where it says nothing."""
    return seen is not None and (seen.sha256 == file.sha256 if file.sha256 else seen.accepted)


def whole(model: Model, folder: Path) -> bool:
    """Whether every file is there, unchanged since it was checked, and usable; cheap."""
    seen = read_seen(folder)
    return all(
        usable(file, seen.get(file.path)) and same(folder / file.path, seen.get(file.path))
        for file in model.files
    )


def check(model: Model, file: ModelFile, path: Path, refused: Path, before: Seen | None = None) -> Seen:
    """What a file is; one with a wrong checksum is moved to `refused`, and ConfigError says so.

    A file of which models.toml has no checksum must still be what it was `before`, if it was seen.
    """
    found = look(path)
    expected = file.sha256 or (before.sha256 if before else found.sha256)
    if found.sha256 != expected:
        target = refused / file.path
        move(path, target)
        raise ConfigError(
            f"model {model.name}: {file.path} has SHA-256 {found.sha256} and {found.bytes:,} bytes, "
            f"{'models.toml says' if file.sha256 else 'but was'} {expected}: it is not used and was moved to {target}; "
            "run again to fetch it anew, and if it stays so, do not trust the source"
        )
    return before if before and before.sha256 == found.sha256 and same(path, before) else found


def move(path: Path, target: Path) -> None:
    """Moves a finished file to its name, readable by others."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path.chmod(0o644)
    path.replace(target)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Waits until no other process works on this folder; the system frees the lock when its holder dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with beside(folder, "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield

"""A folder of videos as a manifest: own footage, with the subtitle and info files that lie beside it."""

import contextlib
import errno
import hashlib
import os
import stat
import urllib.parse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from multihowto.errors import ConfigError
from multihowto.manifests.videos import Source
from multihowto.rejects import Reject

MEDIA_ENDINGS = frozenset({".mp4", ".mkv", ".webm", ".mov", ".m4v", ".avi"})
CAPTION_ENDINGS = frozenset({".vtt", ".srt", ".json3", ".srv3"})
INFO_ENDING = ".info.json"
MAX_SIDE_BYTES = 5_000_000
"""Subtitle and info files that are larger are not read; our own limit."""
_MAX_DEPTH = 16
_STORE = "store.json"
_EDGE_BYTES = 65_536
_WORDS = 2
"""What stands between a video's name and a subtitle's ending, at most: a language and a kind."""


class Footage(NamedTuple):
    """A video file, and what lies beside it under its name."""

    media: Path
    captions: tuple[Path, ...] = ()
    info: Path | None = None


def read_folder(folder: Path) -> Iterator[Source | Reject]:
    """Each video file below a folder, in the order of names; its url also changes with what it and its files hold.

    Hidden files are passed over, and so is a folder below that holds a store (a `store.json`), whose media would come
    in again with each build. No symbolic link is followed. A Reject has the id that the video would have. Raises
    ConfigError if a folder cannot be read, since its videos would seem to be gone, or if `folder` itself is a store.
    """
    if (folder / _STORE).is_file():
        raise ConfigError(
            f"the folder {folder} holds a store ({_STORE}), whose own media would be taken in: build with a --root "
            f"elsewhere, and take {_STORE} out of this folder"
        )
    yield from _walk(folder, PurePosixPath())


def in_folder(folder: Path) -> dict[str, Footage]:
    """The video files of one folder, by name; a side file belongs to the video whose name is the longest that fits."""
    return _group(folder, _entries(folder))


def digest_of(footage: Footage) -> str:
    """Hash of what a change shows in: the video's size and ends, and all of the files beside it. Raises OSError."""
    digest = hashlib.blake2b(media_digest(footage.media).encode(), digest_size=16)
    for path in (*footage.captions, *([footage.info] if footage.info else [])):
        data = read_side(path)
        for part in (os.fsencode(path.name), b"unreadable" if data is None else b"read", data or b""):
            digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()


def media_digest(path: Path) -> str:
    """Hash of a video's size, its beginning and its end, for a whole one is long to read. Raises OSError."""
    with open_plain(path) as file:
        size = os.fstat(file).st_size
        digest = hashlib.blake2b(size.to_bytes(8) + os.pread(file, _EDGE_BYTES, 0), digest_size=16)
        digest.update(os.pread(file, _EDGE_BYTES, max(0, size - _EDGE_BYTES)))
    return digest.hexdigest()


def read_side(path: Path) -> bytes | None:
    """A subtitle or info file; None if it is no plain file, cannot be read, or is larger than MAX_SIDE_BYTES."""
    try:
        with open_plain(path) as file:
            data = _read_most(file, MAX_SIDE_BYTES + 1)
    except OSError:
        return None
    return data if len(data) <= MAX_SIDE_BYTES else None


def address_of(relative: str, digest: str) -> str:
    """The url of a file by its path from the folder."""
    return f"file:{urllib.parse.quote(relative)}#{digest}"


def of_address(url: str) -> tuple[str, str]:
    """The path from the folder, and the digest, that a url of `read_folder` names. ConfigError for other urls."""
    path, _, digest = url.removeprefix("file:").partition("#")
    relative = urllib.parse.unquote(path, errors="strict")
    if not url.startswith("file:") or relative.startswith("/") or ".." in relative.split("/"):
        raise ConfigError(
            "a url names no file in a folder of videos: import_folder's manifest is such a folder"
        )
    return relative, digest


@contextlib.contextmanager
def open_plain(path: Path) -> Iterator[int]:
    """A plain file, open for reading; OSError for all else: a link may lead anywhere, and a pipe would hold us."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise OSError(errno.EINVAL, "it is no plain file")
        yield file
    finally:
        os.close(file)


def _read_most(file: int, most: int) -> bytes:
    pieces = list[bytes]()
    while most and (piece := os.read(file, most)):
        pieces.append(piece)
        most -= len(piece)
    return b"".join(pieces)


def _walk(root: Path, below: PurePosixPath) -> Iterator[Source | Reject]:
    """The videos of one folder and of those in it."""
    folder = root / below
    entries = _entries(folder)
    if any(entry.name == _STORE for entry in entries):
        return
    found = _group(folder, entries)
    for entry in entries:
        relative = (below / entry.name).as_posix()
        if _is_folder(entry):
            if len(below.parts) < _MAX_DEPTH:
                yield from _walk(root, below / entry.name)
            else:
                yield _reject(relative, f"it is deeper than {_MAX_DEPTH} folders")
        elif entry.name in found:
            yield _source(relative, found[entry.name])
        elif entry.is_symlink() and entry.is_dir():
            yield _reject(relative, _LINK)


def _source(relative: str, footage: Footage) -> Source | Reject:
    """A video's row, or why there is none."""
    if not _is_text(relative):
        return _reject(relative, "its name is not UTF-8: rename it", "bad_id")
    if footage.media.is_symlink():
        return _reject(relative, _LINK)
    try:
        url = address_of(relative, digest_of(footage))
    except OSError as error:
        return _reject(relative, f"it cannot be read: {error.strerror}")
    return Source(_id_of(relative), url, None, None, None, None, None)


_LINK = "it is a symbolic link, which may lead anywhere: put a hard link or the file itself there"


def _reject(relative: str, why: str, code: str = "bad_row") -> Reject:
    return Reject(_id_of(relative), code, f"{ascii(relative)[-100:]}: {why}")


def _id_of(relative: str) -> str:
    """The id of a file: its path alone decides, so that it stays when others come and go."""
    return "f-" + hashlib.blake2b(os.fsencode(relative), digest_size=8).hexdigest()


def _group(folder: Path, entries: list[os.DirEntry[str]]) -> dict[str, Footage]:
    """The video files among the entries, each with its side files."""
    names = [entry.name for entry in entries if not _is_folder(entry)]
    media = [name for name in names if PurePosixPath(name).suffix.lower() in MEDIA_ENDINGS]
    stems = {PurePosixPath(name).stem for name in media}
    captions, infos = defaultdict[str, list[Path]](list), dict[str, Path]()
    for name in names:
        if name.lower().endswith(INFO_ENDING):
            infos[name[: -len(INFO_ENDING)]] = folder / name
        elif PurePosixPath(name).suffix.lower() in CAPTION_ENDINGS:
            captions[_owner(name, stems)].append(folder / name)
    return {
        name: Footage(folder / name, tuple(captions[stem]), infos.get(stem))
        for name in media
        for stem in [PurePosixPath(name).stem]
    }


def _owner(name: str, stems: set[str]) -> str:
    """The longest of the stems to which a subtitle's name adds a few words and its ending; empty if none."""
    for words in range(_WORDS + 1):
        stem = name.rsplit(".", words + 1)[0]
        if stem in stems:
            return stem
    return ""


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder, by name, without what is hidden. Raises ConfigError."""
    try:
        with os.scandir(folder) as found:
            seen = [entry for entry in found if not entry.name.startswith(".")]
    except OSError as error:
        raise ConfigError(
            f"the folder {folder} cannot be listed, and its videos would seem to be gone: {error.strerror}"
        ) from error
    return sorted(seen, key=lambda entry: os.fsencode(entry.name))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True

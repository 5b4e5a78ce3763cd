"""A folder for small notes that all our processes on this host share, and nobody else may write to."""

import os
import stat
import tempfile
from pathlib import Path

from multihowto.errors import ConfigError


def default_folder(what: str) -> Path:
    """Where this user's notes of a kind are, by default: its name can be guessed, so `own_folder` looks at it."""
    user = os.getuid() if hasattr(os, "getuid") else "anyone"
    return Path(tempfile.gettempdir()) / f"multihowto-{what}-{user}"


def own_folder(folder: Path) -> Path:
    """The folder, made if it is not there; raises ConfigError if it may be another user's."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    open_to_others = os.name == "posix" and found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if not stat.S_ISDIR(found.st_mode) or not _ours(found) or open_to_others:
        raise ConfigError(
            f"{folder} must be a folder of this user that nobody else may write to: remove it, or set TMPDIR"
        )
    return folder


def open_own(path: Path, flags: int) -> int:
    """A file of such a folder, opened; raises ConfigError for what no process of ours would have put there."""
    # a link would lead elsewhere, and a pipe would wait for ever
    safe = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if path.is_symlink():
        raise _strange(path)
    file = os.open(path, flags | safe, 0o600)
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode) or not _ours(found):
        os.close(file)
        raise _strange(path)
    return file


def _ours(found: os.stat_result) -> bool:
    """Whether a file is this user's, where the system tells."""
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()


def _strange(path: Path) -> ConfigError:
    return ConfigError(f"{path} is no file that multihowto wrote: remove it")

"""A lock file that the system frees when its holder dies."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from multihowto.errors import ConfigError, world_errors


@contextlib.contextmanager
def hold(path: Path, what: str, command: str = "") -> Iterator[None]:
    """Holds the lock of `what` for one command; raises ConfigError that names the holder if there is another."""
    with contextlib.ExitStack() as stack:
        with world_errors(f"opening {path}"):
            file = stack.enter_context(path.open("a+b", buffering=0))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().decode("utf-8", "replace").strip() or "starting"
            raise ConfigError(
                f"another multihowto command holds the store {what} ({holder}): "
                "wait for it to end, or use another --root"
            ) from None
        file.truncate(0)
        with contextlib.suppress(OSError):  # on a full disk the lock holds without the words
            named = f"{command}, " if command else ""
            file.write(f"{named}process {os.getpid()} on {os.uname().nodename}".encode())
        yield
        file.truncate(0)

"""How fast we ask one site: a limit shared by every worker process of this host."""

import contextlib
import getpass
import hashlib
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, Protocol

Kind = Literal["video", "captions"]


class Pace(Protocol):
    """Says when the next request may go out."""

    def wait(self, kind: Kind, site: str) -> None:
        """Returns when a page of a video, or a caption file, may be asked of a site."""


class Off:
    """No waiting: for a site of one's own."""

    def wait(self, kind: Kind, site: str) -> None:
        """Returns at once."""


def polite_interval(kind: Kind) -> float:
    """Seconds to the next request, as yt-dlp's wiki advises: 10 to 20 between videos, 5 between captions.

    The mean of 15 s is 240 videos an hour, below the 300 that YouTube grants a guest.
    """
    return random.SystemRandom().uniform(10.0, 20.0) if kind == "video" else 5.0


class Polite:
    """Each caller takes the next free moment of a site from a small locked file, then sleeps until it.

    However many processes of this user share `folder`, together they are as slow as one.
    """

    def __init__(
        self,
        folder: Path | None = None,
        interval: Callable[[Kind], float] = polite_interval,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._folder = folder or Path(tempfile.gettempdir()) / f"multihowto-pace-{_user()}"
        self._interval = interval
        self._now = now
        self._sleep = sleep

    def wait(self, kind: Kind, site: str) -> None:
        """Reserves the next free moment of a site under the lock and sleeps until it, outside the lock."""
        delay = self._reserve(kind, site) - self._now()
        if delay > 0:
            self._sleep(delay)

    def _reserve(self, kind: Kind, site: str) -> float:
        """The moment at which this caller may go; the next caller's is one interval later."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = hashlib.sha256(f"{site}\n{kind}".encode()).hexdigest()[:24]
        interval = self._interval(kind)
        with _locked(self._folder / f"{name}.txt") as file:
            now = self._now()
            moment = max(now, _next_free(file, now))
            _store(file, moment + interval)
        return moment


def _user() -> str:
    """A name for this user's folder, also where the system knows no user name."""
    try:
        return hashlib.sha256(getpass.getuser().encode()).hexdigest()[:12]
    except (KeyError, OSError):
        return "anyone"


def _next_free(file: int, now: float) -> float:
    """The stored moment; a broken file or one from a far future (a clock set back) counts as now."""
    try:
        moment = float(os.read(file, 64).decode("ascii"))
    except ValueError:
        return now
    return moment if moment < now + 86_400 else now


def _store(file: int, moment: float) -> None:
    """Overwrites the moment in place; its width is fixed, so that no half number is ever read."""
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, f"{moment:020.6f}".encode("ascii"))


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The open file under an exclusive lock; the lock is gone when its process is."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(file)
        yield file
    finally:
        os.close(file)


def _lock(file: int) -> None:
    """An exclusive lock by fcntl, or by msvcrt where there is no fcntl; released by closing the file."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        getattr(msvcrt, "locking")(file, getattr(msvcrt, "LK_LOCK"), 1)  # noqa: B009 - unknown to mypy here
    else:
        fcntl.flock(file, fcntl.LOCK_EX)

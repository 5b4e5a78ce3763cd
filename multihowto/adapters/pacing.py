"""How fast we ask one site, and when nobody asks it: shared by every worker process of this host."""

import contextlib
import hashlib
import json
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from multihowto.adapters.own_folder import default_folder, open_own, own_folder
from multihowto.errors import SessionBlocked
from multihowto.files import Files
from multihowto.kept import parse_record

Kind = Literal["video", "captions"]


VIDEO_S = (10.0, 20.0)
"""Seconds between two videos of a site, as yt-dlp's wiki advises; the mean gives 240 an hour, of 300 for a guest."""
CAPTIONS_S = 5.0
"""Seconds between two caption files of a site, as yt-dlp's wiki advises."""

# Own settings: how long a site that blocks us is left alone, and no longer, whatever it wishes.
_BLOCK_S = 60.0
_LONGEST_S = 3600.0
_WISH_S = 86_400.0
_JITTER = 0.25
_PAUSE = "pause-"


class Pace(Protocol):
    """Says when the next request may go out."""

    def wait(self, kind: Kind, site: str) -> None:
        """Returns when a page of a video, or a caption file, may be asked of a site; SessionBlocked if it may not."""

    def pause(self, site: str, seconds: float) -> None:
        """Returns after about so long, before something is asked again; SessionBlocked if it may not be."""

    def block(self, site: str, retry_after_s: float | None, reason: str) -> SessionBlocked:
        """Notes that a site blocks us and perhaps wishes a pause; returns what is to be raised."""

    def answered(self, site: str) -> None:
        """Notes that a site serves us: its next block is the first of a row."""


class Off:
    """No waiting: for a site of one's own."""

    def wait(self, kind: Kind, site: str) -> None:
        """Returns at once."""

    def pause(self, site: str, seconds: float) -> None:
        """Returns at once."""

    def block(self, site: str, retry_after_s: float | None, reason: str) -> SessionBlocked:
        """What is to be raised: how long to pause is up to whoever catches it, but not less than the site wishes."""
        return SessionBlocked(reason, site, retry_after_s)

    def answered(self, site: str) -> None:
        """Nothing is noted, so nothing is forgotten."""


def polite_interval(kind: Kind) -> float:
    """Seconds to the next request."""
    return random.SystemRandom().uniform(*VIDEO_S) if kind == "video" else CAPTIONS_S


def jitter() -> float:
    """A factor of 1 to 1.25: what was stopped together does not start together."""
    return random.SystemRandom().uniform(1.0, 1.0 + _JITTER)


class _Blocks(NamedTuple):
    """The blocks of a site in a row: when the first was, until when nobody asks, how many there were."""

    since_s: float = 0.0
    until_s: float = 0.0
    in_a_row: int = 0


class Polite:
    """Each caller takes the next free moment of a site from a small locked file, then sleeps until it.

    However many processes of this user share `folder`, together they are as slow as one; and a site that blocks one
    of them is asked by none until its pause is over. `session`: what a site knows us by; another one starts unblocked.
    """

    def __init__(
        self,
        folder: Path | None = None,
        interval: Callable[[Kind], float] = polite_interval,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        session: str = "",
    ) -> None:
        self._folder = folder or default_folder("pace")
        self._interval = interval
        self._now = now
        self._sleep = sleep
        self._session = session

    def wait(self, kind: Kind, site: str) -> None:
        """Reserves the next free moment of a site under the lock and sleeps until it, outside the lock.

        Raises SessionBlocked if the site blocks us, also if that came up only while this caller slept.
        """
        self._stop_if_blocked(site)
        delay = self._reserve(kind, site) - self._now()
        if delay > 0:
            self._sleep(delay)
        self._stop_if_blocked(site)

    def pause(self, site: str, seconds: float) -> None:
        """Sleeps for 1 to 1.25 times `seconds`; raises SessionBlocked if the site blocks us by then."""
        if seconds:
            self._sleep(seconds * jitter())
        self._stop_if_blocked(site)

    def block(self, site: str, retry_after_s: float | None, reason: str) -> SessionBlocked:
        """Nobody asks the site for a minute, twice as long for each block in a row, at most an hour or as it wishes.

        One that comes while nobody asks is an answer to an earlier request: it makes the row no longer.
        """
        with self._file(site, "block") as file:
            now = self._now()
            row = _read_blocks(file, now)
            if row.until_s <= now:
                old = not row.in_a_row or now - row.until_s > _LONGEST_S
                row = _Blocks(now, now, 1) if old else row._replace(in_a_row=row.in_a_row + 1)
                pause_s = min(_BLOCK_S * 2.0 ** min(row.in_a_row - 1, 9), _LONGEST_S) * jitter()
                row = row._replace(until_s=round(now + pause_s, 6))
            wish_s = min(retry_after_s or 0.0, _WISH_S)
            row = row._replace(until_s=max(row.until_s, now + wish_s))
            _write_blocks(file, row)
        return SessionBlocked(reason, site, row.until_s - now, row.in_a_row, row.since_s)

    def answered(self, site: str) -> None:
        """Ends a row of blocks whose pause is over; nothing is written where there is none."""
        blocks = self._blocks(site)
        if blocks.in_a_row and blocks.until_s <= self._now():
            with self._file(site, "block") as file:
                _write_blocks(file, _Blocks())

    def _blocks(self, site: str) -> _Blocks:
        """The row of blocks of a site, if there was one; no file is made to find that out."""
        if not self._path(site, "block").exists():
            return _Blocks()
        with self._file(site, "block") as file:
            return _read_blocks(file, self._now())

    def _stop_if_blocked(self, site: str) -> None:
        """Raises SessionBlocked while nobody may ask the site anything."""
        row = self._blocks(site)
        left_s = row.until_s - self._now()
        if left_s > 0:
            raise SessionBlocked("asked for a pause", site, left_s, row.in_a_row, row.since_s)

    def _reserve(self, kind: Kind, site: str) -> float:
        """The moment at which this caller may go; the next caller's is one interval later."""
        interval = self._interval(kind)
        with self._file(site, kind) as file:
            now = self._now()
            moment = max(now, _next_free(file, now))
            _store(file, f"{moment + interval:020.6f}")
        return moment

    def _path(self, site: str, what: str) -> Path:
        """Where something of a site is noted: its moments for all, its blocks for each session."""
        whose = f"\n{self._session}" if what == "block" else ""
        name = hashlib.sha256(f"{site}\n{what}{whose}".encode(errors="surrogateescape")).hexdigest()[:24]
        return self._folder / f"{name}.txt"

    def _file(self, site: str, what: str) -> contextlib.AbstractContextManager[int]:
        """The open file of a site, under its lock."""
        own_folder(self._folder)
        return _locked(self._path(site, what))


@dataclass(frozen=True)
class Pause:
    """A stage's worker leaves a site alone that blocks us, until `until_s`, in seconds since 1970."""

    stage: str
    site: str
    until_s: float


@contextlib.contextmanager
def noted(files: Files, whose: str, pause: Pause) -> Iterator[None]:
    """While the block runs, a store's file says so: a worker has no screen."""
    name = f"tmp/{_PAUSE}{whose}"
    files.write_bytes(name, json.dumps(asdict(pause)).encode())
    try:
        yield
    finally:
        files.remove(name)


def pauses(files: Files) -> list[Pause]:
    """The pauses that the workers of a store are making."""
    names = [name for name in files.names("tmp") if name.startswith(_PAUSE)]
    records = [parse_record(files.read_bytes(f"tmp/{name}")) for name in names]
    return [Pause(**record) for record in records if record]


def _next_free(file: int, now: float) -> float:
    """The stored moment; a broken file or one from a far future (a clock set back) counts as now."""
    try:
        moment = float(os.read(file, 64).decode("ascii"))
    except ValueError:
        return now
    return moment if moment < now + 86_400 else now


def _read_blocks(file: int, now: float) -> _Blocks:
    """The stored row of blocks; none if the file is broken, or speaks of a time to come (a clock set back)."""
    try:
        since, until, count = os.read(file, 64).decode("ascii").split()
        row = _Blocks(float(since), float(until), int(count))
    except ValueError:
        return _Blocks()
    sound = 0 < row.since_s <= now and row.since_s <= row.until_s <= now + _WISH_S and row.in_a_row > 0
    return row if sound else _Blocks()


def _write_blocks(file: int, row: _Blocks) -> None:
    """Overwrites the row of blocks."""
    _store(file, f"{row.since_s:020.6f} {row.until_s:020.6f} {min(row.in_a_row, 9999):04d}")


def _store(file: int, line: str) -> None:
    """Overwrites a line in place; its width is fixed, so that no half number is ever read."""
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, line.encode("ascii"))


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The open file under an exclusive lock; the lock is gone when its process is."""
    file = open_own(path, os.O_RDWR | os.O_CREAT)
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

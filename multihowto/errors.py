"""The error tree, by what the runner does about each.

    MultihowtoError
     +- ConfigError       the user: stop before any work, the fix is in the message
     +- ContractError     our code: stop at once
     +- RetryableError    the world: this shard is tried again, then reported; others go on
         +- SessionBlocked   the site refuses the session: pause, go on, the same video last; in the end, stop

A bad *row* is none of these: it is a `Reject` (see `rejects.py`).
"""

import contextlib
import errno
import time
from collections.abc import Iterator

_FULL = {errno.ENOSPC, errno.EDQUOT}


class MultihowtoError(Exception):
    """Base of everything that multihowto raises on purpose."""


class ConfigError(MultihowtoError):
    """A mistake in a pipeline, manifest, setting or installation; the message says what would be right."""


class ContractError(MultihowtoError):
    """A stage broke its promise (schema, lost rows, double keys): a bug in the stage."""


class RetryableError(MultihowtoError):
    """Disk full, network gone, store unreachable: nothing is wrong with the rows."""


class SessionBlocked(RetryableError):
    """The site blocks this session (bot check, rate limit); never recorded against a video.

    `pause_s`: seconds until it may be asked again, if somebody said so; `in_a_row`: which block in a row it is,
    over all workers, 0 if nobody counts; `since_s`: when the first of them was, in seconds since 1970.
    """

    def __init__(
        self,
        reason: str,
        site: str = "",
        pause_s: float | None = None,
        in_a_row: int = 0,
        since_s: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.site = site
        self.pause_s = pause_s
        self.in_a_row = in_a_row
        self.since_s = time.time() if since_s is None else since_s


@contextlib.contextmanager
def world_errors(doing: str) -> Iterator[None]:
    """Turns the operating system's errors into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise RetryableError(f"disk full while {doing}: free space and run again") from error
        raise RetryableError(f"{error.strerror or error} while {doing}") from error

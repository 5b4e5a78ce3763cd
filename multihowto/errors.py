"""The error tree, by what the runner does about each.

    MultihowtoError
     +- ConfigError       the user: stop before any work, the fix is in the message
     +- ContractError     our code: stop at once
     +- RetryableError    the world: this shard is tried again, then reported; others go on
         +- SessionBlocked   the site refuses the session: pause, go on with the same video

A bad *row* is none of these: it is a `Reject` (see `rejects.py`).
"""

import contextlib
import errno
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
    """The site blocks this session (bot check, rate limit); never recorded against a video."""


@contextlib.contextmanager
def world_errors(doing: str) -> Iterator[None]:
    """Turns the operating system's errors into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise RetryableError(f"disk full while {doing}: free space and run again") from error
        raise RetryableError(f"{error.strerror or error} while {doing}") from error

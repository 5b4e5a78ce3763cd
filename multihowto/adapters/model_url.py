"""Downloads a file over http(s): resumes what was begun, notices a changed file, gives up on a stalled server."""

import contextlib
import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

import msgspec

from multihowto.errors import ConfigError, RetryableError

Say = Callable[[int, int], None]
"""Is told how many bytes are done, and of how many; 0 if nobody knows."""
_CHUNK_BYTES = 1 << 18
_MAY_PASS = {408, 425, 429}


@dataclass(frozen=True)
class Patience:
    """How long a server is waited for."""

    tries: int = 4
    pause_s: float = 1.0
    """Before the second try; doubled before each other one."""
    silence_s: float = 30.0
    """Without any byte."""
    window_s: float = 60.0
    window_bytes: int = 64 * 1024
    """So many bytes must come in each window."""


PATIENCE = Patience()


class Begun(msgspec.Struct, frozen=True):
    """What a file was when its download began: only the same one is gone on with."""

    url: str
    validator: str
    total: int


def download(url: str, target: Path, size: int | None, say: Say, patience: Patience = PATIENCE) -> None:
    """Gets a file to `target`, which appears when it is whole; `size` is what it must be, None if not known.

    What a broken connection leaves stays in `target`.part and is gone on with if the server says that the file is the
    same (ETag, Last-Modified). Raises RetryableError if the server cannot be reached, ConfigError if it refuses.
    """
    part = target.with_name(f"{target.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    for left in reversed(range(patience.tries)):
        try:
            _go_on(url, part, size, say, patience)
            break
        except RetryableError:
            if not left:
                raise
            time.sleep(patience.pause_s * 2 ** (patience.tries - left - 1))
    part.replace(target)
    _note(part).unlink(missing_ok=True)


def _go_on(url: str, part: Path, size: int | None, say: Say, patience: Patience) -> None:
    """Asks for what is missing of the part, and adds it."""
    begun = _begun(url, part)
    have = part.stat().st_size if begun else 0
    if begun and begun.total == have:
        return
    headers = {"Accept-Encoding": "identity", "User-Agent": "multihowto"}
    if begun:
        headers |= {"Range": f"bytes={have}-", "If-Range": begun.validator}
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - models.toml takes http(s) only
        with urllib.request.urlopen(request, timeout=patience.silence_s) as answer:  # noqa: S310
            _take(answer, begun, url, part, size, say, patience)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            _forget(part)
        elif error.code < 500 and error.code not in _MAY_PASS:
            raise ConfigError(
                f"{url} answers {error.code} {error.reason}: the file is not there; get it another way and use --from"
            ) from error
        raise RetryableError(f"{url} answers {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise RetryableError(f"{url}: {getattr(error, 'reason', None) or error!r}") from error


def _take(
    answer: HTTPResponse,
    begun: Begun | None,
    url: str,
    part: Path,
    size: int | None,
    say: Say,
    patience: Patience,
) -> None:
    """Writes an answer behind what is there, or from the beginning if the server sends the file anew."""
    validator, have, total = _validator(answer), 0, int(answer.headers.get("Content-Length") or 0)
    if answer.status == http.HTTPStatus.PARTIAL_CONTENT:
        have = part.stat().st_size
        told = re.fullmatch(rf"bytes {have}-\d+/(\d+)", answer.headers.get("Content-Range", ""))
        if not begun or not told or (validator and validator != begun.validator):
            _forget(part)
            raise RetryableError(f"{url} goes on with another file, or at another place")
        total = int(told[1])
    if size is not None and total and total != size:
        _forget(part)
        raise ConfigError(
            f"{url} has {total:,} bytes, models.toml says {size:,}: it is another file, and not fetched"
        )
    total = total or size or 0
    if not have:
        _forget(part)
        _note(part).write_bytes(msgspec.json.encode(Begun(url, validator, total)))
    have = _pour(answer, part, have, total, size, say, patience)
    if total and have < total:
        raise RetryableError(f"{url}: the connection ended after {have:,} of {total:,} bytes")


def _pour(
    answer: HTTPResponse, part: Path, have: int, total: int, size: int | None, say: Say, patience: Patience
) -> int:
    """Writes what comes to the part's end, and says how long it is then."""
    since, had = time.monotonic(), have
    with part.open("r+b" if have else "wb") as sink:
        sink.seek(have)
        while chunk := answer.read1(_CHUNK_BYTES):
            sink.write(chunk)
            have += len(chunk)
            say(have, total)
            if size is not None and have > size:
                raise ConfigError(f"{answer.url} sends more than the {size:,} bytes that models.toml says")
            if time.monotonic() - since > patience.window_s:
                if have - had < patience.window_bytes:
                    raise RetryableError(
                        f"{answer.url}: only {have - had:,} bytes came in {patience.window_s:g} s"
                    )
                since, had = time.monotonic(), have
    return have


def _validator(answer: HTTPResponse) -> str:
    """What names this version of the file; a weak ETag does not, and then nothing is gone on with."""
    tag = str(answer.headers.get("ETag", ""))
    return tag if tag.startswith('"') else str(answer.headers.get("Last-Modified", ""))


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _begun(url: str, part: Path) -> Begun | None:
    """What the part is of, if that can be gone on with."""
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        begun = msgspec.json.decode(_note(part).read_bytes(), type=Begun)
        if begun.url == url and begun.validator and part.stat().st_size:
            return begun
    return None


def _forget(part: Path) -> None:
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)

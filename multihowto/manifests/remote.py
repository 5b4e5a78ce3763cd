"""Manifests at an address: fetched once a command, whole or not at all."""

import hashlib
import http.client
import os
import urllib.error
import urllib.request
import uuid
from pathlib import Path, PurePosixPath
from typing import IO, Any

import fsspec

from multihowto.errors import ConfigError
from multihowto.manifests.addresses import bare_url

_PATIENCE_S = 60.0
_BLOCK = 1 << 20
_MOST_BYTES = 20 << 30
"""An own limit: twenty times a list of a hundred million ids."""

_addresses: dict[Path, str] = {}
"""Where the copies that this process has fetched are from."""


def fetch(address: str) -> Path:
    """A local copy of a file at http(s), s3, gs, hf, or any other address that fsspec knows.

    The copy is in MULTIHOWTO_CACHE, or else in ~/.cache/multihowto, and replaced each time. ConfigError if the file
    cannot be had, or the package that fsspec needs is not installed.
    """
    scheme, _, rest = address.partition("://")
    ending = "".join(PurePosixPath(rest.partition("?")[0]).suffixes[-2:])
    name = hashlib.blake2b(address.encode(), digest_size=16).hexdigest() + ending
    root = os.environ.get("MULTIHOWTO_CACHE")
    folder = (Path(root) if root else Path.home() / ".cache" / "multihowto") / "manifests"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"{uuid.uuid4().hex}.part"
        try:
            with _open(scheme, address) as source, part.open("wb") as target:
                _copy(source, target)
                if getattr(source, "length", None):  # what http.client still waits for
                    raise ValueError("the connection ended early")
            part.replace(folder / name)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, ValueError, ImportError, http.client.HTTPException) as error:
        raise ConfigError(f"cannot fetch the manifest {bare_url(address)}: {_why(error)}") from None
    except Exception as error:
        # fsspec runs plug-ins that nobody here knows, with errors of their own kinds; Python's kinds are a bug of ours
        if type(error).__module__ == "builtins":
            raise
        raise ConfigError(f"cannot fetch the manifest {bare_url(address)}: {_why(error)}") from None
    _addresses[folder / name] = bare_url(address)
    return folder / name


def called(path: Path) -> str:
    """A manifest as messages name it: the address that it was fetched from, without keys, or else its path."""
    return _addresses.get(path, str(path))


def _copy(source: IO[bytes], target: IO[bytes]) -> None:
    came = 0
    while block := source.read(_BLOCK):
        came += len(block)
        if came > _MOST_BYTES:
            raise ValueError(f"it has more than {_MOST_BYTES:,} bytes: no list of videos is as long")
        target.write(block)


def _open(scheme: str, address: str) -> IO[Any]:
    """A stream of the file's bytes: by the standard library over http(s), where fsspec would need one more package."""
    if scheme in ("http", "https"):
        request = urllib.request.Request(address, headers={"User-Agent": "multihowto"})  # noqa: S310
        answer: IO[Any] = urllib.request.urlopen(request, timeout=_PATIENCE_S)  # noqa: S310
        return answer
    stream: IO[Any] = fsspec.open(address, "rb").open()
    return stream


def _why(error: Exception) -> str:
    """A reason without the address, which may carry a key."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code}"
    if isinstance(error, urllib.error.URLError):
        return str(error.reason)
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, ImportError):
        return f"{error} (for s3 addresses: pip install 'multihowto[s3]')"
    return str(error) if isinstance(error, ValueError) else type(error).__name__

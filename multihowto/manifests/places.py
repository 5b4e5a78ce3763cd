"""Where a manifest is: beside its pipeline, in the working directory, or among the shipped ones."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from multihowto.errors import ConfigError
from multihowto.manifests.remote import fetch

_PACKAGE = Path(__file__).parent.parent


def shipped(folder: str) -> Path:
    """A folder that comes with multihowto: `pipelines` or `manifests`, in a checkout or in an installed package."""
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / folder).is_dir():
        return checkout / folder
    return _PACKAGE / "shipped" / folder


def find_videos(name: str, beside: Path | None = None) -> Path:
    """A manifest of videos: as `find` does, but it may also be a folder of videos, or an address to fetch it from."""
    if "://" in name:
        return fetch(name)
    for path in [*([beside / name] if beside else []), Path(name)]:
        if path.is_dir():
            return path.resolve()
    return find(name, beside)


def find(name: str, beside: Path | None = None) -> Path:
    """A manifest by its path beside the pipeline, its path, or its name among the shipped ones. ConfigError if none.

    The pipeline's folder comes first, so that a build is the same from wherever it is called.
    """
    tried = [*([beside / name] if beside else []), Path(name), shipped("manifests") / name]
    for path in tried:
        if path.is_file():
            return path.resolve()
    there = [
        path.relative_to(shipped("manifests")).as_posix()
        for path in sorted(shipped("manifests").rglob("*.*"))
    ]
    raise ConfigError(f"no manifest {name!r}; {meant(name, there)}")


def as_note(path: Path) -> str:
    """A manifest's path, to be noted; of a shipped one its name, which outlives a new installation."""
    there = shipped("manifests").resolve()
    return path.relative_to(there).as_posix() if path.is_relative_to(there) else str(path)


def of_note(note: str) -> Path:
    """The path that was noted; nothing need be there any more."""
    return shipped("manifests") / note


def meant(word: str, known: Iterable[str]) -> str:
    """What would be right instead of a misspelt word, for messages."""
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1)
    there = f"there are: {', '.join(known)}" if known else "there are none"
    return f"did you mean {close[0]!r}? ({there})" if close else there

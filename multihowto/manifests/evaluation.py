"""Evaluation sets: a list of sets, and for each a list of its videos and texts."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from multihowto import checksums
from multihowto.errors import ConfigError
from multihowto.manifests.lines import Broken, read_csv

_NAME = re.compile(r"[a-z0-9_-]{1,40}")


class EvaluationSet(NamedTuple):
    """A set that is named, and the file that lists what is in it."""

    name: str
    path: Path


class Listed(NamedTuple):
    """One row of a set's list: a video, a text in a language, or both; empty if not given."""

    video_id: str
    language: str
    text: str


def read_evaluation(path: Path) -> tuple[EvaluationSet, ...]:
    """The sets of a list with the columns name, file (beside the list) and sha256 (of the file).

    The hash makes the list stand for all its files: one that was changed is a ConfigError, as any other mistake is.
    """
    found: dict[str, EvaluationSet] = {}
    for where, (name, file, sha256) in _rows(path, ("name", "file", "sha256")):
        if not _NAME.fullmatch(name) or name in found:
            raise ConfigError(
                f"{where}: each set needs a name of its own, 1 to 40 of a-z 0-9 _ -; got {name!r:.60}"
            )
        its = path.parent / file
        if not its.is_file():
            raise ConfigError(f"{where}: there is no file {its}: put the list of {name} there")
        actual = checksums.of_file(its)
        if actual != sha256:
            raise ConfigError(
                f"{where}: {its} has the SHA-256 {actual}, not {sha256[:64]!r}: if the file is what it should be, "
                "write its hash into the list"
            )
        found[name] = EvaluationSet(name, its)
    return tuple(found.values())


def read_listed(one: EvaluationSet) -> Iterator[Listed]:
    """The rows of a set's list, with the columns video_id, language and text; ConfigError for one that says nothing."""
    for where, row in _rows(one.path, ("video_id", "language", "text")):
        listed = Listed(*row)
        if not listed.video_id and not listed.text:
            raise ConfigError(f"{where}: neither a video_id nor a text")
        if listed.text and not listed.language:
            raise ConfigError(f"{where}: a text needs its language, a code of languages.csv")
        yield listed


def _rows(path: Path, names: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The named columns of each row, stripped, and where it is; the others are for people."""
    places: list[int] | None = None
    for line, row in read_csv(path):
        where = f"{path}, line {line}"
        if isinstance(row, Broken):
            raise ConfigError(f"{where} cannot be read: {row.why}")
        if places is None:
            missing = [name for name in names if row.count(name) != 1]
            if missing:
                raise ConfigError(f"{where}: the first line names the columns {', '.join(names)}, each once")
            places = [row.index(name) for name in names]
        elif len(row) <= max(places):
            raise ConfigError(f"{where}: {len(row)} columns are too few; it needs {', '.join(names)}")
        else:
            yield where, [row[place].strip() for place in places]
    if places is None:
        raise ConfigError(f"{path} is empty: its first line names the columns {', '.join(names)}")

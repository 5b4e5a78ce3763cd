"""Rows of CSV and text files with the lines that they begin on, whatever the file holds."""

import codecs
import csv
import gzip
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from multihowto.errors import ConfigError
from multihowto.manifests.remote import called

LONGEST = 65_536
"""Characters of the longest row, over all its lines: a quote that is never closed would take the rest of the file."""
MOST_OPEN = 1000
"""More rows than this that end in the middle of a quote are no accident: the file is no CSV."""


class Broken(NamedTuple):
    """Why a row could not be read."""

    why: str


def read_csv(path: Path) -> Iterator[tuple[int, list[str] | Broken]]:
    """The rows of a CSV file in UTF-8, gzip allowed, header first, each with its line from 1; empty lines left out.

    A row that is broken costs only the line that it begins on. ConfigError for another encoding, or no CSV at all.
    """
    with _opened(path) as file:
        lines = _Lines(file, strict=True)
        broken = 0
        for row in _rows(lines):
            if isinstance(row, Broken):
                broken += 1
                if broken > MOST_OPEN:
                    raise ConfigError(
                        f"{called(path)}: more than {MOST_OPEN:,} rows cannot be read "
                        f"({row.why} in line {lines.first}): is it a CSV file, with commas and double quotes?"
                    )
            if row != []:
                yield lines.first, row


def read_list(path: Path) -> Iterator[tuple[int, str | Broken]]:
    """The lines of a text file in UTF-8, gzip allowed, with their numbers; empty ones and those after `#` left out."""
    with _opened(path) as file:
        lines = _Lines(file, strict=False)
        for text in lines:
            word = text.strip()
            if lines.too_long:
                yield lines.number, Broken(f"a line of more than {LONGEST:,} characters")
            elif word and not word.startswith("#"):
                yield lines.number, word


class _Lines:
    """The lines of a file, none of which takes more memory than `LONGEST`; lines of a broken row are given again.

    `strict`: a row that is longer than `LONGEST` is an error of csv.
    """

    def __init__(self, file: IO[str], strict: bool) -> None:
        self._file = file
        self._strict = strict
        self._length = 0
        self._back: deque[tuple[str, bool]] = deque()
        self._row: list[tuple[str, bool]] = []
        self.number = 0
        self.first = 0
        """The line on which the row begins."""
        self.too_long = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line, self.too_long = self._back.popleft() if self._back else self._read()
        if not line:
            raise StopIteration
        self.number += 1
        if not self._row:
            self.first = self.number
        self._row.append((line, self.too_long))
        self._length += len(line)
        if self._strict and (self.too_long or self._length > LONGEST):
            raise csv.Error(f"a quote that is never closed, or more than {LONGEST:,} characters")
        return line

    def _read(self) -> tuple[str, bool]:
        """The next line; of one that is too long its beginning alone."""
        line = rest = self._file.readline(LONGEST)
        while len(rest) == LONGEST and not rest.endswith("\n"):
            rest = self._file.readline(LONGEST)
        return line, rest is not line or len(line) == LONGEST

    def done(self) -> None:
        """The row is read: its lines are never given back."""
        self._row.clear()
        self._length = 0

    def again(self) -> None:
        """The row is broken: all its lines but the first are given back."""
        self._back.extendleft(reversed(self._row[1:]))
        self.number = self.first
        self.done()


def _rows(lines: _Lines) -> Iterator[list[str] | Broken]:
    """What csv makes of the lines, row by row; after an error it begins anew with the next line that it is given."""
    reader = csv.reader(lines, strict=True)
    while True:
        lines.done()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.again()
            yield Broken(str(error))
        else:
            yield row


def _opened(path: Path) -> IO[str]:
    """The text of a file, gzip or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise ConfigError(f"the manifest {called(path)} is not UTF-8 but UTF-16: save it as UTF-8")
    return opener(path, "rt", encoding="utf-8-sig", newline="")


def columns_of(path: Path, names: Sequence[str], known: Sequence[str]) -> dict[str, int]:
    """Where the known columns are; ConfigError if none of the two that name a video is there, or one is there twice."""
    if "video_id" not in names and "url" not in names:
        raise ConfigError(
            f"{called(path)} has neither a column video_id nor a column url; it has: {', '.join(names)[:500]}"
        )
    twice = [name for name in known if list(names).count(name) > 1]
    if twice:
        raise ConfigError(f"{called(path)} has the column {twice[0]} twice: leave one of them out")
    return {name: list(names).index(name) for name in known if name in names}

"""What people said of captions: the CSV that they fill in, and what the store keeps of it under `verdicts/`."""

import csv
import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.errors import ConfigError
from multihowto.storage import Store

FOLDER = "verdicts"
"""Where the store keeps what was read in: a file each time, none ever changed."""
COLUMNS = ("caption_id", "verdict", "judge", "when", "text_sha")
VERDICTS = {"right": "right", "partly": "partly", "wrong": "wrong", "cannot_tell": "cannot tell"}
"""What can be said of a caption, from best to worst; the last says nothing."""

MAX_BYTES = 50_000_000
"""A longer file is refused (own setting)."""
MAX_JUDGE = 80
"""Characters of a judge's name, at most (own setting)."""
MAX_TOLD = 5
"""So many mistakes of a file are told at once."""

_SHA = re.compile(r"sha256:[0-9a-f]{16}")
_FORMULA = ("=", "+", "-", "@")
_TEXTS = tables.CAPTIONS.only("clip_id", "language", "text", "method")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one person says of one caption, and of which texts it was said."""

    caption_id: str
    verdict: str
    judge: str
    when: str
    text_sha: str
    line: int
    """Where in its file it stands, from 1."""


def text_sha(pivot: str, text: str) -> str:
    """The hash of a pair of texts; the word before it keeps spreadsheets from taking it for a number."""
    pair = json.dumps([pivot, text], ensure_ascii=False).encode()
    return f"sha256:{hashlib.sha256(pair).hexdigest()[:16]}"


def parse(data: bytes, name: str) -> list[Verdict]:
    """The lines of a CSV in which somebody judged. ConfigError, by line, for what cannot be read.

    Commas, semicolons or tabs part its columns; others than `COLUMNS` may be there. A line without a verdict is none.
    """
    rows = _rows(data, name)
    header = [title.strip().lower() for title in next(rows, (0, []))[1]]
    missing = [title for title in COLUMNS if title not in header]
    if missing:
        raise ConfigError(
            f"{name}: no column {missing[0]!r} in its first line: it has to be {','.join(COLUMNS)}"
        )
    twice = [title for title in COLUMNS if header.count(title) > 1]
    if twice:
        raise ConfigError(
            f"{name}: column {twice[0]!r} comes twice in its first line: leave the one that is meant"
        )
    found, wrong = list[Verdict](), list[str]()
    for line, cells in rows:
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if not row.get("verdict"):
            continue
        verdict = _verdict(row, line)
        mistake = _mistake(verdict)
        if mistake:
            wrong.append(f"line {line}: {mistake}")
        found.append(verdict)
    if wrong:
        more = f"; and {len(wrong) - MAX_TOLD:,} more" if len(wrong) > MAX_TOLD else ""
        raise ConfigError(f"{name}: {'; '.join(wrong[:MAX_TOLD])}{more}")
    return found


def _rows(data: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    """Each line's number and cells."""
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{name} is larger than {MAX_BYTES:,} bytes: a file of verdicts is not")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{name} is not UTF-8 at byte {error.start}: save it as `CSV UTF-8`") from error
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise ConfigError(f"{name}, line {reader.line_num}: no CSV: {error}") from error


def _verdict(row: Mapping[str, str], line: int) -> Verdict:
    said = row["verdict"].lower().replace(" ", "_")
    return Verdict(
        caption_id=row.get("caption_id", "").removeprefix("'"),
        verdict=list(VERDICTS)[int(said) - 1] if said in ("1", "2", "3", "4") else said,
        judge=unicodedata.normalize("NFC", row.get("judge", "").removeprefix("'")) or "unnamed",
        when=row.get("when", "").removeprefix("'"),
        text_sha=row.get("text_sha", ""),
        line=line,
    )


def _mistake(one: Verdict) -> str:
    """What is wrong with a line; empty if nothing is."""
    if one.verdict not in VERDICTS:
        return f"{one.verdict!r:.40} is no verdict: one of {', '.join(VERDICTS)}, or 1 to 4"
    if not _SHA.fullmatch(one.text_sha):
        return f"text_sha {one.text_sha!r:.40} is not as the sheet wrote it: leave that column as it is"
    if len(one.judge) > MAX_JUDGE or not one.judge.isprintable():
        return f"the judge's name has to be printable, of at most {MAX_JUDGE} characters"
    if len(one.when) > MAX_JUDGE or not one.when.isprintable():
        return "`when` is no time"
    return ""


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """Rows under `COLUMNS` as CSV; no cell is a formula in a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in rows)
    return out.getvalue().encode()


def as_cells(one: Verdict) -> tuple[str, ...]:
    """A verdict as a row of its CSV."""
    return (one.caption_id, one.verdict, one.judge, one.when, one.text_sha)


def file_names(store: Store) -> list[str]:
    """The files of verdicts that a store keeps, in the order in which they came."""
    ours = re.compile(r"\d{5,}-[0-9a-f]{16}\.csv")
    return [f"{FOLDER}/{name}" for name in store.files.names(FOLDER) if ours.fullmatch(name)]


def latest(store: Store) -> dict[tuple[str, str], Verdict]:
    """The last word of each judge on each caption, by (caption, judge). ConfigError if a file is damaged."""
    found = {}
    for name in file_names(store):
        for one in parse(store.files.read_bytes(name) or b"", f"{store.root}/{name}"):
            found[one.caption_id, one.judge] = one
    return found


def pairs(store: Store, shard: int, clip_ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """The pivot's text and its own of each caption of some clips of a shard, by caption; the pivot's left out."""
    rows = store.read_shard(_TEXTS, shard)
    mine = rows.filter(pc.is_in(rows["clip_id"], pa.array(sorted(set(clip_ids)), pa.string()))).to_pylist()
    pivots = {row["clip_id"]: row["text"] for row in mine if row["method"] == "pivot"}
    return {
        row["caption_id"]: (pivots.get(row["clip_id"], ""), row["text"])
        for row in mine
        if row["method"] != "pivot"
    }

"""Files of queries as they come: text, lines, JSON, and tables (CSV, TSV, Parquet); gzip allowed, hostile or not."""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pyarrow as pa

from multihowto.errors import ConfigError

MOST_BYTES = 500_000_000
"""Of a file, unpacked (own setting)."""
_T = TypeVar("_T")


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """A whole file, unpacked if its name ends in .gz; ConfigError if it cannot be read or is longer than `most`."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
            data: bytes = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    if len(data) > most:
        raise ConfigError(f"{path} has more than {most:,} bytes: is it a file of captions?")
    return data


def read_lines(path: Path) -> list[str]:
    """Lines of UTF-8; only a line feed ends one: others are parts of some captions."""
    text = _decoded(path, read_bytes(path))
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []


def read_json(path: Path, kind: type[_T]) -> _T:
    """JSON as a type that msgspec knows; ConfigError for another, and for a key that one object has twice."""
    text = _decoded(path, read_bytes(path))
    try:
        return msgspec.convert(json.loads(text, object_pairs_hook=_once), type=kind)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not in this benchmark's format: {error}") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; ValueError if a key comes twice, since only the last of its values would count."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r:.80} comes twice in one object: put its values together")
        found[key] = value
    return found


def read_rows(path: Path, *needed: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The needed columns of each row, and where it is; CSV, TSV (its header has a tab), or Parquet with texts."""
    data = read_bytes(path)
    yield from (_parquet if data[:4] == b"PAR1" else _separated)(path, data, needed)


def _separated(path: Path, data: bytes, needed: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    text = _decoded(path, data)
    delimiter = "," if re.match(r"[^\t\r\n]*\t", text) is None else "\t"
    # strict: else a quote that is never closed would make one row of two
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        _check_header(path, header, needed)
        for row in filter(None, reader):
            where = f"{path}, line {reader.line_num}"
            if len(row) > len(header):  # a comma within a text that nobody quoted
                raise ConfigError(f'{where}: more columns than the header: put a text with commas into "')
            if len(row) < len(header):
                raise ConfigError(f"{where}: fewer columns than the header: it has {len(header)}")
            yield where, {name: row[header.index(name)] for name in needed}
    except csv.Error as error:
        raise ConfigError(
            f"{path}, line {reader.line_num}: {error}: a text with a quote is put into quotes, and the quote doubled"
        ) from error


def _parquet(path: Path, data: bytes, needed: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    import pyarrow.parquet

    try:
        schema = pyarrow.parquet.read_schema(pa.BufferReader(data))
        _check_header(path, schema.names, needed)
        _check_texts(path, schema, needed)
        # dictionaries are kept, so that one long text in many rows takes no more than itself
        with pyarrow.parquet.ParquetFile(pa.BufferReader(data), read_dictionary=list(needed)) as file:
            number = 0
            for batch in file.iter_batches(columns=list(needed)):
                for row in range(batch.num_rows):
                    number += 1
                    yield f"{path}, row {number}", {name: batch[name][row].as_py() or "" for name in needed}
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path} as Parquet: {error}") from error


def _check_texts(path: Path, schema: pa.Schema, needed: tuple[str, ...]) -> None:
    for name in needed:
        kind = schema.field(name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
            raise ConfigError(f"{path}: the column {name} is of {kind}: write it as texts")


def _check_header(path: Path, names: list[str], needed: tuple[str, ...]) -> None:
    for name in needed:
        if name not in names:
            raise ConfigError(
                f"{path} has no column {name!r}; it needs: {', '.join(needed)}; it has: {', '.join(names)[:200]!r} "
                "(CSV with commas, TSV with tabs, or Parquet)"
            )
        if names.count(name) > 1:
            raise ConfigError(f"{path} has the column {name!r} twice: leave one of them out")


def _decoded(path: Path, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8: save it as that ({error.reason}, byte {error.start})"
        ) from error

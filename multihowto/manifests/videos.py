"""Lists of videos: read as a stream, checked row by row; and which shard a video belongs to."""

import hashlib
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import checksums
from multihowto.errors import ConfigError
from multihowto.manifests.addresses import ADDRESS, bare_url, id_of_url, told
from multihowto.manifests.lines import LONGEST, Broken, columns_of, read_csv, read_list
from multihowto.manifests.remote import called
from multihowto.rejects import Reject

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
SPLITS = ("train", "validation", "test")
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_TEXT = ("video_id", "url", "split", "category_1", "category_2")
_NUMBERS = ("task_id", "rank")
_NUMBER = re.compile(r"-?[0-9]{1,10}")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
"""Names that Windows takes for devices, wherever they stand."""
_FAT_BYTES = 64_000_000
_FAT_BYTES_EACH = 4096
_AT_ONCE = 8192
_PARQUET = b"PAR1"


def shard_of(video_id: str, shards: int) -> int:
    """The shard of a video: the same in every table, forever."""
    return int.from_bytes(hashlib.blake2b(video_id.encode(), digest_size=8).digest()) % shards


class Source(NamedTuple):
    """One row of a videos manifest that is in order; the fields are the columns of table `sources`."""

    video_id: str
    url: str
    split: str | None
    category_1: str | None
    category_2: str | None
    task_id: int | None
    rank: int | None


def read_videos(path: Path) -> Iterator[Source | Reject]:
    """The rows of a videos manifest, as `numbered` gives them, without their numbers."""
    return (row for _, row in numbered(path))


def numbered(path: Path) -> Iterator[tuple[int, Source | Reject]]:
    """The rows of a videos manifest, read as a stream, each with its number: of the line, or what `unit` says.

    CSV and Parquet have the columns `video_id`, `url`, or both; a text file an id or an address a line (CSV and text
    may be gzip); a folder its video files. A file whose ending says nothing is Parquet if it begins so, or else CSV. A
    row that is not in order is a Reject whose key is `line n`. ConfigError for a file that is none of these.
    """
    if path.is_dir():
        from multihowto.manifests.folders import read_folder

        yield from enumerate(read_folder(path), 1)
        return
    word = unit(path)
    try:
        for number, row in _raw(path):
            yield number, _row_or_reject(f"{word} {number}", row)
    except (UnicodeDecodeError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        if isinstance(error, UnicodeDecodeError) or "invalid UTF8" in str(error):
            raise ConfigError(
                f"the manifest {called(path)} is not UTF-8: save it as UTF-8 ({error})"
            ) from error
        raise ConfigError(f"cannot read the manifest {called(path)}: {error}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"cannot read the manifest {called(path)}: {error}") from error


def checksum(path: Path) -> str:
    """Hash of all that a videos manifest says, hex: of a file its bytes, of a folder its videos."""
    if not path.is_dir():
        return checksums.of_file(path)
    return checksums.of_values(
        *(list(row) if isinstance(row, Source) else row.key for row in read_videos(path))
    )


def unit(path: Path) -> str:
    """What the numbers of a manifest's rows count: lines, rows of Parquet (from 1), or files of a folder."""
    if path.is_dir():
        return "file"
    return "line" if _kind(path) in _READERS else "row"


def _kind(path: Path) -> str:
    """The ending that says what a manifest is; without one that is known, its first bytes do."""
    ending = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    return ending if ending in (*_READERS, ".parquet") or _begins_as_parquet(path) else ".csv"


def _begins_as_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_PARQUET)) == _PARQUET
    except OSError:  # who reads it will say so
        return False


def _row_or_reject(where: str, row: dict[str, Any] | Broken) -> Source | Reject:
    if isinstance(row, Broken):
        return Reject(where, "bad_row", row.why)
    return check_row(where, row)


def _raw(path: Path) -> Iterator[tuple[int, dict[str, Any] | Broken]]:
    """The known columns of each row; what is not a 32-bit number where one belongs stays a string."""
    return _READERS.get(_kind(path), _parquet_rows)(path)


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | Broken]]:
    rows = read_csv(path)
    _, names = next(rows, (1, Broken("it is empty")))
    if isinstance(names, Broken):
        raise ConfigError(f"cannot read the manifest {called(path)}: {names.why}")
    columns = columns_of(path, names, (*_TEXT, *_NUMBERS))
    for number, row in rows:
        if isinstance(row, Broken):
            yield number, row
        elif len(row) != len(names):
            yield number, Broken(f"{len(row)} columns, where the header has {len(names)}")
        else:
            found: dict[str, Any] = {name: row[place] for name, place in columns.items()}
            for name in _NUMBERS:
                if name in found:
                    found[name] = _whole(found[name])
            yield number, found


def _list_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | Broken]]:
    for number, word in read_list(path):
        if isinstance(word, Broken):
            yield number, word
        else:
            yield number, {"url" if "://" in word else "video_id": word}


_READERS: Final = {".csv": _csv_rows, ".txt": _list_rows}


def _parquet_rows(path: Path) -> Iterator[tuple[int, dict[str, Any] | Broken]]:
    import pyarrow.parquet

    number = 0
    names = pyarrow.parquet.read_schema(path).names
    with pyarrow.parquet.ParquetFile(path, read_dictionary=[name for name in _TEXT if name in names]) as file:
        columns = columns_of(path, file.schema_arrow.names, (*_TEXT, *_NUMBERS))
        _refuse_fat(path, file.metadata, columns)
        for batch in file.iter_batches(columns=list(columns), batch_size=_AT_ONCE):
            _refuse_long(path, batch)
            values = [_values(batch.column(name), name in _NUMBERS) for name in batch.schema.names]
            for row in zip(*values, strict=True):
                number += 1
                yield number, dict(zip(batch.schema.names, row, strict=True))


def _refuse_long(path: Path, batch: pa.RecordBatch) -> None:
    """One long value may stand in many rows and in the file only once: it is refused before it is written out."""
    for name in batch.schema.names:
        column = batch.column(name)
        values = column.dictionary if pa.types.is_dictionary(column.type) else column
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            longest = pc.max(pc.binary_length(values)).as_py() or 0
            if longest > LONGEST:
                raise ConfigError(
                    f"{called(path)}: the column {name} holds a value of {longest:,} bytes: that is no {name}"
                )


def _refuse_fat(path: Path, metadata: Any, columns: Mapping[str, int]) -> None:
    """A column of ids and addresses that is as large as books would take as much memory."""
    for group in range(metadata.num_row_groups):
        for place in columns.values():
            chunk = metadata.row_group(group).column(place)
            if (
                chunk.total_uncompressed_size
                > _FAT_BYTES + _FAT_BYTES_EACH * metadata.row_group(group).num_rows
            ):
                raise ConfigError(
                    f"{called(path)}: the column {chunk.path_in_schema} holds {chunk.total_uncompressed_size:,} bytes "
                    f"in {metadata.row_group(group).num_rows:,} rows: these are no ids, addresses or names"
                )


def _whole(text: str) -> int | str | None:
    """A 32-bit number, None for nothing, or the text if it is neither."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return text or None
    value = int(text)
    return value if -(2**31) <= value < 2**31 else text


def check_row(where: str, row: dict[str, Any]) -> Source | Reject:
    """A source, or a Reject that says what is wrong with the row; a number that is none comes as its text."""
    url, video_id, split = row.get("url"), row.get("video_id"), row.get("split")
    if any("\0" in value for value in row.values() if isinstance(value, str)):
        return Reject(where, "bad_row", "a value with a NUL character")
    if url and not ADDRESS.fullmatch(url):
        return Reject(where, "bad_url", f"not an http(s) address: {bare_url(url)!r:.80}")
    if not video_id and url:
        video_id = id_of_url(url)
    if not video_id or not ID.fullmatch(video_id) or _DEVICE.fullmatch(video_id):
        return Reject(where, "bad_id", f"not a video id: {told(video_id or '')!r:.80}")
    if not url and not _YOUTUBE_ID.fullmatch(video_id):
        return Reject(where, "bad_id", f"no url, and not an id of YouTube (11 characters): {video_id!r}")
    if split and split not in SPLITS:
        return Reject(where, "bad_split", f"{split!r:.80} for {video_id}")
    numbers = {name: row.get(name) for name in _NUMBERS}
    for name, value in numbers.items():
        if isinstance(value, str):
            return Reject(where, "bad_number", f"{name} of {video_id} is {value!r:.80}")
    return Source(
        video_id=video_id,
        url=url or f"https://www.youtube.com/watch?v={video_id}",
        split=split or None,
        category_1=row.get("category_1") or None,
        category_2=row.get("category_2") or None,
        task_id=numbers["task_id"],
        rank=numbers["rank"],
    )


def _values(column: pa.Array, number: bool) -> list[Any]:
    """A column as Python values: None, and strings, or numbers; what is not a 32-bit number stays a string."""
    if not number:
        return list(column.cast(pa.string()).to_pylist())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        column = pc.utf8_trim_whitespace(column)
    try:
        return list(column.cast(pa.int32()).to_pylist())
    except pa.ArrowInvalid:
        coded = column.dictionary_encode()
        numbers = [_number(value) for value in coded.dictionary]
        return [None if place is None else numbers[place] for place in coded.indices.to_pylist()]


def _number(value: pa.Scalar) -> int | str | None:
    """A value of a column that holds a bad one somewhere, cast as the whole column would have been."""
    try:
        cast: int | None = value.cast(pa.int32()).as_py()
    except pa.ArrowInvalid:
        return str(value.as_py()) or None
    return cast

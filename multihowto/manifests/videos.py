"""Lists of videos: read as a stream, checked row by row; and which shard a video belongs to."""

import codecs
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from multihowto.errors import ConfigError
from multihowto.manifests.addresses import ADDRESS, bare_url, id_of_url, told
from multihowto.rejects import Reject

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
SPLITS = ("train", "validation", "test")
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_TEXT = ("video_id", "url", "split", "category_1", "category_2")
_NUMBERS = ("task_id", "rank")


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
    """The rows of a videos manifest (CSV or Parquet; `video_id`, `url`, or both), read as a stream.

    A row that is not in order is a Reject whose key is `row n`, the header being row 0.
    """
    number = 0
    for columns in _batches(path):
        for values in zip(*columns.values(), strict=True):
            number += 1
            yield check_row(number, dict(zip(columns, values, strict=True)))


def check_row(number: int, row: dict[str, Any]) -> Source | Reject:
    """A source, or a Reject that says what is wrong with the row; a number that is none comes as its text."""
    url, video_id, split = row.get("url"), row.get("video_id"), row.get("split")
    if url and not ADDRESS.fullmatch(url):
        return Reject(f"row {number}", "bad_url", f"not an http(s) address: {bare_url(url)!r:.80}")
    if not video_id and url:
        video_id = id_of_url(url)
    if not video_id or not ID.fullmatch(video_id):
        return Reject(f"row {number}", "bad_id", f"not a video id: {told(video_id or '')!r:.80}")
    if not url and not _YOUTUBE_ID.fullmatch(video_id):
        return Reject(
            f"row {number}", "bad_id", f"no url, and not an id of YouTube (11 characters): {video_id!r}"
        )
    if split and split not in SPLITS:
        return Reject(f"row {number}", "bad_split", f"{split!r:.80} for {video_id}")
    numbers = {name: row.get(name) for name in _NUMBERS}
    for name, value in numbers.items():
        if isinstance(value, str):
            return Reject(f"row {number}", "bad_number", f"{name} of {video_id} is {value!r:.80}")
    return Source(
        video_id=video_id,
        url=url or f"https://www.youtube.com/watch?v={video_id}",
        split=split or None,
        category_1=row.get("category_1") or None,
        category_2=row.get("category_2") or None,
        task_id=numbers["task_id"],
        rank=numbers["rank"],
    )


def _batches(path: Path) -> Iterator[dict[str, list[Any]]]:
    """The known columns of a manifest, in batches, as `_values` gives them."""
    try:
        for batch in _open_csv(path) if path.suffix == ".csv" else _open_parquet(path):
            yield {name: _values(batch.column(name), name in _NUMBERS) for name in batch.schema.names}
    except (UnicodeDecodeError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        if isinstance(error, UnicodeDecodeError) or "invalid UTF8" in str(error):
            raise ConfigError(f"the manifest {path} is not UTF-8: save it as UTF-8 ({error})") from error
        raise ConfigError(f"cannot read the manifest {path}: {error}") from error


def _known(path: Path, there: list[str]) -> list[str]:
    """The columns that are read, of those that are there."""
    names = [name for name in (*_TEXT, *_NUMBERS) if name in there]
    if "video_id" not in names and "url" not in names:
        raise ConfigError(
            f"{path} has neither a column video_id nor a column url; it has: {', '.join(there)}"
        )
    twice = [name for name in names if there.count(name) > 1]
    if twice:
        raise ConfigError(f"{path} has the column {twice[0]} twice: leave one of them out")
    return names


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


def _open_csv(path: Path) -> Iterator[pa.RecordBatch]:
    import pyarrow.csv

    with path.open("rb") as file:
        if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            raise ConfigError(f"the manifest {path} is not UTF-8 but UTF-16: save it as UTF-8")
    with pyarrow.csv.open_csv(path) as reader:
        names = _known(path, reader.schema.names)
    options = pyarrow.csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), include_columns=names, strings_can_be_null=True
    )
    with pyarrow.csv.open_csv(path, convert_options=options) as reader:
        yield from reader


def _open_parquet(path: Path) -> Iterator[pa.RecordBatch]:
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        yield from file.iter_batches(columns=_known(path, file.schema_arrow.names))

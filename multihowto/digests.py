"""Hashes of rows that depend on values only: not on chunks, padding, or the version of Arrow."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

SIZE = 16


def of_parts(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """Hash of named hashes, in the order given."""
    total = hashlib.blake2b(digest_size=SIZE)
    for name, digest in parts:
        total.update(f"{name}\0".encode() + digest)
    return total.digest()


def of_slices(rows: pa.Table, ends: Sequence[int]) -> list[bytes]:
    """Hash of each consecutive slice of the rows; `ends` holds the row after the last of each slice."""
    parts: list[list[memoryview]] = [
        [memoryview(b"".join(name.encode() + b"\0" for name in rows.column_names))] for _ in ends
    ]
    for field in rows.schema:
        _feed(_one_chunk(rows.column(field.name)), field.nullable, ends, parts)
    return [_of_bytes(part) for part in parts]


def _of_bytes(parts: Iterable[memoryview]) -> bytes:
    total = hashlib.sha256()
    for part in parts:
        total.update(part)
    return total.digest()[:SIZE]


def video_slices(rows: pa.Table) -> Mapping[str, tuple[int, int]]:
    """Where each video's rows begin and end, in rows that are sorted by video_id."""
    if rows.num_rows == 0:
        return {}
    runs = pc.run_end_encode(_one_chunk(rows.column("video_id")))
    ends = runs.run_ends.to_pylist()
    return {
        video: (start, end)
        for video, start, end in zip(runs.values.to_pylist(), [0, *ends[:-1]], ends, strict=True)
    }


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    return (
        column.chunk(0)
        if column.num_chunks == 1
        else pa.concat_arrays(column.chunks or [pa.array([], column.type)])
    )


def _feed(array: pa.Array, nullable: bool, ends: Sequence[int], parts: Sequence[list[memoryview]]) -> None:
    """Gives each slice of an array to its part: validity, then lengths, then values."""
    kind = array.type
    if nullable:
        _feed_fixed(pc.cast(array.is_valid(), pa.uint8()), 1, ends, parts)
    if pa.types.is_struct(kind):
        for number in range(kind.num_fields):
            _feed(pc.struct_field(array, [number]), nullable or kind.field(number).nullable, ends, parts)
    elif pa.types.is_fixed_size_list(kind):
        if array.null_count:
            raise TypeError("a fixed-size list with nulls has no hash")
        _feed(array.flatten(), kind.value_field.nullable, [end * kind.list_size for end in ends], parts)
    elif pa.types.is_list(kind):
        lengths = pc.fill_null(pc.list_value_length(array), 0)
        _feed_fixed(lengths, 4, ends, parts)
        _feed(pc.list_flatten(array), kind.value_field.nullable, _sums(lengths, ends), parts)
    elif pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind):
        _feed_text(pc.cast(array, pa.binary()), ends, parts)
    elif pa.types.is_boolean(kind):
        _feed_fixed(pc.cast(array, pa.uint8()), 1, ends, parts)
    else:
        _feed_fixed(array, kind.bit_width // 8, ends, parts)


def _feed_text(array: pa.Array, ends: Sequence[int], parts: Sequence[list[memoryview]]) -> None:
    if array.null_count:
        array = pc.fill_null(array, b"")
    lengths = pc.binary_length(array)
    _feed_fixed(lengths, 4, ends, parts)
    _, offsets, data = array.buffers()
    if data is None or len(array) == 0:
        return
    starts = memoryview(offsets).cast("i")[array.offset :]
    _feed_bytes(memoryview(data)[starts[0] :], [starts[end] - starts[0] for end in ends], parts)


def _feed_fixed(array: pa.Array, width: int, ends: Sequence[int], parts: Sequence[list[memoryview]]) -> None:
    if array.null_count:
        array = pc.fill_null(array, pa.scalar(0).cast(array.type))
    data = array.buffers()[1]
    if data is not None:
        _feed_bytes(memoryview(data)[array.offset * width :], [end * width for end in ends], parts)


def _feed_bytes(data: memoryview, ends: Sequence[int], parts: Sequence[list[memoryview]]) -> None:
    begin = 0
    for end, part in zip(ends, parts, strict=True):
        part.append(data[begin:end])
        begin = end


def _sums(lengths: pa.Array, ends: Sequence[int]) -> list[int]:
    """Running sum of lengths at each end."""
    running = (
        pc.cumulative_sum(pc.cast(lengths, pa.int64())).to_numpy(zero_copy_only=False)
        if len(lengths)
        else [0]
    )
    return [int(running[end - 1]) if end else 0 for end in ends]

"""Hashes depend on values only."""

import hashlib
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from multihowto import digests, tables

ROW = st.fixed_dictionaries(
    {
        "video_id": st.sampled_from("abc"),
        "text": st.none() | st.text(max_size=5),
        "number": st.none() | st.integers(-5, 5),
        "flag": st.booleans(),
        "tracks": st.none()
        | st.lists(
            st.fixed_dictionaries({"p": st.none() | st.integers(0, 3), "q": st.text(max_size=3)}), max_size=3
        ),
        "pair": st.lists(st.integers(0, 9), min_size=2, max_size=2),
    }
)
SCHEMA = pa.schema(
    [
        pa.field("video_id", pa.string(), nullable=False),
        ("text", pa.string()),
        ("number", pa.int32()),
        ("flag", pa.bool_()),
        ("tracks", pa.list_(pa.struct([("p", pa.int16()), ("q", pa.string())]))),
        ("pair", pa.list_(pa.float32(), 2)),
    ]
)


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def whole(rows: pa.Table) -> bytes:
    return digests.of_slices(rows, [rows.num_rows])[0]


@settings(deadline=None)
@given(st.lists(ROW, max_size=8), st.data())
def test_a_slice_hashes_as_if_it_stood_alone(rows: list[dict[str, Any]], data: st.DataObject) -> None:
    ends = [*sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3))), len(rows)]
    alone = [whole(table(rows[start:end])) for start, end in zip([0, *ends[:-1]], ends, strict=True)]
    assert digests.of_slices(table(rows), ends) == alone


@settings(deadline=None)
@given(st.lists(ROW, max_size=6), st.integers(0, 6))
def test_chunks_and_offsets_do_not_matter(rows: list[dict[str, Any]], cut: int) -> None:
    padded = table([*rows, *rows]).slice(len(rows))
    chunked = pa.concat_tables([table(rows[:cut]), table(rows[cut:])])
    assert whole(padded) == whole(chunked) == whole(table(rows))


@settings(deadline=None)
@given(st.lists(ROW, max_size=4), st.lists(ROW, max_size=4))
def test_other_rows_hash_otherwise(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> None:
    assert (whole(table(one)) == whole(table(other))) == (one == other)


def test_values_under_nulls_do_not_matter() -> None:
    valid = pa.py_buffer(bytes([0b101]))
    clean = pa.Array.from_buffers(
        pa.int32(), 3, [valid, pa.py_buffer(b"\1\0\0\0" + b"\0\0\0\0" + b"\3\0\0\0")]
    )
    dirty = pa.Array.from_buffers(
        pa.int32(), 3, [valid, pa.py_buffer(b"\1\0\0\0" + b"\7\7\7\7" + b"\3\0\0\0")]
    )
    assert clean.equals(dirty)
    assert whole(pa.table({"x": clean})) == whole(pa.table({"x": dirty}))


def test_text_does_not_run_over_its_borders() -> None:
    assert whole(pa.table({"x": ["ab", "c"]})) != whole(pa.table({"x": ["a", "bc"]}))
    assert whole(pa.table({"x": pa.array([None], pa.string())})) != whole(pa.table({"x": [""]}))


def test_a_hash_is_that_of_validity_lengths_and_values_in_column_order() -> None:
    rows = pa.table({"video_id": ["a", "bc"], "n": pa.array([258, None], pa.int16())})
    first = b"video_id\0n\0" + b"\1" + b"\1\0\0\0" + b"a" + b"\1" + b"\2\1"
    second = b"video_id\0n\0" + b"\1" + b"\2\0\0\0" + b"bc" + b"\0" + b"\0\0"
    by_hand = [hashlib.sha256(part).digest()[:16] for part in (first, second)]
    assert digests.of_slices(rows, [1, 2]) == by_hand


def test_video_slices() -> None:
    assert digests.video_slices(pa.table({"video_id": ["a", "a", "b"]})) == {"a": (0, 2), "b": (2, 3)}
    assert digests.video_slices(tables.CLIPS.empty()) == {}


def test_a_fixed_size_list_with_nulls_is_refused() -> None:
    with pytest.raises(TypeError):
        whole(pa.table({"x": pa.array([[1, 2], None], pa.list_(pa.int8(), 2))}))

"""Files of queries: Parquet whatever it is called, and files that are damaged or unpack without end."""

import contextlib
import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from multihowto.errors import ConfigError
from multihowto.evaluation.benchmarks import read_benchmark
from multihowto.evaluation.query_files import read_bytes

TEXTS = ['a "dog"', "ein Hund", 'a "dog"']


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_a_table_in_parquet_is_read_whatever_it_is_called(tmp_path: Path, kind: pa.DataType) -> None:
    path = tmp_path / "asked.file"
    columns = {"item": ["v1", "v1", "v2"], "more": [1, 2, 3], "language": ["en", "de", "en"]}
    pq.write_table(pa.table({**columns, "query": pa.array(TEXTS).cast(kind)}), path, row_group_size=2)
    assert list(read_benchmark("table", path).queries) == [
        ('a "dog"', "en", "v1"), ("ein Hund", "de", "v1"), ('a "dog"', "en", "v2"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"query": ["a"], "language": ["en"]}, "has no column 'item'"),
        ({"query": ["a"], "language": ["en"], "item": [7]}, "the column item is of int64: write it as texts"),
        ({"query": ["a", None], "language": ["en"] * 2, "item": ["v"] * 2}, "row 2: a query has 1 to"),
        ({"query": ["a"], "language": ["EN"], "item": ["v"]}, "row 1: a language is a code"),
        ({"query": ["a"], "language": ["en"], "item": [["v"]]}, "the column item is of list"),
    ],
)
def test_mistakes_in_parquet_are_found_by_their_row(
    tmp_path: Path, columns: dict[str, list[Any]], message: str
) -> None:
    path = tmp_path / "asked.parquet"
    pq.write_table(pa.table(columns), path)
    with pytest.raises(ConfigError, match=message):
        read_benchmark("table", path)


def test_damaged_parquet_is_said(tmp_path: Path) -> None:
    path = tmp_path / "asked.parquet"
    pq.write_table(pa.table({"query": TEXTS, "language": ["en"] * 3, "item": ["v"] * 3}), path)
    whole = path.read_bytes()
    for cut in range(4, len(whole), 97):
        path.write_bytes(whole[:cut])
        with pytest.raises(ConfigError, match="as Parquet"):
            read_benchmark("table", path)
    for place in range(4, len(whole), 13):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        with contextlib.suppress(ConfigError):
            read_benchmark("table", path)


def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress(b"v#enc#0 a\n" * 1000))
    assert len(read_bytes(path)) == 10_000
    with pytest.raises(ConfigError, match="more than 1,000 bytes"):
        read_bytes(path, most=1000)

"""Signatures of a column are read into a file, in the order that is asked for."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from multihowto.adapters.signature_column import in_file, signature_column
from multihowto.captions.signatures import SLOTS
from multihowto.errors import RetryableError


@pytest.mark.parametrize("rows", [[], [3], [6, 0, 3, 5, 1], list(range(7))])
def test_rows_of_several_chunks_come_in_the_order_asked_for(tmp_path: Path, rows: list[int]) -> None:
    made = np.arange(7 * SLOTS, dtype=np.uint16).reshape(7, SLOTS)
    whole = signature_column(made)
    column = pa.chunked_array([whole.slice(0, 3), whole.slice(3, 0), whole.slice(3)])
    found = in_file(column, np.array(rows, np.int64), tmp_path)
    assert np.array_equal(found, made[rows])
    assert not list(tmp_path.iterdir())
    assert isinstance(found, np.memmap) == bool(rows)


def test_a_folder_that_takes_no_file_is_the_worlds_fault(tmp_path: Path) -> None:
    column = pa.chunked_array([signature_column(np.zeros((1, SLOTS), np.uint16))])
    with pytest.raises(RetryableError, match="while writing into"):
        in_file(column, np.zeros(1, np.int64), tmp_path / "nowhere")

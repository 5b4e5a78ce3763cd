"""MinHash signatures as a column of a sketch, and some of them in a file."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from multihowto.errors import world_errors

if TYPE_CHECKING:
    from multihowto.captions.signatures import Places, Signatures

SIGNATURE = pa.binary(128)
"""Of a text: `SLOTS` numbers of 16 bits."""


def signature_column(signatures: "Signatures") -> pa.Array:
    """One signature a row, none of them null."""
    return pa.FixedSizeBinaryArray.from_buffers(SIGNATURE, len(signatures), [None, pa.py_buffer(signatures)])


def in_file(column: pa.ChunkedArray, rows: "Places", scratch: Path) -> "Signatures":
    """The signatures of some rows, in the order of `rows`: mapped from a file that is gone with them."""
    order, begin = np.argsort(rows), 0
    made, sorted_rows = _mapped(len(rows), scratch), rows[order]
    for chunk in column.chunks:
        first, last = np.searchsorted(sorted_rows, [begin, begin + len(chunk)])
        its = np.frombuffer(chunk.buffers()[1] or b"", made.dtype).reshape(-1, made.shape[1])
        made[order[first:last]] = its[sorted_rows[first:last] - begin + chunk.offset]
        begin += len(chunk)
    return made


def _mapped(count: int, scratch: Path) -> "Signatures":
    """Room for signatures on the disk."""
    shape = (count, SIGNATURE.byte_width // 2)
    if not count:
        return np.empty(shape, np.uint16)
    with world_errors(f"writing into {scratch}"), tempfile.TemporaryFile(dir=scratch) as file:
        # A disk that is full says so here; a mapped page that finds no room kills the process.
        if hasattr(os, "posix_fallocate"):  # macOS has none: there a full disk is found while writing
            os.posix_fallocate(file.fileno(), 0, count * SIGNATURE.byte_width)
        else:
            os.truncate(file.fileno(), count * SIGNATURE.byte_width)
        return np.memmap(file, np.uint16, "r+", shape=shape)

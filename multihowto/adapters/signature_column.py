"""MinHash signatures as a column of a sketch."""

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from multihowto.captions.signatures import Signatures

SIGNATURE = pa.binary(128)
"""Of a text: `SLOTS` numbers of 16 bits."""


def signature_column(signatures: "Signatures") -> pa.Array:
    """One signature a row, none of them null."""
    return pa.FixedSizeBinaryArray.from_buffers(SIGNATURE, len(signatures), [None, pa.py_buffer(signatures)])


def bytes_of(column: pa.ChunkedArray) -> pa.Buffer:
    """The signatures of a column, one after the other."""
    array = column.combine_chunks()
    width = SIGNATURE.byte_width
    return array.buffers()[1].slice(array.offset * width, len(array) * width)

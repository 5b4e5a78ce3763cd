"""What the runner notes beside each shard."""

import pyarrow as pa

from .table import column

_LEFT_OUT = pa.list_(pa.struct([("key", pa.string()), ("code", pa.string()), ("detail", pa.string())]))

ACCOUNTS = pa.schema(
    [
        column(
            "video_id",
            pa.string(),
            "a video of the input; the n-th line of a manifest as `line n` if it has no good id",
        ),
        column("input_hash", pa.binary(16), "hash of its input rows"),
        column("content_hash", pa.binary(16), "hash of its output rows"),
        column("rows_in", pa.int32(), "rows of the first input table"),
        column("rows_out", pa.int32(), "rows written"),
        column("rejects", _LEFT_OUT, "input rows left out, and why"),
        column("flaws", _LEFT_OUT, "input rows that came back without a part, and why"),
    ]
)

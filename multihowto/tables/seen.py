"""What is seen in a video: features."""

import pyarrow as pa

from .table import Table, column


def features(network: str, width: int) -> Table:
    """The table of one network's features, since a fixed-size list has one width."""
    return Table(
        f"features_{network}",
        key="block_id",
        meaning=f"Features of {network}: a row holds up to 512 seconds of a video; clips slice it by time.",
        schema=pa.schema(
            [
                column("block_id", pa.string(), "video_id, a colon, and the start in seconds, 6 digits"),
                column("video_id", pa.string(), "as in sources"),
                column(
                    "start_ms",
                    pa.int32(),
                    "time of the first feature's window, from the beginning of the video",
                ),
                column("step_ms", pa.int32(), "time from one feature to the next"),
                column("network", pa.string(), "the model of models.toml that made them, and its revision"),
                column(
                    "features",
                    pa.list_(pa.field("item", pa.list_(pa.field("item", pa.float16(), False), width), False)),
                    f"one vector of {width} half floats a step",
                ),
            ]
        ),
        floats=("features",),
    )


FEATURES_EFFICIENTNET_LITE0 = features("efficientnet_lite0", 1280)

"""Looks at one or two pictures a second of each video with an image network."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pyarrow as pa

from multihowto import manifests, tables
from multihowto.adapters.ffmpeg import Sampling, Undecoded, frames
from multihowto.kept import KeptFiles
from multihowto.rejects import Reject
from multihowto.stage import Count, Deadline, Map, Output, Threads, World

if TYPE_CHECKING:
    import numpy as np

    from multihowto.networks.efficientnet_lite import Extractor

BLOCK_S = 512
"""Seconds of a video that a row holds at most."""
_TABLE = tables.FEATURES_EFFICIENTNET_LITE0


@dataclass(frozen=True)
class Tools:
    """What the stage opens once a worker."""

    kept: KeptFiles
    extractor: "Extractor"
    sampling: Sampling
    network: str
    """The model of models.toml, and its revision."""


@dataclass(frozen=True)
class ExtractFeatures(Map):
    """Decodes each video once and writes a feature a step; rejects files that are not whole.

    Nothing is kept of a shard that is killed: computing it again costs less than keeping every feature twice.
    """

    reads: ClassVar = (tables.VIDEOS.only("media_path", "media_sha256", "duration_ms"),)
    writes: ClassVar = _TABLE
    videos_per_batch: ClassVar = 1
    models: ClassVar = ("model",)
    model_task: ClassVar = "image features"
    extra: ClassVar = "features"
    reads_media: ClassVar = True

    model: Literal["efficientnet_lite0"] = "efficientnet_lite0"
    """A model of models.toml."""
    rate_hz: Literal[1, 2] = 1
    """Features a second."""
    batch_size: Count = 4
    """Pictures that the network gets at a time; on a CPU, few are fastest. It may change the last bits."""
    threads: Threads = 1
    """Threads of the network; ffmpeg has one of its own besides."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto: a GPU where there is one; its features differ from a CPU's in the last bits."""
    deadline_s: Deadline = 3600
    """Time for one video, decoding and network together."""

    def open(self, world: World) -> Tools:
        from multihowto.networks import efficientnet_lite as network

        model = manifests.model(self.model)
        weights = world.models[self.model] / model.files[0].path
        extractor = network.Extractor(weights, self.device, self.threads)
        sampling = Sampling(self.rate_hz, network.SIDE, network.CROP, self.batch_size)
        return Tools(world.kept, extractor, sampling, f"{model.name} {model.revision}")

    def close(self, tools: Tools) -> None:
        tools.extractor.close()

    def run(self, inputs: Mapping[str, pa.Table], tools: Tools) -> Output:
        rows, rejects = [_TABLE.empty()], list[Reject]()
        for video in inputs["videos"].to_pylist():
            try:
                features = self._features(video["media_path"], tools)
            except Undecoded as undecoded:
                rejects.append(Reject(video["video_id"], undecoded.verdict.code, undecoded.verdict.detail))
            else:
                rows.append(_rows(video["video_id"], features, self.rate_hz, tools.network))
        return Output(pa.concat_tables(rows), rejects)

    def _features(self, media_path: str | None, tools: Tools) -> "np.ndarray[Any, Any]":
        """Features of one video: float16 (n, 1280). Raises Undecoded."""
        import numpy as np

        if media_path is None:
            raise Undecoded("no_media", "it was built with media: none")
        with tools.kept.local(media_path) as path:
            if path is None:
                raise Undecoded("no_media", "its media file is gone from the store")
            with contextlib.closing(frames(path, tools.sampling, self.deadline_s)) as batches:
                return np.concatenate([tools.extractor.features(batch) for batch in batches])


def _rows(video_id: str, features: "np.ndarray[Any, Any]", rate_hz: int, network: str) -> pa.Table:
    """A row for each block of a video's features."""
    steps = BLOCK_S * rate_hz
    starts = range(0, len(features), steps)
    ends = [min(start + steps, len(features)) for start in starts]
    vectors = pa.FixedSizeListArray.from_arrays(
        pa.array(features.reshape(-1)), type=_TABLE.schema.field("features").type.value_type
    )
    columns = {
        "block_id": [f"{video_id}:{start // rate_hz:06d}" for start in starts],
        "video_id": [video_id] * len(ends),
        "start_ms": pa.array([1000 * start // rate_hz for start in starts], pa.int32()),
        "step_ms": pa.array([1000 // rate_hz] * len(ends), pa.int32()),
        "network": [network] * len(ends),
        "features": pa.ListArray.from_arrays(
            pa.array([0, *ends], pa.int32()), vectors, type=_TABLE.schema.field("features").type
        ),
    }
    return pa.table(columns, schema=_TABLE.schema)

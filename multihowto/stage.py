"""What a stage is, in its three shapes, and its fingerprint."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, NamedTuple

import msgspec
import pyarrow as pa

from multihowto import checksums, tables
from multihowto.kept import KeptFiles
from multihowto.manifests import find
from multihowto.rejects import Reject

_INT32 = 2**31 - 1
Count = Annotated[int, msgspec.Meta(ge=1, le=_INT32)]
"""How many of something that has to be there."""
NotNegative = Annotated[int, msgspec.Meta(ge=0, le=_INT32)]
"""How many of something, or how long, which may be nothing."""
Threads = Annotated[int, msgspec.Meta(ge=1, le=1024)]
"""Threads of one worker."""
Deadline = Annotated[int, msgspec.Meta(ge=1, le=7 * 86_400)]
"""Seconds for one video, at most a week."""
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
"""A share, a probability or a score."""


class Output(NamedTuple):
    """What a stage makes of its input."""

    rows: pa.Table
    rejects: Sequence[Reject] = ()
    """Input rows that are left out."""
    flaws: Sequence[Reject] = ()
    """Input rows that came back without a part (a caption track that failed); `--retry` tries these again too."""
    notes: Mapping[str, str] = MappingProxyType({})
    """What differs between equal runs (when a page was fetched), by key: it goes to the ledger, into no table."""


@dataclass(frozen=True)
class World:
    """All that a stage may touch outside its rows."""

    kept: KeptFiles
    videos: Path
    """The pipeline's manifest."""
    beside: Path
    """The pipeline's folder, where other manifests are looked for first."""
    models: Mapping[str, Path]
    """Folders of the models that the stage names, fetched and checked."""
    limit: int | None = None
    """Only so many videos of the manifest."""

    def manifest(self, name: str) -> Path:
        """The path of a manifest by its name."""
        return find(name, self.beside)


@dataclass(frozen=True)
class Stage:
    """Reads some tables, writes one; its class variables are the contract, its fields the settings."""

    reads: ClassVar[tuple[tables.View, ...]] = ()
    """The tables it reads; each key of the first comes back as rows or as a reject."""
    optional: ClassVar[tuple[tables.View, ...]] = ()
    """Tables that it reads too where the pipeline has a stage, before it, that writes them."""
    writes: ClassVar[tables.Table]
    version: ClassVar[int] = 1
    """Raised when results change."""
    manifests: ClassVar[tuple[str, ...]] = ()
    """Fields that name a manifest: its content is part of the fingerprint."""
    models: ClassVar[tuple[str, ...]] = ()
    """Fields that name a model: its checksums are part of the fingerprint."""
    model_task: ClassVar[str | None] = None
    """What these models are for, in the words of models.toml; None for any."""
    speaks: ClassVar[tuple[str, ...]] = ()
    """Fields that name languages, by codes of its own list of languages, or else of the pipeline's first."""
    agrees: ClassVar[tuple[str, ...]] = ()
    """Fields that have the same value in every stage before it that has them."""
    extra: ClassVar[str | None] = None
    """The extra of pyproject.toml that it needs."""
    adds_only: ClassVar[bool] = False
    """Whether an input key may come back without any row, since nothing was to be added for it."""
    keeps_files: ClassVar[bool] = False
    """Whether its adapter keeps files under video ids."""
    of_folder: ClassVar[bool | None] = None
    """Whether the pipeline's manifest has to be a folder of videos (True) or must not be one (False)."""
    reads_media: ClassVar[bool] = False
    """Whether it opens the media files of videos."""

    def needs(self) -> tuple[str, ...]:
        """The extras of pyproject.toml that it needs, as it is set."""
        return () if self.extra is None else (self.extra,)

    def mistake(self, languages: Sequence[str]) -> str | None:
        """What is wrong with settings that no field can say alone; `languages` are the codes that it may name."""
        return None

    def open(self, world: World) -> Any:
        """Opens what `run` needs (a model, a session), once a worker."""
        return world

    def close(self, tools: Any) -> None:
        """Closes what `open` opened."""


@dataclass(frozen=True)
class Scatter(Stage):
    """Reads a manifest or a released file once, as a stream, into the shards of a first table."""

    def scan(self, world: World) -> Iterator[tuple[str, dict[str, Any] | Reject]]:
        """For each row of the manifest, its video_id (or `line n`), and its row of the table or why it is left out."""
        raise NotImplementedError


@dataclass(frozen=True)
class Map(Stage):
    """Makes a shard of its table from the same shard of others."""

    videos_per_batch: ClassVar[int] = 64
    """How many videos `run` gets at a time; batches are cut in key order and never cross a shard."""

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        """Makes the rows of a few videos: `inputs` has all rows of these, by table name."""
        raise NotImplementedError


@dataclass(frozen=True)
class Gather(Stage):
    """Makes one score table from a sketch of every shard; each key of the first table comes back as rows."""

    def sketch(self, inputs: Mapping[str, pa.Table], tools: Any) -> pa.Table:
        """What `score` has to know of one shard, hashes instead of texts: all shards' sketches are in files, mapped.

        `inputs` has all rows of the shard, by table name; the schema is the same for every shard.
        """
        raise NotImplementedError

    def score(self, sketches: pa.Table, tools: Any) -> pa.Table:
        """Makes the rows of all videos, in any order; they must not depend on the order of `sketches`."""
        raise NotImplementedError


def settings(stage: Stage) -> dict[str, Any]:
    """The settings of a stage as plain values."""
    return dataclasses.asdict(stage)


def fingerprint(name: str, stage: Stage, files: Mapping[str, str]) -> str:
    """Hash of all that decides the stage's results but its input rows; `files` maps names to checksums."""
    shapes = [[view.table.name, tables.shape(view.schema)] for view in (*stage.reads, *stage.optional)]
    shapes.append([stage.writes.name, tables.shape(stage.writes.schema)])
    return checksums.of_values(name, stage.version, settings(stage), shapes, dict(files))

"""Small tables and stages for tests of the core: they misbehave on order."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from multihowto import tables
from multihowto.errors import RetryableError, SessionBlocked
from multihowto.kept import KeptFiles
from multihowto.manifests import read_videos
from multihowto.rejects import Reject
from multihowto.runner import Task
from multihowto.stage import Gather, Map, Output, Scatter, World, fingerprint
from multihowto.storage import Store

WORDS = tables.Table(
    "words",
    key="video_id",
    meaning="One row a video.",
    schema=pa.schema(
        [
            tables.column("video_id", pa.string(), "as in sources"),
            tables.column("length", pa.int32(), "characters of the category"),
            tables.column("note", pa.string(), "nothing", nullable=True),
        ]
    ),
)
RANKS = tables.Table(
    "ranks",
    key="video_id",
    meaning="Rank of each video over all shards.",
    schema=pa.schema(
        [tables.column("video_id", pa.string(), "as in sources"), tables.column("rank", pa.int32(), "from 0")]
    ),
)


@dataclass(frozen=True)
class ScatterToys(Scatter):
    """The manifest as it is."""

    writes: ClassVar = tables.SOURCES

    def scan(self, world: World) -> Iterator[tuple[str, dict[str, Any] | Reject]]:
        for number, row in enumerate(read_videos(world.videos)):
            if world.limit is not None and number >= world.limit:
                return
            yield (row.key, row) if isinstance(row, Reject) else (row.video_id, row._asdict())


@dataclass(frozen=True)
class CountWords(Map):
    """Length of category_1; a category may order a misdeed instead."""

    reads: ClassVar = (tables.SOURCES.only("category_1"),)
    writes: ClassVar = WORDS
    videos_per_batch: ClassVar = 3

    plus: int = 0
    log: str = ""
    """A folder in which each run of a video leaves a line."""
    pause_s: float = 0.0

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        rows, rejects = [], []
        for source in inputs["sources"].to_pylist():
            video, order = source["video_id"], source["category_1"]
            self.note(video)
            time.sleep(self.pause_s)
            if order == "reject":
                rejects.append(Reject(video, "private", "as ordered"))
            elif order == "later":
                rejects.append(Reject(video, "server_error", "as ordered"))
            else:
                obey(order)
                rows.append({"video_id": video, "length": len(order or "") + self.plus, "note": None})
        return Output(pa.Table.from_pylist(rows, schema=WORDS.schema), rejects)

    def note(self, video: str) -> None:
        if self.log:
            with (Path(self.log) / video).open("a") as file:
                file.write("run\n")


def obey(order: str | None) -> None:
    """Dies, or raises, if so ordered."""
    if order == "die":
        os.kill(os.getpid(), 9)
    if order == "segfault":
        import ctypes

        ctypes.string_at(0)
    if order == "world":
        raise RetryableError("the world is out of order")
    if order == "blocked":
        raise SessionBlocked("are you a robot?")


@dataclass(frozen=True)
class RankWords(Gather):
    """Orders all videos by length."""

    reads: ClassVar = (WORDS.only("length"),)
    writes: ClassVar = RANKS

    def sketch(self, inputs: Mapping[str, pa.Table], tools: Any) -> pa.Table:
        return inputs["words"]

    def score(self, sketches: pa.Table, tools: Any) -> pa.Table:
        rows = sketches.sort_by([("length", "ascending"), ("video_id", "ascending")])
        ranks = pa.array(range(rows.num_rows), pa.int32())
        return pa.table([rows["video_id"], ranks], schema=RANKS.schema)


def write_manifest(path: Path, categories: Mapping[str, str]) -> Path:
    """A manifest of videos whose categories are orders."""
    lines = [f"{video},http://127.0.0.1:1/{video},{order}" for video, order in categories.items()]
    path.write_text("\n".join(["video_id,url,category_1", *lines, ""]))
    return path


def task(
    name: str,
    stage: Scatter | Map | Gather,
    store: Store,
    manifest: Path,
    retry: frozenset[str] = frozenset(),
    shards: int = 4,
) -> Task:
    """A task for a toy stage; pauses cost nothing."""
    world = World(KeptFiles(store, shards), manifest, manifest.parent, {})
    return Task(
        name,
        stage,
        fingerprint(name, stage, {}),
        store,
        world,
        retry,
        sleep=no_sleep,
        blocked_pauses_s=(1.0, 1.0),
    )


def no_sleep(seconds: float) -> None:
    """Pauses cost nothing in tests."""

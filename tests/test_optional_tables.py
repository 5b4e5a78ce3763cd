"""A stage reads some tables only where the pipeline makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from multihowto import pipeline, tables
from multihowto.contract import close, inputs_of
from multihowto.errors import ConfigError
from multihowto.runner import Task, run_shard
from multihowto.stage import Map, Output
from multihowto.stages.select_clips import SelectClips
from multihowto.storage import Store
from toys import RANKS, WORDS, task

BOTH = tables.Table(
    "both",
    key="video_id",
    meaning="Length and rank.",
    schema=pa.schema(
        [
            tables.column("video_id", pa.string(), "as in sources"),
            tables.column("rank", pa.int32(), "null if there is no rank", nullable=True),
        ]
    ),
)


@dataclass(frozen=True)
class JoinRanks(Map):
    """The rank of each video, where ranks are made."""

    reads: ClassVar = (WORDS.only("length"),)
    optional: ClassVar = (RANKS.only("rank"),)
    writes: ClassVar = BOTH

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        ranks = {row["video_id"]: row["rank"] for row in inputs.get("ranks", RANKS.empty()).to_pylist()}
        rows = [{"video_id": one, "rank": ranks.get(one)} for one in inputs["words"]["video_id"].to_pylist()]
        return Output(pa.Table.from_pylist(rows, schema=BOTH.schema))


def write(store: Store, table: tables.Table, rows: list[dict[str, Any]]) -> None:
    made = pa.Table.from_pylist(rows, schema=table.schema)
    accounts = [
        {"video_id": row["video_id"], "input_hash": b"\0" * 16, "rows_in": 1, "rejects": [], "flaws": []}
        for row in rows
    ]
    stamp, accounted = close("by hand", str(rows), made, accounts)
    store.write_shard(table, 0, made, accounted, stamp)


@pytest.fixture
def join(tmp_path: Path) -> Task:
    store = Store(str(tmp_path / "store"))
    store.create("toys", 1, ["words"])
    write(store, WORDS, [{"video_id": name, "length": 1, "note": None} for name in "ab"])
    return task("join_ranks", JoinRanks(), store, tmp_path, shards=1)


def ranks(task: Task) -> list[int | None]:
    """The ranks that the stage wrote."""
    return list(task.store.read_shard(BOTH, 0)["rank"].to_pylist())


def test_what_no_stage_makes_is_not_read(join: Task) -> None:
    write(join.store, RANKS, [{"video_id": "a", "rank": 5}])
    assert run_shard(join, 0).status == "made"
    assert ranks(join) == [None, None]
    assert inputs_of(join.stage, join.store) == JoinRanks.reads


def test_what_a_stage_makes_is_waited_for_and_read(join: Task) -> None:
    assert run_shard(join, 0).ran == 2
    join.store.create("toys", 1, ["words", "ranks"])
    failed = run_shard(join, 0)
    assert (failed.status, failed.problem) == ("failed", "shard 0 of ranks is not made yet")
    write(join.store, RANKS, [{"video_id": "a", "rank": 5}, {"video_id": "b", "rank": 6}])
    assert run_shard(join, 0).status == "made"
    assert ranks(join) == [5, 6]
    assert run_shard(join, 0).status == "unchanged"
    write(join.store, RANKS, [{"video_id": "a", "rank": 5}, {"video_id": "b", "rank": 7}])
    report = run_shard(join, 0)
    assert (report.ran, report.copied) == (1, 1)
    assert ranks(join) == [5, 7]


def pipeline_of(folder: Path, *stages: str, select: str = "") -> pipeline.Pipeline:
    names = ["scatter_sources", "download_videos", "read_tracks", *stages]
    lines = [f"  - {name}" for name in names] + ([select] if select else [])
    (folder / "videos.csv").write_text("video_id\ndQw4w9WgXcQ\n")
    path = folder / "own.yaml"
    path.write_text("\n".join(["manifest: videos.csv", "shards: 1", "stages:", *lines, ""]))
    return pipeline.load(str(path))


LAST = ("match_timelines", "form_clips", "align_captions", "identify_language")


def test_a_stage_that_may_be_left_out_comes_before(tmp_path: Path) -> None:
    assert "select_clips" in pipeline_of(tmp_path, *LAST, "select_clips").stages
    assert "select_clips" in pipeline_of(tmp_path, *LAST, "find_duplicates", "select_clips").stages
    with pytest.raises(
        ConfigError, match="reads duplicates, which a stage after it writes; put before it: find"
    ):
        pipeline_of(tmp_path, *LAST, "select_clips", "find_duplicates")


def test_a_list_that_may_be_left_out_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    without = pipeline_of(tmp_path, *LAST, "select_clips").fingerprints()["select_clips"]
    (tmp_path / "words.csv").write_text("word,language\ngun,en\n")
    select = "  - select_clips: {words: words.csv}"
    loaded = pipeline_of(tmp_path, *LAST, select=select)
    assert loaded.stages["select_clips"] == SelectClips(words="words.csv")
    with_words = loaded.fingerprints()["select_clips"]
    (tmp_path / "words.csv").write_text("word,language\nknife,en\n")
    changed = pipeline_of(tmp_path, *LAST, select=select).fingerprints()["select_clips"]
    assert len({without, with_words, changed}) == 3
    (tmp_path / "words.csv").write_text("word\ngun\n")
    with pytest.raises(ConfigError, match=r"stage select_clips: words: .* has no column 'language'"):
        pipeline_of(tmp_path, *LAST, select=select)


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ("max_ratio: 0.5", "max_ratio"),
        ("min_density: -1", "min_density"),
        ("min_words: 9, max_words: 3", "min_words 9 is more than max_words 3"),
        ("min_density: 40", "min_density 40.0 is more than max_density 30.0"),
        ("words: nowhere.csv", "no manifest 'nowhere.csv'"),
        ("licenses: CC BY", "licenses"),
    ],
)
def test_bad_settings_say_what_is_wrong(tmp_path: Path, settings: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong):
        pipeline_of(tmp_path, *LAST, select=f"  - select_clips: {{{settings}}}")

"""The selection at the end of a whole build: copies in different shards share a split, thresholds cost one stage."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from multihowto import tables
from multihowto.build import Order, StageEnds, build
from multihowto.errors import ConfigError
from multihowto.explaining import known
from multihowto.manifests import shard_of
from multihowto.pipeline import Pipeline
from multihowto.selecting.splits import by_hash
from multihowto.stage import Map, Output, Stage
from multihowto.stages.align_captions import AlignCaptions
from multihowto.stages.find_reuploads import FindReuploads
from multihowto.stages.form_clips import FormClips
from multihowto.stages.match_timelines import MatchTimelines
from multihowto.stages.read_tracks import ReadTracks
from multihowto.stages.scatter_sources import ScatterSources
from multihowto.stages.select_clips import SelectClips
from multihowto.storage import Store

SHARDS = 3
WORDS = {
    "en": "add bread butter cup dough flour fold fresh heat into leave oven salt slowly warm water",
    "de": "Zucker Brot und Tasse Teig Mehl falten frisch Hitze hinein lassen Ofen Salz langsam dann Wasser",
}
FIXED: Mapping[str, str | None] = {
    "bread-1": "train",
    "bread-2": "test",
    "bread-3": None,
    "onion-1": None,
    "onion-2": "validation",
    "soup-1": "train",
    "soup-2": None,
    "alone-1": "train",
    **{f"open{pair}-{copy}": None for pair in range(3) for copy in (1, 2)},
}
"""What the manifest says of each video; those with the same first word are one video uploaded again."""


def film(video_id: str) -> str:
    return video_id.split("-")[0]


@dataclass(frozen=True)
class Films(Map):
    """Stands for the download: every copy of a film has the same title, length and captions."""

    reads: ClassVar = (tables.SOURCES.only("url"),)
    writes: ClassVar = tables.VIDEOS

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        nothing: dict[str, Any] = {
            "media_path": None,
            "channel": None,
            "license": None,
            "missing": [],
            "tool": "none",
        }
        rows = [
            {
                "video_id": video,
                "url": "",
                "site": "none",
                "title": f"{film(video)}: how we make it",
                "duration_ms": 80_000,
                "tracks": [
                    {
                        "language": one,
                        "tag": one,
                        "kind": "manual",
                        "format": "vtt",
                        "body": vtt(film(video), one),
                    }
                    for one in sorted(WORDS)
                ],
            }
            | nothing
            for video in inputs["sources"]["video_id"].to_pylist()
        ]
        return Output(pa.Table.from_pylist(rows, schema=tables.VIDEOS.schema))


@dataclass(frozen=True)
class TrustLanguages(Map):
    """Stands for a model: every caption is in the language of its track."""

    reads: ClassVar = (tables.CAPTIONS.only("language"),)
    writes: ClassVar = tables.LANGUAGES

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        captions = inputs["captions"]
        language, sure = captions["language"], pa.array([1.0] * captions.num_rows, pa.float32())
        columns = [captions["caption_id"], captions["video_id"], language, language, sure, language, sure]
        return Output(pa.table(columns, schema=tables.LANGUAGES.schema))


def vtt(name: str, language: str) -> str:
    """Twenty cues of four seconds, drawn by the name alone."""
    draw, words, cues = random.Random(name), WORDS[language].split(), []
    for start in range(0, 80, 4):
        text = " ".join(words[draw.randrange(len(words))] for _ in range(9))
        times = f"{start // 60:02}:{start % 60:02}.000 --> {start // 60:02}:{start % 60 + 3:02}.500"
        cues.append(f"{times}\n{text}.\n")
    return "\n".join(["WEBVTT\n", *cues])


def pipeline(folder: Path, fixed: Mapping[str, str | None], **settings: Any) -> Pipeline:
    manifest = folder / "videos.csv"
    lines = [f"{video},http://127.0.0.1:1/{video},{split or ''}" for video, split in fixed.items()]
    manifest.write_text("\n".join(["video_id,url,split", *lines, ""]))
    (folder / "exclusions.csv").write_text("video_id,reason\n")
    stages: dict[str, Stage] = {
        "scatter_sources": ScatterSources(),
        "films": Films(),
        "read_tracks": ReadTracks(),
        "match_timelines": MatchTimelines(),
        "form_clips": FormClips(),
        "align_captions": AlignCaptions(),
        "trust_languages": TrustLanguages(),
        "find_reuploads": FindReuploads(),
        "select_clips": SelectClips(validation=0.5, test=0.5, **settings),
    }
    return Pipeline("films", folder / "films.yaml", manifest, SHARDS, stages)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def run(store: Store, pipe: Pipeline, verify: bool = False) -> set[str]:
    """The stages that made any shard; nothing may fail."""
    order = Order(executor="here", verify=verify)
    ends = [event for event in build(pipe, store, order) if isinstance(event, StageEnds)]
    statuses = {end.stage: {report.status for report in end.reports.values()} for end in ends}
    assert list(statuses) == list(pipe.stages) and set().union(*statuses.values()) <= {"made", "unchanged"}
    return {name for name, its in statuses.items() if "made" in its}


def splits(store: Store) -> dict[str, set[str]]:
    """The splits of each film's clips, over all its copies."""
    found: dict[str, set[str]] = {}
    for row in store.read("selection").to_pylist():
        found.setdefault(film(row["video_id"]), set()).add(row["split"])
    assert {row["video_id"] for row in store.read("selection").to_pylist()} == set(FIXED)
    return found


def test_copies_in_different_shards_follow_the_strictest_split_that_is_fixed(
    store: Store, tmp_path: Path
) -> None:
    for name in ("bread", "onion", "soup"):
        assert len({shard_of(video, SHARDS) for video in FIXED if film(video) == name}) > 1
    apart = [len({by_hash(f"open{pair}-{copy}", 0.5, 0.5) for copy in (1, 2)}) for pair in range(3)]
    assert 2 in apart
    run(store, pipeline(tmp_path, FIXED))
    found = splits(store)
    assert {name: found[name] for name in ("bread", "onion", "soup", "alone")} == {
        "bread": {"test"},
        "onion": {"validation"},
        "soup": {"train"},
        "alone": {"train"},
    }
    assert [len(found[f"open{pair}"]) for pair in range(3)] == [1, 1, 1]
    assert run(store, pipeline(tmp_path, FIXED)) == set()


def test_a_split_that_is_fixed_later_moves_the_copies_in_other_shards(store: Store, tmp_path: Path) -> None:
    run(store, pipeline(tmp_path, FIXED))
    made = run(store, pipeline(tmp_path, {**FIXED, "soup-2": "test"}))
    assert splits(store)["soup"] == {"test"}
    assert {"find_reuploads", "select_clips"} <= made and not made & {"read_tracks", "form_clips"}


def test_a_changed_threshold_and_going_back_make_only_the_selection(store: Store, tmp_path: Path) -> None:
    def keep() -> list[bool]:
        return list(store.read("selection")["keep"].to_pylist())

    def stamps() -> list[Any]:
        return [store.stamp("selection", shard) for shard in range(SHARDS)]

    run(store, pipeline(tmp_path, FIXED))
    first, before = stamps(), keep()
    assert any(before)
    assert run(store, pipeline(tmp_path, FIXED, min_ms=59_999)) == {"select_clips"}
    assert not any(keep())
    assert run(store, pipeline(tmp_path, FIXED, min_ms=59_999)) == set()
    assert run(store, pipeline(tmp_path, FIXED)) == {"select_clips"}
    assert stamps() == first and keep() == before


def test_a_build_makes_a_table_of_an_older_version_anew(store: Store, tmp_path: Path) -> None:
    """As `reuploads` was before it had the split: commands that read it say so, and the cure they name is one."""
    run(store, pipeline(tmp_path, FIXED))
    for path in Path(store.root).glob("*/reuploads/*.parquet"):
        rows = pq.read_table(path)
        stamp = json.loads(rows.schema.metadata[b"multihowto"]) | {"recipe": "older", "how": "older"}
        older = rows.drop_columns("split") if "split" in rows.column_names else rows
        pq.write_table(older.replace_schema_metadata({b"multihowto": json.dumps(stamp).encode()}), path)
    store.note("gathered find_reuploads", "older")
    with pytest.raises(ConfigError, match=r"table reuploads of .* has no column split .* --root"):
        known(store, "bread-1")
    assert run(store, pipeline(tmp_path, FIXED)) == {"find_reuploads"}
    assert known(store, "bread-1").of_video("reuploads")[0]["split"] == "test"


def test_verifying_finds_a_shard_that_lacks_a_column_under_a_stamp_that_fits(
    store: Store, tmp_path: Path
) -> None:
    run(store, pipeline(tmp_path, FIXED))
    path = sorted(Path(store.root).glob("tables/clips/*.parquet"))[0]
    rows = pq.read_table(path)
    pq.write_table(rows.drop_columns("end_ms").replace_schema_metadata(rows.schema.metadata), path)
    assert "form_clips" in run(store, pipeline(tmp_path, FIXED), verify=True)
    assert pq.read_table(path).equals(rows)

"""The folder for the Hub loads, and holds what the store holds."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from multihowto import manifests, tables
from multihowto.manifests import find
from multihowto.publish import Published, Settings
from multihowto.publish.rows import cut_blocks
from multihowto.storage import Store

from .lab import FEATURES, LOAD, OPEN, contents, publish, run


def expected_texts(store: Store) -> dict[tuple[str, str], tuple[str, str]]:
    """(clip, language) -> (text, origin) of what is to be published, found the slow way."""
    kept = {
        row["clip_id"]: set(row["languages"]) for row in store.read("selection").to_pylist() if row["keep"]
    }
    found = {
        (row["clip_id"], row["language"]): (row["text"], row["origin"])
        for row in store.read("captions").to_pylist()
        if row["language"] in kept.get(row["clip_id"], ())
    }
    for row in store.read("translations").to_pylist():
        if row["source_language"] in kept.get(row["clip_id"], ()):
            found.setdefault((row["clip_id"], row["language"]), (row["text"], "machine_translated"))
    return found


def test_every_configuration_loads_and_holds_what_the_store_holds(
    rich: Store, published: Published, tmp_path: Path
) -> None:
    loading = run(
        LOAD, str(published.folder), str(tmp_path), env={"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    )
    assert loading.returncode == 0, loading.stderr
    loaded = json.loads(loading.stdout)
    assert list(loaded) == list(published.rows)
    counts = {name: {split: len(rows) for split, rows in splits.items()} for name, splits in loaded.items()}
    assert counts == published.rows
    splits = {row["clip_id"]: row["split"] for row in rich.read("selection").to_pylist()}
    times = {row["clip_id"]: (row["start_ms"], row["end_ms"]) for row in rich.read("clips").to_pylist()}
    expected, found = expected_texts(rich), {}
    languages = [name for name in loaded if len(name) == 2]
    for language in languages:
        for split, rows in loaded[language].items():
            for row in rows:
                assert (row["clip_id"], language) not in found
                found[row["clip_id"], language] = (row["text"], row["origin"])
                assert split == splits[row["clip_id"]]
                assert (row["start_ms"], row["end_ms"]) == times[row["clip_id"]]
                made = row["origin"] == "machine_translated"
                assert (row["model"], row["translation_score"]) == (("toy", -0.5) if made else (None, None))
                assert (row["track"] is None) == (row["alignment_score"] is None) == made
    assert found == expected
    assert {origin for _, origin in expected.values()} == {"manual", "machine_translated"}
    wide = {
        (row["clip_id"], language): (row[language], row[f"{language}_origin"])
        for rows in loaded["captions"].values()
        for row in rows
        for language in languages
        if row[language] is not None
    }
    assert wide == expected
    expect_videos(rich, loaded, {clip.split(":")[0] for clip, _ in expected})


def expect_videos(store: Store, loaded: dict[str, Any], wanted: set[str]) -> None:
    """Fails unless the videos, and the features of just these, are there and whole."""
    videos = {row["video_id"]: row for rows in loaded["videos"].values() for row in rows}
    assert set(videos) == wanted
    for row in store.read("videos", ["video_id", "url", "license", "duration_ms"]).to_pylist():
        if row["video_id"] in videos:
            mine = videos[row["video_id"]]
            assert {name: mine[name] for name in row} == row
            assert (mine["title"] is not None) == (row["license"] == OPEN) and mine["media"] is None
    blocks = [row for rows in loaded[FEATURES.name].values() for row in rows]
    assert Counter(row["video_id"] for row in blocks) == dict.fromkeys(wanted, 2)
    assert {(row["block_id"].split(":")[1], row["start_ms"], *row["features"]) for row in blocks} == {
        ("000000", 0, 780, 1280),
        ("000390", 390_000, 220, 1280),
    }


def test_small_files_hold_the_same_rows_and_equal_stores_make_equal_folders(
    rich: Store, published: Published, tmp_path: Path
) -> None:
    again = publish(rich, tmp_path / "again")
    assert contents(again.folder) == contents(published.folder)
    small = Settings(row_group_bytes=1000, file_bytes=1500, pending_bytes=3000)
    made = publish(rich, tmp_path / "small", settings=small)
    assert made.rows == published.rows
    assert len(made.files["captions"]["train"]) > 2
    assert made.files["captions"]["train"][0].endswith(
        f"train-00000-of-{len(made.files['captions']['train']):05d}.parquet"
    )
    for config, splits in made.files.items():
        for split, files in splits.items():
            left, right = (
                pa.concat_tables(pq.read_table(one.folder / path) for path in these)
                for one, these in ((made, files), (published, published.files[config][split]))
            )
            assert left == right


def test_blocks_are_cut_at_whole_seconds() -> None:
    def block(video: str, start_ms: int, step_ms: int, values: list[int]) -> dict[str, Any]:
        vectors = [[float(value)] * 4 for value in values]
        name = f"{video}:{start_ms // 1000:06d}"
        keys = ("block_id", "video_id", "start_ms", "step_ms", "network", "features")
        return dict(zip(keys, (name, video, start_ms, step_ms, "toy", vectors), strict=True))

    schema = tables.features("toy", 4).schema
    rows = pa.Table.from_pylist(
        [block("a", 1000, 500, [1, 2, 3, 4, 5, 6, 7]), block("b", 0, 1000, [8])], schema=schema
    )
    # Five vectors of four half floats fit; at two a second, four make whole seconds.
    cut = cut_blocks(rows, 5 * 4 * 2)
    assert cut.to_pylist() == [
        block("a", 1000, 500, [1, 2, 3, 4]),
        block("a", 3000, 500, [5, 6, 7]),
        block("b", 0, 1000, [8]),
    ]
    assert cut_blocks(rows, 1000).equals(rows)
    assert cut_blocks(rows.slice(0, 0), 40).num_rows == 0


def test_languages_keep_the_order_of_their_manifest(published: Published) -> None:
    known = manifests.read_languages(find("languages.csv"))
    there = [name for name in published.rows if name in known]
    assert there == [code for code in known if code in there] and len(there) == 9

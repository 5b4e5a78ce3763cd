"""Nothing is published that may not be: media, caption files, videos that were taken down."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from multihowto import tables
from multihowto.errors import ConfigError
from multihowto.publish import Published, Settings, write_folder
from multihowto.storage import Store
from small_demo import Demo

from .lab import CONTACT, FEATURES, change, contents, copied, header, paths, publish


def test_no_media_and_no_caption_file_is_in_the_folder(published: Published) -> None:
    assert {Path(path).suffix for path in paths(published.folder)} == {".parquet", ".md", ".json"}
    for path in published.folder.rglob("*.parquet"):
        table = pq.read_table(path)
        assert not {"tracks", "body", "media_path"} & set(table.column_names)
        if "features" not in table.column_names:
            assert "WEBVTT" not in str(table.to_pylist()) and "-->" not in str(table.to_pylist())


def test_a_video_that_is_taken_down_after_the_build_is_in_no_configuration(
    rich: Store, tmp_path: Path
) -> None:
    listed = tmp_path / "exclusions.csv"
    listed.write_text("video_id,reason\nsteps-001,the uploader asked\nnobody,never there\n")
    made = publish(rich, tmp_path / "folder", listed)
    assert made.counts.excluded == {"steps-001": "the uploader asked"}
    left = {name: set[str]() for name in made.rows}
    for config, splits in made.files.items():
        for path in (path for these in splits.values() for path in these):
            left[config] |= set(
                pq.read_table(made.folder / path, columns=["video_id"])["video_id"].to_pylist()
            )
    assert all("steps-001" not in videos and videos for videos in left.values())
    assert b"steps-001" not in b"".join(contents(made.folder).values())
    listed.write_text(
        "video_id,reason\n" + "".join(f"{video},gone\n" for video in left["videos"] | {"steps-001"})
    )
    assert publish(rich, tmp_path / "folder", listed).rows == {}
    assert header(tmp_path / "folder")["configs"] == []


@pytest.mark.parametrize(("asked", "copied"), [(False, []), (True, ["steps-001"])])
def test_media_only_of_open_licences_and_only_if_asked_for(
    rich: Store, tmp_path: Path, asked: bool, copied: list[str]
) -> None:
    made = publish(rich, tmp_path / "folder", settings=Settings(with_media=asked))
    media = {Path(path).stem: path for path in paths(made.folder) if path.startswith("media/")}
    assert sorted(media) == copied and made.counts.media == len(copied)
    rows = pa.concat_tables(
        pq.read_table(made.folder / path) for these in made.files["videos"].values() for path in these
    )
    assert {row["video_id"]: row["media"] for row in rows.to_pylist() if row["media"]} == media
    for video in copied:
        [row] = rich.read_video("videos", video).to_pylist()
        assert (made.folder / media[video]).read_bytes() == rich.files.read_bytes(row["media_path"])


def test_media_that_is_not_what_the_table_says_is_left_out(demo: Demo, tmp_path: Path) -> None:
    store = copied(demo, tmp_path / "store")
    change(store, tables.VIDEOS, lambda row: row | {"license": "CC0-1.0"})
    videos = {row["video_id"]: row["media_path"] for row in store.read("videos").to_pylist()}
    store.files.write_bytes(videos["steps-001"], b"other")
    store.files.remove(videos["steps-002"])
    made = publish(store, tmp_path / "folder", settings=Settings(with_media=True))
    assert sorted(made.counts.media_missing) == ["steps-001", "steps-002"]
    assert sum(path.startswith("media/") for path in paths(made.folder)) == made.counts.media == 2
    # the videos agree on CC0, the model that translated is under another licence
    assert header(made.folder)["license"] == "other"


def test_a_video_without_a_licence_is_never_open() -> None:
    for licences in ((), ("",), (" ", "CC0")):
        assert not Settings(open_licenses=licences).is_open(None)
        assert not Settings(open_licenses=licences).is_open(" ")
    assert Settings(open_licenses=("CC0",)).is_open("cc0 ")


def published_ids(made: Published) -> set[str]:
    """Videos that any configuration names."""
    paths = [path for splits in made.files.values() for these in splits.values() for path in these]
    return {
        video
        for path in paths
        for video in pq.read_table(made.folder / path, columns=["video_id"])["video_id"].to_pylist()
    }


def test_the_list_that_the_store_was_built_with_counts_beside_the_one_that_is_named(
    demo: Demo, tmp_path: Path
) -> None:
    store, own, other = copied(demo, tmp_path / "store"), tmp_path / "own.csv", tmp_path / "other.csv"
    url = store.read_video("sources", "steps-003")["url"][0].as_py()
    own.write_text("video_id,reason\nsteps-001,asked\n")
    other.write_text(f"video_id,reason\n{url},asked too\n")
    assert store.require()["exclusions"] == "exclusions.csv"
    store.note("exclusions", str(own))
    made = write_folder(store, "org/name", tmp_path / "folder", CONTACT, None)
    assert made.counts.excluded == {"steps-001": "asked"}
    assert "steps-001" not in published_ids(made) and "steps-003" in published_ids(made)
    made = write_folder(store, "org/name", tmp_path / "folder", CONTACT, other)
    assert made.counts.excluded == {"steps-001": "asked", "steps-003": "asked too"}
    assert not {"steps-001", "steps-003"} & published_ids(made)
    own.unlink()
    with pytest.raises(
        ConfigError, match=r"own.csv, the list of excluded videos .* is not there: put it back"
    ):
        write_folder(store, "org/name", tmp_path / "folder", CONTACT, None)
    made = write_folder(store, "org/name", tmp_path / "folder", CONTACT, other)
    assert made.counts.excluded == {"steps-003": "asked too"}


def test_tables_that_the_pipeline_no_longer_makes_are_not_published(rich: Store, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    shutil.copytree(rich.root, store.root)
    left = [name for name in store.require()["tables"] if name not in ("translations", FEATURES.name)]
    assert FEATURES.name in publish(store, tmp_path / "folder").rows
    store.note("tables", left)
    made = publish(store, tmp_path / "folder")
    assert FEATURES.name not in made.rows and not made.counts.models
    store.note("tables", [name for name in left if name != "selection"])
    with pytest.raises(ConfigError, match="no table selection"):
        publish(store, tmp_path / "folder")

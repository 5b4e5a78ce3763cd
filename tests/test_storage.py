"""Stores: atomic, stamped, joined by key; local and memory://."""

import contextlib
import errno
import threading
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from multihowto import tables
from multihowto.contract import close
from multihowto.errors import ConfigError, RetryableError, world_errors
from multihowto.kept import KeptFiles
from multihowto.manifests import shard_of
from multihowto.storage import Store, look_up


@pytest.fixture(params=["local", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return Store(str(tmp_path / "s") if request.param == "local" else f"memory://{uuid.uuid4().hex}")


CUES = [{"start_ms": 0, "end_ms": 1, "text": "said", "words": []}]


def sources(*videos: str) -> pa.Table:
    rows = [{"video_id": video, "url": f"https://x/{video}"} for video in sorted(videos)]
    return pa.Table.from_pylist(rows, schema=tables.SOURCES.schema)


def write(store: Store, shard: int, rows: pa.Table, table: tables.Table = tables.SOURCES) -> None:
    accounts = [
        {"video_id": video, "input_hash": b"\0" * 16, "rows_in": 1, "rejects": [], "flaws": []}
        for video in sorted(set(rows["video_id"].to_pylist()))
    ]
    stamp, full = close("recipe", "how", rows, accounts)
    store.write_shard(table, shard, rows, full, stamp)


def test_a_shard_comes_back_with_its_stamp(store: Store) -> None:
    assert store.stamp("sources", 0) is None
    write(store, 0, sources("a", "b"))
    stamp = store.stamp("sources", 0)
    assert stamp is not None
    assert (stamp.recipe, stamp.how, stamp.videos, stamp.rows, stamp.rejects) == ("recipe", "how", 2, 2, 0)
    assert store.read_shard(tables.SOURCES, 0).equals(sources("a", "b"))
    assert store.read_shard(tables.SOURCES.only("url"), 0).column_names == ["video_id", "url"]
    assert store.read_accounts("sources", 0)["rows_out"].to_pylist() == [1, 1]


def test_columns_of_another_version_are_read_by_name_or_refused(tmp_path: Path) -> None:
    """Others, and another order, change nothing; of lists of structs a missing or another field does."""
    store = Store(str(tmp_path / "s"))
    tracks = {"track_id": "a/en", "video_id": "a", "language": "en", "cues": CUES}
    wanted = pa.Table.from_pylist([tracks], schema=tables.TRACKS.only("language", "cues").schema)
    path = tmp_path / "s" / "tables" / "tracks" / "00000.parquet"
    path.parent.mkdir(parents=True)
    newer = wanted.select(wanted.column_names[::-1]).append_column("newer", pa.array([1]))
    pq.write_table(newer, path)
    assert store.read_shard(tables.TRACKS.only("language", "cues"), 0).equals(wanted)
    for others in ([{"start_ms": 0}], [{**CUES[0], "text": [1]}], [{**CUES[0], "start_ms": "soon"}]):
        pq.write_table(wanted.drop_columns("cues").append_column("cues", pa.array([others])), path)
        with pytest.raises(
            ConfigError, match=r"table tracks of .* has no column cues as this version reads it"
        ):
            store.read_shard(tables.TRACKS.only("language", "cues"), 0)


def test_a_table_is_read_over_its_shards(store: Store) -> None:
    write(store, 0, sources("a"))
    write(store, 3, sources("b", "c"))
    assert store.shards_of("sources") == [0, 3]
    assert store.read("sources", ["url"])["url"].to_pylist() == ["https://x/a", "https://x/b", "https://x/c"]
    assert store.read("clips").num_rows == 0


def test_the_meaning_of_columns_is_in_the_file(store: Store) -> None:
    write(store, 0, sources("a"))
    field = store.read_shard(tables.SOURCES, 0).schema.field("url")
    assert field.metadata is not None
    assert field.metadata[b"meaning"].startswith(b"the page to download from; of own footage")


def test_a_store_keeps_its_number_of_shards_and_its_pipeline(store: Store) -> None:
    with pytest.raises(ConfigError, match="no store at"):
        store.require()
    store.create("demo", 8, ["sources"])
    store.create("demo", 8, ["sources", "videos"])
    assert store.require()["tables"] == ["sources", "videos"]
    with pytest.raises(ConfigError, match="shards 8, the pipeline says 9"):
        store.create("demo", 9, [])
    with pytest.raises(ConfigError, match="pipeline 'demo', the pipeline says 'other'"):
        store.create("other", 8, [])


def test_another_format_is_refused_in_words(store: Store) -> None:
    store.files.write_bytes("store.json", b'{"format": 99}')
    with pytest.raises(ConfigError, match="has format 99; this version reads 1"):
        store.require()


def test_kept_files(store: Store, tmp_path: Path) -> None:
    kept = KeptFiles(store, 4)
    shard = shard_of("v", 4)
    assert kept.read("v", "info.json") is None
    kept.write("v", "info.json", b"{}")
    media = tmp_path / "x.mp4"
    media.write_bytes(b"media")
    kept.put_media("v", ".mp4", media)
    assert not media.exists()
    assert kept.media_path("v", ".mp4") == f"media/{shard:05d}/v.mp4"
    assert (kept.media_size("v", ".mp4"), kept.shards_with_media()) == (5, [shard])
    assert kept.videos(shard) == ["v"]
    kept.forget("v")
    kept.forget("v")
    assert (kept.media_size("v", ".mp4"), kept.videos(shard)) == (None, [])


def test_only_the_media_of_a_video_or_a_shard_is_forgotten(store: Store, tmp_path: Path) -> None:
    kept = KeptFiles(store, 1)
    for video in ("v", "v-2", "w"):
        (tmp_path / video).write_bytes(b"media")
        kept.put_media(video, ".webm", tmp_path / video)
    kept.forget("v")
    assert [kept.media_size(video, ".webm") for video in ("v", "v-2", "w")] == [None, 5, 5]
    kept.forget_media(0)
    assert (kept.media_size("w", ".webm"), kept.shards_with_media()) == (None, [])


def test_a_file_that_a_power_cut_left_counts_as_absent(store: Store) -> None:
    kept = KeptFiles(store, 1)
    for data in (bytes(10), b"WEBVTT\n\n" + bytes(10)):
        kept.write("v", "track", data)
        assert kept.read("v", "track") is None


def test_a_new_try_asks_for_the_page_and_keeps_what_came(store: Store) -> None:
    """The page's answer says which tracks were held back, of which there is no file."""
    kept = KeptFiles(store, 1)
    for name in ("info.json", "media.json", "track.en", "track.de.failed", "reject.json"):
        kept.write("v", name, b"{}")
    kept.write("held", "info.json", b"{}")
    kept.forget_failures("v")
    kept.forget_failures("held")
    assert store.files.names(kept.folder("v")) == ["media.json", "track.en"]
    assert store.files.names(kept.folder("held")) == []


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "s"))
    with contextlib.suppress(RuntimeError), store.files.local_file("x/y") as path:
        path.write_bytes(b"half")
        raise RuntimeError
    assert [path for path in (tmp_path / "s").rglob("*") if path.is_file()] == []


def test_a_full_disk_is_said() -> None:
    with (
        pytest.raises(RetryableError, match="disk full while writing x: free space and run again"),
        world_errors("writing x"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_second_build_is_refused_in_words_and_unfinished_files_are_swept(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "s"))
    (store.files.scratch() / "left.part").write_bytes(b"half")
    with store.files.lock():
        assert not (tmp_path / "s" / "tmp").exists()
        with (
            pytest.raises(
                ConfigError, match=r"another multihowto command holds the store .* \(process \d+ on"
            ),
            Store(store.root).files.lock(),
        ):
            pass
    with store.files.lock():
        pass


def test_threads_may_write_the_same_shard_at_once(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "s"))
    threads = [threading.Thread(target=write, args=(store, 0, sources("a", "b"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read_shard(tables.SOURCES, 0).num_rows == 2
    assert list((tmp_path / "s" / "tmp").iterdir()) == []


def test_an_unknown_kind_of_uri_is_said() -> None:
    with pytest.raises(ConfigError, match="cannot open the store 'foo://x'"):
        Store("foo://x")


def test_look_up_gives_nulls_where_nothing_matches() -> None:
    clips = pa.table({"clip_id": ["v:1", "v:2"], "video_id": ["v", "v"], "start_ms": [1, 2]})
    captions = pa.table(
        {"caption_id": ["v:2/en", "v:9/en"], "clip_id": ["v:2", "v:9"], "video_id": ["v", "v"]}
    )
    joined = look_up(captions, clips, tables.CLIPS)
    assert joined["start_ms"].to_pylist() == [2, None]
    assert joined.column_names == ["caption_id", "clip_id", "video_id", "start_ms"]
    with pytest.raises(KeyError, match="no column 'caption_id'"):
        look_up(clips, captions, tables.CAPTIONS)


def test_features_come_back_bit_for_bit_and_are_split_by_byte(store: Store) -> None:
    table = tables.FEATURES_EFFICIENTNET_LITE0
    vectors = [[(row * 7 + place % 13) / 8 for place in range(1280)] for row in range(3)]
    rows = [
        {
            "block_id": f"{video}:000000",
            "video_id": video,
            "start_ms": 0,
            "step_ms": 1000,
            "network": "n",
            "features": vectors,
        }
        for video in "ab"
    ]
    made = pa.Table.from_pylist(rows, schema=table.schema)
    write(store, 0, made, table)
    assert store.read_shard(table, 0).equals(made)
    leaf = (
        pq.ParquetFile(store._open("tables/features_efficientnet_lite0/00000.parquet"))
        .metadata.row_group(0)
        .column(5)
    )
    assert "BYTE_STREAM_SPLIT" in leaf.encodings


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"null"])
def test_damaged_settings_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "store.json").write_bytes(content)
    with pytest.raises(ConfigError, match=r"store\.json is damaged"):
        Store(str(tmp_path)).require()


def test_a_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    with pytest.raises(ConfigError, match="there is no store at"):
        Store(str(tmp_path / "file")).require()


def test_tables_that_are_no_longer_made_are_dropped_with_their_accounts(store: Store) -> None:
    store.create("demo", 8, ["sources", "old"])
    write(store, 0, sources("a"))
    for folder in ("tables/old", "accounts/old", "tables/older"):
        store.files.write_bytes(f"{folder}/00000.parquet", b"x")
    store.create("demo", 8, ["sources"])
    assert store.has("old")
    assert store.drop_others(["sources"]) == ("old", "older")
    assert store.files.names("tables") == store.files.names("accounts") == ["sources"]
    assert store.require()["tables"] == ["sources"] and not store.has("old")
    assert store.drop_others(["sources"]) == ()

"""Manifests: what is in order, and what is said of the rest."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from multihowto import manifests
from multihowto.errors import ConfigError
from multihowto.manifests import (
    Source,
    check_row,
    id_of_url,
    read_exclusions,
    read_languages,
    read_videos,
    shard_of,
)
from multihowto.rejects import Reject


def test_the_shard_of_a_video_never_moves() -> None:
    assert [shard_of(video, 8) for video in ("dQw4w9WgXcQ", "steps-001", "a")] == [3, 6, 7]
    counts = [0] * 16
    for number in range(16_000):
        counts[shard_of(f"video{number}", 16)] += 1
    assert min(counts) > 850
    assert max(counts) < 1150


@pytest.mark.parametrize(
    ("url", "video_id"),
    [
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/watch?list=x&v=dQw4w9WgXcQ&t=1", "dQw4w9WgXcQ"),
        ("https://youtu.be/dQw4w9WgXcQ?t=3", "dQw4w9WgXcQ"),
        ("http://m.youtube.com/shorts/dQw4w9WgXcQ", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQx", "u-"),
        ("https://evil.example/watch?v=dQw4w9WgXcQ", "u-"),
    ],
)
def test_ids_of_urls(url: str, video_id: str) -> None:
    assert id_of_url(url).startswith(video_id)
    assert manifests.ID.fullmatch(id_of_url(url))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"video_id": "../../etc"}, "bad_id"),
        ({"video_id": "a" * 65, "url": "https://x/"}, "bad_id"),
        ({"video_id": "short"}, "bad_id"),
        ({"video_id": ""}, "bad_id"),
        ({"url": "file:///etc/passwd"}, "bad_url"),
        ({"url": "https://user:secret@example.org/x"}, "bad_url"),
        ({"url": "https://"}, "bad_url"),
        ({"url": "https://example.org/a b"}, "bad_url"),
        ({"video_id": "dQw4w9WgXcQ", "split": "training"}, "bad_split"),
    ],
)
def test_rows_that_are_not_in_order(row: dict[str, str], code: str) -> None:
    found = check_row(7, row)
    assert isinstance(found, Reject)
    assert (found.key, found.code) == ("row 7", code)


def test_a_csv_with_howto100ms_header(tmp_path: Path) -> None:
    path = tmp_path / "HowTo100M.csv"
    path.write_text(
        'video_id,category_1,category_2,rank,task_id\nNyGbiHDj9ZM,"Food, Drink",Recipes,109,103\nno,,,,\n'
    )
    good, bad = read_videos(path)
    assert good == Source(
        "NyGbiHDj9ZM", "https://www.youtube.com/watch?v=NyGbiHDj9ZM", None, "Food, Drink", "Recipes", 103, 109
    )
    assert bad == Reject("row 2", "bad_id", "no url, and not an id of YouTube (11 characters): 'no'")


def test_parquet_and_csv_read_alike(tmp_path: Path) -> None:
    text = "video_id,url,split\ndQw4w9WgXcQ,,train\n,https://example.org/v,test\n"
    (tmp_path / "v.csv").write_text(text)
    table = pa.table(
        {
            "url": [None, "https://example.org/v"],
            "video_id": ["dQw4w9WgXcQ", None],
            "split": ["train", "test"],
        }
    )
    pq.write_table(table, tmp_path / "v.parquet")
    assert list(read_videos(tmp_path / "v.csv")) == list(read_videos(tmp_path / "v.parquet"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name\nx\n", "neither a column video_id nor a column url; it has: name"),
        ("video_id,rank\nx,many\n", "cannot read"),
        ("", "cannot read"),
        ("video_id\na,b\n", "cannot read"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "v.csv").write_text(text)
    with pytest.raises(ConfigError, match=words):
        list(read_videos(tmp_path / "v.csv"))


def test_shipped_manifests_are_in_order() -> None:
    assert read_languages(manifests.find("languages.csv")) == (
        "en",
        "de",
        "fr",
        "ru",
        "es",
        "cs",
        "sw",
        "zh",
        "vi",
    )
    assert read_exclusions(manifests.find("exclusions.csv")) == {}
    for name, model in manifests.read_models(manifests.find("models.toml")).items():
        assert model.license
        assert all(len(file.sha256) in (0, 64) for file in model.files), name


@pytest.mark.parametrize("text", ["code,name\nEN,English\n", "code,name\nen,a\nen,b\n", "code,name\n"])
def test_language_codes_are_two_or_three_letters_each_once(tmp_path: Path, text: str) -> None:
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(ConfigError, match="each language needs a code of its own"):
        read_languages(tmp_path / "l.csv")


def test_misspelt_names_say_what_would_be_right(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no manifest 'langauges.csv'; did you mean 'languages.csv'\?"):
        manifests.find("langauges.csv", tmp_path)
    with pytest.raises(ConfigError, match=r"no model 'lid.176.bin'; did you mean 'lid.176.ftz'\?"):
        manifests.model("lid.176.bin")
    (tmp_path / "e.csv").write_text("video_id\nx\n")
    with pytest.raises(ConfigError, match="has no column 'reason'"):
        read_exclusions(tmp_path / "e.csv")

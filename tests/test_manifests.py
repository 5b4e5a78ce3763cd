"""Manifests: what is in order, and what is said of the rest."""

from dataclasses import replace
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
    why_excluded,
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
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQx", "dQw4w9WgXcQ"),  # as yt-dlp reads it
        ("https://WWW.YouTube.com/v/dQw4w9WgXcQ", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/watch?feature=x;v=dQw4w9WgXcQ", "dQw4w9WgXcQ"),
        ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", "dQw4w9WgXcQ"),
        ("https://youtube.googleapis.com/v/dQw4w9WgXcQ", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/watch#v=dQw4w9WgXcQ", "dQw4w9WgXcQ"),
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
        ({"video_id": "CON", "url": "https://x/"}, "bad_id"),
        ({"video_id": "lpt1", "url": "https://x/"}, "bad_id"),
        ({"video_id": "a\0b", "url": "https://x/"}, "bad_row"),
        ({"video_id": "dQw4w9WgXcQ", "category_1": "a\0b"}, "bad_row"),
        ({"video_id": "x" * 10_000}, "bad_id"),
        ({"url": "file:///etc/passwd"}, "bad_url"),
        ({"url": "https://user:secret@example.org/x"}, "bad_url"),
        ({"url": "https://"}, "bad_url"),
        ({"url": "https://example.org:port/x"}, "bad_url"),
        ({"url": "https://[::1/x"}, "bad_url"),
        ({"url": "https://example.org/a b"}, "bad_url"),
        ({"video_id": "dQw4w9WgXcQ", "split": "training"}, "bad_split"),
    ],
)
def test_rows_that_are_not_in_order(row: dict[str, str], code: str) -> None:
    found = check_row("line 7", row)
    assert isinstance(found, Reject)
    assert (found.key, found.code) == ("line 7", code)


def test_a_csv_with_howto100ms_header(tmp_path: Path) -> None:
    path = tmp_path / "HowTo100M.csv"
    path.write_text(
        'video_id,category_1,category_2,rank,task_id\nNyGbiHDj9ZM,"Food, Drink",Recipes,109,103\nno,,,,\n'
    )
    good, bad = read_videos(path)
    assert good == Source(
        "NyGbiHDj9ZM", "https://www.youtube.com/watch?v=NyGbiHDj9ZM", None, "Food, Drink", "Recipes", 103, 109
    )
    assert bad == Reject("line 3", "bad_id", "no url, and not an id of YouTube (11 characters): 'no'")


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
        ("video_id,url,video_id\na,,b\n", "has the column video_id twice"),
        ("", "cannot read"),
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


def test_a_manifest_is_looked_for_beside_the_pipeline_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    for folder in (beside, elsewhere):
        folder.mkdir()
        (folder / "exclusions.csv").write_text("video_id,reason\n")
    monkeypatch.chdir(elsewhere)
    assert manifests.find("exclusions.csv", beside) == beside / "exclusions.csv"
    assert manifests.find("exclusions.csv") == elsewhere / "exclusions.csv"
    assert manifests.find("languages.csv", beside) == manifests.shipped("manifests") / "languages.csv"
    for path in (beside / "exclusions.csv", manifests.find("languages.csv")):
        assert manifests.of_note(manifests.as_note(path)) == path
    assert manifests.as_note(manifests.find("languages.csv")) == "languages.csv"


def test_an_exclusion_is_an_id_or_an_address_and_never_idle(tmp_path: Path) -> None:
    path = tmp_path / "exclusions.csv"
    path.write_text(
        "video_id,reason\n dQw4w9WgXcQ\t, asked \n\nhttps://youtu.be/NyGbiHDj9ZM?t=3,b\nhttps://example.org/v,c\n"
    )
    other = id_of_url("https://example.org/v")
    found = read_exclusions(path)
    assert found == {"dQw4w9WgXcQ": "asked", "NyGbiHDj9ZM": "b", other: "c"}
    assert why_excluded(found, "mine", "https://www.youtube.com/watch?v=dQw4w9WgXcQ") == "asked"
    assert why_excluded(found, "mine", "https://example.org/v") == "c"
    assert why_excluded(found, "NyGbiHDj9ZM", "https://example.org/w") == "b"
    assert why_excluded(found, "mine", "https://example.org/w") is None
    for entry in ("", "dQw4 9WgXcQ", "ftp://example.org/v", "youtube.com/watch?v=dQw4w9WgXcQ"):
        path.write_text(f"video_id,reason\nfine,a\n\n{entry},b\n")
        with pytest.raises(ConfigError, match=r"exclusions.csv, line 4: .* is neither a video id .* nor the"):
            read_exclusions(path)


@pytest.mark.parametrize("row", [{"url": "{}"}, {"video_id": "{}"}, {"video_id": "fine", "url": "{}"}])
@pytest.mark.parametrize(
    "url",
    [
        "https://user:SECRET@example.org/x",
        "https://SECRET@example.org/x?token=SECRET",
        "https://user:SECRET/SECRET@example.org/",
        "https://user:SECRET?SECRET@example.org/",
        "user:SECRET@example.org?u=https://example.org",
        "ftp://example.org/x?key=SECRET#SECRET",
    ],
)
def test_no_reject_tells_a_password(url: str, row: dict[str, str]) -> None:
    found = check_row("line 1", {name: value.format(url) for name, value in row.items()})
    assert isinstance(found, Reject)
    assert "SECRET" not in found.detail


def test_an_address_that_may_be_told_is_told() -> None:
    told = {
        "https://h.org:80/@me/a?b#c": "https://(hidden)",
        "https://h.org/@me/a?b#c": "https://h.org/@me/a",
        "https://h.org:80/a;b": "https://h.org:80/a",
        "https://u@h.org": "https://h.org",
    }
    assert {url: manifests.bare_url(url) for url in told} == told


def test_what_is_not_utf_8_is_said_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    for text, encoding in (("é,x,y,z\n", "latin-1"), ("é,x,y,z\n", "utf-16")):
        path.write_bytes(("video_id,reason,code,name\n" + text * 2).encode(encoding))
        for read in (read_exclusions, read_languages):
            with pytest.raises(ConfigError, match=r"list.csv is not a CSV file in UTF-8"):
                read(path)
        with pytest.raises(ConfigError, match=r"list.csv is not UTF-8.*: save it as UTF-8"):
            list(read_videos(path))
    path.write_bytes("video_id,ça\nx,1\n".encode("latin-1"))
    with pytest.raises(ConfigError, match=r"list.csv is not UTF-8"):
        list(read_videos(path))
    path.write_text("video_id,reason,reason\n")
    with pytest.raises(ConfigError, match=r"list.csv has the column 'reason' twice"):
        read_exclusions(path)


def of_line(row: Source | Reject) -> Source | Reject:
    """The row without its place: lines of a text count the header, rows of Parquet have none."""
    return replace(row, key="") if isinstance(row, Reject) else row


def test_a_bad_number_is_a_bad_row_in_csv_and_parquet(tmp_path: Path) -> None:
    ranks = ["1", "first", None, " 4 ", "5000000000", "3.5"]
    ids = [f"dQw4w9WgX{number:02d}" for number in range(len(ranks))]
    lines = [f"{video},{rank or ''}" for video, rank in zip(ids, ranks, strict=True)]
    (tmp_path / "v.csv").write_text("\n".join(["video_id,rank", *lines, ""]))
    pq.write_table(pa.table({"video_id": ids, "rank": ranks}), tmp_path / "v.parquet")
    found = list(read_videos(tmp_path / "v.csv"))
    parquet = list(read_videos(tmp_path / "v.parquet"))
    assert [of_line(row) for row in found] == [of_line(row) for row in parquet]
    assert [row.rank for row in found if isinstance(row, Source)] == [1, None, 4]
    assert [(row.key, row.code) for row in found if isinstance(row, Reject)] == [
        ("line 3", "bad_number"),
        ("line 6", "bad_number"),
        ("line 7", "bad_number"),
    ]
    assert found[1] == Reject("line 3", "bad_number", f"rank of {ids[1]} is 'first'")
    assert [row.key for row in parquet if isinstance(row, Reject)] == ["row 2", "row 5", "row 6"]
    pq.write_table(
        pa.table({"video_id": ids, "rank": [1.0, 2.0, 3.0, 4.5, 5.0, 6e10]}), tmp_path / "v.parquet"
    )
    codes = [row.code if isinstance(row, Reject) else row.rank for row in read_videos(tmp_path / "v.parquet")]
    assert codes == [1, 2, 3, "bad_number", 5, "bad_number"]


def test_columns_that_are_not_read_may_hold_anything(tmp_path: Path) -> None:
    lines = [f"dQw4w9WgXcQ,{number},{number}" for number in range(200_000)]
    (tmp_path / "v.csv").write_text("\n".join(["video_id,note,note", *lines, "NyGbiHDj9ZM,late,x", ""]))
    *_, last = read_videos(tmp_path / "v.csv")
    assert isinstance(last, Source) and last.video_id == "NyGbiHDj9ZM"

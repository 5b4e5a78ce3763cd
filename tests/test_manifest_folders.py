"""A folder of videos as a manifest: stable, hostile to nothing, and never outside of itself."""

import os
import re
from pathlib import Path

import pytest

from multihowto.errors import ConfigError
from multihowto.manifests.folders import (
    MAX_SIDE_BYTES,
    Footage,
    digest_of,
    in_folder,
    of_address,
    read_folder,
    read_side,
)
from multihowto.manifests.videos import ID, Source
from multihowto.rejects import Reject


def make(root: Path, *names: str | bytes, data: bytes = b"film") -> None:
    for name in names:
        path = Path(os.fsdecode(os.fsencode(root) + b"/" + os.fsencode(name)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def sources(root: Path) -> dict[str, Source]:
    """The videos by their paths."""
    return {of_address(row.url)[0]: row for row in read_folder(root) if isinstance(row, Source)}


def rejects(root: Path) -> list[Reject]:
    return [row for row in read_folder(root) if isinstance(row, Reject)]


def test_every_video_file_is_found_in_the_order_of_names_and_nothing_else(tmp_path: Path) -> None:
    endings = ("mp4", "mkv", "webm", "mov", "m4v", "avi", "MP4")
    make(tmp_path, *(f"b/c/{number}.{ending}" for number, ending in enumerate(endings)), "z.mp4", "a.mp4")
    make(tmp_path, ".hidden.mp4", ".git/x.mp4", "._a.mp4", "notes.txt", "a.mp4.part", "a.en.vtt", "mp4")
    assert list(sources(tmp_path)) == [
        "a.mp4",
        *(f"b/c/{number}.{ending}" for number, ending in enumerate(endings)),
        "z.mp4",
    ]
    assert not rejects(tmp_path)


def test_a_store_below_the_folder_is_no_footage_and_the_folder_is_no_store(tmp_path: Path) -> None:
    make(tmp_path, "a.mp4", "build/p/store.json", "build/p/media/00000/f-1.mp4", "build/own.mp4", "z.mp4")
    assert list(sources(tmp_path)) == ["a.mp4", "build/own.mp4", "z.mp4"]
    assert not rejects(tmp_path)
    with pytest.raises(
        ConfigError, match=r"holds a store \(store\.json\), whose own media would be taken in"
    ):
        list(read_folder(tmp_path / "build" / "p"))


def test_an_id_stays_when_others_come_and_is_an_id_that_every_file_system_takes(tmp_path: Path) -> None:
    make(tmp_path, "b.mp4")
    before = sources(tmp_path)["b.mp4"].video_id
    make(tmp_path, "a.mp4", "b/b.mp4", "B.mp4", "b.mkv")
    found = sources(tmp_path)
    assert found["b.mp4"].video_id == before
    assert len({row.video_id for row in found.values()}) == 5
    assert all(ID.fullmatch(row.video_id) and row.video_id.islower() for row in found.values())


@pytest.mark.parametrize(
    "name",
    [
        "new\nline.mp4",
        "-rf.mp4",
        "x...mp4",
        "CON.mp4",
        "a b#c?d%2e%2e.mp4",
        "\u202egp4.mp4",
        "http:.mp4",
        "\\..\\x.mp4",
        f"{'x' * 251}.mp4",
        "\U0001f9c5 \u6d0b\u8471.mp4",
    ],
)
def test_hostile_names_are_names(tmp_path: Path, name: str) -> None:
    make(tmp_path, name)
    [(relative, row)] = sources(tmp_path).items()
    assert relative == name
    assert re.fullmatch(r"file:[\w.~%/-]+#[0-9a-f]{32}", row.url, re.ASCII)


def test_names_that_differ_in_case_or_unicode_form_are_two_videos(tmp_path: Path) -> None:
    make(tmp_path, "onion.mp4", "Onion.mp4", "caf\u00e9.mp4", "cafe\u0301.mp4")
    ids = {row.video_id for row in sources(tmp_path).values()}
    assert len(ids) == len(os.listdir(tmp_path)) == 4


def test_a_name_that_is_not_utf8_is_rejected_in_words(tmp_path: Path) -> None:
    make(tmp_path, b"onion\xff.mp4", "good.mp4")
    assert list(sources(tmp_path)) == ["good.mp4"]
    [reject] = rejects(tmp_path)
    assert (reject.code, reject.detail) == (
        "bad_id",
        r"'onion\udcff.mp4': its name is not UTF-8: rename it",
    )
    assert ID.fullmatch(reject.key)


def test_no_link_is_followed_and_each_is_told(tmp_path: Path) -> None:
    make(tmp_path, "outside/secret.mp4", "in/a.mp4")
    root = tmp_path / "in"
    (root / "file.mp4").symlink_to(tmp_path / "outside" / "secret.mp4")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "round").symlink_to(root)
    (root / "gone.mp4").symlink_to("nowhere")
    assert list(sources(root)) == ["a.mp4"]
    told = [(reject.code, reject.detail.partition(":")[0]) for reject in rejects(root)]
    assert told == [("bad_row", f"'{name}'") for name in ("file.mp4", "folder", "gone.mp4", "round")]


def test_a_pipe_is_no_video_and_holds_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    os.mkfifo(tmp_path / "pipe.vtt")
    [reject] = rejects(tmp_path)
    assert reject.detail == "'pipe.mp4': it cannot be read: it is no plain file"
    assert read_side(tmp_path / "pipe.vtt") is None


def test_folders_end_at_a_depth(tmp_path: Path) -> None:
    make(tmp_path, "/".join(["d"] * 16) + "/deep.mp4", "/".join(["d"] * 17) + "/deeper.mp4")
    assert [name.rpartition("/")[2] for name in sources(tmp_path)] == ["deep.mp4"]
    [reject] = rejects(tmp_path)
    assert reject.detail.endswith("it is deeper than 16 folders")


def test_a_folder_that_cannot_be_listed_stops(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be listed, and its videos would seem to be gone"):
        list(read_folder(tmp_path / "nowhere"))


def test_side_files_go_to_the_longest_name_that_fits(tmp_path: Path) -> None:
    make(tmp_path, "onion.mp4", "onion.part.mp4", "onion.en.vtt", "onion.vtt", "onion.part.de.asr.json3")
    make(tmp_path, "onion.part.srt", "onion.a.b.c.vtt", "onions.en.vtt", "onion.info.json", "onion.txt")
    (tmp_path / "onion.part.fr.mp4").mkdir()
    make(tmp_path, "onion.part.fr.vtt")
    found = in_folder(tmp_path)
    assert {name: [path.name for path in one.captions] for name, one in found.items()} == {
        "onion.mp4": ["onion.en.vtt", "onion.vtt"],
        "onion.part.mp4": ["onion.part.de.asr.json3", "onion.part.fr.vtt", "onion.part.srt"],
    }
    assert found["onion.mp4"].info == tmp_path / "onion.info.json"
    assert found["onion.part.mp4"].info is None
    for name, row in sources(tmp_path).items():
        assert of_address(row.url)[1] == digest_of(found[name])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.mp4", b"x" + b"\0" * 199_999),
        ("a.mp4", b"\0" * 199_999 + b"x"),
        ("a.mp4", b"\0" * 200_001),
        ("a.en.vtt", b"WEBVTT 2"),
        ("a.de.vtt", b""),
        ("a.info.json", b"[]"),
    ],
)
def test_what_changes_shows_in_this_videos_url_alone(tmp_path: Path, name: str, data: bytes) -> None:
    make(tmp_path, "a.mp4", "b.mp4", data=b"\0" * 200_000)
    make(tmp_path, "a.en.vtt", "a.info.json", data=b"{}")
    before = sources(tmp_path)
    os.utime(tmp_path / "a.mp4", (0, 0))
    assert sources(tmp_path) == before
    make(tmp_path, name, data=data)
    after = sources(tmp_path)
    assert after["b.mp4"] == before["b.mp4"]
    assert after["a.mp4"].url != before["a.mp4"].url
    assert after["a.mp4"]._replace(url="") == before["a.mp4"]._replace(url="")


def test_a_side_file_is_read_up_to_a_size_and_never_through_a_link(tmp_path: Path) -> None:
    make(tmp_path, "most.vtt", data=b"x" * MAX_SIDE_BYTES)
    make(tmp_path, "more.vtt", data=b"x" * (MAX_SIDE_BYTES + 1))
    (tmp_path / "link.vtt").symlink_to("most.vtt")
    assert read_side(tmp_path / "most.vtt") == b"x" * MAX_SIDE_BYTES
    assert read_side(tmp_path / "more.vtt") is None
    assert read_side(tmp_path / "link.vtt") is None
    make(tmp_path, "film.mp4")
    film = tmp_path / "film.mp4"
    with_link = digest_of(Footage(film, (tmp_path / "link.vtt",)))
    assert with_link != digest_of(Footage(film))


@pytest.mark.parametrize(
    "url", ["file:../x.mp4#0", "file:a/..%2Fx.mp4#0", "file:/etc/passwd#0", "https://x/y"]
)
def test_an_address_never_leaves_the_folder(url: str) -> None:
    with pytest.raises(ConfigError):
        of_address(url)

"""Own footage becomes rows: what is beside a video, what is wrong with it, and that nothing of it is touched."""

import contextlib
import errno
import hashlib
import json
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from multihowto.adapters import footage
from multihowto.adapters.footage import Folder, Options
from multihowto.adapters.youtube_records import Fetched, Missing, Track
from multihowto.errors import ConfigError, RetryableError
from multihowto.manifests.folders import MAX_SIDE_BYTES, of_address, read_folder
from multihowto.manifests.videos import Source
from multihowto.rejects import Reject

from .fault_server import KeptFolder, Killed

VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\ncut the onion\n"
SRT = "1\n00:00:00,000 --> 00:00:01,000\nZwiebel schneiden\n"
JSON3 = json.dumps({"events": [{"tStartMs": 0, "dDurationMs": 900, "segs": [{"utf8": "cut"}]}]})
LANGUAGES = ("en", "de", "fr", "zh", "vi")
EASY = Options(LANGUAGES, need_captions=False)


@pytest.fixture
def root(tmp_path: Path, videos: dict[str, bytes]) -> Path:
    """A folder with one good video."""
    folder = tmp_path / "footage" / "cooking"
    folder.mkdir(parents=True)
    (folder / "onion.mp4").write_bytes(videos["fast.mp4"])
    return folder.parent


def beside(root: Path, **files: str | bytes) -> None:
    """Writes files beside the video; `en_vtt` is onion.en.vtt."""
    for name, body in files.items():
        data = body if isinstance(body, bytes) else body.encode()
        (root / "cooking" / f"onion.{name.replace('__', '-').replace('_', '.')}").write_bytes(data)


def fetch_all(kept: KeptFolder, root: Path, options: Options = EASY) -> dict[str, Fetched | Reject]:
    folder = Folder(kept, root, options)
    return {
        of_address(row.url)[0]: folder.fetch(row.video_id, row.url)
        for row in read_folder(root)
        if isinstance(row, Source)
    }


def fetch(kept: KeptFolder, root: Path, options: Options = EASY) -> Fetched:
    found = fetch_all(kept, root, options)["cooking/onion.mp4"]
    assert isinstance(found, Fetched)
    return found


def refused(kept: KeptFolder, root: Path, options: Options = EASY) -> tuple[str, str]:
    found = fetch_all(kept, root, options)["cooking/onion.mp4"]
    assert isinstance(found, Reject)
    return found.code, found.detail


def test_a_video_with_nothing_beside_it_is_a_row_that_names_no_place(kept: KeptFolder, root: Path) -> None:
    row = fetch(kept, root)
    assert (row.url, row.site, row.title, row.license, row.channel) == ("", "folder", "onion", None, None)
    assert (row.duration_ms, row.width, row.height, row.frames) == (2000, 160, 120, 50)
    assert row.tool.startswith("multihowto ") and row.fetched_at is None
    assert row.media_path is not None
    assert (kept.root / row.media_path).samefile(root / "cooking" / "onion.mp4")
    assert str(root) not in repr(row)


def test_subtitles_are_told_by_their_names_and_read_by_what_they_hold(kept: KeptFolder, root: Path) -> None:
    beside(root, en_vtt=VTT, de_vtt=SRT, zh__Hans_srt="\ufeff" + VTT, vi_asr_json3=JSON3)
    beside(root, fr_auto_translated_vtt=VTT, es_vtt=VTT, vtt="no language", xx_yy_vtt=VTT)
    row = fetch(kept, root, replace(EASY, need_captions=True))
    assert row.tracks == (
        Track("de", "de", "manual", "srt", SRT),
        Track("en", "en", "manual", "vtt", VTT),
        Track("vi", "vi", "asr", "json3", JSON3),
        Track("zh", "zh-Hans", "manual", "vtt", VTT),
    )
    assert row.missing == ()


def test_a_kind_is_in_the_name(kept: KeptFolder, root: Path) -> None:
    (root / "cooking" / "onion.fr.auto_translated.vtt").write_text(VTT)
    (root / "cooking" / "onion.ASR.vtt").write_text(VTT)
    row = fetch(kept, root, replace(EASY, language="de"))
    assert [(one.language, one.tag, one.kind) for one in row.tracks] == [
        ("de", "de", "asr"),
        ("fr", "fr", "auto_translated"),
    ]


def test_what_names_no_language_is_of_the_one_that_is_set(kept: KeptFolder, root: Path) -> None:
    beside(root, vtt=VTT)
    row = fetch(kept, root, replace(EASY, language="en"))
    assert row.tracks == (Track("en", "en", "manual", "vtt", VTT),)
    code, detail = refused(kept, root, replace(EASY, need_captions=True))
    assert code == "no_captions"
    assert detail == "none of onion.vtt names a wanted language: say onion.LANGUAGE.vtt, or set language"


def test_a_person_s_track_comes_before_a_machine_s_and_a_second_file_helps(
    kept: KeptFolder, root: Path
) -> None:
    beside(root, en_asr_vtt=VTT, en_srt=SRT, en_vtt="<html>", de_vtt=b"\xff\xfe\x00", de__AT_vtt=SRT)
    row = fetch(kept, root)
    assert [(one.tag, one.kind, one.format) for one in row.tracks] == [
        ("de-AT", "manual", "srt"),
        ("en", "manual", "srt"),
    ]
    assert row.missing == ()


@pytest.mark.parametrize("body", [b"", b"<html>", b"WEBVTT\n\xff", b"WEBVTT\n" + b"x" * MAX_SIDE_BYTES])
def test_a_subtitle_file_that_cannot_be_read_costs_its_language_alone(
    kept: KeptFolder, root: Path, body: bytes
) -> None:
    beside(root, en_vtt=VTT, de_vtt=body)
    row = fetch(kept, root)
    assert [one.language for one in row.tracks] == ["en"]
    assert row.missing == (Missing("de", "de", "bad_captions"),)


def test_a_link_among_the_subtitles_is_not_followed(kept: KeptFolder, root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.vtt").write_text(VTT)
    (root / "cooking" / "onion.en.vtt").symlink_to(tmp_path / "secret.vtt")
    assert refused(kept, root, replace(EASY, need_captions=True)) == (
        "bad_captions",
        "no subtitle file can be read: en",
    )


def test_no_subtitles_at_all(kept: KeptFolder, root: Path) -> None:
    assert refused(kept, root, replace(EASY, need_captions=True)) == (
        "no_captions",
        "no subtitle file onion.LANGUAGE.vtt beside it",
    )


def test_an_info_file_says_who_and_what(kept: KeptFolder, root: Path) -> None:
    info = {
        "title": "How to\ncut\u202e onions",
        "uploader": "Ann",
        "license": "CC-BY-4.0",
        "language": "en",
        "url": "x",
    }
    beside(root, info_json=json.dumps(info))
    row = fetch(kept, root)
    assert (row.title, row.channel) == ("How to cut onions", "Ann")
    assert (row.license, row.spoken_language) == ("CC-BY-4.0", "en")
    assert fetch(kept, root, replace(EASY, license="CC0-1.0")).license == "CC0-1.0"


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        "{",
        "[]",
        "null",
        '{"title": {"a": 1}, "license": ["x"]}',
        '{"title": "\\ud800\\u0000"}',
        b"\xff",
    ],
)
def test_an_info_file_that_is_none_says_nothing(kept: KeptFolder, root: Path, body: str | bytes) -> None:
    beside(root, info_json=body)
    row = fetch(kept, root)
    assert (row.title, row.license) == ("onion", None)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "bad_media"),
        (b"<!doctype html>", "bad_media"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "bad_media"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n#EXT-X-ENDLIST\n", "bad_media"),
        (b"#EXTM3U\n#EXTINF:1,\nhttp://192.0.2.1/x.ts\n#EXT-X-ENDLIST\n", "bad_media"),
    ],
)
def test_what_is_no_video_is_rejected_and_leads_nowhere(
    kept: KeptFolder, root: Path, body: bytes, code: str
) -> None:
    (root / "cooking" / "onion.mp4").write_bytes(body)
    assert refused(kept, root)[0] == code
    assert not list(kept.root.rglob("media.mp4"))


def test_a_playlist_of_a_good_video_is_not_followed_either(
    kept: KeptFolder, root: Path, videos: dict[str, bytes]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        host = f"http://127.0.0.1:{server.getsockname()[1]}/x.ts"
        for target in (str(root / "cooking" / "good.ts"), host):
            (root / "cooking" / "good.ts").write_bytes(videos["clip.ts"])
            body = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n"
            (root / "cooking" / "onion.mp4").write_text(body)
            assert refused(kept, root)[0] == "bad_media"
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_video_cut_short_is_rejected(kept: KeptFolder, root: Path, videos: dict[str, bytes]) -> None:
    whole = videos["fast.mp4"]
    (root / "cooking" / "onion.mp4").write_bytes(whole[: len(whole) // 2])
    assert refused(kept, root)[0] == "truncated"
    assert refused(kept, root, replace(EASY, media="none"))[0] == "truncated"


def test_limits(kept: KeptFolder, root: Path) -> None:
    assert refused(kept, root, replace(EASY, max_duration_s=1)) == (
        "too_long",
        "2 s, more than max_duration_s, 1",
    )
    assert refused(kept, root, replace(EASY, max_bytes=1000))[0] == "too_large"
    fetch(kept, root)
    assert refused(kept, root, replace(EASY, max_duration_s=1))[0] == "too_long"


def test_a_probe_counts_no_frames(kept: KeptFolder, root: Path) -> None:
    row = fetch(kept, root, replace(EASY, check="probe"))
    assert (row.frames, row.duration_ms) == (None, 2000)


def test_a_copy_is_another_file_and_none_is_no_file(kept: KeptFolder, root: Path) -> None:
    original = root / "cooking" / "onion.mp4"
    copied = fetch(kept, root, replace(EASY, media="copy"))
    assert copied.media_path is not None
    assert not (kept.root / copied.media_path).samefile(original)
    assert (kept.root / copied.media_path).read_bytes() == original.read_bytes()
    none = fetch(kept, root, replace(EASY, media="none"))
    assert (none.media_path, none.media_bytes, none.media_sha256) == (None, None, None)
    assert (none.duration_ms, none.frames) == (2000, 50)
    assert not list(kept.scratch.iterdir())


def test_where_no_link_can_be_made_the_file_is_copied(tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"film")

    def failing(number: int) -> Callable[[Path, Path], None]:
        def link(_source: Path, _target: Path) -> None:
            raise OSError(number, os.strerror(number))

        return link

    footage.bring(source, tmp_path / "b", copy=False, link=failing(errno.EXDEV))
    assert (tmp_path / "b").read_bytes() == b"film" and not (tmp_path / "b").samefile(source)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        footage.bring(source, tmp_path / "c", copy=False, link=failing(errno.ENOSPC))


def test_a_second_time_nothing_is_decoded_but_what_is_not_what_was_kept(kept: KeptFolder, root: Path) -> None:
    first = fetch(kept, root)
    changes = kept.changes
    beside(root, en_vtt=VTT)
    again = fetch(kept, root)
    assert kept.changes == changes
    assert replace(again, tracks=()) == first
    assert first.media_path is not None
    (kept.root / first.media_path).unlink()
    assert fetch(kept, root) == again
    assert kept.changes == changes + 3
    fetch(kept, root, replace(EASY, check="probe"))
    assert kept.changes == changes + 6


@pytest.mark.parametrize("body", [bytes(300), b'{"ending', b"[]"])
def test_a_damaged_record_is_made_again(kept: KeptFolder, root: Path, body: bytes) -> None:
    row = fetch(kept, root)
    kept.write(row.video_id, "media.json", body)
    assert fetch(kept, root) == row


@pytest.mark.parametrize("step", [1, 2, 3])
def test_after_a_kill_an_older_file_of_the_same_size_is_not_taken_for_the_new_one(
    kept: KeptFolder, root: Path, videos: dict[str, bytes], step: int
) -> None:
    film = root / "cooking" / "onion.mp4"
    for number, text in enumerate((b"old!", b"new!")):
        film.unlink()
        film.write_bytes(videos["fast.mp4"] + b"\0\0\0\x0cfree" + text)
        kept.kill_after = kept.changes + step if number else None
        with pytest.raises(Killed) if number else contextlib.nullcontext():
            fetch(kept, root)
    kept.kill_after = None
    row = fetch(kept, root)
    assert row.media_path is not None
    assert (kept.root / row.media_path).read_bytes() == film.read_bytes()
    assert row.media_sha256 == hashlib.sha256(film.read_bytes()).hexdigest()


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_kill_at_any_step_leaves_what_the_next_run_goes_on_from(
    kept: KeptFolder, root: Path, tmp_path: Path, step: int
) -> None:
    kept.kill_after = step
    with pytest.raises(Killed):
        fetch(kept, root)
    kept.kill_after = None
    assert fetch(kept, root) == fetch(KeptFolder(tmp_path / "other"), root)


@pytest.mark.parametrize("what", ["video", "subtitle", "new subtitle", "gone", "link", "folder"])
def test_what_changed_after_the_listing_is_for_the_next_build(
    kept: KeptFolder, root: Path, tmp_path: Path, videos: dict[str, bytes], what: str
) -> None:
    beside(root, en_vtt=VTT)
    [row] = [row for row in read_folder(root) if isinstance(row, Source)]
    folder = Folder(kept, root, EASY)
    film = root / "cooking" / "onion.mp4"
    if what == "video":
        film.write_bytes(videos["slow.mp4"])
    elif what == "subtitle":
        beside(root, en_vtt=SRT)
    elif what == "new subtitle":
        beside(root, de_vtt=SRT)
    elif what == "gone":
        film.unlink()
    elif what == "link":
        film.rename(tmp_path / "elsewhere.mp4")
        film.symlink_to(tmp_path / "elsewhere.mp4")
    else:
        film.parent.rename(tmp_path / "elsewhere")
        film.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RetryableError, match="changed after the folder was listed: build again"):
        folder.fetch(row.video_id, row.url)


def test_a_worker_that_listed_earlier_lists_again(kept: KeptFolder, root: Path) -> None:
    folder = Folder(kept, root, EASY)
    [row] = [row for row in read_folder(root) if isinstance(row, Source)]
    assert isinstance(folder.fetch(row.video_id, row.url), Fetched)
    beside(root, en_vtt=VTT)
    [row] = [row for row in read_folder(root) if isinstance(row, Source)]
    with pytest.raises(RetryableError):
        folder.fetch(row.video_id, row.url)
    found = folder.fetch(row.video_id, row.url)
    assert isinstance(found, Fetched) and [one.language for one in found.tracks] == ["en"]


def test_a_url_of_the_web_is_a_mistake_of_the_pipeline(kept: KeptFolder, root: Path) -> None:
    with pytest.raises(ConfigError, match="manifest is such a folder"):
        Folder(kept, root, EASY).fetch("x", "https://example.org/x")

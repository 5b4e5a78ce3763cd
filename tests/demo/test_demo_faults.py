"""The bad entries, as values: each has one thing wrong and is otherwise like the good one."""

import subprocess
from pathlib import Path

import pytest

from demo_faults import FAULTS, faulty_entries
from demo_pages import Entry, entry_of
from demo_plan import plan
from demo_render import find_ffmpeg, render_all


@pytest.fixture(scope="module")
def good(media_dir: Path) -> Entry:
    """The entry that the bad ones are made from."""
    video = plan()[0]
    return entry_of(video, render_all([video], media_dir)[video.video_id].read_bytes())


@pytest.fixture(scope="module")
def bad(good: Entry) -> dict[str, Entry]:
    """The bad entries by id."""
    return {entry.video_id: entry for entry in faulty_entries(good)}


def decode(body: bytes, path: Path) -> subprocess.CompletedProcess[bytes]:
    """Strict decoding of a whole file by ffmpeg."""
    path.write_bytes(body)
    command = [find_ffmpeg(), "-nostdin", "-v", "error", "-xerror", "-i", str(path), "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def test_there_is_an_entry_for_every_fault(bad: dict[str, Entry]) -> None:
    assert set(bad) == set(FAULTS)
    assert all(FAULTS[name].behaviour in entry.title for name, entry in bad.items())


@pytest.mark.parametrize(("name", "status"), [("404", 404), ("403", 403), ("410", 410), ("503", 503)])
def test_error_pages(bad: dict[str, Entry], name: str, status: int) -> None:
    page = bad[f"bad-{name}"].page
    assert page is not None
    assert page.status == status


def test_only_error_pages_replace_the_watch_page(bad: dict[str, Entry]) -> None:
    assert sum(entry.page is not None for entry in bad.values()) == 4


def test_missing_tracks(good: Entry, bad: dict[str, Entry]) -> None:
    assert bad["bad-no-tracks"].tracks == {}
    assert set(bad["bad-no-english"].tracks) == set(good.tracks) - {"en"}


def test_pages_in_place_of_files(bad: dict[str, Entry]) -> None:
    for resource in (bad["bad-html-captions"].tracks["en"], bad["bad-html-media"].media):
        assert resource.status == 200
        assert resource.content_type.startswith("text/html")
        assert resource.body.startswith(b"<!DOCTYPE html>")


def test_the_good_file_decodes(good: Entry, tmp_path: Path) -> None:
    assert decode(good.media.body, tmp_path / "good.mp4").returncode == 0


@pytest.mark.parametrize("name", ["bad-truncated", "bad-corrupt", "bad-empty", "bad-html-media"])
def test_bad_files_do_not_decode(bad: dict[str, Entry], name: str, tmp_path: Path) -> None:
    assert decode(bad[name].media.body, tmp_path / "bad.mp4").returncode != 0


def test_truncated_and_corrupt_files_keep_their_index(good: Entry, bad: dict[str, Entry]) -> None:
    body = good.media.body
    index = body[: body.index(b"mdat")]
    assert bad["bad-truncated"].media.body.startswith(index)
    assert len(bad["bad-truncated"].media.body) == round(0.6 * len(body))
    assert bad["bad-corrupt"].media.body.startswith(index)
    assert len(bad["bad-corrupt"].media.body) == len(body)


def test_a_cut_connection_has_the_whole_file_behind_it(good: Entry, bad: dict[str, Entry]) -> None:
    assert bad["bad-cut"].media.body == good.media.body
    assert bad["bad-cut"].media.cut_at == len(good.media.body) // 2

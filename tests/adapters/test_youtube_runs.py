"""Runs that are killed, run again, or find no site: nothing is asked twice, nothing is blamed wrongly."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pytest

from multihowto import tables
from multihowto.adapters.youtube import Fetched
from multihowto.errors import ConfigError, RetryableError
from multihowto.rejects import Reject
from multihowto.stages.download_videos import DownloadVideos

from .fault_server import Answer, FaultServer, KeptFolder, Killed
from .loopback import VTT, code, fetch, site_on


def test_a_rerun_asks_for_nothing_and_gives_the_same(
    server: FaultServer, kept: KeptFolder, mp4: Answer
) -> None:
    url = server.page("good", mp4, {"en": VTT})
    first = fetch(kept, url)
    server.asked.clear()
    assert fetch(kept, url) == first
    assert not server.asked


@pytest.mark.parametrize("when", ["kill_before", "kill_after"])
@pytest.mark.parametrize("change", [1, 2, 3, 4, 5, 6])
def test_after_a_kill_only_what_was_in_flight_is_asked_again(
    server: FaultServer, kept: KeptFolder, mp4: Answer, when: str, change: int
) -> None:
    """The changes: fetched_at, info.json, two tracks, the media file, media.json."""
    url = server.page("good", mp4, {"de": VTT, "en": VTT})
    steps = ["/good", "/good", "/good/de.vtt", "/good/en.vtt", "/good/clip.mp4", "/good/clip.mp4"]
    setattr(kept, when, change)
    with pytest.raises(Killed):
        fetch(kept, url)
    setattr(kept, when, None)
    row = fetch(kept, url)
    assert isinstance(row, Fetched) and len(row.tracks) == 2
    lost = {steps[change - 1]} if when == "kill_before" or change in (1, 5) else set()
    assert {path for path, times in server.asked.items() if times > 1} == lost
    assert set(server.asked.values()) <= {1, 2}


def test_an_expired_media_address_is_asked_for_again(
    server: FaultServer, kept: KeptFolder, mp4: Answer
) -> None:
    url = server.page("p", mp4, {"en": VTT})
    kept.kill_after = 3
    with pytest.raises(Killed):
        fetch(kept, url)
    server.answers["/p/clip.mp4"] = lambda asked: mp4 if server.asked["/p"] > 1 else Answer(b"", 410)
    assert code(fetch(kept, url)) == "fetched"
    assert dict(server.asked) == {"/robots.txt": 1, "/p": 2, "/p/en.vtt": 1, "/p/clip.mp4": 2}


def test_five_videos_of_a_site_without_an_answer_stop_the_shard(kept: KeptFolder) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        root = f"http://127.0.0.1:{closed.getsockname()[1]}"
    site = site_on(kept)
    rejects = [site.fetch(f"v{number}", f"{root}/{number}") for number in range(4)]
    assert [code(one) for one in rejects] == ["unreachable"] * 4
    with pytest.raises(
        RetryableError, match=f"5 videos of one site in a row.*{root.removeprefix('http://')} seems"
    ):
        site.fetch("v4", f"{root}/4")
    assert not any(kept.names(f"v{number}") for number in range(5))
    site.close()


def test_many_dead_sites_stop_no_shard_until_it_is_the_network(
    server: FaultServer, kept: KeptFolder, mp4: Answer
) -> None:
    site = site_on(kept)
    rejects = [site.fetch(f"v{number}", f"http://127.0.0.{number}:1/x") for number in range(2, 26)]
    assert [code(one) for one in rejects] == ["unreachable"] * 24
    assert code(site.fetch("ok", server.page("p", mp4, {"en": VTT}))) == "fetched"
    assert kept.names("v2") == kept.names("v25") == {"reject.json"}
    for number in range(2, 26):
        site.fetch(f"w{number}", f"http://127.0.0.{number}:1/x")
    with pytest.raises(RetryableError, match="25 videos in a row found no connection: the network seems"):
        site.fetch("w26", "http://127.0.0.26:1/x")
    assert not any(kept.names(f"w{number}") for number in range(2, 27))
    site.close()


def test_other_dead_sites_in_between_do_not_hide_that_one_is_gone(kept: KeptFolder) -> None:
    site = site_on(kept)
    for number in range(8):
        site.fetch(f"v{number}", f"http://127.0.0.{2 + (number % 2) * number}:1/x")
    with pytest.raises(RetryableError, match=r"5 videos of one site .* 127\.0\.0\.2:1 seems"):
        site.fetch("v8", "http://127.0.0.2:1/x")
    site.close()


def test_one_video_without_an_answer_is_kept_once_another_answered(
    server: FaultServer, kept: KeptFolder, mp4: Answer
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{closed.getsockname()[1]}/x"
    site = site_on(kept)
    assert site.fetch("v1", dead) == Reject("v1", "unreachable", "connection refused")
    assert kept.names("v1") == set()
    assert code(site.fetch("v2", server.page("p", mp4, {"en": VTT}))) == "fetched"
    assert kept.names("v1") == {"reject.json"}
    site.close()


def test_a_full_disk_is_ours(server: FaultServer, kept: KeptFolder) -> None:
    class Full(KeptFolder):
        def write(self, video_id: str, name: str, data: bytes) -> None:
            raise OSError(28, os.strerror(28))

    url = server.page("p", VTT, {"en": VTT})
    with pytest.raises(RetryableError, match="No space left"):
        fetch(Full(kept.root), url, media="none")


def test_other_settings_do_not_use_old_verdicts(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"en": VTT})
    assert code(fetch(kept, url, languages=("fr",))) == "no_captions"
    assert code(fetch(kept, url)) == "fetched"


def test_another_language_does_not_fetch_the_media_again(
    server: FaultServer, kept: KeptFolder, mp4: Answer
) -> None:
    url = server.page("p", mp4, {"en": VTT, "de": VTT})
    assert code(fetch(kept, url, languages=("en",))) == "fetched"
    row = fetch(kept, url)
    assert isinstance(row, Fetched) and [track.language for track in row.tracks] == ["de", "en"]
    assert dict(server.asked) == {"/robots.txt": 1, "/p": 2, "/p/en.vtt": 1, "/p/de.vtt": 1, "/p/clip.mp4": 1}
    assert code(fetch(kept, url, max_duration_s=1)) == "too_long"


def test_a_new_try_keeps_what_came(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"en": VTT, "de": Answer(b"", 503)})
    assert code(fetch(kept, url)) == "fetched"
    (kept.root / "v1/info.json").unlink()
    server.answers["/p/de.vtt"] = VTT
    row = fetch(kept, url)
    assert isinstance(row, Fetched) and len(row.tracks) == 2 and not row.missing
    assert dict(server.asked) == {"/robots.txt": 1, "/p": 2, "/p/en.vtt": 1, "/p/de.vtt": 4, "/p/clip.mp4": 1}


def test_a_row_fits_its_table(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    row = fetch(kept, server.page("p", mp4, {"en": VTT, "de": Answer(b"", 404)}))
    assert isinstance(row, Fetched)
    table = pa.Table.from_pylist([asdict(row)], schema=tables.VIDEOS.schema)
    assert table["missing"].to_pylist() == [[{"language": "de", "tag": "de", "code": "not_found"}]]


def test_what_took_too_long_may_take_longer(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"en": VTT})
    page = server.answers["/p"]
    server.answers["/p"] = Answer(wait_s=60.0)
    assert code(fetch(kept, url, deadline_s=1)) == "timed_out"
    server.answers["/p"] = page
    assert code(fetch(kept, url)) == "fetched"


@pytest.mark.parametrize("body", [bytes(300), b"", b'{"code', b"[]", b"\xff"])
def test_a_damaged_record_is_made_again(
    server: FaultServer, kept: KeptFolder, mp4: Answer, body: bytes
) -> None:
    url = server.page("p", mp4, {"en": VTT})
    row = fetch(kept, url)
    for name in ("info.json", "media.json", "reject.json"):
        kept.write("v1", name, body)
    assert isinstance(row, Fetched) and fetch(kept, url) == row


@pytest.mark.parametrize("body", [bytes(30), b"", b'{"code": "not_f', b"[]", b'{"code": "no_code"}', b"\xff"])
def test_a_damaged_note_of_a_track_that_failed_is_made_again(
    server: FaultServer, kept: KeptFolder, mp4: Answer, body: bytes
) -> None:
    row = fetch(kept, server.page("p", mp4, {"en": VTT, "de": Answer(b"", 404)}))
    assert isinstance(row, Fetched) and [one.code for one in row.missing] == ["not_found"]
    [name] = [name for name in kept.names("v1") if name.endswith(".failed")]
    kept.write("v1", name, body)
    assert fetch(kept, row.url) == row == fetch(kept, row.url)
    assert (server.asked["/p"], server.asked["/p/de.vtt"]) == (1, 2)


@pytest.mark.parametrize("body", [b"WEBVTT\n\n00:00.000 --> 00:02.000\nf\xc3", b"WEB"])
def test_a_damaged_track_is_fetched_again(
    server: FaultServer, kept: KeptFolder, mp4: Answer, body: bytes
) -> None:
    row = fetch(kept, server.page("p", mp4, {"en": VTT}))
    [name] = [name for name in kept.names("v1") if name.startswith("track.")]
    kept.write("v1", name, body)
    assert isinstance(row, Fetched) and fetch(kept, row.url) == row
    assert (server.asked["/p"], server.asked["/p/en.vtt"]) == (1, 2)


def test_old_scratch_folders_are_removed(kept: KeptFolder) -> None:
    for name, age_s in (("media-old-1", 200_000), ("media-new-1", 10)):
        (kept.scratch / name).mkdir()
        os.utime(kept.scratch / name, (time.time() - age_s,) * 2)
    site_on(kept).close()
    assert [path.name for path in kept.scratch.iterdir()] == ["media-new-1"]


def test_a_late_import() -> None:
    script = "import sys, multihowto.adapters.youtube; print({'yt_dlp', 'av'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_wrong_settings_are_the_users(
    kept: KeptFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match="is no selector"):
        site_on(kept, format="b[height")
    cookies = tmp_path / "cookies.txt"
    cookies.write_text("SID=SECRET\n")
    monkeypatch.setenv("MULTIHOWTO_COOKIES", str(cookies))
    with pytest.raises(ConfigError, match=r"MULTIHOWTO_COOKIES: .*cookies\.txt") as caught:
        site_on(kept)
    assert "SECRET" not in str(caught.value)


def test_cookies_that_cannot_be_read_are_not_left_out(
    kept: KeptFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """yt-dlp itself would go on without them, as nobody."""
    cases = [(str(tmp_path / "none.txt"), "No such file"), (str(tmp_path), "Is a directory"), ("", "No such")]
    secret = tmp_path / "secret.txt"
    secret.write_text("# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tSID\tSECRET\n")
    secret.chmod(0)
    cases += [] if os.access(secret, os.R_OK) else [(str(secret), "Permission denied")]
    for file, reason in cases:
        monkeypatch.setenv("MULTIHOWTO_COOKIES", file)
        with pytest.raises(
            ConfigError, match=rf"MULTIHOWTO_COOKIES: '{file}' cannot be read \({reason}.*unset"
        ):
            site_on(kept)
        assert str(DownloadVideos().mistake(())).startswith("MULTIHOWTO_COOKIES")


def test_cookies_are_used_and_never_written(
    server: FaultServer, kept: KeptFolder, mp4: Answer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookies = tmp_path / "cookies.txt"
    line = "127.0.0.1\tFALSE\t/\tFALSE\t0\tSID\tSECRET\n"
    cookies.write_text(f"# Netscape HTTP Cookie File\n{line}")
    before = cookies.read_bytes()
    monkeypatch.setenv("MULTIHOWTO_COOKIES", str(cookies))
    row = fetch(kept, server.page("p", mp4, {"en": VTT}))
    assert isinstance(row, Fetched) and "SECRET" not in repr(row)
    assert cookies.read_bytes() == before
    assert not any(b"SECRET" in (kept.read("v1", name) or b"") for name in kept.names("v1"))

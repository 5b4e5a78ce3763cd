"""Pages, captions and media from a loopback site that behaves well, badly, and not at all."""

import time
from typing import Any

import pytest

from multihowto import tables
from multihowto.adapters.youtube import Fetched
from multihowto.errors import SessionBlocked
from multihowto.rejects import Reject

from .fault_server import Answer, FaultServer, KeptFolder
from .loopback import GERMAN, VTT, code, fetch


def test_a_good_page_becomes_a_row(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("good", mp4, {"en": VTT, "de-AT": VTT, "tlh": VTT})
    row = fetch(kept, url)
    assert isinstance(row, Fetched)
    assert set(tables.VIDEOS.schema.names) == set(vars(row))
    assert (row.title, row.site, row.duration_ms, row.frames) == ("Video good", "html5", 2000, 50)
    assert (row.width, row.height, row.media_bytes, row.missing) == (160, 120, len(mp4.body), ())
    assert [(track.language, track.tag, track.kind, track.format) for track in row.tracks] == [
        ("de", "de-AT", "manual", "vtt"),
        ("en", "en", "manual", "vtt"),
    ]
    assert row.tool.startswith("yt-dlp 20") and row.media_path == "v1/media.mp4"
    assert (kept.root / "v1/media.mp4").read_bytes() == mp4.body
    assert set(server.asked.values()) == {1} and "/good/tlh.vtt" not in server.asked
    assert list(kept.scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, "not_found"),
        (403, "forbidden"),
        (410, "not_found"),
        (500, "server_error"),
        (503, "server_error"),
    ],
)
def test_pages_that_fail(server: FaultServer, kept: KeptFolder, status: int, expected: str) -> None:
    server.answers["/p"] = Answer(b"x", status)
    first = fetch(kept, f"{server.root}/p")
    assert first == Reject("v1", expected, f"HTTP {status}")
    assert fetch(kept, f"{server.root}/p") == first
    assert server.asked["/p"] == 1


def test_429_blocks_the_session_and_not_the_video(server: FaultServer, kept: KeptFolder) -> None:
    server.answers["/p"] = Answer(b"x", 429)
    with pytest.raises(SessionBlocked):
        fetch(kept, f"{server.root}/p")
    assert kept.names("v1") == set()


def test_a_page_without_video(server: FaultServer, kept: KeptFolder) -> None:
    server.answers["/p"] = Answer(b"<html><p>nothing</html>")
    assert code(fetch(kept, f"{server.root}/p")) == "unsupported"


def test_a_page_with_two_videos(server: FaultServer, kept: KeptFolder) -> None:
    video = '<video><source src="/{}.mp4" type="video/mp4"></video>'
    server.answers["/p"] = Answer(f"<html>{video.format(1)}{video.format(2)}</html>".encode())
    result = fetch(kept, f"{server.root}/p")
    assert result == Reject("v1", "unsupported", "the page holds a list of videos, not one")


@pytest.mark.parametrize("media", [True, False])
def test_private_addresses_are_refused(
    server: FaultServer, kept: KeptFolder, mp4: Answer, media: bool
) -> None:
    url = server.page("good", mp4, {"en": VTT})
    assert code(fetch(kept, url, allow_private=False, media=media)) == "private_address"
    assert not server.asked


def test_a_redirect_to_another_scheme_is_refused(server: FaultServer, kept: KeptFolder) -> None:
    server.answers["/p"] = Answer(status=302, location="ftp://127.0.0.1/x")
    assert code(fetch(kept, f"{server.root}/p")) == "unsupported"


@pytest.mark.parametrize("bad", ["ytsearch:cats", "file:///etc/passwd", "http://me:pw@a.test/x"])
def test_urls_that_are_none(kept: KeptFolder, bad: str) -> None:
    result = fetch(kept, bad)
    assert code(result) == "private_address" and "pw" not in str(result)


@pytest.mark.parametrize(
    ("answer", "kept_text"),
    [
        (Answer(GERMAN.encode("latin-1"), type="text/vtt; charset=iso-8859-1"), GERMAN),
        (Answer(GERMAN.encode("utf-16"), type="text/vtt"), GERMAN),
        (Answer(b"\xef\xbb\xbf" + GERMAN.encode(), type="text/vtt"), GERMAN),
        (Answer(GERMAN.encode("latin-1"), type="text/vtt"), None),
        (Answer(b"<html>please log in</html>"), None),
        (Answer(b""), None),
        (Answer(b"WEBVTT\n" + b"x" * 6_000_000, type="text/vtt"), None),
        (Answer(b"gone", 404), None),
        (Answer(b"oops", 500), None),
        (Answer(b"no", 403), None),
        (Answer(GERMAN.encode(), cut=10), None),
    ],
)
def test_one_bad_track_costs_only_itself(
    server: FaultServer, kept: KeptFolder, answer: Answer, kept_text: str | None
) -> None:
    url = server.page("p", VTT, {"de": answer, "en": VTT})
    row = fetch(kept, url, media=False)
    assert isinstance(row, Fetched)
    assert [(one.language, one.tag) for one in row.missing] == ([] if kept_text else [("de", "de")])
    assert [track.body for track in row.tracks if track.language == "de"] == (
        [kept_text] if kept_text else []
    )
    assert fetch(kept, url, media=False) == row
    assert set(server.asked.values()) == {1}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(b"<html>please log in</html>"), "bad_captions"),
        (Answer(b"oops", 503), "server_error"),
        (Answer(b"gone", 404), "no_captions"),
        (Answer(b"no", 403), "captions_withheld"),
    ],
)
def test_no_track_is_left(server: FaultServer, kept: KeptFolder, answer: Answer, expected: str) -> None:
    url = server.page("p", VTT, {"de": answer})
    assert code(fetch(kept, url, media=False)) == expected


def test_captions_need_not_be_there(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"tlh": VTT})
    assert code(fetch(kept, url)) == "no_captions"
    assert code(fetch(kept, url, need_captions=False)) == "fetched"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"body": b"<html>please log in</html>", "type": "video/mp4"}, "bad_media"),
        ({"status": 404}, "not_found"),
        ({"status": 403}, "forbidden"),
        ({"status": 500}, "server_error"),
        ({"cut": 5000}, "unreachable"),
        ({"cut": 5000, "length": False}, "truncated"),
        ({"cut": 0, "length": False}, "unreachable"),
    ],
)
def test_media_that_fail(
    server: FaultServer, kept: KeptFolder, mp4: Answer, change: dict[str, Any], expected: str
) -> None:
    url = server.page("p", mp4._replace(**change), {"en": VTT})
    first = fetch(kept, url)
    assert code(first) == expected
    assert list(kept.scratch.iterdir()) == []
    server.asked.clear()
    assert fetch(kept, url) == first and not server.asked


def test_a_broken_download_goes_on(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"en": VTT})
    server.answers["/p/clip.mp4"] = lambda asked: mp4._replace(cut=5000) if asked == 1 else mp4
    assert code(fetch(kept, url)) == "fetched"


@pytest.mark.parametrize("slow", ["page", "track", "media", "headers"])
def test_drips_end_at_the_deadline(server: FaultServer, kept: KeptFolder, mp4: Answer, slow: str) -> None:
    drip = {"drip_s": 0.05} if slow != "headers" else {"drip_headers": True}
    track = VTT._replace(body=VTT.body * 40, **drip) if slow == "track" else VTT
    url = server.page("p", mp4._replace(**drip) if slow in ("media", "headers") else mp4, {"en": track})
    page = server.answers["/p"]
    if slow == "page" and isinstance(page, Answer):
        server.answers["/p"] = page._replace(body=page.body + b" " * 1000, **drip)
    start = time.monotonic()
    assert code(fetch(kept, url, deadline_s=2)) == "timed_out"
    assert time.monotonic() - start < 8


def test_limits(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"en": VTT})
    assert code(fetch(kept, url, max_duration_s=1)) == "too_long"
    assert code(fetch(kept, url, max_bytes=1000)) == "too_large"
    server.answers["/p/clip.mp4"] = mp4._replace(length=False)
    assert code(fetch(kept, url, max_bytes=1001)) == "too_large"
    assert code(fetch(kept, url)) == "fetched"

"""Pages, captions and media from a loopback site that behaves well, badly, and not at all."""

import pytest

from multihowto import tables
from multihowto.adapters.youtube import Fetched
from multihowto.rejects import Reject

from .fault_server import Answer, FaultServer, KeptFolder
from .loopback import GERMAN, VTT, code, fetch


def test_a_good_page_becomes_a_row(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("good", mp4, {"en": VTT, "de-AT": VTT, "tlh": VTT})
    row = fetch(kept, url)
    assert isinstance(row, Fetched)
    assert set(tables.VIDEOS.schema.names) == set(vars(row)) - {"fetched_at"}
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


def test_a_refused_page_in_words(server: FaultServer, kept: KeptFolder) -> None:
    server.answers["/p"] = Answer(b"x", 410)
    assert fetch(kept, f"{server.root}/p") == Reject("v1", "not_found", "HTTP 410")


def test_a_page_without_video(server: FaultServer, kept: KeptFolder) -> None:
    server.answers["/p"] = Answer(b"<html><p>nothing</html>")
    assert code(fetch(kept, f"{server.root}/p")) == "unsupported"


def test_a_page_with_two_videos(server: FaultServer, kept: KeptFolder) -> None:
    video = '<video><source src="/{}.mp4" type="video/mp4"></video>'
    server.answers["/p"] = Answer(f"<html>{video.format(1)}{video.format(2)}</html>".encode())
    result = fetch(kept, f"{server.root}/p")
    assert result == Reject("v1", "unsupported", "the page holds a list of videos, not one")


@pytest.mark.parametrize("media", ["360p", "none"])
def test_private_addresses_are_refused(
    server: FaultServer, kept: KeptFolder, mp4: Answer, media: str
) -> None:
    url = server.page("good", mp4, {"en": VTT})
    assert code(fetch(kept, url, allow_private=False, media=media)) == "private_address"
    assert not server.asked


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
        (Answer(b"WEBVTT\n" + b"x" * 6_000_000, type="text/vtt"), None),
    ],
)
def test_one_bad_track_costs_only_itself(
    server: FaultServer, kept: KeptFolder, answer: Answer, kept_text: str | None
) -> None:
    url = server.page("p", VTT, {"de": answer, "en": VTT})
    row = fetch(kept, url, media="none")
    assert isinstance(row, Fetched)
    assert [(one.language, one.tag) for one in row.missing] == ([] if kept_text else [("de", "de")])
    assert [track.body for track in row.tracks if track.language == "de"] == (
        [kept_text] if kept_text else []
    )
    assert fetch(kept, url, media="none") == row
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
    assert code(fetch(kept, url, media="none")) == expected


def test_captions_need_not_be_there(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"tlh": VTT})
    assert code(fetch(kept, url)) == "no_captions"
    assert code(fetch(kept, url, need_captions=False)) == "fetched"


def test_limits(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"en": VTT})
    assert code(fetch(kept, url, max_duration_s=1)) == "too_long"
    assert code(fetch(kept, url, max_bytes=1000)) == "too_large"
    server.answers["/p/clip.mp4"] = mp4._replace(length=False)
    assert code(fetch(kept, url, max_bytes=1001)) == "too_large"
    assert code(fetch(kept, url)) == "fetched"

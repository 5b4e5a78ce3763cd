"""HLS: yt-dlp's own downloader joins the segments, of media and of captions; ffmpeg fetches nothing."""

import gc
from pathlib import Path

import pytest

from multihowto.adapters.youtube import Fetched
from multihowto.rejects import Reject

from .conftest import make_video
from .fault_server import Answer, FaultServer, KeptFolder
from .loopback import VTT, fetch

MASTER = """#EXTM3U
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="en",LANGUAGE="en",URI="s.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=100000,RESOLUTION=160x120,CODECS="avc1.42001e,mp4a.40.2",SUBTITLES="s"
v.m3u8
"""
TRACK = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\ns0.vtt\n#EXTINF:2,\ns1.vtt\n#EXT-X-ENDLIST\n"
CUE = "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:0,LOCAL:00:00:00.000\n\n00:0{0}.500 --> 00:0{0}.900\nhello {0}\n"


@pytest.fixture
def stream(server: FaultServer, tmp_path: Path) -> str:
    """A stream of two segments with captions; the URL of its master playlist."""
    segments = ("-c:v", "libx264", "-g", "25", "-hls_time", "1", "-hls_list_size", "0")
    make_video(tmp_path / "v.m3u8", *segments)
    for path in tmp_path.glob("v*"):
        server.answers[f"/h/{path.name}"] = Answer(path.read_bytes(), type="video/mp2t")
    for number in (0, 1):
        server.answers[f"/h/s{number}.vtt"] = Answer(CUE.format(number).encode(), type="text/vtt")
    for name, text in (("master", MASTER), ("s", TRACK)):
        server.answers[f"/h/{name}.m3u8"] = Answer(text.encode(), type="application/vnd.apple.mpegurl")
    return f"{server.root}/h/master.m3u8"


def test_segments_are_joined(stream: str, server: FaultServer, kept: KeptFolder) -> None:
    row = fetch(kept, stream)
    assert isinstance(row, Fetched)
    assert (row.frames, row.duration_ms, len(row.tracks)) == (50, 2000, 1)
    assert "hello 0" in row.tracks[0].body and "hello 1" in row.tracks[0].body
    assert {server.asked[f"/h/{name}"] for name in ("v0.ts", "v1.ts", "s0.vtt", "s1.vtt")} == {1}


def test_a_lost_segment_is_no_shorter_video(stream: str, server: FaultServer, kept: KeptFolder) -> None:
    server.answers["/h/v1.ts"] = Answer(b"", 404)
    result = fetch(kept, stream)
    assert isinstance(result, Reject) and result.code == "unreachable"


def test_ffmpeg_fetches_nothing(stream: str, server: FaultServer, kept: KeptFolder) -> None:
    playlist = server.answers["/h/v.m3u8"]
    assert isinstance(playlist, Answer)
    key = b'#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"\n#EXTINF'
    server.answers["/h/v.m3u8"] = playlist._replace(body=playlist.body.replace(b"#EXTINF", key, 1))
    assert fetch(kept, stream) == Reject("v1", "unsupported", "only ffmpeg could download this stream")


@pytest.mark.parametrize(
    "place",
    ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:video/mp2t;base64,R0E=", "http://me:pw@127.0.0.1/x"],
)
@pytest.mark.parametrize("part", ["segment", "key"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # yt-dlp leaves its file open
def test_a_playlist_opens_nothing_else(
    stream: str, server: FaultServer, kept: KeptFolder, place: str, part: str
) -> None:
    playlist = server.answers["/h/v.m3u8"]
    assert isinstance(playlist, Answer)
    line = place if part == "segment" else f'#EXT-X-KEY:METHOD=AES-128,URI="{place}"'
    body = playlist.body.replace(b"#EXTINF", line.encode() + b"\n#EXTINF", 1)
    server.answers["/h/v.m3u8"] = playlist._replace(body=body)
    result = fetch(kept, stream)
    gc.collect()
    assert isinstance(result, Reject) and result.code in ("private_address", "unsupported")


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "data:text/vtt,WEBVTT%0A%0A00:00.000 --> 00:01.000%0Ax"]
)
def test_a_page_opens_nothing_else(server: FaultServer, kept: KeptFolder, place: str) -> None:
    track = '<track kind="subtitles" srclang="en" src="{}">'
    page = f'<html><video><source src="{{}}" type="video/mp4">{track}</video></html>'
    server.answers["/source"] = Answer(page.format(place, "/en.vtt").encode())
    server.answers["/track"] = Answer(page.format("/clip.mp4", place).encode())
    server.answers["/en.vtt"] = VTT
    for name in ("source", "track"):
        result = fetch(kept, f"{server.root}/{name}")
        assert isinstance(result, Reject), result
        assert result.code in ("private_address", "unsupported", "no_captions", "tool_outdated")
    assert server.asked["/clip.mp4"] == 0


@pytest.mark.parametrize(
    "place",
    [
        "/x\x01\x7fy",
        "http://127.0.0.1\x00.a.test/",
        "http://[::1",
        "//me:pw@127.0.0.1/",
        "http+unix://%2Ftmp%2Fx/y",
    ],
)
def test_a_redirect_to_nowhere(server: FaultServer, kept: KeptFolder, place: str) -> None:
    """Control characters are sent as codes or not at all, and so is every other strange place."""
    server.answers["/p"] = Answer(status=302, location=place)
    result = fetch(kept, f"{server.root}/p")
    assert isinstance(result, Reject)
    assert result.code in ("not_found", "private_address", "server_error", "unsupported"), result
    assert set(server.asked) <= {"/p", "/robots.txt", "/x%01%7Fy"}

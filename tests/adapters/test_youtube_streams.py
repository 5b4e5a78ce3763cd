"""HLS: yt-dlp's own downloader joins the segments, of media and of captions; ffmpeg fetches nothing."""

from pathlib import Path

import pytest

from multihowto.adapters.youtube import Fetched
from multihowto.rejects import Reject

from .conftest import make_video
from .fault_server import Answer, FaultServer, KeptFolder
from .loopback import fetch

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

"""Endless and swollen bodies end by their size, in little memory, whoever asks for them and whatever they are."""

import gzip
import io
import json
import os
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from yt_dlp.networking.common import Response
from yt_dlp.networking.exceptions import IncompleteRead

from multihowto.adapters.youtube import Fetched
from multihowto.adapters.youtube_bodies import CAPTION, PAGE, BoundedBody, Bounds, Inflating, Limit, Stopped

from .fault_server import Answer, FaultServer, KeptFolder
from .loopback import VTT, fetch

MB = 1024 * 1024
DEADLINE_S = 60
ENDLESS = Answer(b"<!DOCTYPE html><html>", endless=True)
BOUND = 150 * MB


def bomb(gigabytes: int = 4) -> bytes:
    """Gzip of the beginning of a page and so many GB of zeros, in a thousandth of that."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    start = packer.compress(ENDLESS.body) + packer.flush(zlib.Z_FULL_FLUSH)
    piece = packer.compress(bytes(16 * MB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return gzip.compress(b"")[:10] + start + piece * (gigabytes * 64)


def packed(body: bytes, encoding: str = "gzip", type: str = "text/html") -> Answer:
    return Answer(body, type=type, headers=(("Content-Encoding", encoding),))


CHILD = """
import json, sys
from pathlib import Path
from multihowto.adapters.youtube import Options, Site
from adapters.fault_server import KeptFolder
import multihowto.adapters.youtube_session
jobs = json.load(sys.stdin)
folder = Path(jobs["folder"])
options = dict(languages=("en",), pacing="off", allow_private=True, deadline_s=jobs["deadline_s"], max_bytes=50_000_000)
site = Site(KeptFolder(folder), Options(**options), robots=folder / "robots")
def peak():  # getrusage would tell of the parent's size as well
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

before, said = peak(), []
for number, url in enumerate(jobs["urls"]):
    result = site.fetch(f"v{number}", url)
    said.append([getattr(result, "code", "fetched"), getattr(result, "detail", ""), peak() - before])
for url in jobs["captions"]:
    session = site._session
    try:
        with session.step(session.begin()):
            session.caption(url, impersonate=True)
        said.append(["fetched", "", peak() - before])
    except multihowto.adapters.youtube_session.Refused as refused:
        said.append([refused.verdict.code, refused.verdict.detail, peak() - before])
site.close()
print(json.dumps(said))
"""


def run(folder: Path, urls: list[str], captions: list[str] | None = None) -> list[tuple[str, str]]:
    """Code and detail of each download by a process of its own, which must stay small."""
    jobs = {"folder": str(folder), "deadline_s": DEADLINE_S, "urls": urls, "captions": captions or []}
    root = Path(__file__).parents[2]
    env = os.environ | {"PYTHONPATH": os.pathsep.join((str(root), str(root / "tests")))}
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=json.dumps(jobs), env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - start < DEADLINE_S
    said = json.loads(done.stdout)
    assert all(grown < BOUND for _, _, grown in said), said
    return [(code, detail) for code, detail, _ in said]


def test_pages(server: FaultServer, tmp_path: Path) -> None:
    large = ("unsupported", "the page is larger than 16 MB")
    server.answers |= {
        "/endless": ENDLESS,
        "/bomb": packed(bomb()),
        "/deflate": packed(bomb()[10:], "deflate"),
        "/redirect": ENDLESS._replace(status=302, location="/bomb"),
        "/error": ENDLESS._replace(status=404),
        "/lie": Answer(b"<video>", lie=10**13),
        "/twice": packed(gzip.compress(bomb(1)), "gzip, gzip"),
        "/playlist": Answer(
            b"#EXTM3U\n" + b"#EXT-X-STREAM-INF:\na\n" * 500_000, type="application/x-mpegURL"
        ),
    }
    names = ("endless", "bomb", "deflate", "redirect")
    assert run(tmp_path, [f"{server.root}/{name}" for name in names]) == [large] * 4
    names = ("error", "lie", "twice", "playlist")
    assert run(tmp_path / "b", [f"{server.root}/{name}" for name in names]) == [
        ("not_found", "HTTP 404"),
        ("unreachable", "the connection broke in the middle"),
        ("no_captions", "no track in a wanted language"),  # no page, but something binary
        ("unsupported", "a playlist of more than 100000 lines"),
    ]


def test_captions(server: FaultServer, mp4: Answer, tmp_path: Path) -> None:
    """Endless, of 200 MB, and swollen: as plain files, in a browser's guise, and in HLS segments."""
    large = ("bad_captions", "a caption file of more than 5 MB")
    cue = b"00:00.000 --> 00:01.000\nhello\n\n"
    answers = {
        "endless": Answer(b"WEBVTT\n\n", endless=True),
        "cues": Answer(b"WEBVTT\n\n" + cue * 200_000, type="text/vtt"),
        "promised": Answer(b"WEBVTT\n\n", lie=200 * MB),
        "bomb": packed(bomb(), type="text/vtt"),
    }
    pages = [server.page(name, mp4, {"en": answer}) for name, answer in answers.items()]
    said = run(tmp_path, pages, [f"{page}/en.vtt" for page in pages])
    cut = ("unreachable", "the connection broke in the middle")
    assert said[:4] == [large, large, cut, large]
    assert said[4:] == [large] * 4


def test_media(server: FaultServer, tmp_path: Path) -> None:
    large = ("too_large", "larger than max_bytes, 50000000")
    answers = {
        "endless": Answer(endless=True, type="video/mp4"),
        "bomb": packed(bomb(), type="video/mp4"),
        "promised": Answer(b"x", lie=10**13, type="video/mp4"),
    }
    pages = [server.page(name, answer, {"en": VTT}) for name, answer in answers.items()]
    assert run(tmp_path, pages) == [large] * 3


def test_streams(server: FaultServer, tmp_path: Path) -> None:
    """A playlist of a million segments, and one segment without an end."""
    track = '<track kind="subtitles" srclang="en" src="/t.vtt">'
    page = f'<html><video><source src="{{}}" type="application/x-mpegURL">{track}</video></html>'
    segments = b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n" + b"#EXTINF:2,\na\n" * 1_000_000
    server.answers |= {
        "/many": Answer(page.format("/many.m3u8").encode()),
        "/many.m3u8": Answer(segments, type="application/x-mpegURL"),
        "/long": Answer(page.format("/long.m3u8").encode()),
        "/long.m3u8": Answer(b"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nb\n#EXT-X-ENDLIST\n"),
        "/b": Answer(endless=True),
        "/t.vtt": VTT,
    }
    many, long = run(tmp_path, [f"{server.root}/many", f"{server.root}/long"])
    assert many == ("unsupported", "a playlist of more than 100000 lines")
    assert long == ("too_large", "larger than max_bytes, 50000000")


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "deflate", "raw deflate"])
@pytest.mark.parametrize("amount", [1, 7, MB])
def test_inflating(encoding: str, amount: int) -> None:
    """Junk behind the stream is left out; a stream that ends early is an error."""
    plain = os.urandom(300) + bytes(5000)
    raw = zlib.compress(plain)[2:-4] if encoding == "raw deflate" else zlib.compress(plain)
    body = gzip.compress(plain) if "gzip" in encoding else raw
    for junk in (b"", b"junk"):
        stream = Inflating(io.BytesIO(body + junk), encoding.split()[-1])
        came = bytearray()
        while block := stream.read(amount):
            came += block
        assert came == plain
    short = Inflating(io.BytesIO(body[:-100]), encoding.split()[-1])
    with pytest.raises(EOFError):
        short.read()
    assert Inflating(io.BytesIO(b""), encoding).read() == b""


def body_of(data: bytes, bounds: Bounds, method: str = "GET", **headers: str) -> BoundedBody:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return BoundedBody(Response(io.BytesIO(data), "http://a.test/", named), bounds, method)


def test_a_step_has_one_limit() -> None:
    """Many small bodies are one large one; what an extractor catches does not go on; a new step begins anew."""
    bounds = Bounds()
    bounds.start(Limit(100, "too_large", "more than 100 bytes"))
    assert body_of(b"x" * 60, bounds).read() == b"x" * 60
    with pytest.raises(Stopped, match="more than 100 bytes") as caught:
        body_of(b"x" * 60, bounds).read(60)
    over = bounds.over
    assert over is caught.value and caught.value.code == "too_large"
    bounds.start(CAPTION)
    assert bounds.over is None and body_of(b"x" * 60, bounds).read(7) == b"x" * 7


def test_a_segment_has_a_limit_of_its_own() -> None:
    bounds = Bounds()
    bounds.start(Limit(500 * MB, "too_large", ""), segmented=True)
    body = body_of(bytes(65 * MB), bounds)
    assert len(body.read(64 * MB)) == 64 * MB
    with pytest.raises(Stopped, match="a segment of more than 64 MB"):
        body.read(1)
    bounds.start(Limit(500 * MB, "too_large", ""))
    assert len(body_of(bytes(65 * MB), bounds).read(65 * MB)) == 65 * MB


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x1c", "\x85", "\u2028"])
def test_lines_of_a_playlist_are_counted_as_they_are_split(end: str) -> None:
    bounds = Bounds()
    bounds.start(Limit(50 * MB, "too_large", ""))
    body = (("a" + end) * 100_000).encode()
    assert body_of(body, bounds).read() == body and len(body.decode().splitlines()) == 100_000
    with pytest.raises(Stopped, match="a playlist of more than 100000 lines"):
        body_of(body + end.encode(), bounds).read()
    bounds.start(PAGE)
    assert body_of(body + end.encode(), bounds).read()


def test_a_body_is_as_long_as_promised() -> None:
    body = body_of(b"abc", Bounds(), Content_Length="4")
    with pytest.raises(IncompleteRead):
        body.read()
    body = body_of(b"abc", Bounds(), Content_Length="4")
    assert body.read(100) == b"abc"
    with pytest.raises(IncompleteRead):
        body.read(100)
    fine = body_of(b"abc", Bounds(), Content_Length="3")
    assert (fine.read(), fine.read(), fine.read(1)) == (b"abc", b"", b"")
    assert body_of(b"", Bounds(), "HEAD", Content_Length="4").read() == b""
    assert body_of(b"abc", Bounds(), Content_Length="9", Content_Encoding="br").read() == b"abc"
    assert body_of(b"abc", Bounds(), Content_Length="٩").read() == b"abc"


def test_a_compressed_page_is_read(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"en": VTT})
    page = server.answers["/p"]
    assert isinstance(page, Answer)
    server.answers["/p"] = packed(gzip.compress(page.body))
    server.answers["/p/en.vtt"] = packed(zlib.compress(VTT.body), "deflate", "text/vtt")
    server.answers["/p/clip.mp4"] = packed(gzip.compress(mp4.body), type="video/mp4")
    assert isinstance(fetch(kept, url), Fetched)

"""The site as its clients see it: pages, tracks, ranges, counts, bad entries, yt-dlp."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from html.parser import HTMLParser
from http.client import HTTPConnection, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yt_dlp

from demo_plan import HERE, HOSTILE_TEXT, HOSTILE_VIDEO, plan
from demo_site import Site


class Tags(HTMLParser):
    """The start tags of a page, and whether every one was closed in order."""

    VOID = frozenset({"meta", "source", "track"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """Attributes of the tags of one name."""
        return [attributes for name, attributes in self.found if name == tag]


def connect(site: Site) -> HTTPConnection:
    """A new connection to the site."""
    return HTTPConnection(urlsplit(site.url).netloc, timeout=10)


def ask(
    site: Site, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[HTTPResponse, bytes]:
    """One request on a connection of its own."""
    connection = connect(site)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_the_index_lists_every_entry(site: Site) -> None:
    _, body = ask(site, "/")
    links = [link["href"] for link in Tags(body.decode()).of("a")]
    assert links[:3] == ["/watch/steps-001", "/watch/steps-002", "/watch/bad-404"]
    assert len(links) == 14


def test_a_watch_page_has_a_player_with_all_tracks_and_a_licence(site: Site) -> None:
    response, body = ask(site, "/watch/steps-001")
    tags = Tags(body.decode())
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert tags.open == []
    assert tags.of("source") == [{"src": "/media/steps-001.mp4", "type": "video/mp4"}]
    assert [track["srclang"] for track in tags.of("track")] == [track.language for track in plan()[0].tracks]
    assert {track["kind"] for track in tags.of("track")} == {"captions"}
    assert [link["href"] for link in tags.of("a") if link.get("rel") == "license"] == [
        "http://scripts.sil.org/OFL"
    ]


def test_a_hostile_title_is_escaped_on_every_page(site: Site) -> None:
    for path in ("/", f"/watch/{HOSTILE_VIDEO}"):
        _, body = ask(site, path)
        assert HOSTILE_TEXT not in body.decode()
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body.decode()


def test_tracks_are_served_as_planned(site: Site) -> None:
    for video in plan()[:2]:
        for track in video.tracks:
            response, body = ask(site, f"/captions/{video.video_id}/{track.language}.vtt")
            assert response.headers["Content-Type"] == "text/vtt; charset=utf-8"
            assert body.decode("utf-8") == track.to_vtt()


def test_parts_of_a_video_make_the_whole(site: Site) -> None:
    path = "/media/steps-001.mp4"
    whole, body = ask(site, path)
    assert (whole.status, whole.headers["Content-Type"]) == (200, "video/mp4")
    assert int(whole.headers["Content-Length"]) == len(body)
    first, head = ask(site, path, headers={"Range": "bytes=0-999"})
    second, tail = ask(site, path, headers={"Range": "bytes=1000-", "If-Range": whole.headers["ETag"]})
    assert (first.status, second.status) == (206, 206)
    assert head + tail == body
    beyond, _ = ask(site, path, headers={"Range": f"bytes={len(body)}-"})
    assert (beyond.status, beyond.headers["Content-Range"]) == (416, f"bytes */{len(body)}")


def test_head_has_the_headers_of_get_and_no_body(site: Site) -> None:
    get, body = ask(site, "/media/steps-001.mp4")
    head, nothing = ask(site, "/media/steps-001.mp4", method="HEAD")
    assert nothing == b""
    assert int(head.headers["Content-Length"]) == len(body)
    assert head.headers["ETag"] == get.headers["ETag"]
    assert head.headers["Last-Modified"] == get.headers["Last-Modified"]


def test_one_connection_serves_many_requests(site: Site) -> None:
    connection = connect(site)
    for path in ("/healthz", "/nowhere", "/media/bad-empty.mp4", "/watch/steps-001"):
        connection.request("GET", path)
        opened = connection.sock
        connection.getresponse().read()
        assert connection.sock is opened is not None
    connection.close()


def test_health(site: Site) -> None:
    response, body = ask(site, "/healthz")
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"site": "multihowto-demo"}


def test_requests_are_counted_by_method_and_path(site: Site) -> None:
    for _ in range(3):
        ask(site, "/watch/steps-001?from=index")
    ask(site, "/watch/steps-001", method="HEAD")
    ask(site, "/nowhere")
    counts = {("GET", "/watch/steps-001"): 3, ("HEAD", "/watch/steps-001"): 1, ("GET", "/nowhere"): 1}
    assert site.requests == counts
    _, body = ask(site, "/requests.json")
    assert json.loads(body)["GET /watch/steps-001"] == 3


def test_clients_that_leave_are_counted_and_not_mourned(
    open_site: Callable[..., Site], capfd: pytest.CaptureFixture[str]
) -> None:
    site = open_site(delay_s=0.2)
    address = urlsplit(site.url)
    for _ in range(5):
        with socket.create_connection((address.hostname, address.port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # leave with a reset
            client.sendall(b"GET /media/steps-001.mp4 HTTP/1.1\r\nHost: demo\r\n\r\n")
            time.sleep(0.05)
    time.sleep(0.4)
    assert site.requests == {("GET", "/media/steps-001.mp4"): 5}
    assert capfd.readouterr().err == ""


def test_the_delay_is_before_every_answer(open_site: Callable[..., Site]) -> None:
    site = open_site(delay_s=0.2)
    started = time.monotonic()
    ask(site, "/healthz")
    assert 0.2 <= time.monotonic() - started < 2


def test_a_site_ends_at_once_while_clients_wait_or_idle(media_dir: Path) -> None:
    with Site(media_dir, port=0, limit=1, delay_s=60) as slow:
        waiting, idle = connect(slow), connect(slow)
        waiting.request("GET", "/healthz")
        idle.connect()
        time.sleep(0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    waiting.close()
    idle.close()


@pytest.mark.parametrize(
    ("path", "status"),
    [("bad-404", 404), ("bad-403", 403), ("bad-410", 410), ("bad-503", 503), ("bad-no-tracks", 200)],
)
def test_pages_of_bad_entries(site: Site, path: str, status: int) -> None:
    response, body = ask(site, f"/watch/{path}")
    assert response.status == status
    assert Tags(body.decode()).of("track") == []


@pytest.mark.parametrize("start", [0, 1000, 150_000])
def test_a_cut_connection_never_gives_the_second_half(site: Site, start: int) -> None:
    whole, _ = ask(site, "/media/bad-cut.mp4", method="HEAD")
    size = int(whole.headers["Content-Length"])
    with pytest.raises(IncompleteRead) as caught:
        ask(site, "/media/bad-cut.mp4", headers={"Range": f"bytes={start}-"})
    assert len(caught.value.partial) == max(0, size // 2 - start)


class Quiet:
    """A logger for yt-dlp that drops all it is told."""

    def debug(self, _message: str) -> None: ...
    def warning(self, _message: str) -> None: ...
    def error(self, _message: str) -> None: ...


def extract(site: Site, video_id: str) -> dict[str, Any]:
    """What yt-dlp finds on a page."""
    with yt_dlp.YoutubeDL({"logger": Quiet(), "quiet": True, "retries": 0, "proxy": ""}) as session:
        found: dict[str, Any] = session.extract_info(f"{site.url}/watch/{video_id}", download=False)
    return found


def test_yt_dlp_reads_title_format_and_all_tracks(site: Site) -> None:
    info = extract(site, HOSTILE_VIDEO)
    video = plan()[1]
    assert info["id"] == f"{HOSTILE_VIDEO}-1"  # the generic extractor numbers what it finds on a page,
    assert info["title"] == f"{video.title} (1)"  # ids and titles alike
    assert info["formats"][0]["url"] == f"{site.url}/media/{HOSTILE_VIDEO}.mp4"
    assert info["subtitles"] == {
        track.language: [{"url": f"{site.url}/captions/{HOSTILE_VIDEO}/{track.language}.vtt", "ext": "vtt"}]
        for track in video.tracks
    }


def test_yt_dlp_meets_an_error_page(site: Site) -> None:
    with pytest.raises(yt_dlp.utils.DownloadError, match="HTTP Error 410"):
        extract(site, "bad-410")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_script_serves_until_it_is_ended(media_dir: Path, ending: signal.Signals) -> None:
    command = [sys.executable, str(HERE / "demo_site.py"), "--port", "0", "--limit", "1"]
    with subprocess.Popen(
        [*command, "--media", str(media_dir)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("serving http://127.0.0.1:")
        process.send_signal(ending)
        rest, _ = process.communicate(timeout=20)
    assert (process.returncode, rest) == (0, "ended\n")


def test_a_taken_port_is_said_in_one_line(site: Site, media_dir: Path) -> None:
    port = str(urlsplit(site.url).port)
    command = [sys.executable, str(HERE / "demo_site.py"), "--port", port, "--limit", "1"]
    done = subprocess.run(
        [*command, "--media", str(media_dir)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stdout.startswith("the demo's site could not start: ")
    assert done.stderr == ""

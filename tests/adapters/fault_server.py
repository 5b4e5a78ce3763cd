"""A loopback site that misbehaves on request, counts what it is asked, and a folder that keeps files."""

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple


class Answer(NamedTuple):
    """What a path is answered with, and how badly."""

    body: bytes = b""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    location: str | None = None
    drip_s: float = 0.0
    """Pause between single bytes."""
    wait_s: float = 0.0
    """Pause before the answer."""
    cut: int | None = None
    """How many bytes are sent."""
    length: bool = True
    """Whether a length is promised."""
    lie: int = 0
    """So many bytes more are promised than there are."""
    drip_headers: bool = False
    reset: bool = False
    """The connection ends in a reset."""
    endless: bool = False
    """After the body come zeros, as fast as they are taken."""
    range_status: int = 200
    """What a request for the rest of a file is answered with; 200 is the whole file."""
    headers: tuple[tuple[str, str], ...] = ()


class FaultServer:
    """Answers from `answers`; a path that is not there is 404. `asked` counts GETs, `told` has what came with them."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Callable[[int], Answer]] = {}
        self.asked: Counter[str] = Counter()
        self.told: set[str] = set()
        self.stopping = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.root = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops serving and lets slow answers go."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def page(self, name: str, media: Answer, tracks: dict[str, Answer], kind: str = "subtitles") -> str:
        """Puts a page with one video and its tracks up; returns its URL."""
        lines = [
            f'<track kind="{kind}" srclang="{tag}" src="/{name}/{tag}.vtt" label="{tag}">' for tag in tracks
        ]
        html = f"<html><head><title>Video {name}</title></head><body><video>"
        html += f'<source src="/{name}/clip.mp4" type="video/mp4">{"".join(lines)}</video></body></html>'
        self.answers[f"/{name}"] = Answer(html.encode())
        self.answers[f"/{name}/clip.mp4"] = media
        self.answers |= {f"/{name}/{tag}.vtt": answer for tag, answer in tracks.items()}
        return f"{self.root}/{name}"


def _handler_of(site: FaultServer) -> type[BaseHTTPRequestHandler]:
    class Handler(FaultHandler):
        faults = site

    return Handler


class FaultHandler(BaseHTTPRequestHandler):
    """Sends the answers of its site."""

    faults: FaultServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.faults.asked[path] += 1
        self.faults.told |= {*self.headers.get_all("Cookie", ()), self.path.partition("?")[2]}
        answer = self.faults.answers.get(path, Answer(b"nothing here", 404))
        with suppress(OSError):
            self._send(answer if isinstance(answer, Answer) else answer(self.faults.asked[path]))

    def do_CONNECT(self) -> None:
        self.faults.told |= set(self.headers.get_all("Proxy-Authorization", ()))
        self._send(Answer(status=502))

    def _send(self, answer: Answer) -> None:
        self.faults.stopping.wait(answer.wait_s)
        if answer.drip_headers:
            self._drip(b"HTTP/1.0 200 OK\r\nX-Slow: " + b"x" * 1000, 0.05)
        if "Range" in self.headers and answer.range_status != 200:
            answer = Answer(status=answer.range_status)
        self._send_head(answer)
        self._drip(answer.body[: answer.cut], answer.drip_s)
        while answer.endless and not self.faults.stopping.is_set():
            self.wfile.write(bytes(65536))
        if answer.reset:  # a linger of nothing: what is not read yet is lost, and the other side is told so
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _send_head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        if answer.length and not answer.endless:
            self.send_header("Content-Length", str(len(answer.body) + answer.lie))
        for name, value in (*answer.headers, *([("Location", answer.location)] if answer.location else [])):
            self.send_header(name, value)
        self.end_headers()

    def _drip(self, data: bytes, pause_s: float) -> None:
        if not pause_s:
            self.wfile.write(data)
            return
        for number in data:
            self.wfile.write(bytes([number]))
            if self.faults.stopping.wait(pause_s):
                return

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def fault_server() -> Iterator[FaultServer]:
    """A server for the length of a test."""
    server = FaultServer()
    try:
        yield server
    finally:
        server.close()


class Killed(BaseException):
    """Stands for the death of the process: no code of ours may catch it."""


class KeptFolder:
    """The Kept protocol on a local folder; `kill_at` dies before or after the n-th change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.scratch = root / "scratch"
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.changes = 0
        self.kill_before: int | None = None
        self.kill_after: int | None = None

    def read(self, video_id: str, name: str) -> bytes | None:
        path = self._file(video_id, name)
        return path.read_bytes() if path.exists() else None

    def write(self, video_id: str, name: str, data: bytes) -> None:
        self._step(lambda: self._file(video_id, name).write_bytes(data))

    def put_media(self, video_id: str, ending: str, local: Path) -> None:
        self._step(lambda: local.replace(self._file(video_id, f"media{ending}")))

    def media_path(self, video_id: str, ending: str) -> str:
        return f"{video_id}/media{ending}"

    def media_size(self, video_id: str, ending: str) -> int | None:
        path = self._file(video_id, f"media{ending}")
        return path.stat().st_size if path.exists() else None

    def names(self, video_id: str) -> set[str]:
        """What is kept of a video."""
        return {path.name for path in (self.root / video_id).glob("*")}

    def _file(self, video_id: str, name: str) -> Path:
        folder = self.root / video_id
        folder.mkdir(exist_ok=True)
        return folder / name

    def _step(self, change: Callable[[], object]) -> None:
        self.changes += 1
        if self.changes == self.kill_before:
            raise Killed
        change()
        if self.changes == self.kill_after:
            raise Killed


def wait_until(done: Callable[[], bool], seconds: float = 5.0) -> None:
    """Returns when `done`, fails after `seconds`."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)

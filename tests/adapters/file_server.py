"""A loopback server of files that knows Range and If-Range, and misbehaves on request."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class FileServer:
    """Serves `files` by path. `asked` keeps each request's path and Range (empty if none)."""

    files: dict[str, bytes]
    etag: str = '"one"'
    cuts: list[int] = field(default_factory=list)
    """Each answer takes the first of these, and breaks off after so many bytes."""
    statuses: list[int] = field(default_factory=list)
    """Each answer takes the first of these instead of a file."""
    length: bool = True
    ranges: bool = True
    if_range: bool = True
    """Whether If-Range is obeyed."""
    hangs: list[int] = field(default_factory=list)
    """Each answer takes the first of these, and sends no more after so many bytes, until the server stops."""
    delay_s: float = 0.0
    """Before each answer."""
    stopping: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str]] = field(default_factory=list)
    root: str = ""


@contextmanager
def file_server(files: dict[str, bytes]) -> Iterator[FileServer]:
    """Serves files until the block ends."""
    site = FileServer(files)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(site))
    server.daemon_threads = True
    site.root = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler_of(site: FileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span = self.headers.get("Range", "")
            site.asked.append((self.path, span))
            site.stopping.wait(site.delay_s)
            body = site.files.get(self.path)
            if site.statuses or body is None:
                self.send_error(site.statuses.pop(0) if site.statuses else 404)
                return
            same = not site.if_range or self.headers.get("If-Range") == site.etag
            begin = int(span.removeprefix("bytes=").rstrip("-")) if span and site.ranges and same else 0
            if begin >= len(body) > 0:
                self.send_error(416)
                return
            self.send_response(206 if begin else 200)
            self.send_header("ETag", site.etag)
            if begin:
                self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
            if site.length:
                self.send_header("Content-Length", str(len(body) - begin))
            self.end_headers()
            rest = body[begin:]
            if site.hangs:
                self.wfile.write(rest[: site.hangs.pop(0)])
                site.stopping.wait()
                return
            self.wfile.write(rest[: site.cuts.pop(0)] if site.cuts else rest)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler

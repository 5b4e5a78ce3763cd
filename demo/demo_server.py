"""The HTTP of the demo's site: keep-alive, HEAD, validators, byte ranges, and connections cut on purpose."""

import contextlib
import hashlib
import json
import re
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from demo_pages import Resource, html_page

# Fixed, since readers of pages may keep it: equal demos shall give equal data.
LAST_MODIFIED: Final = "Wed, 01 Jan 2025 00:00:00 GMT"
IDLE_TIMEOUT_S: Final = 60
NOT_FOUND: Final = html_page("404 Not Found", "<p>There is no such page.</p>", HTTPStatus.NOT_FOUND)

Answer = Callable[[str, str], Resource | None]


class UnsatisfiableRangeError(ValueError):
    """The range begins behind the end of the body."""


@dataclass(frozen=True)
class Reply:
    """Status, headers and the part of the resource's body that goes out: bytes `start` to `end`."""

    status: int
    headers: tuple[tuple[str, str], ...]
    start: int
    end: int


class DemoServer(ThreadingHTTPServer):
    """A threading server that can end while clients keep connections open."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], answer: Answer) -> None:
        self.answer = answer
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, DemoHandler)

    def server_bind(self) -> None:
        """Binds without asking a name server who we are, as HTTPServer would."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection, then starts its thread."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forgets the connection and closes it."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def close_all(self) -> None:
        """Ends open connections, so that their threads end, and waits for these; call after `shutdown`."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class DemoHandler(BaseHTTPRequestHandler):
    """Answers GET and HEAD with the resource that the server finds."""

    protocol_version = "HTTP/1.1"
    server_version = "multihowto-demo"
    timeout = IDLE_TIMEOUT_S
    disable_nagle_algorithm = True
    server: DemoServer

    def do_GET(self) -> None:
        """Headers and body."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Headers only."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:
        """The site counts requests instead of printing them."""

    def _answer(self, with_body: bool) -> None:
        """Sends what is asked for, or as much of it as a cut connection lets through."""
        resource = self.server.answer(self.command, urlsplit(self.path).path) or NOT_FOUND
        reply = reply_to(resource, {name.lower(): value for name, value in self.headers.items()})
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            end = reply.end if resource.cut_at is None else min(reply.end, resource.cut_at)
            self.close_connection = self.close_connection or end < reply.end
            self.wfile.write(resource.body[reply.start : end])


def reply_to(resource: Resource, request: Mapping[str, str]) -> Reply:
    """The answer to a request with these headers (names in lower case)."""
    size = len(resource.body)
    headers: tuple[tuple[str, str], ...] = (("Content-Type", resource.content_type),)
    if resource.status != HTTPStatus.OK:
        return Reply(resource.status, (*headers, ("Content-Length", str(size))), 0, size)
    etag = f'"{hashlib.sha256(resource.body).hexdigest()[:16]}"'
    headers += (("ETag", etag), ("Last-Modified", LAST_MODIFIED), ("Accept-Ranges", "bytes"))
    if request.get("if-none-match") == etag:
        return Reply(HTTPStatus.NOT_MODIFIED, headers, 0, 0)
    wanted = request.get("range", "")
    if request.get("if-range", etag) not in (etag, LAST_MODIFIED):
        wanted = ""
    try:
        found = parse_range(wanted, size)
    except UnsatisfiableRangeError:
        headers += (("Content-Range", f"bytes */{size}"), ("Content-Length", "0"))
        return Reply(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers, 0, 0)
    if found is None:
        return Reply(HTTPStatus.OK, (*headers, ("Content-Length", str(size))), 0, size)
    start, end = found
    headers += (("Content-Range", f"bytes {start}-{end - 1}/{size}"), ("Content-Length", str(end - start)))
    return Reply(HTTPStatus.PARTIAL_CONTENT, headers, start, end)


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """First byte and the one after the last; None when the whole body is due.

    Several ranges at once are answered with the whole, as the standard (RFC 9110, 14.2) allows. Raises
    UnsatisfiableRangeError when no byte is in the range.
    """
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if not match or not any(match.groups()):
        return None
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(0, size - int(last))
    end = min(size, int(last) + 1) if first and last else size
    if start >= end:
        raise UnsatisfiableRangeError(header)
    return start, end


def json_resource(value: Mapping[str, object]) -> Resource:
    """A value as JSON."""
    return Resource(json.dumps(value, indent=1, sort_keys=True).encode("utf-8"), "application/json")

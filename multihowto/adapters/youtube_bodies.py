"""The bodies of a site's answers, in bounded memory.

yt-dlp reads a page, a playlist or a key whole, however large it is. So each body that it gets counts what it hands
out, after inflating, and ends the step that reads too much.

Imports yt-dlp at once, so this module is imported only by `youtube_session` and its request handlers.
"""

import io
import itertools
import re
import zlib
from typing import Any, NamedTuple

from yt_dlp.networking.common import Response
from yt_dlp.networking.exceptions import IncompleteRead
from yt_dlp.utils import DownloadCancelled

_BLOCK = 64 * 1024
_WHOLE = 16 * 1024 * 1024
_SEGMENT = 64 * 1024 * 1024
_LINES = 100_000
_BREAK = re.compile(rb"[\n\r\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]")
_TAG = re.compile(rb"#EXT")


class Stopped(DownloadCancelled):  # type: ignore[misc]  # yt-dlp is untyped
    """Ends yt-dlp's work on a video from inside, with a code of rejects.py."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Limit(NamedTuple):
    """How many bytes the bodies of one step may have together, and what it means if they have more."""

    bytes: int
    code: str
    detail: str


# Own settings. YouTube's page is one or two megabytes, its player's script and answers a few more.
PAGE = Limit(64 * 1024 * 1024, "unsupported", "the page loads more than 64 MB")
CAPTION = Limit(5 * 1024 * 1024, "bad_captions", "a caption file of more than 5 MB")


class Bounds:
    """Counts what a step reads; `over` is what ended it, and ends every further request of that step."""

    def __init__(self) -> None:
        self.start(PAGE)

    def start(self, limit: Limit, segmented: bool = False) -> None:
        """Begins a step; `segmented`: yt-dlp keeps each body in memory before it writes it."""
        self.limit = limit
        self.left = limit.bytes
        self.largest = min(_SEGMENT, limit.bytes) if segmented else limit.bytes
        self.over: Stopped | None = None

    def take(self, size: int, came: int) -> None:
        """Counts bytes of a body of which `came` have come; raises Stopped once they are too many."""
        self.left -= size
        if self.left < 0:
            raise self.exceed()
        if came > self.largest:
            raise self.stop("unsupported", "a segment of more than 64 MB")

    def check_whole(self, body: bytearray) -> None:
        """Raises Stopped for a page, playlist or key that would take many times its own size once it is read."""
        if len(body) > _WHOLE:
            raise self.stop("unsupported", "the page is larger than 16 MB")

    def check_lines(self, body: bytearray) -> None:
        """Raises Stopped for a playlist of which each line becomes an object in memory."""
        pattern = _TAG if self.limit is PAGE else _BREAK
        if next(itertools.islice(pattern.finditer(body), _LINES, None), None):
            raise self.stop("unsupported", f"a playlist of more than {_LINES} lines")

    def exceed(self) -> Stopped:
        """Ends the step, for its bodies are larger than its limit; returns what is to be raised."""
        return self.stop(self.limit.code, self.limit.detail)

    def stop(self, code: str, detail: str) -> Stopped:
        """Ends the step, also where an extractor catches what is raised; returns it."""
        self.over = Stopped(code, detail)
        return self.over


class BoundedBody(Response):  # type: ignore[misc]  # yt-dlp is untyped
    """An answer whose body is counted; read as a whole it is a page, a playlist or a key."""

    def __init__(self, answer: Response, bounds: Bounds, method: str) -> None:
        super().__init__(
            answer, answer.url, answer.headers, answer.status, answer.reason, dict(answer.extensions)
        )
        self._bounds = bounds
        self._came = 0
        self._promised = _promised(answer) if method != "HEAD" else 0

    def read(self, amt: int | None = None) -> bytes:
        """As much as asked for, or all; raises Stopped if that is too much."""
        return self._whole() if amt is None or amt < 0 else self._block(amt)

    def _block(self, amount: int) -> bytes:
        """The next bytes, no more than `amount`; raises IncompleteRead if the server promised more."""
        if self.closed or self.fp.closed:
            return b""
        block = bytes(self.fp.read(amount))
        self._came += len(block)
        self._bounds.take(len(block), self._came)
        if amount and not block and self._came < self._promised:
            raise IncompleteRead(self._came, self._promised - self._came)
        return block

    def _whole(self) -> bytes:
        """All that is left, block by block: the length that a server promises reserves no memory."""
        body = bytearray()
        while block := self._block(_BLOCK):
            body += block
            self._bounds.check_whole(body)
        self._bounds.check_lines(body)
        return bytes(body)


def _promised(answer: Response) -> int:
    """How many bytes a server says its answer has; 0 if it does not, or counts them before inflating."""
    length = answer.headers.get("Content-Length") or ""
    counted = answer.status not in (204, 304) and not answer.headers.get("Content-Encoding")
    return int(length) if counted and re.fullmatch("[0-9]{1,18}", length) else 0


class Inflating(io.RawIOBase):
    """The plain bytes of a body in gzip or deflate, no more of them at once than asked for.

    What follows the first compressed stream is left out, as yt-dlp does.
    """

    def __init__(self, packed: io.IOBase, encoding: str) -> None:
        self._packed = packed
        self._encoding = encoding
        self._waiting = b""
        self._inflater: Any = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills a part of the buffer; 0 at the end; raises EOFError if the compressed body ends early."""
        while True:
            plain = self._inflated(len(buffer))
            if plain or (self._inflater is not None and self._inflater.eof):
                buffer[: len(plain)] = plain
                return len(plain)
            self._waiting = self._packed.read(_BLOCK)
            if not self._waiting:
                if self._inflater is None:
                    return 0
                raise EOFError("the compressed body ends early")

    def _inflated(self, most: int) -> bytes:
        """At most so many plain bytes of what waits here or in the inflater."""
        if self._inflater is None:
            if not self._waiting:
                return b""
            self._inflater = zlib.decompressobj(_window(self._encoding, self._waiting))
        plain: bytes = self._inflater.decompress(self._waiting, most)
        self._waiting = self._inflater.unconsumed_tail
        return plain

    def close(self) -> None:
        """Closes the connection's body as well."""
        self._packed.close()
        super().close()


def _window(encoding: str, start: bytes) -> int:
    """zlib's word for the format: gzip, or deflate with and, as some servers send it, without its header."""
    if encoding != "deflate":
        return zlib.MAX_WBITS | 16
    headed = start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if headed else -zlib.MAX_WBITS

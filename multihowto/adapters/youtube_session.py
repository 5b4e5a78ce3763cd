"""yt-dlp with a guard: every request is checked, counted and bound by the video's deadline.

Requests of urllib and requests are watched at Python's sockets; those of curl are bound by `youtube_curl`; yt-dlp gets
no other handler. Looking up a name is the one thing that no deadline cuts.

Imports yt-dlp at once, so this module itself is imported late, by `youtube.Site`.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yt_dlp
from yt_dlp.networking import RequestDirector
from yt_dlp.networking.common import Request, RequestHandler, Response
from yt_dlp.networking.exceptions import HTTPError, RequestError
from yt_dlp.utils import DownloadCancelled, YoutubeDLError

from multihowto.adapters.site_messages import Refused, raise_verdict, status_of, verdict_of
from multihowto.adapters.web_address import Resolve
from multihowto.adapters.web_guard import Budget, Guard
from multihowto.adapters.youtube_options import Options
from multihowto.adapters.youtube_parameters import allowed_handlers, parameters_of
from multihowto.adapters.youtube_proxy import proxy_peers
from multihowto.errors import ConfigError

TOOL = f"yt-dlp {yt_dlp.version.__version__}"
_CAPTION_LIMIT = 5 * 1024 * 1024
_BLOCK = 64 * 1024


# What yt-dlp's extractors raise on a page that they do not expect: a matter of that page, never of ours.
_RAISED = (
    *(YoutubeDLError, OSError, ArithmeticError, AssertionError, AttributeError, EOFError),
    *(LookupError, RuntimeError, TypeError, ValueError),
)


class Log:
    """What yt-dlp says about one video: some of its verdicts are only in warnings and debug lines."""

    def __init__(self) -> None:
        self.debugs: list[str] = []
        self.warnings: list[str] = []

    def clear(self) -> None:
        """Forgets the last video."""
        self.debugs.clear()
        self.warnings.clear()

    def debug(self, message: str) -> None:
        """Keeps a line of progress or debugging."""
        self.debugs.append(message)

    def warning(self, message: str) -> None:
        """Keeps a warning."""
        self.warnings.append(message)

    def error(self, message: str) -> None:
        """Errors come as exceptions as well, so nothing is kept."""

    def stdout(self, message: str) -> None:
        """Traffic of request handlers is not kept."""


class Stopped(DownloadCancelled):  # type: ignore[misc]
    """Ends yt-dlp's work on a video from inside, with a code of rejects.py."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Session(yt_dlp.YoutubeDL):  # type: ignore[misc]  # yt-dlp is untyped
    """One a worker, used for one video after another."""

    def __init__(self, options: Options, resolve: Resolve, handlers: Sequence[RequestHandler]) -> None:
        proxies = proxy_peers()
        self._proxied = bool(proxies)
        self.guard = Guard(options.allow_private, resolve, proxies)
        self.log = Log()
        self.lengths: dict[str, int] = {}
        self.answers = 0
        self._options = options
        self._opened: list[Response] = []
        self._initialise(parameters_of(options, self.log, self._on_progress))
        for handler in handlers:
            self._request_director.add_handler(handler)
        preferred = tuple(handlers)
        self._request_director.preferences.add(lambda handler, _: 1000 * (handler in preferred))

    def _initialise(self, parameters: dict[str, Any]) -> None:
        """yt-dlp's own start; what it refuses are the user's settings."""
        try:
            super().__init__(parameters, auto_init="no_verbose_header")
        except SyntaxError as error:
            raise ConfigError(
                f"format {self._options.format!r} is no selector of yt-dlp: {error.msg}"
            ) from None
        try:
            _ = self.cookiejar
        except (YoutubeDLError, OSError):
            raise ConfigError("cookies_file cannot be read as a cookies.txt (Netscape format)") from None

    def build_request_director(
        self, handlers: Iterable[type[RequestHandler]], preferences: Iterable[Any] | None = None
    ) -> RequestDirector:
        """yt-dlp builds here what makes its requests."""
        allowed = allowed_handlers(handlers, self._proxied, self._options.allow_private)
        director = super().build_request_director(allowed, preferences)
        for handler in director.handlers.values():
            handler.guard = self.guard  # only ours looks at it
        return director

    def save_cookies(self) -> None:
        """The file of cookies is the user's and shared by all workers: none writes it back."""

    def write_debug(self, message: str, only_once: bool = False) -> None:
        """Debug lines are kept without yt-dlp's verbose mode: one of them tells of withheld captions."""
        self.log.debug(message)

    def report_warning(self, message: str, only_once: bool = False) -> None:
        """ffmpeg must not fetch anything itself: neither the guard nor the deadline holds there."""
        if "will be delegated to" in message:
            raise Stopped("unsupported", "only ffmpeg could download this stream")
        super().report_warning(message, only_once)

    def urlopen(self, req: Any) -> Response:
        """Every request of every part of yt-dlp comes through here."""
        url = req if isinstance(req, str) else getattr(req, "url", None) or req.full_url
        self.guard.refused = None
        self._check(url)
        try:
            response = super().urlopen(req)
        except RequestError as error:
            if isinstance(error, HTTPError):
                self.answers += 1
                self._opened.append(error.response)
            if self.guard.refused:
                raise self.guard.refused from None
            self._stop_if_late()
            raise
        self.answers += 1
        self._opened.append(response)
        self._check(response.url)
        self._note_length(url, response)
        return response

    def _check(self, url: str) -> None:
        """Refuses a request, or the page that a redirect led to, by its address."""
        self._stop_if_late()
        self.guard.check_url(url)

    def _stop_if_late(self) -> None:
        """Raises `Stopped` once the guard has cut the connections."""
        if self.guard.expired:
            raise Stopped("timed_out", f"not complete within {self._options.deadline_s} s")

    def _note_length(self, url: str, response: Response) -> None:
        """Keeps the length that the server promises: yt-dlp is content with up to 100 bytes less."""
        total = (response.headers.get("Content-Range") or "").rpartition("/")[2]
        length = total or response.headers.get("Content-Length") or ""
        if length.isdigit() and not response.headers.get("Content-Encoding"):
            self.lengths[url] = int(length)

    def _on_progress(self, progress: dict[str, Any]) -> None:
        """Ends a download that takes too long or is too large."""
        self._stop_if_late()
        if (progress.get("downloaded_bytes") or 0) > self._options.max_bytes:
            raise Stopped("too_large", f"larger than max_bytes, {self._options.max_bytes}")

    @contextlib.contextmanager
    def step(self, budget: Budget) -> Iterator[None]:
        """Runs one step of a video within its budget; whatever yt-dlp raises comes out as our errors."""
        try:
            with budget.spend():
                yield
        except _RAISED as error:
            self._translate(error)
        finally:
            self._close_responses()

    def _translate(self, error: Exception) -> NoReturn:
        """Raises our error for one of yt-dlp's (`PrivateAddress` is a ValueError)."""
        if self.guard.expired:
            raise Refused("timed_out", f"not complete within {self._options.deadline_s} s") from error
        if isinstance(error, Stopped):
            raise Refused(error.code, error.detail) from error
        raise_verdict(verdict_of(error, self.log.warnings), status_of(error))

    def _close_responses(self) -> None:
        """yt-dlp leaves some responses open, above all those of errors."""
        for response in self._opened:
            with contextlib.suppress(OSError):
                response.close()
        self._opened.clear()

    def begin(self) -> Budget:
        """Forgets the last video; returns the seconds of the next one."""
        self.log.clear()
        self.lengths.clear()
        self.answers = 0
        self.guard.reset()
        return Budget(self.guard, self._options.deadline_s)

    def extract(self, url: str) -> dict[str, Any]:
        """The site's answer about one page, its format selected, nothing downloaded."""
        self._check(url)
        youtube = self.get_info_extractor("Youtube").suitable(url)
        info = self.extract_info(url, download=False, ie_key="Youtube" if youtube else None)
        if not isinstance(info, dict):
            raise Stopped("unsupported", "yt-dlp finds no video on the page")
        return self._single(info)

    def _single(self, info: dict[str, Any]) -> dict[str, Any]:
        """The page's only video; a list of one counts as that one."""
        if info.get("_type") not in ("playlist", "multi_video"):
            return info
        entries = [entry for entry in info.get("entries") or () if entry]
        if len(entries) != 1 or (info.get("playlist_count") or 1) != 1:
            raise Stopped("unsupported", "the page holds a list of videos, not one")
        title = info.get("title") or entries[0].get("title")
        return self._single({**entries[0], "title": title})

    def caption(self, url: str, impersonate: bool) -> tuple[bytes, str | None]:
        """The body of a caption file and the charset that the server declares."""
        target, _ = self._parse_impersonate_targets(impersonate)
        response = self.urlopen(Request(url, extensions={"impersonate": target} if target else {}))
        body = bytearray()
        while block := response.read(_BLOCK):
            body += block
            if len(body) > _CAPTION_LIMIT:
                raise Stopped("bad_captions", "a caption file of more than 5 MB")
            self._stop_if_late()
        self._stop_if_late()
        charset = response.headers.get_content_charset()
        return bytes(body), charset if isinstance(charset, str) else None

    def playlist_caption(self, url: str, folder: Path) -> tuple[bytes, str | None]:
        """A caption track that comes in HLS segments, merged by yt-dlp's own downloader."""
        target = folder / "track.vtt"
        self.dl(str(target), {"url": url, "ext": "vtt", "protocol": "m3u8_native"}, subtitle=True)
        self._stop_if_late()
        if not target.is_file():  # what `dl` returns says nothing
            raise Stopped("bad_captions", "a caption playlist without segments")
        return target.read_bytes(), "utf-8"

    def download(self, info: dict[str, Any], folder: Path) -> Path:
        """Downloads what `youtube_info.for_download` describes; only a file that is there counts."""
        self.params["outtmpl"]["default"] = os.fspath(folder).replace("%", "%%") + "/media.%(ext)s"
        done = self.process_ie_result(info, download=True) or {}
        paths = [
            Path(part["filepath"]) for part in done.get("requested_downloads") or () if part.get("filepath")
        ]
        self._stop_if_late()
        if len(paths) != 1 or not paths[0].is_file():
            if any("larger than max-filesize" in line for line in self.log.debugs):
                raise Stopped("too_large", f"larger than max_bytes, {self._options.max_bytes}")
            raise Stopped("unreachable", "yt-dlp ended without a file")
        return paths[0]

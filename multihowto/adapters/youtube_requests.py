"""yt-dlp with a guard: every request is checked, counted and bound by the video's deadline.

Requests of Python itself are watched at its sockets; those of curl are bound by `youtube_curl`; yt-dlp gets no other
handler. Looking up a name is the one thing that no deadline cuts.

Imports yt-dlp at once, so this module is imported only by `youtube_session`.
"""

import contextlib
import urllib.parse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yt_dlp
from yt_dlp.compat import urllib_req_to_req
from yt_dlp.networking import RequestDirector
from yt_dlp.networking.common import Request, RequestHandler, Response
from yt_dlp.networking.exceptions import HTTPError, RequestError
from yt_dlp.utils import YoutubeDLError

from multihowto.adapters.web_address import Resolve
from multihowto.adapters.web_guard import Guard
from multihowto.adapters.web_opt_out import ROBOTS_BYTES, OptOut, against_answer
from multihowto.adapters.youtube_bodies import BoundedBody, Bounds, Stopped
from multihowto.adapters.youtube_options import Options
from multihowto.adapters.youtube_parameters import allowed_handlers, parameters_of
from multihowto.adapters.youtube_proxy import proxy_peers
from multihowto.adapters.youtube_redirects import MOST_REDIRECTS, redirected, target_of
from multihowto.errors import ConfigError

_BLOCK = 64 * 1024
_ROBOTS_REDIRECTS = 5
_OF_YOUTUBE = (
    *("youtube.com", "youtu.be", "youtube-nocookie.com", "youtubei.googleapis.com", "googlevideo.com"),
    *("ytimg.com",),
)


def of_youtube(url: str) -> bool:
    """Whether a URL leads to YouTube, whose terms are a matter between its user and it."""
    host = (urllib.parse.urlsplit(url).hostname or "").rstrip(".")
    return any(host == one or host.endswith(f".{one}") for one in _OF_YOUTUBE)


class Requests(yt_dlp.YoutubeDL):  # type: ignore[misc]  # yt-dlp is untyped
    """yt-dlp of which no part asks the network for anything but through `urlopen`."""

    def __init__(self, options: Options, resolve: Resolve, robots: Path | None, log: object) -> None:
        self.guard = Guard(options.allow_private, resolve, proxy_peers())
        self.bounds = Bounds()
        self.lengths: dict[str, int] = {}
        self.answers = 0
        self._options = options
        self._opt_out = OptOut(robots)
        self._opened: list[Response] = []
        self._initialise(parameters_of(options, log, self._on_progress))

    def _initialise(self, parameters: dict[str, Any]) -> None:
        """yt-dlp's own start; what it refuses are the user's settings."""
        try:
            super().__init__(parameters, auto_init="no_verbose_header")
        except SyntaxError as error:
            raise ConfigError(
                f"format {self._options.selector!r} is no selector of yt-dlp: {error.msg}"
            ) from None
        try:
            _ = self.cookiejar
        except (YoutubeDLError, OSError):
            raise ConfigError("MULTIHOWTO_COOKIES: the file is no cookies.txt (Netscape format)") from None

    def build_request_director(
        self, handlers: Iterable[type[RequestHandler]], preferences: Iterable[Any] | None = None
    ) -> RequestDirector:
        """yt-dlp builds here what makes its requests."""
        allowed = allowed_handlers(handlers)
        director = super().build_request_director(allowed, preferences)
        for handler in director.handlers.values():
            handler.guard, handler.bounds = self.guard, self.bounds  # only ours look at them
        return director

    def save_cookies(self) -> None:
        """The file of cookies is the user's and shared by all workers: none writes it back."""

    def urlopen(self, req: Any) -> Response:
        """Every request of every part of yt-dlp comes through here, and every redirect."""
        url = req if isinstance(req, str) else getattr(req, "url", None) or req.full_url
        self._check(url)
        plain = Request(url) if isinstance(req, str) else req
        request = plain if isinstance(plain, Request) else urllib_req_to_req(plain)
        answer = self._follow(request, MOST_REDIRECTS, self._options.opt_out == "honour")
        self._note_length(url, answer)
        return answer

    def _follow(self, request: Request, most: int, asking: bool) -> Response:
        """The answer at the end of at most so many redirects; `asking`: whether the site's owner is asked first."""
        for step in range(most + 1):
            try:
                return self._ask(request, asking)
            except HTTPError as error:
                target = target_of(error.response)
                if target is None:
                    raise
                error.response.close()
                if step == most:
                    raise HTTPError(error.response, redirect_loop=True) from None
                if not target.lower().startswith(("http://", "https://")):
                    raise Stopped("unsupported", "a redirect to what is not http or https") from None
                self._check(target)
                request = redirected(request, error.status, target)
        raise AssertionError("every step above returns or raises")

    def _ask(self, request: Request, asking: bool) -> Response:
        """One request, checked before and after; its answer's body is counted."""
        self._check(request.url)
        asking = asking and not of_youtube(request.url)
        if asking:
            reason = self._opt_out.against_url(request.url, lambda place: self._robots(place, request))
            self._refuse_opted_out(reason)
        try:
            response = super().urlopen(request)
        except HTTPError as error:
            error.response = self._taken(error.response, request)
            self._stop_if_refused()
            raise
        except RequestError:
            self._stop_if_refused()
            raise
        answer = self._taken(response, request)
        self._check(answer.url)
        if asking:
            self._refuse_opted_out(against_answer(answer.headers.items()))
        return answer

    def _taken(self, response: Response, request: Request) -> Response:
        """An answer that came, its body counted; it is closed when the step ends."""
        self.answers += 1
        answer = BoundedBody(response, self.bounds, request.method)
        self._opened.append(answer)
        return answer

    def _check(self, url: str) -> None:
        """Refuses a request by its address, or because the step has come to its end."""
        self.guard.refused = None
        self._stop_if_late()
        if self.bounds.over:
            raise self.bounds.over
        self.guard.check_url(url)

    def _stop_if_refused(self) -> None:
        """Raises what a handler could not: it may raise nothing but errors of its own."""
        if self.guard.refused:
            raise self.guard.refused from None
        if self.bounds.over:
            raise self.bounds.over from None
        self._stop_if_late()

    def _refuse_opted_out(self, reason: str | None) -> None:
        """Raises Stopped if the site's owner does not want us to have this."""
        if reason is not None:
            raise self.bounds.stop("opted_out", reason)

    def _robots(self, url: str, request: Request) -> bytes:
        """The start of a robots.txt, asked for in the same guise as `request`; empty where there is none.

        Raises what is raised for a server that fails or wants a pause: nobody knows then what it allows.
        """
        guise = {key: value for key, value in request.extensions.items() if key == "impersonate"}
        try:
            answer = self._follow(Request(url, extensions=guise), _ROBOTS_REDIRECTS, asking=False)
        except HTTPError as error:
            error.response.close()
            if error.status >= 500:
                raise self.bounds.stop("server_error", f"HTTP {error.status} on robots.txt") from None
            if error.status == 429:
                raise
            return b""
        body = bytearray()
        while len(body) < ROBOTS_BYTES and (block := answer.read(_BLOCK)):
            body += block
        answer.close()
        return bytes(body[:ROBOTS_BYTES])

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

    def _close_responses(self) -> None:
        """yt-dlp leaves some responses open, above all those of errors."""
        for response in self._opened:
            with contextlib.suppress(OSError):
                response.close()
        self._opened.clear()

"""The requests that yt-dlp makes through Python itself: no redirect of its own, bodies inflated piece by piece.

Imports yt-dlp at once, so this module is imported only where yt-dlp is there.
"""

import urllib.error
import urllib.request
import urllib.response
from collections.abc import Mapping
from http.client import HTTPMessage
from typing import IO, Any, NoReturn

from yt_dlp.networking._urllib import UrllibRH

from multihowto.adapters.youtube_bodies import Inflating

_ENCODINGS = ("gzip", "x-gzip", "deflate")


class PlainUrllibRH(UrllibRH):  # type: ignore[misc]  # yt-dlp is untyped
    """Stands in for yt-dlp's own handler under its key: http and https, never a file or `data:`."""

    RH_KEY = "Urllib"
    _SUPPORTED_URL_SCHEMES = ("http", "https")

    def _create_instance(
        self, proxies: Mapping[str, str], cookiejar: Any, legacy_ssl_support: bool | None = None
    ) -> urllib.request.OpenerDirector:
        opener: urllib.request.OpenerDirector = super()._create_instance(
            proxies, cookiejar, legacy_ssl_support
        )
        opener.add_handler(_Answers())
        return opener

    def _prepare_headers(self, request: Any, headers: dict[str, str]) -> None:
        """Asks for what we can inflate, or for plain bytes where yt-dlp does."""
        if headers.get("Accept-Encoding") != "identity":
            headers["Accept-Encoding"] = "gzip, deflate"


class _Answers(urllib.request.BaseHandler):
    """Sees each answer before yt-dlp does, which would inflate it whole and read the body of a redirect."""

    handler_order = 100

    def http_response(self, request: urllib.request.Request, answer: Any) -> Any:
        """The answer, its body inflated while it is read; one in another encoding is left as it is."""
        encodings = answer.headers.get_all("Content-Encoding") or []
        if not encodings:
            return answer
        del answer.headers["Content-Encoding"]
        encoding = ",".join(encodings).strip().lower()
        if encoding not in _ENCODINGS:
            return answer
        del answer.headers["Content-Length"]
        plain = urllib.response.addinfourl(
            Inflating(answer, encoding),  # type: ignore[arg-type]
            answer.headers, answer.url, answer.code,
        )  # fmt: skip
        plain.msg = answer.msg  # type: ignore[attr-defined]  # urllib's own handlers read it
        return plain

    https_response = http_response

    def http_error_302(
        self, request: urllib.request.Request, body: IO[bytes], code: int, reason: str, headers: HTTPMessage
    ) -> NoReturn:
        """Hands a redirect to whoever asked, unread."""
        raise urllib.error.HTTPError(request.full_url, code, reason, headers, body)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

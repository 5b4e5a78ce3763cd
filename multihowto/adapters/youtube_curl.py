"""The requests that yt-dlp makes in a browser's guise, under the guard.

curl connects in C, where Python reports no connection. So here each host is resolved once, by the guard; curl is
bound to the addresses found, follows no redirect, and ends with the video's deadline or at the step's limit of
bytes, of which it would otherwise take in as many as the network brings, read or not. Through a proxy it is the
proxy that resolves, and only the check of the URL holds.

Imports curl_cffi at once, so this module is imported only when yt-dlp has found it.
"""

import math
from typing import Any

import curl_cffi.requests
from curl_cffi.const import CurlECode, CurlOpt
from yt_dlp.networking._curlcffi import CurlCFFIRH
from yt_dlp.networking.common import Request, Response
from yt_dlp.networking.exceptions import TransportError
from yt_dlp.utils.networking import select_proxy

from multihowto.adapters.web_address import PrivateAddress, port_of
from multihowto.adapters.web_guard import Guard
from multihowto.adapters.youtube_bodies import Bounds


class GuardedCurlRH(CurlCFFIRH):  # type: ignore[misc]  # yt-dlp is untyped
    """Stands in for yt-dlp's own handler under its key; sends nothing before `guard` and `bounds` are set."""

    RH_KEY = "CurlCFFI"
    guard: Guard
    bounds: Bounds

    def _create_instance(self, cookiejar: Any = None) -> Any:
        """A session that follows no redirect."""
        return curl_cffi.requests.Session(cookies=cookiejar, allow_redirects=False)

    def _get_instance(self, cookiejar: Any = None) -> Any:
        """yt-dlp asks here for the session of each request: none leaves without the request's bounds."""
        session = super()._get_instance(cookiejar=cookiejar)
        session.curl_options = self._settings
        return session

    def _send(self, request: Request) -> Response:
        """Binds one request; an answer that promises too much is refused at once."""
        self._settings = self._settings_of(request)
        try:
            return super()._send(request)
        except TransportError as error:
            if getattr(error.cause, "code", None) == CurlECode.FILESIZE_EXCEEDED:
                self.bounds.exceed()  # the session raises it: no handler may
            raise

    def _settings_of(self, request: Request) -> dict[CurlOpt, Any]:
        """curl's own settings for one request; raises TransportError if it must not or cannot be made."""
        proxy = select_proxy(request.url, self._get_proxies(request))
        # Whether there is a proxy is decided here alone: curl reads the environment by rules of its own.
        settings: dict[CurlOpt, Any] = {CurlOpt.FOLLOWLOCATION: 0, CurlOpt.NOPROXY: ""}
        try:
            if proxy:
                self.guard.check_url(request.url)
            else:
                settings |= {CurlOpt.PROXY: "", CurlOpt.RESOLVE: _pins(request.url, self.guard)}
        except (PrivateAddress, OSError) as error:
            raise TransportError(cause=error) from error
        if math.isfinite(self.guard.left_s):
            settings[CurlOpt.TIMEOUT_MS] = max(1, math.ceil(1000 * self.guard.left_s))  # 0 would be for ever
        # A little more, so that it is the session that counts the byte too much. Inflated bytes count.
        settings[CurlOpt.MAXFILESIZE_LARGE] = max(0, self.bounds.left) + 256 * 1024
        if request.headers.get("Accept-Encoding") == "identity":
            settings[CurlOpt.HTTP_CONTENT_DECODING] = 0
        return settings


def _pins(url: str, guard: Guard) -> list[str]:
    """Binds every name to the addresses of the one that was checked: curl may spell it in another way."""
    addresses = [address for address in guard.addresses_of(url) if "%" not in address]
    wrapped = (f"[{address}]" if ":" in address else address for address in addresses)
    return [f"*:{port_of(url)}:{','.join(wrapped)}"] if addresses else []

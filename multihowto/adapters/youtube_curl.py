"""The requests that yt-dlp makes in a browser's guise, under the guard.

curl connects in C, where Python reports no connection. So here each host is resolved once, by the guard; curl is
bound to the addresses found, follows no redirect of its own, and ends with the video's deadline. Through a proxy
it is the proxy that resolves, and only the check of the URL holds.

Imports curl_cffi at once, so this module is imported only when yt-dlp has found it.
"""

import math
import urllib.parse
from typing import Any

import curl_cffi.requests
from curl_cffi.const import CurlOpt
from yt_dlp.networking._curlcffi import CurlCFFIRH
from yt_dlp.networking._helper import get_redirect_method
from yt_dlp.networking.common import Request, Response
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils.networking import select_proxy

from multihowto.adapters.web_address import PrivateAddress, port_of
from multihowto.adapters.web_guard import Guard

_MOST_REDIRECTS = 10
_REDIRECTS = (301, 302, 303, 307, 308)


class GuardedCurlRH(CurlCFFIRH):  # type: ignore[misc]  # yt-dlp is untyped
    """Stands in for yt-dlp's own handler under its key; sends nothing before `guard` is set."""

    RH_KEY = "CurlCFFI"
    guard: Guard

    def _create_instance(self, cookiejar: Any = None) -> Any:
        """A session that follows no redirect."""
        return curl_cffi.requests.Session(cookies=cookiejar, allow_redirects=False)

    def _get_instance(self, cookiejar: Any = None) -> Any:
        """yt-dlp asks here for the session of each request: none leaves without the request's bounds."""
        session = super()._get_instance(cookiejar=cookiejar)
        session.curl_options = self._bounds
        return session

    def _send(self, request: Request) -> Response:
        """Follows redirects itself, each checked like the first request."""
        for step in range(_MOST_REDIRECTS + 1):
            try:
                self._bounds = self._bounds_of(request)
                return super()._send(request)
            except HTTPError as error:
                location = error.response.get_header("Location")
                if error.response.status not in _REDIRECTS or not location:
                    raise
                error.response.close()
                if step == _MOST_REDIRECTS:
                    raise HTTPError(error.response, redirect_loop=True) from None
                request = _redirected(request, error.response.status, location)
        raise AssertionError("every step above returns or raises")

    def _bounds_of(self, request: Request) -> dict[CurlOpt, Any]:
        """curl's own settings for one request; raises TransportError if it must not or cannot be made."""
        proxy = select_proxy(request.url, self._get_proxies(request))
        # Whether there is a proxy is decided here alone: curl reads the environment by rules of its own.
        bounds: dict[CurlOpt, Any] = {CurlOpt.FOLLOWLOCATION: 0, CurlOpt.NOPROXY: ""}
        try:
            if proxy:
                self.guard.check_url(request.url)
            else:
                bounds |= {CurlOpt.PROXY: "", CurlOpt.RESOLVE: _pins(request.url, self.guard)}
        except (PrivateAddress, OSError) as error:
            raise TransportError(cause=error) from error
        if math.isfinite(self.guard.left_s):
            bounds[CurlOpt.TIMEOUT_MS] = max(1, math.ceil(1000 * self.guard.left_s))  # 0 would be for ever
        return bounds


def _pins(url: str, guard: Guard) -> list[str]:
    """Binds every name to the addresses of the one that was checked: curl may spell it in another way."""
    addresses = [address for address in guard.addresses_of(url) if "%" not in address]
    wrapped = (f"[{address}]" if ":" in address else address for address in addresses)
    return [f"*:{port_of(url)}:{','.join(wrapped)}"] if addresses else []


def _redirected(request: Request, status: int, location: str) -> Request:
    """The request that a redirect asks for; another host is told no cookies and no passwords."""
    following = request.copy()
    following.url = urllib.parse.urljoin(request.url, location)
    following.method = get_redirect_method(request.method, status)
    unwanted = ["Cookie", "Host"]
    if following.method != request.method:
        following.data = None
        unwanted += ["Content-Length", "Content-Type"]
    if urllib.parse.urlsplit(following.url).netloc != urllib.parse.urlsplit(request.url).netloc:
        unwanted += ["Authorization", "Proxy-Authorization"]
    for name in unwanted:
        following.headers.pop(name, None)
    return following

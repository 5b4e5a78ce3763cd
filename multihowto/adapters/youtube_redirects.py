"""Redirects: followed one by one by the session itself, so that each is checked like a first request.

Imports yt-dlp at once, so this module is imported only where yt-dlp is there.
"""

import string
import urllib.parse

from yt_dlp.networking._helper import get_redirect_method
from yt_dlp.networking.common import Request, Response

MOST_REDIRECTS = 10
_STATUSES = (301, 302, 303, 307, 308)


def target_of(answer: Response) -> str | None:
    """Where an answer leads instead; None if it is no redirect, or one that cannot be read."""
    location: str | None = answer.get_header("Location")
    if answer.status not in _STATUSES or not location:
        return None
    raw = location.encode("latin-1" if max(location) < "\u0100" else "utf-8", "replace")
    try:
        return urllib.parse.urljoin(str(answer.url), urllib.parse.quote(raw, safe=string.punctuation))
    except ValueError:
        return None


def redirected(request: Request, status: int, target: str) -> Request:
    """The request that a redirect asks for; another host is told no cookies and no passwords."""
    following = request.copy()
    following.url = target
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

"""The proxies that the environment names: the only private places that connections may go to unasked."""

import urllib.parse
import urllib.request

from multihowto.adapters.web_guard import Peer
from multihowto.errors import ConfigError

_KINDS = ("http", "https", "all")
_SCHEMES = ("http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h")
_PORTS = (80, 443, 1080)


def proxy_peers() -> tuple[Peer, ...]:
    """Host and port of every proxy for web pages; without a port, those that libraries assume.

    Raises ConfigError for one that cannot be read, and does not repeat it: it may carry a password.
    """
    named = urllib.request.getproxies()
    return tuple(peer for kind in _KINDS if named.get(kind) for peer in _peers(kind, named[kind]))


def _peers(kind: str, value: str) -> list[Peer]:
    """The peers of one variable; "__noproxy__" is yt-dlp's word for none."""
    if value == "__noproxy__":
        return []
    url = value if "://" in value else f"http://{value.removeprefix('//')}"
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme.lower() not in _SCHEMES or set("'\"<> \\") & set(parts.netloc):
        raise ConfigError(
            f"the proxy in {kind.upper()}_PROXY cannot be read: write it as http://user:password@host:port, "
            f"special characters of the password as %-codes (one of {', '.join(_SCHEMES)})"
        )
    return [(host, one) for one in ((port,) if port else _PORTS)]

"""Which addresses the downloader may talk to: public ones only, unless the pipeline says otherwise."""

import functools
import ipaddress
import re
import socket
import urllib.parse
from collections.abc import Callable

Resolve = Callable[[str], tuple[str, ...]]
"""From a host's name to its addresses; raises OSError if there are none."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Python's own list grows from version to version; a cloud's own service may even have a public address.
_CLOSED = tuple(
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "168.63.129.16/32",
        "64:ff9b:1::/48",
        "fec0::/10",
        "3fff::/20",
    )
)
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}", re.IGNORECASE)
_BAD_AUTHORITY = re.compile(r"[\s\\\x00-\x20\x7f]")
# Nothing else is a name: some clients decode %31 in a host, so that it leads elsewhere than what was checked.
_NAME = re.compile(r"[a-z0-9._-]+")
_LOCAL = "the host is a local name"


class PrivateAddress(ValueError):
    """A URL that the downloader must not follow; says why, without the URL's secrets."""


def resolve_host(host: str) -> tuple[str, ...]:
    """Every address of a host, by the system's resolver."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(sorted({str(address[0]) for *_, address in found}))


def check_address(url: str, allow_private: bool, resolve: Resolve = resolve_host) -> None:
    """Raises `PrivateAddress` unless the URL is http(s), has no password and leads to public addresses.

    A host that cannot be resolved passes: the request itself will say so.
    """
    host = _host_of(url)
    if allow_private:
        return
    try:
        reason = _reason_against(host, resolve)
    except OSError:
        return
    if reason:
        raise PrivateAddress(reason)


def addresses_of(url: str, allow_private: bool, resolve: Resolve = resolve_host) -> tuple[str, ...]:
    """The addresses of the URL's host, all checked like `check_address` does: connect to these and no others.

    Resolves anew each time; raises OSError if there are none.
    """
    host = _host_of(url)
    if not allow_private and _is_local(host):
        raise PrivateAddress(_LOCAL)
    literal = _literal(host)
    addresses = (literal,) if literal else resolve(host)
    for address in () if allow_private else addresses:
        check_peer(address)
    if not addresses:
        raise OSError("the host's name leads to no address")
    return addresses


def port_of(url: str) -> int:
    """The port of an http(s) URL."""
    parts = urllib.parse.urlsplit(url)
    return parts.port or (443 if parts.scheme.lower() == "https" else 80)


def check_peer(address: str) -> None:
    """Raises `PrivateAddress` if a socket is about to connect to an address that is not public."""
    reason = _against_address(address)
    if reason:
        raise PrivateAddress(reason)


def _host_of(url: str) -> str:
    """The URL's host in plain ASCII, lower case, without a final dot."""
    try:
        parts = urllib.parse.urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        raise PrivateAddress("the URL cannot be read") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise PrivateAddress("the URL is not http or https")
    if "@" in parts.netloc or _BAD_AUTHORITY.search(parts.netloc):
        raise PrivateAddress("the URL carries a user or a password, or its host cannot be read")
    return _plain(host)


def _plain(host: str) -> str:
    """Full-width digits and ideographic dots are digits and dots to a resolver, so they are here."""
    try:
        plain = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        raise PrivateAddress("the URL's host cannot be read") from None
    plain = plain.lower().rstrip(".")
    if not plain:
        raise PrivateAddress("the URL has no host")
    if ":" not in plain and not _NAME.fullmatch(plain):
        raise PrivateAddress("the URL's host cannot be read")
    return plain


def _is_local(host: str) -> bool:
    """Whether a name is one that never leaves the machine or its network."""
    return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


@functools.lru_cache(maxsize=1024)
def _reason_against(host: str, resolve: Resolve) -> str | None:
    """Why a host is out of bounds, or None; a host that cannot be resolved is asked again next time."""
    if _is_local(host):
        return _LOCAL
    literal = _literal(host)
    addresses = (literal,) if literal else resolve(host)
    reasons = (_against_address(address) for address in addresses)
    return next((reason for reason in reasons if reason), None)


def _literal(host: str) -> str | None:
    """The address that a host spells out, in any of the notations that a C library reads."""
    if ":" in host:
        return host
    if not _NUMERIC.fullmatch(host):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return "0.0.0.0"  # noqa: S104 - a number that is no address: refused


def _against_address(address: str) -> str | None:
    """Why an address is out of bounds, or None."""
    try:
        parsed = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return "the host's address cannot be read"
    closed = parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified or not parsed.is_global
    closed = closed or any(parsed in block for block in _CLOSED)
    return "the host leads to a private address" if closed else None


def _unwrapped(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address inside an IPv6 one (mapped, NAT64, 6to4, Teredo), for that is where it leads."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and address.teredo is not None:
        inner = address.teredo[1]
    return inner or address

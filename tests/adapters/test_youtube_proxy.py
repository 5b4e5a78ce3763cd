"""A proxy in the environment may be private; nothing else becomes so through it, and its password is not told."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from yt_dlp.networking.common import Request
from yt_dlp.networking.exceptions import RequestError
from yt_dlp.networking.impersonate import ImpersonateTarget

from multihowto.adapters.site_messages import Refused
from multihowto.adapters.web_address import PrivateAddress
from multihowto.adapters.youtube_options import Options
from multihowto.adapters.youtube_proxy import proxy_peers
from multihowto.adapters.youtube_session import Session
from multihowto.errors import ConfigError

from .fault_server import Answer, FaultServer
from .youtube_double import resolve_public

GUISES = pytest.mark.parametrize("guise", ["plain", "chrome"])


@pytest.fixture
def env(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    return monkeypatch


@contextmanager
def opened(allow_private: bool = False) -> Iterator[Session]:
    """A session for which every name is public."""
    options = Options(("en",), pacing="off", opt_out="ignore", deadline_s=5, allow_private=allow_private)
    session = Session(options, resolve_public, ())
    yield session
    session.close()
    session.guard.close()


def ask(session: Session, url: str, guise: str) -> bytes:
    if guise == "chrome":
        pytest.importorskip("curl_cffi")
    request = Request(
        url, extensions={"impersonate": ImpersonateTarget("chrome")} if guise == "chrome" else {}
    )
    with session.guard.watch(5), session.urlopen(request) as response:
        return bytes(response.read())


@GUISES
def test_a_private_proxy_is_used(server: FaultServer, env: pytest.MonkeyPatch, guise: str) -> None:
    env.setenv("http_proxy", server.root)
    server.answers["http://a.test/x"] = Answer(b"hello")
    with opened() as session:
        assert ask(session, "http://a.test/x", guise) == b"hello"


@GUISES
@pytest.mark.parametrize(
    "place",
    ["http://127.0.0.1/", "http://169.254.169.254/latest", "http://0x7f.1/", "http://localhost./", "SELF"],
)
def test_a_proxy_is_not_asked_for_private_places(
    server: FaultServer, env: pytest.MonkeyPatch, guise: str, place: str
) -> None:
    """Neither at once nor by a redirect, and the proxy itself is no place to ask either."""
    env.setenv("http_proxy", server.root)
    place = place.replace("SELF", f"{server.root}/x")
    server.answers["http://a.test/x"] = Answer(status=302, location=place)
    with opened() as session:
        for first in (place, "http://a.test/x"):
            with pytest.raises(PrivateAddress):
                ask(session, first, guise)
    assert dict(server.asked) == {"http://a.test/x": 1}


@GUISES
@pytest.mark.parametrize("bypass", [True, False])
def test_what_goes_past_the_proxy_is_guarded(
    server: FaultServer, env: pytest.MonkeyPatch, guise: str, bypass: bool
) -> None:
    """A proxy for https alone, or one that `no_proxy` goes around, frees no direct connection."""
    name = socket.gethostname()
    try:
        addresses = {str(one[4][0]) for one in socket.getaddrinfo(name, None)}
    except OSError:
        addresses = set()
    if not addresses or not all(one.startswith(("127.", "::1")) for one in addresses):
        pytest.skip("this machine's name does not lead to its loopback")
    env.setenv("http_proxy" if bypass else "https_proxy", "http://127.0.0.1:9")
    env.setenv("no_proxy", name if bypass else "")
    url = f"http://{name}:{server.root.rpartition(':')[2]}/x"
    with opened() as session, pytest.raises((PrivateAddress, RequestError)):
        ask(session, url, guise)
    assert not server.asked


def test_only_handlers_that_the_guard_can_watch(env: pytest.MonkeyPatch) -> None:
    with opened() as session:
        assert set(session._request_director.handlers) <= {"Urllib", "CurlCFFI"}
    env.setenv("http_proxy", "http://127.0.0.1:9")
    with opened() as session:
        assert set(session._request_director.handlers) <= {"Urllib", "CurlCFFI"}


@GUISES
@pytest.mark.parametrize("port", ["closed", "refusing"])
def test_a_password_is_not_told(server: FaultServer, env: pytest.MonkeyPatch, guise: str, port: str) -> None:
    place = server.root.removeprefix("http://") if port == "refusing" else "127.0.0.1:9"
    env.setenv("http_proxy", f"http://me:PASS%27WORD@{place}")
    env.setenv("https_proxy", f"http://me:PASS%27WORD@{place}")
    server.answers["http://a.test/x"] = Answer(b"who are you", 407)
    for url in ("http://a.test/x", "https://a.test/x"):
        with opened() as session:
            budget = session.begin()
            with pytest.raises(Refused) as caught, session.step(budget):
                ask(session, url, guise)
            assert "PASS" not in str(caught.value)


@pytest.mark.parametrize("kind", ["http", "HTTPS", "all"])
@pytest.mark.parametrize(
    "value",
    [
        "ftp://me:PASS@host:1", "http://me:PA'SS@host:1", "http://me:PASS@", "http://me:PASS@host:port",
        "http://me:PA#SS@host:1", "http://me:PASS@[::1", "http://me:PA SS@host:1", "gopher:PASS", "me:PASS@host:x",
    ],
)  # fmt: skip
def test_a_proxy_that_cannot_be_read(env: pytest.MonkeyPatch, kind: str, value: str) -> None:
    env.setenv(f"{kind}_proxy", value)
    with (
        pytest.raises(ConfigError, match=f"{kind.upper()}_PROXY cannot be read: write it as") as caught,
        opened(),
    ):
        pass
    assert "PASS" not in str(caught.value) and caught.value.__context__ is None


def test_places_of_proxies(env: pytest.MonkeyPatch) -> None:
    assert proxy_peers() == ()
    env.setenv("http_proxy", "me:pw@10.0.0.1:3128")
    env.setenv("all_proxy", "socks5://proxy.test")
    env.setenv("colab_language_server_proxy", "/a/b")
    env.setenv("https_proxy", "__noproxy__")
    socks = [("proxy.test", 80), ("proxy.test", 443), ("proxy.test", 1080)]
    assert proxy_peers() == (("10.0.0.1", 3128), *socks)

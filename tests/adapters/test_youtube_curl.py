"""Requests in a browser's guise, through the real curl: refused, bound and cut like all others."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from yt_dlp.networking.common import Request
from yt_dlp.networking.exceptions import HTTPError, RequestError
from yt_dlp.networking.impersonate import ImpersonateTarget

from multihowto.adapters.site_messages import Refused
from multihowto.adapters.web_address import PrivateAddress
from multihowto.adapters.web_guard import Guard
from multihowto.adapters.youtube_bodies import Stopped
from multihowto.adapters.youtube_options import Options
from multihowto.adapters.youtube_redirects import redirected
from multihowto.adapters.youtube_session import Session

from .fault_server import Answer, FaultServer

pytest.importorskip("curl_cffi")

PUBLIC = ("93.184.216.34",)
VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@contextmanager
def opened(deadline_s: int = 20, allow_private: bool = True, **names: tuple[str, ...]) -> Iterator[Session]:
    """A session whose resolver knows `names` alone, with underscores for dots."""

    def resolve(host: str) -> tuple[str, ...]:
        found = names.get(host.replace(".", "_"))
        if found is None:
            raise socket.gaierror(-2, "Name or service not known")
        return found

    options = Options(
        ("en",), pacing="off", opt_out="ignore", deadline_s=deadline_s, allow_private=allow_private
    )
    session = Session(options, resolve, ())
    yield session
    session.close()
    session.guard.close()


def ask(session: Session, url: str) -> bytes:
    """The body of a request that only curl can make."""
    request = Request(url, extensions={"impersonate": ImpersonateTarget("chrome")})
    with session.guard.watch(session._options.deadline_s), session.urlopen(request) as response:
        return bytes(response.read())


def port(server: FaultServer) -> str:
    return server.root.rpartition(":")[2]


def test_curl_itself_answers(server: FaultServer) -> None:
    server.answers["/x"] = Answer(b"hello")
    with opened() as session:
        assert ask(session, f"{server.root}/x") == b"hello"
        assert [type(one).__name__ for one in session._request_director.handlers.values()].count(
            "GuardedCurlRH"
        ) == 1


def test_a_name_leads_where_it_was_checked(server: FaultServer) -> None:
    """No resolver but the session's knows this name: curl goes to the addresses that were checked."""
    server.answers["/x"] = Answer(b"hello")
    with opened(a_test=("127.0.0.1",)) as session:
        for spelled in ("a.test", "A.TEST", "a.test."):
            assert ask(session, f"http://{spelled}:{port(server)}/x") == b"hello"


def test_a_name_that_is_private_by_now_is_not_reached(server: FaultServer) -> None:
    """The name was public when it was checked; curl's own look-up would find this machine."""
    name = socket.gethostname()
    try:
        local = socket.gethostbyname(name).startswith("127.")
    except OSError:
        local = False
    if not local:
        pytest.skip("this machine's name does not lead to its loopback")
    server.answers["/x"] = Answer(b"hello")
    with (
        opened(deadline_s=1, allow_private=False, **{name.replace(".", "_"): PUBLIC}) as session,
        pytest.raises(RequestError),
    ):
        ask(session, f"http://{name}:{port(server)}/x")
    assert not server.asked


def test_a_name_is_looked_up_for_each_request(server: FaultServer) -> None:
    """The first answer is public, the second private: the second counts, and nothing is sent."""
    answers = iter([PUBLIC, ("127.0.0.1",)])
    options = Options(("en",), pacing="off", opt_out="ignore", deadline_s=20)
    session = Session(options, lambda _: next(answers), ())
    with pytest.raises(PrivateAddress):
        ask(session, f"http://a.test:{port(server)}/x")
    assert not server.asked and session.guard.refused is not None
    session.close()
    session.guard.close()


@pytest.mark.parametrize("inner", ["127.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "::ffff:127.0.0.1"])
def test_a_name_with_a_private_address_is_refused(server: FaultServer, inner: str) -> None:
    with opened(allow_private=False, a_test=(*PUBLIC, inner)) as session, pytest.raises(PrivateAddress):
        ask(session, f"http://a.test:{port(server)}/x")
    assert not server.asked


def test_a_name_that_nobody_knows(server: FaultServer) -> None:
    with opened(allow_private=False) as session, pytest.raises(RequestError) as caught:
        ask(session, f"http://{socket.gethostname()}:{port(server)}/x")
    assert isinstance(caught.value.cause, socket.gaierror) and not server.asked


class Lenient(Guard):
    """Takes `free` for public, though it is the loopback server; judges everything else."""

    free = ""

    def check_url(self, url: str) -> None:
        if url != self.free:
            super().check_url(url)

    def addresses_of(self, url: str) -> tuple[str, ...]:
        return ("127.0.0.1",) if url == self.free else super().addresses_of(url)


@pytest.mark.parametrize("place", ["http://127.0.0.1:{}/y", "http://0x7f.1:{}/y", "http://b.test:{}/y"])
def test_a_redirect_to_a_private_address_is_not_followed(server: FaultServer, place: str) -> None:
    server.answers["/x"] = Answer(status=302, location=place.format(port(server)))
    with opened(allow_private=False) as session:
        session.guard = Lenient(False, lambda _: ("127.0.0.1",))
        session.guard.free = f"http://a.test:{port(server)}/x"
        for handler in session._request_director.handlers.values():
            handler.guard = session.guard
        with pytest.raises(PrivateAddress):
            ask(session, session.guard.free)
    assert dict(server.asked) == {"/x": 1}


def test_redirects_are_followed(server: FaultServer) -> None:
    server.answers["/x"] = Answer(status=302, location="y?z=1")
    server.answers["/y"] = Answer(status=307, location=f"http://b.test:{port(server)}/z")
    server.answers["/z"] = Answer(b"hello")
    with opened(b_test=("127.0.0.1",)) as session:
        assert ask(session, f"{server.root}/x") == b"hello"
    assert dict(server.asked) == {"/x": 1, "/y": 1, "/z": 1}


def test_redirects_end(server: FaultServer) -> None:
    server.answers["/x"] = Answer(status=302, location="/x")
    with opened() as session, pytest.raises(HTTPError) as caught:
        ask(session, f"{server.root}/x")
    assert caught.value.redirect_loop and server.asked["/x"] == 11


def test_a_redirect_to_another_scheme_is_refused(server: FaultServer) -> None:
    server.answers["/x"] = Answer(status=302, location="file:///etc/passwd")
    with opened() as session, pytest.raises(Stopped, match="not http"):
        ask(session, f"{server.root}/x")


@pytest.mark.parametrize(
    "slow", [Answer(b"x" * 1000, drip_s=0.05), Answer(drip_headers=True), Answer(wait_s=30)]
)
def test_drips_end_at_the_deadline(server: FaultServer, slow: Answer) -> None:
    server.answers["/x"] = slow
    with opened(deadline_s=1) as session:
        budget = session.begin()
        start = time.monotonic()
        with pytest.raises(Refused) as caught, session.step(budget):
            session.caption(f"{server.root}/x", impersonate=True)
        assert time.monotonic() - start < 4
    assert caught.value.verdict.code == "timed_out"


def test_a_redirect_loop_of_slow_answers_ends_at_the_deadline(server: FaultServer) -> None:
    server.answers["/x"] = Answer(status=302, location="/x", wait_s=0.4)
    with opened(deadline_s=1) as session:
        budget = session.begin()
        with pytest.raises(Refused) as caught, session.step(budget):
            session.caption(f"{server.root}/x", impersonate=True)
    assert caught.value.verdict.code == "timed_out" and server.asked["/x"] <= 4


def test_another_host_is_told_no_password() -> None:
    headers = {"Cookie": "a=b", "Authorization": "Basic x", "X-Kept": "1", "Content-Type": "text/plain"}
    request = Request("https://a.test/x", data=b"body", headers=headers)
    following = redirected(request, 302, "https://b.test/y")
    assert (following.method, following.url, following.data) == ("GET", "https://b.test/y", None)
    assert dict(following.headers) == {"X-Kept": "1"}
    same = redirected(request, 307, "https://a.test/y")
    assert (same.method, same.url, same.data) == ("POST", "https://a.test/y", b"body")
    assert same.headers["Authorization"] == "Basic x" and "Cookie" not in same.headers

"""Connections are refused by address and cut at the deadline, whoever makes them."""

import http.client
import socket
import time
import urllib.request
from contextlib import suppress

import pytest

from multihowto.adapters.web_address import PrivateAddress
from multihowto.adapters.web_guard import Budget, Guard

from .fault_server import Answer, FaultServer


def test_a_private_peer_is_refused_at_the_connection(server: FaultServer) -> None:
    guard = Guard(allow_private=False)
    with guard.watch(10), pytest.raises(PrivateAddress):
        urllib.request.urlopen(f"{server.root}/x")
    assert guard.refused is not None and not server.asked
    guard.close()


def test_a_private_proxy_is_no_other_private_peer(server: FaultServer) -> None:
    server.answers["/x"] = Answer(b"hello")
    port = int(server.root.rpartition(":")[2])
    for proxies, served in (((("localhost", port),), True), ((("localhost", port + 1),), False)):
        guard = Guard(False, proxies=proxies)
        with guard.watch(10), socket.socket() as ours:
            if served:
                ours.connect(("127.0.0.1", port))
            else:
                with pytest.raises(PrivateAddress):
                    ours.connect(("127.0.0.1", port))
        assert (guard.refused is None) is served
        guard.close()


def test_a_url_is_refused_before_its_connection(server: FaultServer) -> None:
    """Through a proxy the connection tells nothing: the URL does, of a redirect as well."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": server.root}))
    server.answers["http://8.8.8.8/x"] = Answer(status=302, location="http://169.254.169.254/y")
    guard = Guard(False, proxies=(("127.0.0.1", int(server.root.rpartition(":")[2])),))
    with guard.watch(10), pytest.raises(PrivateAddress):
        opener.open("http://8.8.8.8/x")
    assert dict(server.asked) == {"http://8.8.8.8/x": 1}
    guard.close()


def test_the_deadline_is_late_at_once() -> None:
    """Who looks right after the deadline need not wait for the thread that cuts connections."""
    guard = Guard(allow_private=True)
    assert guard.left_s == float("inf")
    seen = []
    with guard.watch(0.0):
        seen.append(guard.expired)
        assert guard.left_s <= 0
    seen.append(guard.expired)
    guard.reset()
    assert [*seen, guard.expired] == [True, True, False]
    guard.close()


def test_without_a_guard_nothing_changes(server: FaultServer) -> None:
    server.answers["/x"] = Answer(b"hello")
    guard = Guard(allow_private=False)
    with guard.watch(10):
        pass
    guard.close()
    with urllib.request.urlopen(f"{server.root}/x") as response:
        assert response.read() == b"hello"


@pytest.mark.parametrize("slow", [Answer(b"x" * 1000, drip_s=0.05), Answer(drip_headers=True)])
def test_dripping_bodies_and_headers_end_at_the_deadline(server: FaultServer, slow: Answer) -> None:
    server.answers["/x"] = slow
    guard = Guard(allow_private=True)
    budget = Budget(guard, 0.5)
    start = time.monotonic()
    with suppress(OSError, http.client.HTTPException), budget.spend():
        urllib.request.urlopen(f"{server.root}/x").read()
    assert guard.expired
    assert time.monotonic() - start < 3
    assert budget.left_s == 0
    guard.close()


def test_other_connections_are_not_touched(server: FaultServer) -> None:
    guard = Guard(allow_private=True)
    host, port = "127.0.0.1", int(server.root.rpartition(":")[2])
    with socket.create_connection((host, port)) as ours:
        with guard.watch(0.0):
            time.sleep(0.5)
        server.answers["/x"] = Answer(b"hello")
        ours.sendall(b"GET /x HTTP/1.0\r\n\r\n")
        assert b"200" in ours.recv(100)
    assert guard.expired
    guard.close()

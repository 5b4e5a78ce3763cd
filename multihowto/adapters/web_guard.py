"""Watches the sockets that a thread opens: none to a private address, and none beyond a deadline.

yt-dlp has no deadline of its own: a server that sends one byte a second holds a worker for ever, in a page, a
header or a file. And a name checked before a request may lead elsewhere by the time of the connection, as may
every redirect. Both end here, where Python itself reports a connection: its audit event `socket.connect`. Where
a proxy makes the connection, only the URL tells: the event `urllib.Request` comes for each redirect as well.
What connects in C is reported nowhere and must ask the guard itself (`youtube_curl`).
"""

import contextlib
import math
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from multihowto.adapters.web_address import (
    PrivateAddress,
    Resolve,
    addresses_of,
    check_address,
    check_peer,
    resolve_host,
)

Peer = tuple[str, int]
T = TypeVar("T")

_MOMENT_S = 0.2

_active = threading.local()
_installing = threading.Lock()
_installed = False


class Guard:
    """One a worker: knows the worker's open connections; `expired` and `refused` say what it did.

    `proxies`: hosts and ports that may be private, for the environment names them.
    """

    def __init__(
        self, allow_private: bool, resolve: Resolve = resolve_host, proxies: tuple[Peer, ...] = ()
    ) -> None:
        self._allow_private = allow_private
        self._resolve = resolve
        self._proxies = proxies
        self._sockets: set[tuple[int, Peer]] = set()
        self._deadline = math.inf
        self._closed = threading.Event()
        self._watcher: threading.Thread | None = None
        self._cut = False
        self.refused: PrivateAddress | None = None
        _install()

    def reset(self) -> None:
        """Forgets what was done for the last video; connections stay, for they may be used again."""
        self._cut = False
        self.refused = None
        self._sockets = {entry for entry in self._sockets if _open(entry)}

    @property
    def expired(self) -> bool:
        """Whether the deadline has passed since the last reset."""
        return self._cut or time.monotonic() > self._deadline

    @property
    def left_s(self) -> float:
        """Seconds to the deadline; infinite outside of `watch`."""
        return self._deadline - time.monotonic()

    @contextlib.contextmanager
    def watch(self, seconds: float) -> Iterator[None]:
        """Guards this thread's connections; after `seconds` all of them are cut and `expired` is set."""
        self._start()
        _active.guard = self
        self._deadline = time.monotonic() + seconds
        try:
            yield
        finally:
            self._cut = self.expired
            self._deadline = math.inf
            _active.guard = None

    def close(self) -> None:
        """Ends the thread that watches the clock."""
        self._closed.set()
        if self._watcher is not None:
            self._watcher.join()
            self._watcher = None

    def _start(self) -> None:
        """Starts the thread that watches the clock: one a worker, not one a step."""
        if self._watcher is None:
            self._closed.clear()
            self._watcher = threading.Thread(target=self._look, daemon=True)
            self._watcher.start()

    def _look(self) -> None:
        """Looks every moment; shuts connections down again and again, for one may just be in the making."""
        while not self._closed.wait(_MOMENT_S):
            if time.monotonic() > self._deadline:
                self._cut = True
                for entry in tuple(self._sockets):
                    _shut(entry)

    def on_connect(self, number: int, peer: Peer) -> None:
        """Refuses a private peer and remembers the connection otherwise."""
        if not self._allow_private and not self._is_proxy(peer):
            self._noting(lambda: check_peer(peer[0]))
        self._sockets.add((number, peer))

    def check_url(self, url: str) -> None:
        """Raises `PrivateAddress` for a URL that must not be asked for; a host without address passes."""
        self._noting(lambda: check_address(url, self._allow_private, self._resolve))

    def addresses_of(self, url: str) -> tuple[str, ...]:
        """The checked addresses of a URL's host, for those who connect by themselves."""
        return self._noting(lambda: addresses_of(url, self._allow_private, self._resolve))

    def _noting(self, check: Callable[[], T]) -> T:
        """What the check returns; its refusal is kept, for not every library lets it through."""
        try:
            return check()
        except PrivateAddress as error:
            self.refused = error
            raise

    def _is_proxy(self, peer: Peer) -> bool:
        """Whether a peer is a proxy, whose name may have got another address since."""
        hosts = (host for host, port in self._proxies if port == peer[1])
        return any(peer[0] in _known(host) for host in hosts)


def _install() -> None:
    """Adds the audit hook, once a process: it can never be taken away, and does nothing without a guard."""
    global _installed
    with _installing:
        if not _installed:
            sys.addaudithook(_on_event)
            _installed = True


def _on_event(event: str, args: tuple[object, ...]) -> None:
    """Tells the thread's guard of a connection or a request that is about to be made."""
    if event not in ("socket.connect", "urllib.Request"):
        return
    guard: Guard | None = getattr(_active, "guard", None)
    if guard is None:
        return
    if event == "urllib.Request":
        guard.check_url(str(args[0]))
        return
    connection, address = args
    if isinstance(connection, socket.socket) and isinstance(address, tuple):
        _on_socket(guard, connection, (str(address[0]), int(address[1])))


def _on_socket(guard: Guard, connection: socket.socket, peer: Peer) -> None:
    """Tells a guard of a connection; one that is refused is closed."""
    try:
        guard.on_connect(connection.fileno(), peer)
    except PrivateAddress:
        connection.close()  # whoever opened it expects an OSError and would leave it open
        raise


def _known(host: str) -> tuple[str, ...]:
    """A proxy's addresses, by the system's resolver like those who connect to it; none if it has none."""
    try:
        return resolve_host(host)
    except OSError:
        return ()


@contextlib.contextmanager
def _twin(entry: tuple[int, Peer]) -> Iterator[socket.socket | None]:
    """A second handle on a remembered connection; None if the number now belongs to something else."""
    number, peer = entry
    try:
        twin = socket.socket(fileno=os.dup(number))
    except OSError:
        yield None
        return
    with twin:
        try:
            name = twin.getpeername()
        except OSError:
            name = None
        yield twin if isinstance(name, tuple) and tuple(name[:2]) == peer else None


def _open(entry: tuple[int, Peer]) -> bool:
    """Whether a remembered connection still stands."""
    with _twin(entry) as twin:
        return twin is not None


def _shut(entry: tuple[int, Peer]) -> None:
    """Ends a remembered connection, whoever reads from it."""
    with _twin(entry) as twin, contextlib.suppress(OSError):
        if twin is not None:
            twin.shutdown(socket.SHUT_RDWR)


class Budget:
    """The seconds that one video may still take; waiting for one's turn does not count."""

    def __init__(self, guard: Guard, seconds: float) -> None:
        self._guard = guard
        self._left = seconds

    @contextlib.contextmanager
    def spend(self) -> Iterator[None]:
        """Runs a step under the guard, for as long as is left."""
        start = time.monotonic()
        try:
            with self._guard.watch(self._left):
                yield
        finally:
            self._left -= time.monotonic() - start

    @property
    def left_s(self) -> float:
        """Seconds left."""
        return max(0.0, self._left)

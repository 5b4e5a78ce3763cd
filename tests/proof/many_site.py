"""A site of hundreds of small videos that share a few files, each with a caption track of its own."""

import threading
from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from demo_pages import MP4, VTT, Entry, Resource, resources_of, watch_path
from demo_server import DemoServer
from demo_site import HOST


class ManySite:
    """The site in threads of this process, for the time of a `with` block; every answer waits for `delay_s`."""

    def __init__(self, videos: int, files: Sequence[bytes], delay_s: float) -> None:
        self.ids: Final = [f"many-{number:03}" for number in range(videos)]
        entries = [entry(name, files[number % len(files)]) for number, name in enumerate(self.ids)]
        self._resources = resources_of(entries)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._delay_s = delay_s

    def __enter__(self) -> Self:
        self._server = DemoServer((HOST, 0), self.answer)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="many-site")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.close_all()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where the site is, without a slash at the end."""
        return f"http://{HOST}:{self._server.server_port}"

    @property
    def requests(self) -> dict[tuple[str, str], int]:
        """How often each (method, path) was asked for, whether or not the client stayed for the answer."""
        with self._lock:
            return dict(self._counts)

    def manifest(self) -> list[tuple[str, str, str]]:
        """Id, URL and split of every video."""
        return [(name, f"{self.url}{watch_path(name)}", "train") for name in self.ids]

    def answer(self, method: str, path: str) -> Resource | None:
        """Counts the request, waits for the delay, and finds what is at the path."""
        with self._lock:
            self._counts[method, path] += 1
        self._closing.wait(self._delay_s)
        return self._resources.get(path)


def entry(name: str, file: bytes) -> Entry:
    """A video whose captions say its name."""
    text = f"WEBVTT\n\n00:00.000 --> 00:02.000\nthis is {name}\n"
    return Entry(name, f"Video {name}", Resource(file, MP4), {"en": Resource(text.encode(), VTT)})

"""The demo's video site on 127.0.0.1: renders what is missing, then serves until it is ended.

Usage:
    python demo/demo_site.py [--port N] [--media DIR] [--limit N] [--delay-s S]
    python demo/demo_site.py --write-manifest
"""

import argparse
import csv
import signal
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Final, Self

from demo_faults import FAULTS, faulty_entries
from demo_pages import Resource, entry_of, resources_of, watch_path
from demo_plan import HERE, plan
from demo_render import RenderError, render_all
from demo_server import DemoServer, json_resource

HOST: Final = "127.0.0.1"
PORT: Final = 8791
MEDIA_DIR: Final = HERE.parent / "build" / "demo-site"
MANIFEST: Final = HERE.parent / "manifests" / "videos" / "demo.csv"
BAD_ENTRIES_SPLIT: Final = "train"


class Site:
    """The site in threads of this process, for the time of a `with` block.

    `port` 0 takes a free one, `limit` is the number of good videos (the bad ones are always there), and
    every answer waits for `delay_s`. Raises RenderError when a video cannot be made, OSError when the port is
    taken.
    """

    def __init__(
        self,
        media_dir: Path,
        port: int = PORT,
        limit: int | None = None,
        delay_s: float = 0.0,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        videos = plan()[:limit]
        files = render_all(videos, media_dir, say)
        entries = [entry_of(video, files[video.video_id].read_bytes()) for video in videos]
        self._resources = resources_of([*entries, *faulty_entries(entries[0])])
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._delay_s = delay_s
        self._address = (HOST, port)

    def __enter__(self) -> Self:
        self._server = DemoServer(self._address, self.answer)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo-site")
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

    def answer(self, method: str, path: str) -> Resource | None:
        """Counts the request, waits for the delay, and finds what is at the path."""
        with self._lock:
            self._counts[method, path] += 1
        self._closing.wait(self._delay_s)
        if path == "/healthz":
            return json_resource({"site": "multihowto-demo"})
        if path == "/requests.json":
            return json_resource({f"{verb} {where}": count for (verb, where), count in self.requests.items()})
        return self._resources.get(path)


def manifest_rows() -> list[tuple[str, str, str]]:
    """Id, URL and split of every entry, good and bad."""
    rows = [(video.video_id, video.split) for video in plan()]
    rows += [(video_id, BAD_ENTRIES_SPLIT) for video_id in FAULTS]
    return [(video_id, f"http://{HOST}:{PORT}{watch_path(video_id)}", split) for video_id, split in rows]


def write_manifest(path: Path = MANIFEST) -> None:
    """Writes the manifest that names all entries."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["video_id", "url", "split"])
        writer.writerows(manifest_rows())


def serve_until_ended(site: Site) -> None:
    """Serves until SIGINT or SIGTERM."""
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    with site:
        print(f"serving {site.url}/ (end with Ctrl-C)", flush=True)
        ended.wait()
    print("ended", flush=True)


def _say(line: str) -> None:
    """Prints at once, also into a pipe."""
    print(line, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """SIGTERM while rendering ends as Ctrl-C does."""
    raise KeyboardInterrupt


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="The demo's video site on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=PORT, help=f"0 takes a free one (default: {PORT})")
    parser.add_argument("--media", type=Path, default=MEDIA_DIR, help="folder of the rendered videos")
    parser.add_argument("--limit", type=int, help="number of good videos (default: all)")
    parser.add_argument("--delay-s", type=float, default=0.0, help="wait before every answer")
    parser.add_argument("--write-manifest", action="store_true", help=f"only write {MANIFEST.name}")
    parsed = parser.parse_args(arguments)
    if parsed.limit is not None and parsed.limit < 1:
        parser.error("--limit: at least 1")
    return parsed


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, or 1 when the site could not start; 130 when interrupted before it did."""
    options = parse_arguments(arguments)
    if options.write_manifest:
        write_manifest()
        return 0
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        serve_until_ended(Site(options.media, options.port, options.limit, options.delay_s, _say))
    except KeyboardInterrupt:
        return 130
    except (RenderError, OSError) as error:
        print(f"the demo's site could not start: {error}", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

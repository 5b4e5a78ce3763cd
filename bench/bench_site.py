"""The demo's site with all nine caption tracks on every video, in a process of its own.

Usage: PYTHONPATH=demo python bench/bench_site.py VIDEOS

Prints its address when it is ready; /requests.json counts what was asked for. Ends with its standard input.
"""

import sys
import threading
from collections import Counter
from dataclasses import replace
from typing import Final

from demo_pages import Resource, entry_of, resources_of
from demo_plan import LANGUAGES, VideoPlan, plan, step_cues
from demo_render import render_all
from demo_server import DemoServer, json_resource
from demo_site import HOST, MEDIA_DIR
from demo_tracks import Track

REQUESTS: Final = "/requests.json"


class Answers:
    """What is at each path, and how often it was asked for."""

    def __init__(self, resources: dict[str, Resource]) -> None:
        self._resources = resources
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, method: str, path: str) -> Resource | None:
        if path == REQUESTS:
            return json_resource(self._counts)
        with self._lock:
            self._counts[f"{method} {path}"] += 1
        return self._resources.get(path)


def with_all_tracks(video: VideoPlan) -> VideoPlan:
    """The video with a track in every language, all on the same timeline."""
    tracks = [Track(language, "shared", tuple(step_cues(video, language))) for language in LANGUAGES]
    return replace(video, tracks=tuple(tracks))


def main(videos: int) -> None:
    """Serves until standard input ends."""
    plans = [with_all_tracks(video) for video in plan()[:videos]]
    files = render_all(plan()[:videos], MEDIA_DIR, lambda line: print(line, file=sys.stderr, flush=True))
    entries = [entry_of(video, files[video.video_id].read_bytes()) for video in plans]
    server = DemoServer((HOST, 0), Answers(resources_of(entries)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    print(f"http://{HOST}:{server.server_port}", flush=True)
    sys.stdin.read()
    server.shutdown()
    server.close_all()
    thread.join()


if __name__ == "__main__":
    main(int(sys.argv[1]))

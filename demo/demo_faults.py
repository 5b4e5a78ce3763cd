"""The bad entries of the demo's site: videos that cannot, or not wholly, become data.

`FAULTS` is the one list of them. Each is a copy of a good video with one thing wrong.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

from demo_pages import HTML, MP4, Entry, Resource, html_page
from demo_plan import PIVOT

KEPT_SHARE: Final = 0.6  # of a truncated file
GARBAGE_FROM: Final = 0.3  # of the coded pictures of a corrupt file ...
GARBAGE_TO: Final = 0.7  # ... up to here


@dataclass(frozen=True)
class Fault:
    """What is wrong with an entry, in words and in deed."""

    behaviour: str
    damage: Callable[[Entry], Entry]


def answer_page(status: HTTPStatus) -> Callable[[Entry], Entry]:
    """The watch page is an error."""
    page = html_page(f"{status.value} {status.phrase}", "", status.value)
    return lambda entry: replace(entry, page=page)


def drop_tracks(entry: Entry) -> Entry:
    """The player has no tracks."""
    return replace(entry, tracks={})


def drop_pivot_track(entry: Entry) -> Entry:
    """The player has tracks, but none in English."""
    return replace(entry, tracks={name: track for name, track in entry.tracks.items() if name != PIVOT})


def answer_pivot_track_with_html(entry: Entry) -> Entry:
    """The English track is a page, answered with 200."""
    page = html_page("Please sign in", "<p>This is not a caption file.</p>")
    return replace(entry, tracks={**entry.tracks, PIVOT: page})


def answer_media_with_html(entry: Entry) -> Entry:
    """The video file is a page, answered with 200."""
    page = html_page("Please sign in", "<p>This is not a video file.</p>")
    return replace(entry, media=replace(page, content_type=HTML))


def truncate_media(entry: Entry) -> Entry:
    """The file ends early, and Content-Length agrees with it; its index (moov) is whole."""
    body = entry.media.body
    return replace(entry, media=Resource(body[: round(len(body) * KEPT_SHARE)], MP4))


def corrupt_media(entry: Entry) -> Entry:
    """Garbage in the middle of the coded pictures; size and index are as they were."""
    body = entry.media.body
    first = body.index(b"mdat") + len(b"mdat")
    start, end = (first + round((len(body) - first) * share) for share in (GARBAGE_FROM, GARBAGE_TO))
    garbage = hashlib.shake_128(b"garbage").digest(end - start)
    return replace(entry, media=Resource(body[:start] + garbage + body[end:], MP4))


def empty_media(entry: Entry) -> Entry:
    """The file has no bytes."""
    return replace(entry, media=Resource(b"", MP4))


def cut_media(entry: Entry) -> Entry:
    """The connection ends in the middle of the file, however often and from wherever it is asked for."""
    return replace(entry, media=replace(entry.media, cut_at=len(entry.media.body) // 2))


FAULTS: Final[dict[str, Fault]] = {
    "bad-404": Fault("the page answers 404 Not Found", answer_page(HTTPStatus.NOT_FOUND)),
    "bad-403": Fault("the page answers 403 Forbidden", answer_page(HTTPStatus.FORBIDDEN)),
    "bad-410": Fault("the page answers 410 Gone", answer_page(HTTPStatus.GONE)),
    "bad-503": Fault("the page answers 503 Service Unavailable", answer_page(HTTPStatus.SERVICE_UNAVAILABLE)),
    "bad-no-tracks": Fault("no caption tracks", drop_tracks),
    "bad-no-english": Fault("caption tracks, but none in English", drop_pivot_track),
    "bad-html-captions": Fault("the English track is an HTML page", answer_pivot_track_with_html),
    "bad-html-media": Fault("the video file is an HTML page", answer_media_with_html),
    "bad-truncated": Fault("the video file ends early, as whole as its Content-Length", truncate_media),
    "bad-corrupt": Fault("the video file has garbage in its middle", corrupt_media),
    "bad-empty": Fault("the video file has no bytes", empty_media),
    "bad-cut": Fault("the connection ends in the middle of the video file", cut_media),
}


def faulty_entries(good: Entry) -> list[Entry]:
    """All bad entries, made from a good one."""
    return [
        fault.damage(replace(good, video_id=video_id, title=f"Bad on purpose: {fault.behaviour}"))
        for video_id, fault in FAULTS.items()
    ]

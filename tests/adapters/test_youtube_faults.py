"""One table of faults: each costs its own video what the table says, in bounded time, and the others nothing."""

import gzip
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from multihowto.adapters.youtube import Fetched, Site
from multihowto.errors import SessionBlocked
from multihowto.rejects import REASONS, Reject

from .fault_server import Answer, FaultServer, KeptFolder
from .loopback import VTT, options_of, site_on
from .youtube_double import resolve_public

Change = Mapping[str, Any]
HTML = {"body": b"<html>please log in</html>", "type": "text/html"}
GZIP = (("Content-Encoding", "gzip"),)
BOMB = {"body": gzip.compress(b"<html>" + bytes(64_000_000)), "headers": GZIP}
LATER = (("Retry-After", "1"),)
SERVED, BLOCKED = "fetched", "session_blocked"
DEADLINE_S = 1
SLACK_S = 4.0
"""Looking at a connection, ending its thread, and a busy machine."""
MOST = {"page": 3, "captions": 3, "media": 8}
"""Requests for one thing: yt-dlp tries media four times, and once more from the start."""


class Once(NamedTuple):
    """A fault that only the first request meets."""

    change: Change


Fault = Change | Once


def all_three(*cases: tuple[Fault, str, str, str]) -> list[Any]:
    """A row for each resource of a fault whose code differs by where it is met."""
    rows = [
        (place, fault, code)
        for fault, *codes in cases
        for place, code in zip(MOST, codes, strict=True)
    ]  # fmt: skip
    return [pytest.param(*row, id=f"{row[0]}-{number // 3}-{row[2]}") for number, row in enumerate(rows)]


FAULTS = all_three(
    ({"status": 404}, "not_found", "not_found", "not_found"),
    ({"status": 410}, "not_found", "not_found", "not_found"),
    ({"status": 403}, "forbidden", "forbidden", "forbidden"),
    ({"status": 429}, BLOCKED, BLOCKED, BLOCKED),
    ({"status": 429, "headers": LATER}, BLOCKED, BLOCKED, BLOCKED),
    ({"status": 500}, "server_error", "server_error", "server_error"),
    ({"status": 503, "headers": LATER}, "server_error", "server_error", "server_error"),
    (Once({"status": 500}), SERVED, SERVED, SERVED),
    (Once({"status": 503}), SERVED, SERVED, SERVED),
    ({"wait_s": 60.0}, "timed_out", "timed_out", "timed_out"),
    ({"drip_s": 1.0}, "timed_out", "timed_out", "timed_out"),
    ({"body": b"x" * 100, "drip_s": 0.2}, "timed_out", "timed_out", "timed_out"),  # no page, no video
    ({"drip_headers": True}, "timed_out", "timed_out", "timed_out"),
    ({"cut": 20}, "unreachable", "unreachable", "unreachable"),
    ({"cut": 20, "reset": True}, "unreachable", "unreachable", "unreachable"),
    (Once({"cut": 20, "reset": True}), SERVED, SERVED, SERVED),
    ({"lie": 100}, "unreachable", "unreachable", "unreachable"),
    (
        {"body": b""},
        "no_captions",
        "bad_captions",
        "bad_media",
    ),  # an empty page counts as a file without tracks
    (HTML, "unsupported", "bad_captions", "bad_media"),
    ({"status": 302, "location": "file:///etc/passwd"}, "unsupported", "unsupported", "unsupported"),
    ({"status": 302, "location": "/turn"}, "server_error", "server_error", "server_error"),
    ({"endless": True}, "unsupported", "bad_captions", "too_large"),
    (BOMB, "unsupported", "bad_captions", "too_large"),
)


def put_up(server: FaultServer, name: str, mp4: Answer, bad: str = "", fault: Fault | None = None) -> str:
    """A video with two caption tracks; its page, its German track or its file has the fault."""
    url = server.page(name, mp4, {"de": VTT, "en": VTT})
    if fault is not None:
        path = {"page": "", "captions": "/de.vtt", "media": "/clip.mp4"}[bad]
        server.answers[f"/{name}{path}"] = spoilt(server.answers[f"/{name}{path}"], fault)
    return url


def spoilt(good: Answer | Callable[[int], Answer], fault: Fault) -> Answer | Callable[[int], Answer]:
    assert isinstance(good, Answer)
    if isinstance(fault, Once):
        worse = good._replace(**fault.change)
        return lambda asked: worse if asked == 1 else good
    return good._replace(**fault)


def outcome(site: Site, video_id: str, url: str, place: str) -> str:
    """The code of what has the fault: of the video, or of its German track."""
    try:
        result = site.fetch(video_id, url)
    except SessionBlocked:
        return BLOCKED
    if isinstance(result, Reject):
        assert result.code in REASONS and len(result.detail) <= 200
        return result.code
    lost = {one.language: one.code for one in result.missing}
    assert place == "captions" or not lost
    return lost.get("de", SERVED)


def left_of(kept: KeptFolder) -> list[str]:
    """Files that nobody will ask for again."""
    names = [path.relative_to(kept.root).as_posix() for path in kept.root.rglob("*") if path.is_file()]
    belongs = ("info.json", "media.json", "reject.json", "fetched_at", "media.mp4")
    return [name for name in names if Path(name).name not in belongs and "/track." not in name]


@pytest.mark.parametrize(("place", "fault", "code"), FAULTS)
def test_a_fault(
    server: FaultServer, kept: KeptFolder, mp4: Answer, place: str, fault: Fault, code: str
) -> None:
    server.answers["/turn"] = Answer(status=302, location="/turn")
    slow = code == "timed_out"
    deadline_s = DEADLINE_S if slow else 20
    media = "360p" if place == "media" else "none"
    site = site_on(kept, deadline_s=deadline_s, media=media, max_bytes=1_000_000, languages=("de", "en"))
    try:
        assert isinstance(site.fetch("before", put_up(server, "before", mp4)), Fetched)
        bad = put_up(server, "bad", mp4, place, fault)
        started = time.monotonic()
        assert outcome(site, "bad", bad, place) == code
        assert time.monotonic() - started < deadline_s + SLACK_S
        expect_a_verdict_that_stays(server, site, bad, place, code)
        assert isinstance(site.fetch("after", put_up(server, "after", mp4)), Fetched)
    finally:
        site.close()
    expect_few_requests(server, place)
    assert list(kept.scratch.iterdir()) == [] and left_of(kept) == []
    assert code != BLOCKED or "reject.json" not in kept.names("bad")


def expect_a_verdict_that_stays(server: FaultServer, site: Site, url: str, place: str, code: str) -> None:
    """The same video again gives the same unasked; unless the session was refused, or a larger deadline may help."""
    if code != BLOCKED:
        before = server.asked.copy()
        assert outcome(site, "bad", url, place) == code
        assert (server.asked == before) == (code != "timed_out")


def expect_few_requests(server: FaultServer, place: str) -> None:
    """What works is asked for once, what does not a few times."""
    where = {"page": "/bad", "captions": "/bad/de.vtt", "media": "/bad/clip.mp4"}[place]
    others = {
        path: times for path, times in server.asked.items() if path not in (where, "/turn", "/robots.txt")
    }
    assert 1 <= server.asked[where] <= MOST[place]
    assert set(others.values()) == {1}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Once({"cut": 5000}), SERVED),  # the rest is asked for, and the whole comes
        (Once({"lie": 100, "range_status": 416}), SERVED),
        ({"lie": 100, "range_status": 416}, "server_error"),  # the part is whole, and 416 comes for ever
        ({"lie": -100}, "truncated"),
        ({"cut": 5000, "length": False}, "truncated"),
        ({"cut": 5000, "range_status": 500}, "server_error"),
    ],
)
def test_parts_of_files(server: FaultServer, kept: KeptFolder, mp4: Answer, fault: Fault, code: str) -> None:
    test_a_fault(server, kept, mp4, "media", fault, code)


@pytest.mark.parametrize("place", ["http://10.0.0.1/x", "http://169.254.169.254/latest", "http://[::1]/x"])
@pytest.mark.parametrize(
    ("bad", "code"),
    [("page", "private_address"), ("captions", "private_address"), ("media", "private_address")],
)
def test_a_redirect_to_a_private_place(
    server: FaultServer,
    kept: KeptFolder,
    mp4: Answer,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    bad: str,
    code: str,
) -> None:
    """A proxy stands for the public web: it is not asked for the place either."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, server.root)
    put_up(server, "p", mp4, bad, {"status": 302, "location": place})
    server.answers |= {f"http://a.test{path}": answer for path, answer in server.answers.items()}
    site = Site(kept, options_of(languages=("de", "en"), allow_private=False), resolve=resolve_public)
    try:
        assert outcome(site, "bad", "http://a.test/p", bad) == code
    finally:
        site.close()
    assert all(path.startswith("http://a.test/") for path in server.asked)
    assert list(kept.scratch.iterdir()) == [] and left_of(kept) == []

"""Owners who say no: by robots.txt, asked for once an origin, and by headers; of pages, media and caption files."""

from pathlib import Path

import pytest

from multihowto.adapters.web_opt_out import AGENT, ROBOTS_BYTES, OptOut, against_answer, rules_of
from multihowto.adapters.youtube import Fetched, Options, Site
from multihowto.adapters.youtube_requests import of_youtube
from multihowto.errors import SessionBlocked
from multihowto.rejects import Reject

from .fault_server import Answer, FaultServer, KeptFolder
from .loopback import VTT

ALL = b"User-agent: *\nDisallow: /\n"


def fetch(kept: KeptFolder, url: str, video_id: str = "v1", **changes: object) -> Fetched | Reject:
    """One fetch by a worker of its own, with a folder of its own for what robots.txt says."""
    settings = {"pacing": "off", "allow_private": True, "deadline_s": 20} | changes
    site = Site(kept, Options(("en", "de"), **settings), robots=kept.root / "robots")  # type: ignore[arg-type]
    try:
        return site.fetch(video_id, url)
    finally:
        site.close()


def robots(text: str) -> Answer:
    return Answer(text.encode(), type="text/plain")


@pytest.mark.parametrize("place", ["/p", "/p/clip.mp4"])
@pytest.mark.parametrize("agent", ["*", "MultiHowto"])
def test_what_is_disallowed_is_not_asked_for(
    server: FaultServer, kept: KeptFolder, mp4: Answer, place: str, agent: str
) -> None:
    url = server.page("p", mp4, {"en": VTT})
    server.answers["/robots.txt"] = robots(f"User-agent: {agent}\nDisallow: {place}$\n")
    expected = Reject("v1", "opted_out", f"robots.txt disallows {place}")
    assert fetch(kept, url) == expected
    assert server.asked[place] == 0 and server.asked["/robots.txt"] == 1
    assert fetch(kept, url) == expected and server.asked["/robots.txt"] == 1
    assert isinstance(fetch(kept, url, opt_out="ignore"), Fetched)


def test_a_caption_file_alone_is_missing(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"en": VTT, "de": VTT})
    server.answers["/robots.txt"] = robots("User-agent: *\nDisallow: /*/de.vtt\n")
    row = fetch(kept, url)
    assert isinstance(row, Fetched)
    assert [(one.tag, one.code) for one in row.missing] == [("de", "opted_out")]
    assert server.asked["/p/de.vtt"] == 0 and server.asked["/p/en.vtt"] == 1


def test_it_is_the_videos_reason_where_no_track_is_left(
    server: FaultServer, kept: KeptFolder, mp4: Answer
) -> None:
    url = server.page("p", mp4, {"en": Answer(b""), "de": VTT})
    server.answers["/robots.txt"] = robots("User-agent: *\nDisallow: /*/de.vtt\n")
    assert fetch(kept, url) == Reject("v1", "opted_out", "robots.txt disallows /p/de.vtt")


@pytest.mark.parametrize("place", ["/p", "/p/clip.mp4"])
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("X-Robots-Tag", "noarchive, NoAI", "X-Robots-Tag: noai"),
        ("X-Robots-Tag", "multihowto: noimageai", "X-Robots-Tag: noimageai"),
        ("TDM-Reservation", "1", "TDM-Reservation: 1"),
    ],
)
def test_headers_say_no(
    server: FaultServer, kept: KeptFolder, mp4: Answer, place: str, name: str, value: str, said: str
) -> None:
    url = server.page("p", mp4, {"en": VTT})
    answer = server.answers[place]
    assert isinstance(answer, Answer)
    server.answers[place] = answer._replace(headers=((name, value),))
    assert fetch(kept, url) == Reject("v1", "opted_out", said)
    assert isinstance(fetch(kept, url, opt_out="ignore"), Fetched)


def test_a_redirect_asks_the_other_origin(server: FaultServer, kept: KeptFolder) -> None:
    port = server.root.rpartition(":")[2]
    server.answers["/p"] = Answer(status=302, location=f"http://localhost:{port}/q")
    server.answers["/robots.txt"] = robots("User-agent: *\nDisallow: /q\n")
    result = fetch(kept, f"{server.root}/p")
    assert result == Reject("v1", "opted_out", "robots.txt disallows /q")
    assert dict(server.asked) == {"/p": 1, "/robots.txt": 2}


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_where_there_is_no_file_all_is_allowed(
    server: FaultServer, kept: KeptFolder, mp4: Answer, status: int
) -> None:
    url = server.page("p", mp4, {"en": VTT})
    server.answers["/robots.txt"] = Answer(ALL, status)
    assert isinstance(fetch(kept, url), Fetched) and server.asked["/robots.txt"] == 1


def test_a_server_that_fails_says_nothing(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    """It may pass, so it is neither a refusal nor a leave, and the next video asks again."""
    url = server.page("p", mp4, {"en": VTT})
    server.answers["/robots.txt"] = Answer(status=503)
    assert fetch(kept, url) == Reject("v1", "server_error", "HTTP 503 on robots.txt")
    assert server.asked["/p"] == 0
    server.answers["/robots.txt"] = Answer(reset=True, cut=0, lie=10)
    result = fetch(kept, url, "v2")
    assert isinstance(result, Reject) and result.code == "unreachable" and server.asked["/p"] == 0
    server.answers["/robots.txt"] = Answer(status=429)
    with pytest.raises(SessionBlocked):
        fetch(kept, url, "v3")
    server.answers["/robots.txt"] = robots("")
    assert isinstance(fetch(kept, url, "v4"), Fetched)


def test_redirects_of_robots(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"en": VTT})
    server.answers["/robots.txt"] = Answer(status=301, location="/1")
    server.answers |= {f"/{step}": Answer(status=301, location=f"/{step + 1}") for step in range(1, 5)}
    server.answers["/5"] = Answer(ALL)
    assert fetch(kept, url) == Reject("v1", "opted_out", "robots.txt disallows /p")


def test_more_redirects_are_no_file(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"en": VTT})
    server.answers["/robots.txt"] = Answer(ALL, status=301, location="/robots.txt")
    assert isinstance(fetch(kept, url), Fetched) and server.asked["/robots.txt"] == 6


def test_robots_is_guarded_and_bounded(server: FaultServer, kept: KeptFolder, mp4: Answer) -> None:
    url = server.page("p", mp4, {"en": VTT})
    server.answers["/robots.txt"] = Answer(b"# " + b"x" * ROBOTS_BYTES + b"\n" + ALL, endless=True)
    assert isinstance(fetch(kept, url), Fetched)
    server.asked.clear()
    result = fetch(kept, url, "v2", allow_private=False)
    assert isinstance(result, Reject) and result.code == "private_address" and not server.asked


def test_one_question_a_day_for_all_workers(tmp_path: Path) -> None:
    asked: list[str] = []

    def ask(url: str) -> bytes:
        asked.append(url)
        return ALL

    now = [1e9]
    first, second = (OptOut(tmp_path, now=lambda: now[0]) for _ in range(2))
    for one in (first, second, first):
        assert one.against_url("http://A.test/x?secret=1", ask) == "robots.txt disallows /x"
    assert asked == ["http://A.test/robots.txt"]
    for url in ("https://a.test/", "http://a.test:81/", "http://b.test/"):
        assert first.against_url(url, ask)
    assert len(asked) == 4
    now[0] += 86_399
    assert second.against_url("http://a.test/", ask) and len(asked) == 4
    now[0] += 1
    assert second.against_url("http://a.test/", ask) and len(asked) == 5
    assert OptOut(tmp_path, now=lambda: 1.0).against_url("http://a.test/", ask) and len(asked) == 6


@pytest.mark.parametrize(
    "content", [b"", b"http://a.test:80", b"http://a.test:80 nan\n", b"\xff\xfe\n", b"http://b.test:80 1e9\n"]
)
def test_a_broken_file_is_not_there(tmp_path: Path, content: bytes) -> None:
    OptOut(tmp_path, now=lambda: 1e9).against_url("http://a.test/", lambda _: b"")
    [file] = tmp_path.iterdir()
    file.write_bytes(content)
    assert OptOut(tmp_path, now=lambda: 1e9).against_url("http://a.test/", lambda _: ALL)


def test_without_a_folder_each_worker_asks(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = OptOut(tmp_path / "file" / "folder")
    assert one.against_url("http://a.test/", lambda _: ALL) and one.against_url(
        "http://a.test/", lambda _: b""
    )


def test_rules() -> None:
    rules = rules_of(
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /\nAllow: /*.mp4$\n\nUSER-AGENT: multihowto/1.0\nDisallow: /a*b"
    )
    assert not rules.can_fetch("http://a.test/axb", AGENT) and rules.can_fetch("http://a.test/c", AGENT)
    others = rules_of(b"User-agent: otherbot\nDisallow: /\nUser-agent: multi\nDisallow: /\n")
    assert others.can_fetch("http://a.test/", AGENT)
    assert rules_of(b"<html>\x00\xff" * 1000).can_fetch("http://a.test/", AGENT)


def test_a_file_of_many_agents_and_rules_is_small() -> None:
    """Kept as the library keeps them, these would be 300 million rules."""
    agents = b"".join(b"User-agent: a%d\n" % number for number in range(15_000))
    rules = rules_of(agents + b"User-agent: *\n" + b"Disallow:/a\n" * 20_000)
    assert not rules.can_fetch("http://a.test/a", AGENT)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("noai", "noai"), ("none, noindex", None), ("googlebot: noai", None), ("googlebot: noindex, noai", None),
        ("googlebot: noindex, multihowto: noai", "noai"), ("unavailable_after: 1 Jan 2030 10:00:00 GMT, noai", "noai"),
        ("*: noimageai", "noimageai"), ("", None), (":::,,", None),
    ],
)  # fmt: skip
def test_tags(value: str, said: str | None) -> None:
    assert against_answer([("x-robots-tag", value)]) == (said and f"X-Robots-Tag: {said}")


def test_reservations() -> None:
    assert against_answer([("TDM-Reservation", "0"), ("Server", "noai")]) is None
    assert against_answer([("X-Robots-Tag", "none"), ("tdm-reservation", " 1 ")]) == "TDM-Reservation: 1"


def test_which_hosts_are_youtubes() -> None:
    for host in ("youtube.com", "www.youtube.com", "youtu.be", "r3---sn-x.googlevideo.com", "i.ytimg.com."):
        assert of_youtube(f"https://{host}/x")
    for host in ("notyoutube.com", "youtube.com.evil.test", "a.test"):
        assert not of_youtube(f"https://{host}/youtube.com")

"""What fails once is asked again; a site that blocks us is left alone, and ends the run if it goes on."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from multihowto.adapters.pacing import Polite
from multihowto.adapters.youtube import Fetched, Site
from multihowto.errors import SessionBlocked
from multihowto.rejects import Reject
from multihowto.storage import Store

from .fault_server import Answer, FaultServer, KeptFolder
from .loopback import VTT, fetch, options_of
from .youtube_double import ID, player, track, youtube_on

SECRETS = ("tartan-cookie", "plaid-password")


class Clock:
    """A clock that only sleeping moves; it notes how long each sleep was."""

    def __init__(self) -> None:
        self.now_s = 1e9
        self.slept: list[float] = []

    def now(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


def failing(times: int, worse: Answer, good: Answer) -> Callable[[int], Answer]:
    return lambda asked: worse if asked <= times else good


def polite_site(kept: KeptFolder, clock: Clock, deadline_s: int = 20, media: str = "none") -> Site:
    """A worker that is polite in a time of its own."""
    pace = Polite(kept.root.parent / "pace", lambda _: 0.0, clock.now, clock.sleep)
    return Site(
        kept, options_of(media=media, deadline_s=deadline_s), pace, robots=kept.root.parent / "robots"
    )


@pytest.mark.parametrize("worse", [Answer(status=500), Answer(status=503), Answer(status=408)])
@pytest.mark.parametrize("times", [1, 2, 99])
@pytest.mark.parametrize("place", ["/p", "/p/en.vtt"])
def test_a_page_or_caption_file_is_asked_for_three_times_at_most(
    server: FaultServer, kept: KeptFolder, mp4: Answer, place: str, times: int, worse: Answer
) -> None:
    url = server.page("p", mp4, {"en": VTT})
    good = server.answers[place]
    assert isinstance(good, Answer)
    server.answers[place] = failing(times, worse, good)
    result = fetch(kept, url, media="none")
    assert server.asked[place] == min(times + 1, 3)
    if times < 3:
        assert isinstance(result, Fetched) and [one.tag for one in result.tracks] == ["en"]
    else:
        assert isinstance(result, Reject)
        assert result.code == ("unreachable" if worse.status == 408 else "server_error")


@pytest.mark.parametrize("worse", [Answer(status=status) for status in (400, 403, 404, 410, 451)])
def test_what_will_not_pass_is_asked_for_once(
    server: FaultServer, kept: KeptFolder, mp4: Answer, worse: Answer
) -> None:
    url = server.page("p", mp4, {"en": VTT, "de": VTT})
    server.answers["/p/de.vtt"] = worse
    assert isinstance(fetch(kept, url, media="none"), Fetched)
    assert server.asked["/p/de.vtt"] == 1


@pytest.mark.parametrize("times", [1, 99])
def test_a_player_that_fails_is_asked_three_times_at_most(
    kept: KeptFolder, videos: dict[str, bytes], times: int
) -> None:
    with youtube_on(kept, videos["fast.mp4"]) as youtube:
        result = youtube.fetch(lambda asked: 503 if asked <= times else player(ID, [track("en")]))
        assert isinstance(result, Fetched) == (times == 1)
        assert youtube.double.asked[ID] == min(times + 1, 3)


def test_where_nothing_answers_nobody_is_asked_again(kept: KeptFolder) -> None:
    clock = Clock()
    site = polite_site(kept, clock)
    result = site.fetch("v1", "http://127.0.0.1:1/p")
    site.close()
    assert isinstance(result, Reject) and result.code == "unreachable"
    assert clock.slept == []


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [((), (1.0, 4.0), (1.25, 5.0)), ((("Retry-After", "7"),), (7.0, 7.0), (8.75, 8.75))],
)
def test_there_are_pauses_between(
    server: FaultServer,
    kept: KeptFolder,
    mp4: Answer,
    headers: tuple[tuple[str, str], ...],
    least: tuple[float, float],
    most: tuple[float, float],
) -> None:
    url, clock = server.page("p", mp4, {"en": VTT}), Clock()
    server.answers["/p"] = failing(2, Answer(status=503, headers=headers), Answer(b"<html></html>"))
    site = polite_site(kept, clock)
    site.fetch("v1", url)
    site.close()
    assert len(clock.slept) == 2
    assert all(low <= one <= high for low, one, high in zip(least, clock.slept, most, strict=True))


def test_a_pause_that_is_too_long_for_the_video_is_not_made(
    server: FaultServer, kept: KeptFolder, mp4: Answer
) -> None:
    url, clock = server.page("p", mp4, {"en": VTT}), Clock()
    server.answers["/p"] = Answer(status=503, headers=(("Retry-After", "30"),))
    site = polite_site(kept, clock)
    result = site.fetch("v1", url)
    site.close()
    assert isinstance(result, Reject) and result.code == "server_error"
    assert (server.asked["/p"], clock.slept) == (1, [])


def test_a_blocked_worker_stops_the_others_and_all_go_on(
    server: FaultServer, kept: KeptFolder, mp4: Answer
) -> None:
    url, clock = server.page("p", mp4, {"en": VTT}), Clock()
    good = server.answers["/p"]
    assert isinstance(good, Answer)
    server.answers["/p"] = failing(1, Answer(status=429, headers=(("Retry-After", "900"),)), good)
    sites = [polite_site(kept, clock) for _ in range(2)]
    for number, site in enumerate(sites):
        with pytest.raises(SessionBlocked) as caught:
            site.fetch(f"v{number}", url)
        assert (caught.value.site, caught.value.pause_s, caught.value.in_a_row) == ("127.0.0.1", 900.0, 1)
    assert server.asked["/p"] == 1
    clock.now_s += 900
    assert all(isinstance(site.fetch(f"v{number}", url), Fetched) for number, site in enumerate(sites))
    server.answers["/p"] = Answer(status=429)
    with pytest.raises(SessionBlocked) as caught:
        sites[0].fetch("v2", url)
    assert caught.value.in_a_row == 1
    for site in sites:
        site.close()


def test_no_media_file_is_asked_of_a_site_that_blocks_another_worker(
    server: FaultServer, kept: KeptFolder, mp4: Answer
) -> None:
    clock = Clock()
    url = server.page("p", mp4, {"en": VTT})
    other = Polite(kept.root.parent / "pace", now=clock.now)

    def block_then_serve(asked: int) -> Answer:
        other.block("127.0.0.1", None, "HTTP 429")
        return VTT

    server.answers["/p/en.vtt"] = block_then_serve
    site = polite_site(kept, clock, media="360p")
    with pytest.raises(SessionBlocked):
        site.fetch("v1", url)
    assert not server.asked["/p/clip.mp4"]
    clock.now_s += 100
    assert isinstance(site.fetch("v1", url), Fetched)
    site.close()
    assert (server.asked["/p"], server.asked["/p/en.vtt"], server.asked["/p/clip.mp4"]) == (1, 1, 1)


PIPELINE = """\
manifest: videos.csv
shards: 4
stages:
  - scatter_sources
  - download_videos: {pacing: off, allow_private: true, opt_out: ignore, media: none}
"""


def build(folder: Path) -> "subprocess.CompletedProcess[str]":
    """A build as a user starts it, with secrets in its environment."""
    cookies = folder / "cookies.txt"
    cookies.write_text(f"# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tSID\t{SECRETS[0]}\n")
    proxies = {"HTTPS_PROXY": f"http://me:{SECRETS[1]}@127.0.0.1:1", "no_proxy": "127.0.0.1"}
    words = ["build", str(folder / "p.yaml"), "--root", str(folder / "store"), "--executor", "here"]
    return subprocess.run(
        [sys.executable, "-m", "multihowto", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **proxies, "MULTIHOWTO_COOKIES": str(cookies)},
    )


def test_a_site_that_blocks_for_ever_ends_the_run_with_status_4_and_nothing_is_asked_twice(
    server: FaultServer, tmp_path: Path
) -> None:
    urls = {f"v{number:02d}": server.page(f"v{number:02d}", Answer(), {"en": VTT}) for number in range(12)}
    (tmp_path / "videos.csv").write_text("\n".join(["video_id,url", *map(",".join, urls.items()), ""]))
    (tmp_path / "p.yaml").write_text(PIPELINE)
    good = server.answers["/v07"]
    server.answers["/v07"] = Answer(status=429, headers=(("Retry-After", "86400"),))
    done = build(tmp_path)
    assert done.returncode == 4, done.stderr
    assert "download_videos: 127.0.0.1 blocks this session since" in done.stderr
    assert "nothing is lost" in done.stderr and "Traceback" not in done.stderr
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS)
    made = Store(str(tmp_path / "store")).shards_of("videos")
    asked = dict(server.asked)
    assert asked["/v07"] == 1
    server.answers["/v07"] = good
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(made) <= set(Store(str(tmp_path / "store")).shards_of("videos"))
    assert Store(str(tmp_path / "store")).read("videos").num_rows == 12
    assert server.asked.pop("/v07") == 2 and set(server.asked.values()) == {1}

"""Which stated licences are Creative Commons, and that a page without one costs one request."""

import json
import urllib.parse
from typing import Any

import pytest
from yt_dlp.networking.common import Request, Response

from multihowto.adapters.site_messages import Refused
from multihowto.adapters.youtube import Fetched, Site
from multihowto.adapters.youtube_info import digest_info
from multihowto.adapters.youtube_licenses import is_creative_commons
from multihowto.adapters.youtube_options import Options
from multihowto.rejects import Reject
from multihowto.stages.download_videos import DownloadVideos

from .fault_server import FaultServer, KeptFolder
from .loopback import VTT, fetch
from .youtube_double import ID, URL, DoubleRH, options, player, resolve_public, track

OF_YOUTUBE = "Creative Commons Attribution license (reuse allowed)"


@pytest.mark.parametrize(
    "stated",
    [
        OF_YOUTUBE,
        "Creative Commons Attribution 4.0",
        "licensed under a Creative Commons licence",
        "CC BY 4.0",
        "CC-BY-NC-SA-4.0",
        "cc-by",
        "CC0 1.0",
        "https://creativecommons.org/licenses/by/4.0/",
        "http://www.creativecommons.org/publicdomain/zero/1.0/",
        "Public Domain Dedication (CC0)",
        "by-nc-sa",
        "Attribution-ShareAlike",
        "Attribution - Non Commercial - No Derivatives",
        "Attribution",
    ],
)
def test_creative_commons(stated: str) -> None:
    assert is_creative_commons(stated)


@pytest.mark.parametrize(
    "stated",
    [
        "",
        "Standard YouTube License",
        "all-rights-reserved",
        "All rights reserved (not Creative Commons)",
        "Unknown",
        "None",
        "bypass",
        "by me",
        "CC",
        "cc bystander",
        "ccby-ish",
        "https://creativecommons.org.evil.test/licenses/by/4.0/",
        "https://evil.test/creativecommons.org/licenses/by/4.0/",
        "Attribution required, ask me",
        "No known copyright restrictions",
    ],
)
def test_everything_else_is_not(stated: str) -> None:
    assert not is_creative_commons(stated)


@pytest.mark.parametrize(
    ("stated", "detail"),
    [
        (None, "the page states no licence"),
        ("Standard YouTube License", "the page states 'Standard YouTube License'"),
    ],
)
def test_what_is_said_of_others(stated: str | None, detail: str) -> None:
    with pytest.raises(Refused, match=f"license_not_open: {detail}"):
        digest_info({"license": stated}, Options((), licenses="creative_commons"))
    assert digest_info({"license": stated}, Options(()))["license"] == stated
    assert digest_info({"license": OF_YOUTUBE}, Options((), licenses="creative_commons"))


def test_nothing_more_is_asked_of_a_page_without_a_licence(server: FaultServer, kept: KeptFolder) -> None:
    url = server.page("p", VTT, {"en": VTT})
    for _ in range(2):
        result = fetch(kept, url, licenses="creative_commons")
        assert result == Reject("v1", "license_not_open", "the page states no licence")
    assert {path: times for path, times in server.asked.items() if path.startswith("/p")} == {"/p": 1}
    assert isinstance(fetch(kept, url, media="none"), Fetched)


class PageRH(DoubleRH):
    """YouTube with a page, which is the one place where it states a licence."""

    license = ""

    def _send(self, request: Request) -> Response:
        if urllib.parse.urlsplit(request.url).path != "/watch":
            return super()._send(request)
        self.asked["page"] += 1
        return self._answer(request, page_of(self.license), "text/html; charset=utf-8")


def page_of(license: str) -> bytes:
    """A page with the data of which yt-dlp reads the licence."""
    row = {"title": {"simpleText": "License"}, "contents": [{"simpleText": license}]}
    rows = {"metadataRowContainerRenderer": {"rows": [{"metadataRowRenderer": row}] if license else []}}
    contents = [{"videoSecondaryInfoRenderer": {"metadataRowContainer": rows}}]
    data = {"contents": {"twoColumnWatchNextResults": {"results": {"results": {"contents": contents}}}}}
    return f"<html><script>var ytInitialData = {json.dumps(data)};</script></html>".encode()


@pytest.mark.parametrize(
    ("license", "code"),
    [(OF_YOUTUBE, ""), ("Standard YouTube License", "license_not_open"), ("", "license_not_open")],
)
def test_youtubes_own_page(kept: KeptFolder, license: str, code: str) -> None:
    double = PageRH()
    double.license = license
    double.players[ID] = player(ID, [track("en")])
    arguments = ("youtube:player_skip=configs,js;player_client=tv_samsung",)
    settings = options(extractor_args=arguments, licenses="creative_commons", media="none")
    site = Site(kept, settings, resolve=resolve_public, handlers=[double])
    row = site.fetch(ID, URL)
    site.close()
    assert double.asked["page"] == 1
    if isinstance(row, Reject):
        assert row.code == code and not double.asked["en vtt"]
    else:
        assert (row.license, code, double.asked["en vtt"]) == (license, "", 1)


@pytest.mark.parametrize(
    ("arguments", "hidden"),
    [
        ("youtube:player_skip=configs,webpage", "player_skip=webpage"),
        ("youtube:webpage-skip=initial_data", "webpage_skip=initial_data"),
        ("youtube:lang=de", "lang=de"),
        ("youtube:player_skip=configs,js;lang=en", None),
        ("vimeo:player_skip=webpage", None),
    ],
)
def test_settings_that_hide_the_licence(arguments: str, hidden: str | None) -> None:
    settings: Any = {"extractor_args": (arguments,)}
    assert DownloadVideos(**settings).mistake(()) is None
    said = DownloadVideos(**settings, licenses="creative_commons").mistake(())
    assert said is None if hidden is None else f"with {hidden} YouTube's pages state no licence" in str(said)

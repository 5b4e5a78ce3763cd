"""YouTube's own answers, through yt-dlp's real extractor, without a network."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from multihowto.adapters.youtube import Fetched, Options, Site
from multihowto.errors import ConfigError, SessionBlocked
from multihowto.rejects import Reject

from .fault_server import KeptFolder
from .youtube_double import DoubleRH, caption_of, options, player, refusal, resolve_public, track

ID = "abcdefghijk"
URL = f"https://www.youtube.com/watch?v={ID}"


NOT_HERE = "The uploader has not made this video available in your country"


class Youtube:
    """The double with a worker's site in front of it."""

    def __init__(self, kept: KeptFolder, media: bytes, settings: Options) -> None:
        self.double = DoubleRH()
        self.double.media = lambda _: media
        self.kept = kept
        self.site = Site(kept, settings, resolve=resolve_public, handlers=[self.double])

    def fetch(self, answer: dict[str, Any]) -> Fetched | Reject:
        self.double.players[ID] = answer
        return self.site.fetch(ID, URL)


@pytest.fixture
def youtube(kept: KeptFolder, videos: dict[str, bytes]) -> Iterator[Youtube]:
    made = Youtube(kept, videos["fast.mp4"], options())
    yield made
    made.site.close()


def test_a_good_video(youtube: Youtube) -> None:
    row = youtube.fetch(player(ID, [track("de"), track("en", asr=True), track("fr-CA"), track("ja")]))
    assert isinstance(row, Fetched)
    assert (row.site, row.title, row.spoken_language) == ("youtube", f"How to {ID}", "en")
    assert [(one.language, one.tag, one.kind, one.format) for one in row.tracks] == [
        ("de", "de", "manual", "vtt"),
        ("en", "en", "asr", "json3"),
        ("fr", "fr-CA", "manual", "vtt"),
    ]
    assert (row.frames, row.missing, row.media_path) == (50, (), f"{ID}/media.mp4")
    assert dict(youtube.double.asked) == {ID: 1, "de vtt": 1, "en json3": 1, "fr-CA vtt": 1, "media": 1}


def test_translations_are_told_apart(kept: KeptFolder, videos: dict[str, bytes]) -> None:
    kinds = ("manual", "asr", "auto_translated")
    youtube = Youtube(kept, videos["fast.mp4"], options(kinds=kinds))
    row = youtube.fetch(player(ID, [track("en", asr=True)]))
    youtube.site.close()
    assert isinstance(row, Fetched)
    assert [(one.language, one.kind) for one in row.tracks] == [
        ("de", "auto_translated"),
        ("en", "asr"),
        ("fr", "auto_translated"),
    ]


def test_429_on_a_translation_is_only_its_own(kept: KeptFolder, videos: dict[str, bytes]) -> None:
    youtube = Youtube(kept, videos["fast.mp4"], options(kinds=("asr", "auto_translated")))
    youtube.double.caption = lambda query: 429 if "tlang" in query else caption_of(query)
    row = youtube.fetch(player(ID, [track("en", asr=True)]))
    youtube.site.close()
    assert isinstance(row, Fetched)
    assert [one.language for one in row.tracks] == ["en"]
    assert [(one.tag, one.code) for one in row.missing] == [
        ("de", "captions_withheld"),
        ("fr", "captions_withheld"),
    ]


def test_429_on_an_original_blocks_the_session(youtube: Youtube) -> None:
    youtube.double.caption = lambda _: 429
    with pytest.raises(SessionBlocked):
        youtube.fetch(player(ID, [track("en")]))
    youtube.double.caption = caption_of
    assert isinstance(youtube.fetch(player(ID, [track("en")])), Fetched)
    assert youtube.double.asked[ID] == 1


def screen(reason: str, subreason: str) -> dict[str, Any]:
    """A refusal with a second line."""
    texts = {"reason": {"simpleText": reason}, "subreason": {"simpleText": subreason}}
    return refusal("UNPLAYABLE", reason, errorScreen={"playerErrorMessageRenderer": texts})


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (refusal("LOGIN_REQUIRED", "Private video"), "private"),
        (refusal("ERROR", "Video unavailable"), "not_found"),
        (refusal("ERROR", "This video has been removed by the uploader"), "removed"),
        (refusal("LOGIN_REQUIRED", "Sign in to confirm your age"), "age_restricted"),
        (screen("Video unavailable", "Join this channel to get access to members-only x"), "members_only"),
        (screen("Video unavailable", NOT_HERE), "geo_blocked"),
        (refusal("LIVE_STREAM_OFFLINE", "Premieres in 3 hours"), "not_yet"),
        (refusal("LIVE_STREAM_OFFLINE", "This live event will begin in 2 days."), "not_yet"),
        (player(ID, [track("en")], live="isLive"), "not_yet"),
        (player(ID, [track("en")], live="isPostLiveDvr"), "not_yet"),
        (player(ID, [track("en")], length_s=4000), "too_long"),
        (player(ID, []), "no_captions"),
        (player(ID, [track("en", experiment="xpe")]), "captions_withheld"),
    ],
)  # fmt: skip
def test_refusals(youtube: Youtube, answer: dict[str, Any], code: str) -> None:
    result = youtube.fetch(answer)
    assert isinstance(result, Reject) and result.code == code
    youtube.double.asked.clear()
    assert youtube.fetch(answer) == result and not youtube.double.asked


@pytest.mark.parametrize(
    "answer",
    [
        refusal("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot"),
        screen("Video unavailable", "This content isn’t available, try again later."),
    ],
)
def test_a_blocked_session_is_not_held_against_the_video(youtube: Youtube, answer: dict[str, Any]) -> None:
    with pytest.raises(SessionBlocked):
        youtube.fetch(answer)
    assert youtube.kept.names(ID) == set()
    assert isinstance(youtube.fetch(player(ID, [track("en")])), Fetched)


def test_403_on_media_is_asked_again_once_and_then_the_session(youtube: Youtube) -> None:
    media = youtube.double.media
    youtube.double.media = lambda asked: 403 if asked == 1 else media(asked)
    assert isinstance(youtube.fetch(player(ID, [track("en")])), Fetched)
    assert (youtube.double.asked[ID], youtube.double.asked["media"]) == (2, 2)


def test_403_twice_blocks_the_session(youtube: Youtube) -> None:
    youtube.double.media = lambda _: 403
    with pytest.raises(SessionBlocked):
        youtube.fetch(player(ID, [track("en")]))
    assert "reject.json" not in youtube.kept.names(ID)


def test_no_cookie_or_token_is_kept(youtube: Youtube) -> None:
    youtube.fetch(player(ID, [track("en")]))
    record = json.loads(youtube.kept.read(ID, "info.json") or b"")
    assert "cookie" not in json.dumps(record).lower()


def test_a_redirect_to_a_private_address_is_refused(youtube: Youtube) -> None:
    youtube.double.landing = {"/api/timedtext": "http://169.254.169.254/latest"}
    result = youtube.fetch(player(ID, [track("en")]))
    assert isinstance(result, Reject) and result.code == "bad_captions"


def test_a_page_that_leads_to_a_private_address_is_refused(youtube: Youtube) -> None:
    youtube.double.landing = {"/youtubei/v1/player": "http://10.0.0.1/"}
    result = youtube.fetch(player(ID, [track("en")]))
    assert isinstance(result, Reject) and result.code == "private_address"


def test_extractor_arguments() -> None:
    assert options(extractor_args=("youtube:player-client=tv,web;lang=de",)).extractor_arguments() == {
        "youtube": {"player_client": ["tv", "web"], "lang": ["de"]}
    }
    with pytest.raises(ConfigError, match="write it as"):
        options(extractor_args=("player_client",)).extractor_arguments()

"""YouTube's own answers, through yt-dlp's real extractor, without a network."""

import json
from collections.abc import Iterator

import pytest

from multihowto.adapters.youtube import Fetched
from multihowto.errors import ConfigError, SessionBlocked
from multihowto.rejects import Reject

from .fault_server import KeptFolder
from .youtube_double import (
    ID,
    URL,
    Player,
    Youtube,
    caption_of,
    extractor_calls,
    options,
    player,
    refusal,
    track,
    youtube_on,
)

OTHER = "lmnopqrstuv"


@pytest.fixture
def youtube(kept: KeptFolder, videos: dict[str, bytes]) -> Iterator[Youtube]:
    with youtube_on(kept, videos["fast.mp4"]) as made:
        yield made


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


def test_it_is_yt_dlps_own_extractor_that_answers(youtube: Youtube) -> None:
    """By what ran, and by what only it makes of a player's answer."""
    with extractor_calls() as calls:
        youtube.fetch(player(ID, [track("en", asr=True)]))
    assert calls["_real_extract"] == 1
    assert calls["_extract_player_responses"] == calls["_list_formats"] == 1
    assert calls["process_format_stream"] == 1 and calls["process_language"] > 0
    record = json.loads(youtube.kept.read(ID, "info.json") or b"")
    assert (record["extractor_key"], record["site"], record["webpage_url"]) == ("Youtube", "youtube", URL)
    [found] = record["formats"]
    assert (found["format_id"], found["vcodec"], found["acodec"]) == ("18", "avc1.42001E", "mp4a.40.2")
    assert found["tbr"] == 50.0
    assert "&fmt=json3" in record["offers"][0]["url"]


def test_429_on_a_translation_is_only_its_own(kept: KeptFolder, videos: dict[str, bytes]) -> None:
    with youtube_on(kept, videos["fast.mp4"], kinds=("asr", "auto_translated")) as youtube:
        youtube.double.caption = lambda query: 429 if "tlang" in query else caption_of(query)
        row = youtube.fetch(player(ID, [track("en", asr=True)]))
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


def test_403_for_one_video_is_about_that_video(youtube: Youtube) -> None:
    """What was served before is asked for once more, and comes."""
    media = youtube.double.media
    assert isinstance(youtube.fetch(player(ID, [track("en")])), Fetched)
    youtube.double.media = lambda asked: 403 if asked in (2, 3) else media(asked)
    result = fetch_other(youtube)
    assert result == Reject(OTHER, "forbidden", "HTTP 403 on the media file, while another video's is served")
    assert youtube.double.asked == {ID: 2, OTHER: 2, "en vtt": 2, "media": 4}
    assert fetch_other(youtube) == result and youtube.double.asked["media"] == 4
    assert list(youtube.kept.scratch.iterdir()) == []


def test_403_for_one_video_shows_once_another_is_served_after_it(youtube: Youtube) -> None:
    media = youtube.double.media
    youtube.double.media = lambda _: 403
    with pytest.raises(SessionBlocked):
        fetch_other(youtube)
    youtube.double.media = lambda asked: media(asked) if asked in (3, 6) else 403
    assert isinstance(youtube.fetch(player(ID, [track("en")])), Fetched)
    result = fetch_other(youtube)
    assert isinstance(result, Reject) and result.code == "forbidden"


@pytest.mark.parametrize("page", [None, 500, refusal("ERROR", "Private video")])
def test_403_for_all_is_about_the_session(youtube: Youtube, page: Player | None) -> None:
    good = player(ID, [track("en")])
    assert isinstance(youtube.fetch(good), Fetched)
    youtube.double.media = lambda _: 403
    youtube.double.players[ID] = good if page is None else page
    with pytest.raises(SessionBlocked, match="HTTP 403 on the media file"):
        fetch_other(youtube)
    assert "reject.json" not in youtube.kept.names(OTHER)
    assert list(youtube.kept.scratch.iterdir()) == []


def fetch_other(youtube: Youtube) -> Fetched | Reject:
    """What the worker makes of another video."""
    youtube.double.players[OTHER] = player(OTHER, [track("en")])
    return youtube.site.fetch(OTHER, URL.replace(ID, OTHER))


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

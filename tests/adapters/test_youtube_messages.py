"""Every message of YouTube's, as its player gives it and yt-dlp's own extractor says it, to a code."""

from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any

import pytest
from yt_dlp.networking.exceptions import IncompleteRead, TransportError

from multihowto.adapters.youtube import Fetched
from multihowto.errors import SessionBlocked
from multihowto.rejects import REASONS, Reject

from .fault_server import KeptFolder
from .youtube_double import (
    ID,
    TWO_CLIENTS,
    Body,
    Player,
    Youtube,
    extractor_calls,
    format_of,
    player,
    refusal,
    screen,
    track,
    youtube_on,
)

GONE = "Video unavailable"
SIGN_IN = "LOGIN_REQUIRED"
HERE = "in your country"
GOOD = player(ID, [track("en")])
# Neither is whole, and the picture is too large: yt-dlp's "Requested format is not available".
UNWANTED = player(ID, [track("en")], formats=[format_of(ID, 137), format_of(ID, 140)])


@pytest.fixture
def youtube(kept: KeptFolder, videos: dict[str, bytes]) -> Iterator[Youtube]:
    with youtube_on(kept, videos["fast.mp4"]) as made:
        yield made


def unplayable(reason: str) -> dict[str, Any]:
    return refusal("UNPLAYABLE", reason)


def captcha() -> dict[str, Any]:
    return refusal(SIGN_IN, "Try again", errorScreen={"playerCaptchaViewModel": {"captcha": "x"}})


def drm() -> dict[str, Any]:
    answer = player(ID, [track("en")], formats=[])
    answer["streamingData"]["licenseInfos"] = [{"drmFamily": "WIDEVINE"}]
    return answer


def only_in(*countries: str) -> dict[str, Any]:
    where = {"playerMicroformatRenderer": {"availableCountries": list(countries)}}
    return screen(GONE, f"The uploader has not made this video available {HERE}") | {"microformat": where}


def test_the_answers_come_through_yt_dlps_own_extractor(youtube: Youtube) -> None:
    with extractor_calls() as calls:
        youtube.fetch(refusal("ERROR", GONE))
    assert calls["_real_extract"] == calls["_extract_player_responses"] == calls["_list_formats"] == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        # permanent
        (refusal(SIGN_IN, "Private video"), "private"),
        (refusal(SIGN_IN, "This video is private"), "private"),
        (screen("Private video", "Sign in if you've been granted access to this video"), "private"),
        (refusal("ERROR", GONE), "not_found"),
        (screen(GONE, GONE), "not_found"),
        (refusal("ERROR", "This video has been removed by the uploader"), "removed"),
        (screen(GONE, "This video has been removed by the uploader"), "removed"),
        (screen(GONE, "This video is no longer available because the YouTube account associated with it "
                "has been terminated."), "removed"),
        (screen(GONE, "This video is no longer available because the uploader has closed their "
                "YouTube account."), "removed"),
        (screen(GONE, "This video has been removed for violating YouTube’s Community Guidelines"), "removed"),
        (screen(GONE, "This video is no longer available due to a copyright claim by Somebody"), "removed"),
        (screen(GONE, "This video contains content from X, who has blocked it on copyright grounds"), "removed"),
        (screen(GONE, "The video was removed after a copyright removal request by Somebody"), "removed"),
        (screen(GONE, "It is not available due to a legal complaint"), "removed"),
        (drm(), "drm"),
        (unplayable("This video requires payment to watch"), "paid"),
        # access
        (screen(GONE, "Join this channel to get access to members-only content like this video"), "members_only"),
        (unplayable("This video is available to this channel's members on level: A"), "members_only"),
        (unplayable("This video is available to this channel’s members on level: A"), "members_only"),
        (refusal(SIGN_IN, "Sign in to confirm your age"), "age_restricted"),
        (screen("Sign in to confirm your age", "This video may be inappropriate for some users."), "age_restricted"),
        (unplayable("This video may be inappropriate for some users."), "age_restricted"),
        (unplayable("This video is only available for registered users"), "forbidden"),
        # geo
        (only_in("DE", "FR"), "geo_blocked"),
        (screen(GONE, f"The uploader has not made this video available {HERE}"), "geo_blocked"),
        (screen(GONE, f"This video is not available {HERE}"), "geo_blocked"),
        (screen(GONE, f"This video contains content from X, who has blocked it {HERE} on copyright grounds"),
         "geo_blocked"),
        # later
        (refusal("LIVE_STREAM_OFFLINE", "Premieres in 3 hours"), "not_yet"),
        (refusal("LIVE_STREAM_OFFLINE", "This live event will begin in 2 days."), "not_yet"),
        (refusal("LIVE_STREAM_OFFLINE", "The channel is not currently live"), "not_yet"),
        (player(ID, [track("en")], live="isLive"), "not_yet"),
        (player(ID, [track("en")], live="isPostLiveDvr"), "not_yet"),
        (player(ID, [track("en")], live="isUpcoming"), "not_yet"),
        # the tool is too old, or the site is another than it knows
        (player(ID, [track("en")], formats=[]), "tool_outdated"),
        (UNWANTED, "tool_outdated"),
        (player(ID, [track("en")], formats=[format_of(ID, 18, sabr=True)]), "tool_outdated"),
        (unplayable("Something that nobody has seen before"), "tool_outdated"),
        # our own limits
        (player(ID, [track("en")], length_s=4000), "too_long"),
    ],
)  # fmt: skip
def test_a_refused_video_says_why_once(youtube: Youtube, answer: dict[str, Any], code: str) -> None:
    result = youtube.fetch(answer)
    assert isinstance(result, Reject) and result.code == code and code in REASONS
    youtube.double.asked.clear()
    assert youtube.fetch(GOOD) == result and not youtube.double.asked


def test_the_countries_are_named(youtube: Youtube) -> None:
    assert youtube.fetch(only_in("FR", "DE")) == Reject(ID, "geo_blocked", "only in DE, FR")


@pytest.mark.parametrize("status", [500, 503])
def test_a_player_that_fails_is_a_matter_of_the_server(youtube: Youtube, status: int) -> None:
    result = youtube.fetch(status)
    assert isinstance(result, Reject) and result.code == "server_error"


@pytest.mark.parametrize(
    "answer",
    [
        refusal(SIGN_IN, "Sign in to confirm you're not a bot"),
        refusal(SIGN_IN, "Sign in to confirm you’re not a bot"),
        screen(GONE, "This content isn't available, try again later."),
        screen(GONE, "This content isn’t available, try again later."),
        unplayable("The current session has been rate-limited by YouTube for up to an hour"),
        captcha(),
        player("another_one", [track("en")]),
        429,
    ],
)
def test_a_blocked_session_is_not_held_against_the_video(youtube: Youtube, answer: Player) -> None:
    with pytest.raises(SessionBlocked):
        youtube.fetch(answer)
    assert youtube.kept.names(ID) == set()
    assert isinstance(youtube.fetch(GOOD), Fetched)


@pytest.mark.parametrize("second", [UNWANTED, player(ID, [track("en")], formats=[])])
def test_a_block_that_shows_only_as_one_clients_warning(
    kept: KeptFolder, videos: dict[str, bytes], second: dict[str, Any]
) -> None:
    """The error says only `Requested format is not available`, or `No video formats found`."""
    answers: Iterator[Player] = chain([429], repeat(second))
    with youtube_on(kept, videos["fast.mp4"], extractor_args=TWO_CLIENTS) as youtube:
        with pytest.raises(SessionBlocked):
            youtube.fetch(lambda _: next(answers))
        assert youtube.double.asked[ID] == 2 and kept.names(ID) == set()


def always(body: Body) -> Callable[[int], Body]:
    return lambda _: body


@pytest.mark.parametrize(
    ("media", "code"),
    [
        (500, "server_error"),
        (503, "server_error"),
        (416, "server_error"),
        (404, "not_found"),
        (TransportError("Read timed out"), "unreachable"),
        (TransportError(cause=ConnectionResetError()), "unreachable"),
        (IncompleteRead(10, 20), "unreachable"),
        (b"", "bad_media"),
        (b"<html>log in</html>", "bad_media"),
    ],
)
def test_media_that_fail(youtube: Youtube, media: Body, code: str) -> None:
    youtube.double.media = always(media)
    result = youtube.fetch(GOOD)
    assert isinstance(result, Reject) and result.code == code
    assert youtube.double.asked["media"] <= 8
    assert list(youtube.kept.scratch.iterdir()) == []
    youtube.double.asked.clear()
    assert youtube.fetch(GOOD) == result and not youtube.double.asked


def test_a_warning_about_the_page_is_not_about_the_media(kept: KeptFolder, videos: dict[str, bytes]) -> None:
    answers: Iterator[Player] = chain([429], repeat(GOOD))
    with youtube_on(kept, videos["fast.mp4"], extractor_args=TWO_CLIENTS) as youtube:
        youtube.double.media = always(404)
        result = youtube.fetch(lambda _: next(answers))
    assert isinstance(result, Reject) and result.code == "not_found"

"""Messages and exceptions, as yt-dlp really raises them, to codes."""

import email.utils
import errno
import io
import socket
import time
import urllib.error

import pytest
from yt_dlp.networking.common import Response
from yt_dlp.networking.exceptions import HTTPError, IncompleteRead, TransportError
from yt_dlp.utils import DownloadError, ExtractorError, GeoRestrictedError, UnsupportedError

from multihowto.adapters.site_messages import (
    AUTOMATIC,
    DISK_FULL,
    SESSION,
    Refused,
    Verdict,
    clean_detail,
    missing_languages,
    raise_verdict,
    retry_after_of,
    status_of,
    verdict_of,
)
from multihowto.adapters.web_address import PrivateAddress
from multihowto.errors import RetryableError, SessionBlocked
from multihowto.rejects import REASONS


def wrapped(error: BaseException) -> DownloadError:
    """The error as YoutubeDL hands it out."""
    return DownloadError(f"ERROR: {error}", (type(error), error, None))


def http(status: int, retry_after: str | None = None) -> DownloadError:
    """A page that answered with a status."""
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    response = Response(io.BytesIO(b""), "http://a.test/", headers, status)
    return wrapped(HTTPError(response))


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Sign in to confirm you’re not a bot. Use --cookies", SESSION),
        ("Video unavailable. This content isn’t available, try again later.", SESSION),
        ("The current session has been rate-limited by YouTube for up to an hour", SESSION),
        ("X. YouTube is requiring a captcha challenge before playback", SESSION),
        ("All player responses are invalid. Your IP is likely being blocked by Youtube", SESSION),
        ("Private video. Sign in if you've been granted access to this video", "private"),
        ("Video unavailable", "not_found"),
        ("Video unavailable. This video has been removed by the uploader", "removed"),
        ("This video is no longer available because the YouTube account associated with it "
         "has been terminated.", "removed"),
        ("Video unavailable. The uploader has closed their YouTube account", "removed"),
        ("This video has been removed for violating YouTube's Community Guidelines", "removed"),
        ("This video is no longer available due to a copyright claim by X", "removed"),
        ("It is blocked on copyright grounds", "removed"),
        ("This content contains Y, who has blocked it in your country on copyright grounds", "geo_blocked"),
        ("due to a legal complaint", "removed"),
        ("This video is DRM protected", "drm"),
        ("This video requires payment to watch", "paid"),
        ("Join this channel to get access to members-only content", "members_only"),
        ("This video is available to this channel’s members on level: A", "members_only"),
        ("Sign in to confirm your age. This video may be inappropriate for some users.", "age_restricted"),
        ("This video is only available for registered users", "forbidden"),
        ("The uploader has not made this video available in your country", "geo_blocked"),
        ("Premieres in 3 hours", "not_yet"),
        ("This live event will begin in 2 days.", "not_yet"),
        ("The channel is not currently live", "not_yet"),
        ("Requested format is not available. Use --list-formats for a list", "tool_outdated"),
        ("No video formats found!; please report this issue on  https://a.test", "tool_outdated"),
        ("Signature extraction failed: x", "tool_outdated"),
        ("something that nobody has seen before", "tool_outdated"),
        ("Got error: 10 bytes read, 20 more expected. Giving up after 3 retries", "unreachable"),
        ("Did not get any data blocks", "unreachable"),
        ("HTTP Error 416: Requested range not satisfiable", "server_error"),
    ],
)  # fmt: skip
def test_texts(message: str, code: str) -> None:
    error = wrapped(ExtractorError(message, expected=True, video_id="abc", ie="youtube"))
    assert verdict_of(error).code == code
    assert verdict_of(DownloadError(f"ERROR: [youtube] abc: {message}")).code == code
    assert code == SESSION or code in REASONS


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "forbidden"),
        (403, "forbidden"),
        (404, "not_found"),
        (410, "not_found"),
        (429, SESSION),
        (451, "removed"),
        (500, "server_error"),
        (503, "server_error"),
        (409, "server_error"),
        (416, "server_error"),
        (418, "forbidden"),
        (423, "server_error"),
        (425, "server_error"),
    ],
)
def test_statuses(status: int, code: str) -> None:
    assert verdict_of(http(status)).code == code
    assert status_of(http(status)) == status


def test_connections() -> None:
    refused = urllib.error.URLError(ConnectionRefusedError(111, "refused"))
    causes = [socket.gaierror(-2, "x"), refused, ConnectionResetError(), TimeoutError(), IncompleteRead(1, 2)]
    for cause in causes:
        found = verdict_of(wrapped(ExtractorError("no page", cause=TransportError(cause=cause))))
        assert found.code == "unreachable"
    assert verdict_of(TransportError(cause=refused)).detail == "connection refused"


def test_exceptions_that_say_enough() -> None:
    geo = wrapped(GeoRestrictedError("not here", countries=["FR", "DE"]))
    assert verdict_of(geo) == Verdict("geo_blocked", "only in DE, FR")
    assert verdict_of(wrapped(UnsupportedError("http://a.test/captcha"))).code == "unsupported"
    assert verdict_of(PrivateAddress("the host leads to a private address")).code == "private_address"


def test_disk_full_is_found_anywhere_in_the_chain() -> None:
    error = DownloadError("unable to write data")
    error.__context__ = ValueError()
    error.__context__.__context__ = OSError(errno.ENOSPC, "No space left on device")
    assert verdict_of(error).code == DISK_FULL


def test_session_shows_in_a_warning_only() -> None:
    error = DownloadError("ERROR: [youtube] abc: Requested format is not available")
    assert verdict_of(error, ["[youtube] abc: Sign in to confirm you’re not a bot"]).code == SESSION
    assert verdict_of(error, ["[generic] see http://a.test/captcha/429"]).code == "tool_outdated"


def test_words_in_urls_are_nobodys() -> None:
    error = DownloadError("ERROR: Unsupported URL: http://a.test/private-video-captcha-not-a-bot")
    assert verdict_of(error).code == "unsupported"


def test_a_verdict_raises_what_it_stands_for() -> None:
    with pytest.raises(SessionBlocked):
        raise_verdict(Verdict(SESSION, "x"))
    with pytest.raises(RetryableError, match="free space and run again"):
        raise_verdict(Verdict(DISK_FULL, "x"))
    with pytest.raises(Refused, match="private: x"):
        raise_verdict(Verdict("private", "x"))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("ERROR: \x1b[31ma\nb\tc\x00d", "a b c d"),
        ("at https://me:pw@a.test/x?token=SECRET#f, then", "at https://a.test/x then"),
        ("Cookie: SID=SECRET; HSID=SECRET2 end", "Cookie hidden end"),
        ("Authorization: Bearer SECRETSECRETSECRET", "Authorization hidden"),
        ("po_token=SECRET", "po_token hidden"),
        ("__Secure-3PSID=SECRET", "__Secure-3PSID hidden"),
        ("<urllib3.Connection object at 0x7f00ff>: refused", "refused"),
        ("No formats; please report this issue on https://a.test", "No formats"),
        ("it’s", "it's"),
        ("token of thanks", "token of thanks"),
    ],
)
def test_details_are_clean(text: str, clean: str) -> None:
    assert clean_detail(text) == clean


def test_details_are_short() -> None:
    assert len(clean_detail("word " * 1000)) == 200


def test_languages_held_back() -> None:
    line = "[youtube] a: There are missing subtitles languages because a PO token was not provided."
    assert missing_languages(["nothing"]) is None
    assert missing_languages([line]) == [AUTOMATIC]
    automatic = f"{line} Automatic captions for 2 languages are missing."
    assert missing_languages([automatic]) == [AUTOMATIC]
    both = f"{line} Subtitles for these languages are missing: fr. Automatic captions for 1 languages are missing."
    assert missing_languages([both]) == [AUTOMATIC, "fr"]
    assert missing_languages([f"{line} Subtitles for these languages are missing: fr, de."]) == ["de", "fr"]


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("0", 0, 0),
        ("120", 120, 120),
        (" 7 ", 7, 7),
        ("9" * 60, 86_400, 86_400),
        ("in 600", 590, 601),
        ("in 10000000", 86_400, 86_400),
    ],
)
def test_the_pause_that_an_answer_wishes(header: str, least: float, most: float) -> None:
    if header.startswith("in "):
        header = email.utils.formatdate(time.time() + int(header[3:]), usegmt=True)
    pause_s = retry_after_of(http(429, header))
    assert pause_s is not None and least <= pause_s <= most


@pytest.mark.parametrize(
    "header",
    [
        *("", "-5", "1e9", "soon", "٣", "²", "1.5", "nan", "9" * 5000, "Wed, 99 Foo 99999 99:99:99 GMT"),
        *(",", "(((", "Mon, 01 Jan 0001 00:00:00 +2359", "Wed, 21 Oct 2015 07:28:00 GMT"),
    ],
)
def test_a_wish_that_cannot_be_read_is_none(header: str) -> None:
    assert retry_after_of(http(429, header)) is None


def test_no_wish_without_a_failing_answer() -> None:
    assert retry_after_of(http(429)) is None
    assert retry_after_of(wrapped(TransportError("Read timed out"))) is None


def test_a_blocked_session_and_a_refusal_carry_the_wish() -> None:
    with pytest.raises(SessionBlocked) as blocked:
        raise_verdict(Verdict(SESSION, "x"), 429, 9.0)
    assert (blocked.value.pause_s, blocked.value.site) == (9.0, "")
    with pytest.raises(Refused) as refused:
        raise_verdict(Verdict("server_error", "x"), 503, 9.0)
    assert (refused.value.status, refused.value.retry_after_s) == (503, 9.0)

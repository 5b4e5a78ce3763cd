"""YouTube without a network: answers in front of yt-dlp, so that its real extractor builds what it builds."""

import io
import json
import urllib.parse
from collections import Counter
from collections.abc import Callable
from typing import Any

from yt_dlp.networking.common import Request, RequestHandler, Response
from yt_dlp.networking.exceptions import HTTPError

from multihowto.adapters.youtube_options import Options
from multihowto.adapters.youtube_session import Log

# One POST a video: no page, no configuration, no player script.
EXTRACTOR_ARGS = ("youtube:player_skip=webpage,configs,js,initial_data;player_client=tv_samsung",)
VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\nhello there\n"
JSON3 = json.dumps({"events": [{"tStartMs": 0, "dDurationMs": 900, "segs": [{"utf8": "hello"}]}]})
_CAPTIONS = "https://www.youtube.com/api/timedtext"


class DoubleRH(RequestHandler):  # type: ignore[misc]  # yt-dlp is untyped
    """Answers every http(s) request from `players` (by video id), `captions` (by URL) and `media`."""

    _SUPPORTED_URL_SCHEMES = ("http", "https")

    def __init__(self) -> None:
        super().__init__(logger=Log())
        self.players: dict[str, dict[str, Any]] = {}
        self.media: Callable[[int], bytes | int] = lambda _: 404
        self.caption: Callable[[dict[str, str]], bytes | int] = caption_of
        self.landing: dict[str, str] = {}
        self.asked: Counter[str] = Counter()

    def _check_extensions(self, extensions: dict[str, Any]) -> None:
        extensions.clear()

    def _send(self, request: Request) -> Response:
        parts = urllib.parse.urlsplit(request.url)
        query = dict(urllib.parse.parse_qsl(parts.query))
        if parts.path == "/youtubei/v1/player":
            video_id = json.loads(request.data)["videoId"]
            self.asked[video_id] += 1
            return self._answer(request, json.dumps(self.players[video_id]).encode(), "application/json")
        if parts.path == "/api/timedtext":
            self.asked[f"{query['lang']} {query['fmt']}"] += 1
            return self._answer(request, self.caption(query), "text/vtt")
        if parts.path == "/videoplayback":
            self.asked["media"] += 1
            return self._answer(request, self.media(self.asked["media"]), "video/mp4")
        self.asked[parts.path] += 1
        return self._answer(request, 404, "text/plain")

    def _answer(self, request: Request, body: bytes | int, kind: str) -> Response:
        data = body if isinstance(body, bytes) else b""
        headers = {"Content-Type": kind, "Content-Length": str(len(data))}
        status = body if isinstance(body, int) else 200
        landed = self.landing.get(urllib.parse.urlsplit(request.url).path, request.url)
        response = Response(io.BytesIO(data), landed, headers, status)
        if status >= 400:
            raise HTTPError(response)
        return response


def caption_of(query: dict[str, str]) -> bytes:
    """A caption file in the format asked for."""
    return (JSON3 if query["fmt"] == "json3" else VTT).encode()


def refusal(status: str, reason: str, **more: Any) -> dict[str, Any]:
    """The player's answer for a video that is not to be had."""
    return {"playabilityStatus": {"status": status, "reason": reason, **more}, "videoDetails": {}}


def player(
    video_id: str, tracks: list[dict[str, Any]], *, live: str = "", length_s: int = 2
) -> dict[str, Any]:
    """The player's answer for a video with itag 18 and some caption tracks."""
    details: dict[str, Any] = {"videoId": video_id, "title": f"How to {video_id}", "author": "Somebody"}
    details |= {"lengthSeconds": str(length_s), "channelId": "UC" + "a" * 22, "isLiveContent": bool(live)}
    details |= {live: True} if live else {}
    format_18 = {
        "itag": 18,
        "url": f"https://rr1.googlevideo.com/videoplayback?id={video_id}&itag=18",
        "mimeType": 'video/mp4; codecs="avc1.42001E, mp4a.40.2"',
        "width": 160,
        "height": 120,
        "fps": 25,
        "quality": "medium",
        "qualityLabel": "360p",
        "bitrate": 50_000,
    }
    languages = [{"languageCode": code, "languageName": {"simpleText": code}} for code in ("en", "de", "fr")]
    renderer = {"captionTracks": tracks, "translationLanguages": languages}
    return {
        "playabilityStatus": {"status": "OK"},
        "videoDetails": details,
        "streamingData": {"formats": [format_18], "expiresInSeconds": "21540"},
        "captions": {"playerCaptionsTracklistRenderer": renderer} if tracks else {},
    }


def track(language: str, *, asr: bool = False, experiment: str = "") -> dict[str, Any]:
    """A caption track as the player lists it."""
    query = f"lang={language}" + ("&kind=asr" if asr else "") + (f"&exp={experiment}" if experiment else "")
    return {
        "baseUrl": f"{_CAPTIONS}?v=x&{query}",
        "languageCode": language,
        "name": {"simpleText": language},
        "vssId": f"a.{language}" if asr else f".{language}",
        "isTranslatable": True,
        **({"kind": "asr"} if asr else {}),
    }


def options(**changes: Any) -> Options:
    """Settings for the double."""
    defaults: dict[str, Any] = {
        "languages": ("en", "de", "fr"),
        "pacing": "off",
        "deadline_s": 20,
        "extractor_args": EXTRACTOR_ARGS,
    }
    return Options(**(defaults | changes))


def resolve_public(host: str) -> tuple[str, ...]:
    """Every name is public."""
    return ("93.184.216.34",)

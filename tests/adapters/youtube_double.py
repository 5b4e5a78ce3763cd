"""YouTube without a network: answers in front of yt-dlp, so that its real extractor builds what it builds."""

import io
import json
import sys
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias

from yt_dlp.networking.common import Request, RequestHandler, Response
from yt_dlp.networking.exceptions import HTTPError, RequestError, UnsupportedRequest

from multihowto.adapters.youtube import Fetched, Options, Site
from multihowto.adapters.youtube_session import Log
from multihowto.rejects import Reject

from .fault_server import KeptFolder

ID = "abcdefghijk"
URL = f"https://www.youtube.com/watch?v={ID}"

Body: TypeAlias = bytes | int | RequestError  # yt-dlp is untyped
"""What comes: bytes, the status of a failure, or the failure of the connection."""
Player = dict[str, Any] | int
"""What the player says, or the status of its failure."""

CLIENT = "tv_samsung"
# One POST a video and client: no page, no configuration, no player script.
_SKIPPED = "youtube:player_skip=webpage,configs,js,initial_data"
EXTRACTOR_ARGS = (f"{_SKIPPED};player_client={CLIENT}",)
TWO_CLIENTS = (f"{_SKIPPED};player_client={CLIENT},tv",)
VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\nhello there\n"
JSON3 = json.dumps({"events": [{"tStartMs": 0, "dDurationMs": 900, "segs": [{"utf8": "hello"}]}]})
_HOSTS = (".youtube.com", ".googlevideo.com")
_CAPTIONS = "https://www.youtube.com/api/timedtext"


class DoubleRH(RequestHandler):  # type: ignore[misc]  # yt-dlp is untyped
    """Answers requests to YouTube from `players` (by video id), `caption` (by its query) and `media`."""

    _SUPPORTED_URL_SCHEMES = ("http", "https")

    def __init__(self) -> None:
        super().__init__(logger=Log())
        self.players: dict[str, Player | Callable[[int], Player]] = {}
        self.media: Callable[[int], Body] = lambda _: 404
        self.caption: Callable[[dict[str, str]], Body] = caption_of
        self.landing: dict[str, str] = {}
        self.asked: Counter[str] = Counter()

    def _validate(self, request: Request) -> None:
        super()._validate(request)
        if not (urllib.parse.urlsplit(request.url).hostname or "").endswith(_HOSTS):
            raise UnsupportedRequest("not YouTube")

    def _check_extensions(self, extensions: dict[str, Any]) -> None:
        extensions.clear()

    def _send(self, request: Request) -> Response:
        parts = urllib.parse.urlsplit(request.url)
        query = dict(urllib.parse.parse_qsl(parts.query))
        if parts.path == "/youtubei/v1/player":
            video_id = json.loads(request.data)["videoId"]
            self.asked[video_id] += 1
            found = self.players[video_id]
            said = found(self.asked[video_id]) if callable(found) else found
            body = said if isinstance(said, int) else json.dumps(said).encode()
            return self._answer(request, body, "application/json")
        if parts.path == "/api/timedtext":
            self.asked[f"{query['lang']} {query['fmt']}"] += 1
            return self._answer(request, self.caption(query), "text/vtt")
        if parts.path == "/videoplayback":
            self.asked["media"] += 1
            return self._answer(request, self.media(self.asked["media"]), "video/mp4")
        self.asked[parts.path] += 1
        return self._answer(request, 404, "text/plain")

    def _answer(self, request: Request, body: Body, kind: str) -> Response:
        if isinstance(body, RequestError):
            raise body
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


def screen(reason: str, subreason: str) -> dict[str, Any]:
    """A refusal with a second line."""
    texts = {"reason": {"simpleText": reason}, "subreason": {"simpleText": subreason}}
    return refusal("UNPLAYABLE", reason, errorScreen={"playerErrorMessageRenderer": texts})


def player(
    video_id: str,
    tracks: list[dict[str, Any]],
    *,
    live: str = "",
    length_s: int = 2,
    formats: list[dict[str, Any]] | None = None,
    translations: tuple[str, ...] = ("en", "de", "fr"),
) -> dict[str, Any]:
    """The player's answer for a video with some formats (itag 18, if none are said) and some caption tracks."""
    details: dict[str, Any] = {"videoId": video_id, "title": f"How to {video_id}", "author": "Somebody"}
    details |= {"lengthSeconds": str(length_s), "channelId": "UC" + "a" * 22, "isLiveContent": bool(live)}
    details |= {live: True} if live else {}
    languages = [{"languageCode": code, "languageName": {"simpleText": code}} for code in translations]
    renderer = {"captionTracks": tracks, "translationLanguages": languages}
    return {
        "playabilityStatus": {"status": "OK"},
        "videoDetails": details,
        "streamingData": {
            "formats": [format_of(video_id, 18)] if formats is None else formats,
            "expiresInSeconds": "21540",
        },
        "captions": {"playerCaptionsTracklistRenderer": renderer} if tracks else {},
    }


def format_of(video_id: str, itag: int, *, sabr: bool = False) -> dict[str, Any]:
    """A format as the player lists it: 18 is whole, 140 sound, 137 a large picture; of SABR it gives no address."""
    address = f"https://rr1.googlevideo.com/videoplayback?id={video_id}&itag={itag}"
    sound = {"mimeType": 'audio/mp4; codecs="mp4a.40.2"', "audioSampleRate": "44100", "bitrate": 128_000}
    picture = {
        "mimeType": 'video/mp4; codecs="avc1.42001E, mp4a.40.2"',
        "width": 160,
        "height": 120,
        "fps": 25,
        "quality": "medium",
        "qualityLabel": "360p",
        "bitrate": 50_000,
    }
    large = {**picture, "mimeType": 'video/mp4; codecs="avc1.640028"', "width": 1920, "height": 1080}
    kinds = {18: picture, 137: {**large, "quality": "hd1080", "qualityLabel": "1080p"}, 140: sound}
    return {"itag": itag, **({} if sabr else {"url": address}), **kinds[itag]}


def track(language: str, *, asr: bool = False, experiment: str = "", variant: str = "") -> dict[str, Any]:
    """A caption track as the player lists it; `variant` is the id of one that the uploader named."""
    query = f"lang={language}" + ("&kind=asr" if asr else "") + (f"&exp={experiment}" if experiment else "")
    query += f"&name={variant}" if variant else ""
    return {
        "baseUrl": f"{_CAPTIONS}?v=x&{query}",
        "languageCode": language,
        "name": {"simpleText": language},
        "vssId": (f"a.{language}" if asr else f".{language}") + (f".{variant}" if variant else ""),
        "isTranslatable": True,
        **({"kind": "asr"} if asr else {}),
    }


class Youtube:
    """The double with a worker's site in front of it."""

    def __init__(self, kept: KeptFolder, file: bytes, settings: Options) -> None:
        self.double = DoubleRH()
        self.double.media = lambda _: file
        self.kept = kept
        self.site = Site(kept, settings, resolve=resolve_public, handlers=[self.double])

    def fetch(self, answer: Player | Callable[[int], Player]) -> Fetched | Reject:
        """What a worker makes of the video, if the player says so."""
        self.double.players[ID] = answer
        return self.site.fetch(ID, URL)


@contextmanager
def youtube_on(kept: KeptFolder, file: bytes, **settings: Any) -> Iterator[Youtube]:
    """A worker with the double, for the time of a block."""
    made = Youtube(kept, file, options(**settings))
    try:
        yield made
    finally:
        made.site.close()


@contextmanager
def extractor_calls() -> Iterator[Counter[str]]:
    """Counts the functions of yt-dlp's own YouTube extractor that this thread calls in the block."""
    calls: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and path.parts[-4:] == ("yt_dlp", "extractor", "youtube", "_video.py"):
            calls[frame.f_code.co_name] += 1

    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)


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

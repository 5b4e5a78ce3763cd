"""Our settings in yt-dlp's words, and the request handlers that it may use."""

import importlib.util
from collections.abc import Iterable
from typing import Any

from yt_dlp.networking.common import RequestHandler
from yt_dlp.utils import expand_path

from multihowto.adapters.youtube_options import Options
from multihowto.errors import ConfigError


def parameters_of(options: Options, log: object, on_progress: Any) -> dict[str, Any]:
    """yt-dlp's settings: silent, no cache, no lists, its own downloaders only, few retries."""
    polite = options.pacing == "polite"
    parameters: dict[str, Any] = {
        "logger": log,
        "quiet": True,
        "noprogress": True,
        "cachedir": False,
        "noplaylist": True,
        "playlist_items": "1:2",
        "format": options.format,
        "outtmpl": {"default": "media.%(ext)s"},
        "max_filesize": options.max_bytes,
        "external_downloader": {"default": "native"},
        "hls_prefer_native": True,
        "skip_unavailable_fragments": False,
        "fixup": "never",
        "updatetime": False,
        "overwrites": True,
        "socket_timeout": min(20, options.deadline_s),
        "retries": 3,
        "fragment_retries": 3,
        "extractor_retries": 1,
        "sleep_interval_requests": 0.75 if polite else 0,
        "writeautomaticsub": "auto_translated" in options.kinds,
        "progress_hooks": [on_progress],
        "extractor_args": options.extractor_arguments(),
    }
    parameters |= {"ffmpeg_location": _ffmpeg()} if _ffmpeg() else {}
    return parameters | _cookies(options.cookies_file)


def _cookies(file: str | None) -> dict[str, Any]:
    """The file of cookies, which yt-dlp leaves out without a word if it cannot read it."""
    if file is None:
        return {}
    try:
        with open(expand_path(file), "rb"):
            return {"cookiefile": file}
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(
            f"cookies_file {file!r} cannot be read ({reason}): name a readable cookies.txt, or leave it out"
        ) from None


def allowed_handlers(
    handlers: Iterable[type[RequestHandler]], proxied: bool, allow_private: bool
) -> list[type[RequestHandler]]:
    """yt-dlp's own handlers that the guard can watch; any other may connect unseen.

    requests follows redirects in silence: harmless where it connects itself, but a proxy would connect for it.
    """
    allowed = {"Urllib", "CurlCFFI"} | ({"Requests"} if allow_private or not proxied else set())
    return [_guarded(handler) for handler in handlers if handler.RH_KEY in allowed]


def _guarded(handler: type[RequestHandler]) -> type[RequestHandler]:
    """Our own handler in place of the one that connects in C; it exists only where curl_cffi does."""
    if handler.RH_KEY != "CurlCFFI":
        return handler
    from multihowto.adapters.youtube_curl import GuardedCurlRH

    return GuardedCurlRH


def _ffmpeg() -> str | None:
    """The ffmpeg that joins a separate picture and sound, if imageio-ffmpeg is there."""
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        return None
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())

"""Our settings in yt-dlp's words, and the request handlers that it may use."""

import importlib.util
from collections.abc import Iterable
from typing import Any

from yt_dlp.networking.common import RequestHandler

from multihowto.adapters.youtube_options import Options, cookies_file
from multihowto.adapters.youtube_urllib import PlainUrllibRH


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
        "format": options.selector,
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
        "extractor_retries": 0,  # `youtube_retries` does it
        "sleep_interval_requests": 0.75 if polite else 0,
        "writeautomaticsub": "auto_translated" in options.kinds,
        "progress_hooks": [on_progress],
        "extractor_args": options.extractor_arguments(),
    }
    parameters |= {"ffmpeg_location": _ffmpeg()} if _ffmpeg() else {}
    file = cookies_file()
    return parameters | ({"cookiefile": file} if file is not None else {})


def allowed_handlers(handlers: Iterable[type[RequestHandler]]) -> list[type[RequestHandler]]:
    """Our own two in place of yt-dlp's; any other may connect unseen, follow a redirect or inflate a body whole."""
    return [_ours(handler) for handler in handlers if handler.RH_KEY in ("Urllib", "CurlCFFI")]


def _ours(handler: type[RequestHandler]) -> type[RequestHandler]:
    """Our handler of the same key; the one in a browser's guise exists only where curl_cffi does."""
    if handler.RH_KEY == "Urllib":
        return PlainUrllibRH
    from multihowto.adapters.youtube_curl import GuardedCurlRH

    return GuardedCurlRH


def _ffmpeg() -> str | None:
    """The ffmpeg that joins a separate picture and sound, if imageio-ffmpeg is there."""
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        return None
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())

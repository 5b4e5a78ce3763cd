"""From yt-dlp's answer about a page to the few things that the next steps need: pure functions of values."""

import math
from collections.abc import Iterator
from typing import Any

from multihowto.adapters.site_messages import Refused, clean_detail
from multihowto.adapters.youtube_licenses import is_creative_commons
from multihowto.adapters.youtube_options import Options
from multihowto.captions.tracks import Offer, choose, kind_of, language_of

_CAPTION_FORMATS = ("vtt", "srt", "json3", "srv3")
_PROTOCOLS = {"http", "https", "m3u8", "m3u8_native", "http_dash_segments"}
_FORMAT_FIELDS = (
    *(
        "format_id",
        "url",
        "ext",
        "protocol",
        "container",
        "vcodec",
        "acodec",
        "width",
        "height",
        "fps",
        "tbr",
    ),
    *(
        "filesize",
        "quality",
        "preference",
        "source_preference",
        "language_preference",
        "has_drm",
        "impersonate",
    ),
    *(
        "fragments",
        "fragment_base_url",
        "manifest_url",
        "hls_aes",
        "extra_param_to_segment_url",
        "request_data",
    ),
    *("downloader_options", "available_at", "http_headers"),
)


def digest_info(info: dict[str, Any], options: Options) -> dict[str, Any]:
    """What is kept of a page: facts, the chosen caption tracks, the chosen formats without cookies.

    Raises Refused for what is live, too long, or only to be had over other protocols.
    """
    refuse_live(info)
    duration_s = _duration_s(info.get("duration"))
    if duration_s > options.max_duration_s:
        raise Refused(
            "too_long", f"{math.ceil(duration_s)} s, more than max_duration_s, {options.max_duration_s}"
        )
    license = _text(info.get("license"), 200) or None
    if options.licenses == "creative_commons" and not is_creative_commons(license or ""):
        stated = f"the page states {license!r}" if license else "the page states no licence"
        raise Refused("license_not_open", clean_detail(stated))
    return {
        "site": _text(info.get("extractor"), 100) or "unknown",
        "title": _title(info),
        "channel": _text(info.get("channel") or info.get("uploader"), 200) or None,
        "license": license,
        "spoken_language": _text(info.get("language"), 40) or None,
        "duration_ms": round(1000 * duration_s),
        "offers": chosen_offers(info, options),
        "formats": _formats(info, options.max_bytes) if options.wants_media else [],
        "extractor_key": _text(info.get("extractor_key"), 100) or "Generic",
        "webpage_url": _text(info.get("webpage_url"), 2000),
    }


def refuse_live(info: dict[str, Any]) -> None:
    """A premiere, a running live event and one that is still being processed come later."""
    status = info.get("live_status")
    if status in ("is_live", "is_upcoming", "post_live") or info.get("is_live"):
        raise Refused("not_yet", f"live status: {status or 'is_live'}")


def for_download(record: dict[str, Any], video_id: str) -> dict[str, Any]:
    """What yt-dlp needs to download the chosen formats with no other request."""
    return {
        "_type": "video",
        "id": video_id,
        "title": "media",
        "extractor": record["site"],
        "extractor_key": record["extractor_key"],
        "webpage_url": record["webpage_url"],
        "formats": [dict(one) for one in record["formats"]],
    }


def chosen_offers(info: dict[str, Any], options: Options) -> list[dict[str, Any]]:
    """The caption files to ask for, by language and in order of preference; `hls` marks a playlist of segments."""
    offers = list(_offers(info, options.languages))
    hls = {offer.url for offer, is_hls in offers if is_hls}
    chosen = choose([offer for offer, _ in offers], options.kinds)
    return [{**offer._asdict(), "hls": offer.url in hls} for offer in chosen]


def _offers(info: dict[str, Any], languages: tuple[str, ...]) -> Iterator[tuple[Offer, bool]]:
    """Every caption file on offer in a wanted language and a format that we read."""
    for field, automatic in (("subtitles", False), ("automatic_captions", True)):
        for tag, entries in (info.get(field) or {}).items():
            language = language_of(tag, languages) if tag != "live_chat" else None
            for entry in entries if language is not None else ():
                url, format, protocol = entry.get("url"), entry.get("ext"), entry.get("protocol")
                if url and format in _CAPTION_FORMATS and protocol in (None, "http", "https", "m3u8_native"):
                    offer = Offer(str(language), _text(tag, 40), kind_of(url, automatic), format, url)
                    yield offer, protocol == "m3u8_native"


def _formats(info: dict[str, Any], max_bytes: int) -> list[dict[str, Any]]:
    """The selected formats, without cookies; raises Refused for what the page itself says is too large."""
    selected = info.get("requested_formats") or [info]
    for one in selected:
        protocol = one.get("protocol")
        if protocol is not None and protocol not in _PROTOCOLS:
            raise Refused("unsupported", f"the video comes over {_text(protocol, 40)}, not http")
    sizes = [one.get("filesize") for one in selected]
    if sum(size for size in sizes if isinstance(size, int)) > max_bytes:
        raise Refused("too_large", f"larger than max_bytes, {max_bytes}")
    return [_format(one) for one in selected]


def _format(one: dict[str, Any]) -> dict[str, Any]:
    """One format's fields; its headers without cookies, and without the agent that yt-dlp draws by lot."""
    kept = {name: one[name] for name in _FORMAT_FIELDS if one.get(name) is not None}
    headers = dict(kept.get("http_headers") or {})
    unwanted = ("cookie", "user-agent")
    kept["http_headers"] = {name: value for name, value in headers.items() if name.lower() not in unwanted}
    return kept


def _title(info: dict[str, Any]) -> str:
    """The page's title; yt-dlp numbers the videos of a plain page, also when there is but one."""
    title = _text(info.get("title"), 500)
    return title.removesuffix(" (1)") if info.get("extractor") == "html5" else title


def _duration_s(value: object) -> float:
    """A length in seconds; 0.0 for what is none."""
    usable = isinstance(value, int | float) and math.isfinite(value) and value > 0
    return min(float(value), 2_000_000.0) if usable and isinstance(value, int | float) else 0.0


def _text(value: object, most: int) -> str:
    """A site's string that every file can hold: no lone surrogates, no NUL, at most so many characters."""
    text = "" if value is None else str(value)[: 2 * most]
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")[:most]

"""What the demo's site serves, as values: an entry of the site, its pages, and all resources by path."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from demo_plan import VideoPlan

NATIVE_NAMES: Final = {
    "en": "English",
    "de": "Deutsch",
    "fr": "français",
    "ru": "русский",
    "es": "español",
    "cs": "čeština",
    "sw": "Kiswahili",
    "zh": "中文",
    "vi": "Tiếng Việt",
}
PICTURE_LICENSE_URL: Final = "http://scripts.sil.org/OFL"
HTML: Final = "text/html; charset=utf-8"
MP4: Final = "video/mp4"
VTT: Final = "text/vtt; charset=utf-8"


@dataclass(frozen=True)
class Resource:
    """One answer of the site; the connection ends before byte `cut_at` of the body, if that is set."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    cut_at: int | None = None


@dataclass(frozen=True)
class Entry:
    """A video of the site with its caption tracks by language; `page` replaces the usual watch page."""

    video_id: str
    title: str
    media: Resource
    tracks: Mapping[str, Resource]
    page: Resource | None = None


def entry_of(video: VideoPlan, media: bytes) -> Entry:
    """The entry of a good video."""
    tracks = {track.language: Resource(track.to_vtt().encode("utf-8"), VTT) for track in video.tracks}
    return Entry(video.video_id, video.title, Resource(media, MP4), tracks)


def resources_of(entries: Iterable[Entry]) -> dict[str, Resource]:
    """All that the site serves, by path."""
    entries = list(entries)
    resources = {"/": index_page(entries)}
    for entry in entries:
        resources[watch_path(entry.video_id)] = entry.page or watch_page(entry)
        resources[media_path(entry.video_id)] = entry.media
        for language, track in entry.tracks.items():
            resources[captions_path(entry.video_id, language)] = track
    return resources


def watch_path(video_id: str) -> str:
    """Path of a video's page."""
    return f"/watch/{video_id}"


def media_path(video_id: str) -> str:
    """Path of a video's file."""
    return f"/media/{video_id}.mp4"


def captions_path(video_id: str, language: str) -> str:
    """Path of a caption track."""
    return f"/captions/{video_id}/{language}.vtt"


def index_page(entries: Iterable[Entry]) -> Resource:
    """A list of all entries."""
    items = "\n".join(
        f'<li><a href="{watch_path(entry.video_id)}">{escape(entry.video_id)}</a> {escape(entry.title)}</li>'
        for entry in entries
    )
    return html_page("Videos of the demo", f"<ol>\n{items}\n</ol>")


def watch_page(entry: Entry) -> Resource:
    """The page of a video: a player with its caption tracks, and the licence."""
    tracks = "".join(
        f'<track kind="captions" srclang="{language}" label="{NATIVE_NAMES[language]}" '
        f'src="{captions_path(entry.video_id, language)}">\n'
        for language in entry.tracks
    )
    return html_page(
        entry.title,
        f'<video controls width="512" height="384">\n'
        f'<source src="{media_path(entry.video_id)}" type="{MP4}">\n'
        f"{tracks}</video>\n"
        f'<p>Pictures: Noto Color Emoji, <a rel="license" href="{PICTURE_LICENSE_URL}">OFL-1.1</a>. '
        f"Words: Unicode CLDR, Unicode License v3.</p>\n"
        f'<p><a href="/">All videos</a></p>',
    )


def html_page(title: str, content: str, status: int = 200) -> Resource:
    """An HTML page; the title is escaped here, the content is HTML already."""
    page = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto }}</style>
</head>
<body>
<h1>{escape(title)}</h1>
{content}
</body>
</html>
"""
    return Resource(page.encode("utf-8"), HTML, status)

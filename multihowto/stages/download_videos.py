"""Downloads caption tracks and media with yt-dlp, from any site that it knows."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

import pyarrow as pa

from multihowto import tables
from multihowto.adapters import youtube
from multihowto.manifests import read_languages
from multihowto.rejects import Reject
from multihowto.stage import Map, Output, World, settings


@dataclass(frozen=True)
class DownloadVideos(Map):
    """Asks each page once, chooses one caption track a language, fetches the media, and checks that it decodes."""

    reads: ClassVar = (tables.SOURCES.only("url"),)
    writes: ClassVar = tables.VIDEOS
    videos_per_batch: ClassVar = 1
    manifests: ClassVar = ("languages",)
    extra: ClassVar = "youtube"
    keeps_files: ClassVar = True

    languages: str = "languages.csv"
    """Manifest of the languages whose tracks are wanted."""
    kinds: tuple[Literal["manual", "asr", "auto_translated"], ...] = ("manual", "asr")
    """Kinds of tracks, best first; YouTube answers translated ones with 429 sooner or later."""
    media: bool = True
    """Whether to download the video too; without it, captions and metadata only."""
    format: str = "18/b[height<=360]/bv*[height<=360]+ba/b"
    """yt-dlp's format selector."""
    max_duration_s: int = 3600
    """Longer videos are rejected."""
    max_bytes: int = 500_000_000
    """Larger media files are rejected."""
    deadline_s: int = 600
    """Time for one video, waiting for its turn apart."""
    check: Literal["decode", "probe"] = "decode"
    """decode: every frame of the media must decode; probe: only its header is read."""
    pacing: Literal["polite", "off"] = "polite"
    """polite: at most 300 videos an hour from one site, over all workers of this machine."""
    allow_private: bool = False
    """Whether URLs may lead to loopback and private addresses."""
    need_captions: bool = True
    """Whether a video without any caption track is rejected before its media is asked for."""
    extractor_args: tuple[str, ...] = ()
    """yt-dlp's extractor arguments, in its own notation: youtube:player_client=tv,web."""
    cookies_file: str | None = None
    """A cookies.txt for the session; its content is never logged."""

    def open(self, world: World) -> youtube.Site:
        languages = read_languages(world.manifest(self.languages))
        return youtube.Site(world.kept, youtube.Options(**settings(self) | {"languages": languages}))

    def close(self, tools: youtube.Site) -> None:
        tools.close()

    def run(self, inputs: Mapping[str, pa.Table], tools: youtube.Site) -> Output:
        rows, rejects, flaws = list[dict[str, Any]](), list[Reject](), list[Reject]()
        for source in inputs["sources"].to_pylist():
            fetched = tools.fetch(source["video_id"], source["url"])
            if isinstance(fetched, Reject):
                rejects.append(fetched)
                continue
            rows.append(asdict(fetched))
            flaws += [
                Reject(source["video_id"], lost.code, f"caption track {lost.tag}") for lost in fetched.missing
            ]
        return Output(pa.Table.from_pylist(rows, schema=tables.VIDEOS.schema), rejects, flaws)

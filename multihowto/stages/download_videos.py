"""Downloads caption tracks and media with yt-dlp, from any site that it knows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import pyarrow as pa

from multihowto import tables
from multihowto.adapters import youtube, youtube_options
from multihowto.adapters.youtube_licenses import hides_license
from multihowto.errors import ConfigError
from multihowto.manifests import read_languages
from multihowto.rejects import Reject
from multihowto.stage import Count, Deadline, Map, Output, World, settings

_Bytes = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
_Media = Annotated[str, msgspec.Meta(pattern="^(none|best|[1-9][0-9]{1,3}p)$")]
_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_FILTER = re.compile(r"\[[^\[\]]+\]")


@dataclass(frozen=True)
class DownloadVideos(Map):
    """Asks each page once, chooses one caption track a language, fetches the media, and checks that it decodes."""

    reads: ClassVar = (tables.SOURCES.only("url"),)
    writes: ClassVar = tables.VIDEOS
    videos_per_batch: ClassVar = 1
    manifests: ClassVar = ("languages",)
    extra: ClassVar = "youtube"
    keeps_files: ClassVar = True
    of_folder: ClassVar = False

    languages: str = "languages.csv"
    """Manifest of the languages whose tracks are wanted."""
    kinds: tuple[Literal["manual", "asr", "auto_translated"], ...] = ("manual", "asr")
    """Kinds of tracks, best first; YouTube answers translated ones with 429 sooner or later."""
    media: _Media = "360p"
    """The media file: none (captions and metadata only), best, or the greatest height: 360p, 720p."""
    format: str | None = None
    """yt-dlp's format selector, which says more than a height and overrides it."""
    retention: Literal["keep", "delete_after_features"] = "keep"
    """delete_after_features: a shard's media go once all that reads them is done; use --shards to bound the disk."""
    licenses: Literal["any", "creative_commons"] = "any"
    """creative_commons: a video whose page does not state such a licence is rejected before anything else is asked."""
    opt_out: Literal["honour", "ignore"] = "honour"
    """honour: what a site asks not to be collected (robots.txt, headers) is rejected."""
    max_duration_s: Count = 3600
    """Longer videos are rejected."""
    max_bytes: _Bytes = 500_000_000
    """Larger media files are rejected."""
    deadline_s: Deadline = 600
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

    def mistake(self, languages: Sequence[str]) -> str | None:
        if self.format is not None and not is_closed(self.format):
            return (
                f"format {self.format!r} is no selector of yt-dlp: it is empty, or a bracket has no partner"
            )
        if self.need_captions and not self.kinds:
            return "kinds is empty, so no video has captions; name kinds, or set need_captions to false"
        if self.format is not None and self.media == "none":
            return f"format {self.format!r} selects a media file, and media is none: leave one of them out"
        try:
            youtube_options.cookies_file()
            arguments = youtube.Options((), extractor_args=self.extractor_args).extractor_arguments()
        except ConfigError as error:
            return str(error)
        hides = hides_license(arguments) if self.licenses != "any" else None
        if hides is not None:
            return f"extractor_args: with {hides} YouTube's pages state no licence, and licenses asks for one"
        return None

    def open(self, world: World) -> youtube.Site:
        languages = read_languages(world.manifest(self.languages))
        return youtube.Site(world.kept, youtube.Options(**settings(self) | {"languages": languages}))

    def close(self, tools: youtube.Site) -> None:
        tools.close()

    def run(self, inputs: Mapping[str, pa.Table], tools: youtube.Site) -> Output:
        rows, rejects, flaws = list[dict[str, Any]](), list[Reject](), list[Reject]()
        notes = dict[str, str]()
        for source in inputs["sources"].to_pylist():
            fetched = tools.fetch(source["video_id"], source["url"])
            if isinstance(fetched, Reject):
                rejects.append(fetched)
                continue
            row = asdict(fetched)
            fetched_at = row.pop("fetched_at")
            notes |= {fetched.video_id: fetched_at} if fetched_at is not None else {}
            rows.append(row)
            flaws += [
                Reject(source["video_id"], lost.code, f"caption track {lost.tag}") for lost in fetched.missing
            ]
        return Output(pa.Table.from_pylist(rows, schema=tables.VIDEOS.schema), rejects, flaws, notes)


def is_closed(selector: str) -> bool:
    """Whether a format selector says something, and each of its brackets has a partner.

    The rest is for yt-dlp to say when it is opened: importing it would make every check slow.
    """
    # What is quoted, and what is in a filter, may be any sign.
    bare = _FILTER.sub("", _QUOTED.sub("q", selector))
    depths = list(accumulate(((sign == "(") - (sign == ")") for sign in bare), initial=0))
    return bool(selector.strip()) and not set(bare) & set("[]") and min(depths) == depths[-1] == 0

"""Takes in own footage: the videos of a folder, with the subtitles that lie beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import pyarrow as pa

from multihowto import manifests, tables
from multihowto.adapters import footage
from multihowto.errors import ConfigError
from multihowto.rejects import Reject
from multihowto.stage import Count, Deadline, Map, Output, World, settings

_Bytes = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]


@dataclass(frozen=True)
class ImportFolder(Map):
    """Takes each video of the folder that is the pipeline's manifest, checks that it decodes, and asks nobody.

    Beside `onion.mp4` it reads `onion.en.vtt`, `onion.de.srt`, `onion.vi.asr.json3`, and yt-dlp's `onion.info.json`.
    """

    reads: ClassVar = (tables.SOURCES.only("url"),)
    writes: ClassVar = tables.VIDEOS
    videos_per_batch: ClassVar = 1
    manifests: ClassVar = ("languages",)
    extra: ClassVar = "youtube"
    keeps_files: ClassVar = True
    of_folder: ClassVar = True

    languages: str = "languages.csv"
    """Manifest of the languages whose subtitles are wanted."""
    language: str = ""
    """The language of subtitle files whose name says none: onion.vtt."""
    license: str | None = None
    """The licence of all the footage, as SPDX names it; null: what each info file states, or none."""
    media: Literal["link", "copy", "none"] = "link"
    """link: the store names the same file, and changes with it (across disks a copy); copy; or none. Originals stay."""
    max_duration_s: Count = 3600
    """Longer videos are rejected."""
    max_bytes: _Bytes = 50_000_000_000
    """Larger video files are rejected."""
    deadline_s: Deadline = 3600
    """Time to check one video."""
    check: Literal["decode", "probe"] = "decode"
    """decode: every frame must decode; probe: only the header is read."""
    need_captions: bool = True
    """Whether a video without any subtitles is rejected."""

    def mistake(self, languages: Sequence[str]) -> str | None:
        if self.language and self.language not in languages:
            return f"language: no language {self.language!r}; {manifests.meant(self.language, languages)}"
        if self.license is not None and not self.license.strip():
            return "license is empty: say which it is (CC-BY-4.0), or leave it out"
        return None

    def open(self, world: World) -> footage.Folder:
        if not world.videos.is_dir():
            raise ConfigError(f"import_folder's manifest is a folder of videos, and {world.videos} is none")
        languages = manifests.read_languages(world.manifest(self.languages))
        options = footage.Options(**settings(self) | {"languages": languages})
        return footage.Folder(world.kept, world.videos, options)

    def run(self, inputs: Mapping[str, pa.Table], tools: footage.Folder) -> Output:
        rows, rejects, flaws = list[dict[str, Any]](), list[Reject](), list[Reject]()
        for source in inputs["sources"].to_pylist():
            found = tools.fetch(source["video_id"], source["url"])
            if isinstance(found, Reject):
                rejects.append(found)
                continue
            row = asdict(found)
            del row["fetched_at"]
            rows.append(row)
            flaws += [
                Reject(found.video_id, lost.code, f"subtitle file {lost.tag}") for lost in found.missing
            ]
        return Output(pa.Table.from_pylist(rows, schema=tables.VIDEOS.schema), rejects, flaws)

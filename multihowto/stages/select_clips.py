"""Decides which clips are in the dataset. The other stages only score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.manifests import read_words
from multihowto.selecting.measures import Measured, measure
from multihowto.selecting.rules import OF_CAPTIONS, OF_CLIPS, WHY_NOT, broken, codes, failures, passing, place
from multihowto.selecting.splits import splits
from multihowto.selecting.texts import Flags
from multihowto.selecting.words import Patterns, patterns
from multihowto.stage import Count, Map, NotNegative, Output, Share, World, settings

__all__ = ["WHY_NOT", "SelectClips"]

_KIND = {name: tables.SELECTION.schema.field(name).type for name in tables.SELECTION.schema.names}
Ratio = Annotated[float, msgspec.Meta(ge=1)]
Density = Annotated[float, msgspec.Meta(ge=0)]


@dataclass(frozen=True)
class SelectClips(Map):
    """Applies every threshold, in one place; a changed threshold costs minutes.

    Limits on what a table of an earlier stage says hold where the pipeline has that stage.
    """

    reads: ClassVar = (
        tables.CLIPS.only("start_ms", "end_ms"),
        tables.CAPTIONS.only("clip_id", "language", "text", "score"),
        tables.LANGUAGES.only("detected", "score", "track_detected", "track_score"),
        tables.VIDEOS.only("license"),
        tables.SOURCES.only("split"),
    )
    optional: ClassVar = (
        tables.REUPLOADS.only("original_id", "split"),
        tables.DUPLICATES.only("in_video", "in_videos", "near_videos"),
        tables.OVERLAPS.only("sets"),
    )
    writes: ClassVar = tables.SELECTION
    version: ClassVar = 3
    manifests: ClassVar = ("words",)
    speaks: ClassVar = ("pivot",)

    pivot: str = "en"
    """The language that every kept clip has."""
    min_ms: NotNegative = 1000
    """Shortest clip kept."""
    max_ms: Count = 60_000
    """Longest clip kept."""
    min_languages: Count = 2
    """A kept clip has passing captions in at least so many languages, the pivot among them."""
    min_alignment: Share = 0.5
    """Least alignment score of a caption that passes."""
    max_other_track_score: Share = 0.6
    """A caption fails with its track if another language is more probable than this for the whole track."""
    max_other_score: Share = 0.95
    """A caption fails alone if another language is more probable than this; short ones are often mistaken."""
    min_words: NotNegative = 1
    """Fewest words of a caption, of Chinese characters (OpusFilter's default); one without a letter has none."""
    max_words: Count = 250
    """Most words of a caption, of Chinese characters; own setting: what can be said in the longest clip."""
    max_ratio: Ratio = 3.0
    """How often as long, or as short, as the pivot's a caption may be, both counted as if English (own setting)."""
    max_repetition: Share = 0.5
    """Share of a caption's words that may repeat three said before in it (own setting, after Gopher's rules)."""
    min_density: Density = 1.0
    """Fewest characters a second of the clip, counted as if it were English (own setting)."""
    max_density: Density = 30.0
    """Most characters a second of the clip, counted as if it were English (own setting)."""
    max_in_video: Count = 3
    """How often a video may say a caption, of those with the same text (own setting)."""
    max_in_videos: Count = 20
    """How many videos may say the same (own setting)."""
    max_near_videos: Count = 50
    """How many videos may say nearly the same (own setting)."""
    max_overlap: Share = 0.7
    """Share of a train caption's n-grams that an evaluation set may have (as PaLM's, Chowdhery et al. 2022)."""
    licenses: tuple[str, ...] = ()
    """Licences of videos whose clips are kept, as the site states them, whatever the case; none named: all."""
    unlicensed: bool = True
    """Whether clips of videos are kept whose site states no licence."""
    words: str = ""
    """A CSV of words, with their language, that no kept clip says in any of its captions; empty for none."""
    validation: Share = 0.01
    """Share of videos for validation, of those whose split the manifest leaves open."""
    test: Share = 0.01
    """Share of videos for testing, likewise."""

    def mistake(self, languages: Sequence[str]) -> str | None:
        if self.validation + self.test > 1:
            return "validation and test are shares from 0 to 1, together at most 1"
        for low, high, what in (
            ("min_ms", "max_ms", "clip"),
            ("min_words", "max_words", "caption"),
            ("min_density", "max_density", "caption"),
        ):
            if getattr(self, low) > getattr(self, high):
                least, most = getattr(self, low), getattr(self, high)
                return f"{low} {least} is more than {high} {most}, so no {what} would be kept"
        if self.min_languages > len(languages):
            return (
                f"min_languages {self.min_languages} is more than the {len(languages)} languages "
                f"that are downloaded: {', '.join(languages)}"
            )
        return None

    def open(self, world: World) -> Patterns:
        """Patterns of the listed words, by language."""
        return patterns(read_words(world.manifest(self.words))) if self.words else {}

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        made = self.measure(inputs, tools)
        kept = broken(OF_CAPTIONS, made.of_captions, settings(self))
        why_not = self.why_not(made, kept)
        captions = place(made.clip_of, made.languages, made.clips.num_rows)
        lists = {
            "why_not": codes(why_not, _KIND["why_not"]),
            "languages": passing(kept, captions, _KIND["languages"]),
            "failed": failures(kept, captions, _KIND["failed"]),
        }
        columns = {
            "clip_id": made.clips["clip_id"],
            "video_id": made.clips["video_id"],
            "keep": pc.equal(pc.list_value_length(lists["why_not"]), 0),
            "split": made.splits,
            **lists,
        }
        return Output(pa.table([columns[name] for name in _KIND], schema=tables.SELECTION.schema))

    def measure(self, inputs: Mapping[str, pa.Table], tools: Patterns) -> Measured:
        """What every rule looks at, of some videos."""
        there = {view.table.name: inputs.get(view.table.name) for view in self.optional}
        return measure({**inputs, **there}, self.pivot, self._splits(inputs), tools)

    def _splits(self, inputs: Mapping[str, pa.Table]) -> dict[str, str]:
        fixed = _by_video(inputs["sources"], "split")
        copies = inputs.get("reuploads", tables.REUPLOADS.empty())
        originals, of_copies = (_by_video(copies, name) for name in ("original_id", "split"))
        return splits(fixed, originals, of_copies, self.validation, self.test)

    def why_not(self, made: Measured, captions: Mapping[str, Flags]) -> dict[str, Flags]:
        """For each rule for clips, which ones break it, where `captions` says which captions break theirs."""
        good = ~np.logical_or.reduce(list(captions.values()))
        languages = made.count(good)
        found = broken(OF_CLIPS, {**made.of_clips, "languages": languages}, settings(self))
        found["pivot_language"] = made.count(good & made.is_pivot) == 0
        found["license"] = ~made.licensed(self.licenses, self.unlicensed)
        found["listed_word"] = made.count(made.listed) > 0
        found["evaluation_video"] = made.count(made.evaluated) > 0
        return {code: found[code] for code in WHY_NOT}


def _by_video(rows: pa.Table, name: str) -> dict[str, Any]:
    return dict(zip(rows["video_id"].to_pylist(), rows[name].to_pylist(), strict=True))

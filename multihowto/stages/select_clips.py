"""Decides which clips are in the dataset. The other stages only score."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from multihowto import tables
from multihowto.stage import Count, Map, NotNegative, Output, Share

WHY_NOT = {
    "too_short": "shorter than min_ms",
    "too_long": "longer than max_ms",
    "pivot_language": "the pivot's caption does not pass the language or alignment rules",
    "few_languages": "captions in fewer than min_languages languages pass",
}


@dataclass(frozen=True)
class SelectClips(Map):
    """Applies every threshold, in one place; a changed threshold costs minutes."""

    reads: ClassVar = (
        tables.CLIPS.only("start_ms", "end_ms"),
        tables.CAPTIONS.only("clip_id", "language", "score"),
        tables.LANGUAGES.only("detected", "score", "track_detected", "track_score"),
        tables.SOURCES.only("split"),
    )
    writes: ClassVar = tables.SELECTION
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
    validation: Share = 0.01
    """Share of videos for validation, of those whose split the manifest leaves open."""
    test: Share = 0.01
    """Share of videos for testing, likewise."""

    def mistake(self, languages: Sequence[str]) -> str | None:
        if self.validation + self.test > 1:
            return "validation and test are shares from 0 to 1, together at most 1"
        if self.min_ms > self.max_ms:
            return f"min_ms {self.min_ms} is more than max_ms {self.max_ms}, so no clip would be kept"
        if self.min_languages > len(languages):
            return (
                f"min_languages {self.min_languages} is more than the {len(languages)} languages "
                f"that are downloaded: {', '.join(languages)}"
            )
        return None

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        lid = {row["caption_id"]: row for row in inputs["languages"].to_pylist()}
        passing: dict[str, set[str]] = {}
        for caption in inputs["captions"].to_pylist():
            if self.passes(caption, lid[caption["caption_id"]]):
                passing.setdefault(caption["clip_id"], set()).add(caption["language"])
        splits = {row["video_id"]: row["split"] for row in inputs["sources"].to_pylist()}
        rows = [
            self._row(clip, passing.get(clip["clip_id"], set()), splits[clip["video_id"]])
            for clip in inputs["clips"].to_pylist()
        ]
        return Output(pa.Table.from_pylist(rows, schema=tables.SELECTION.schema))

    def passes(self, caption: Mapping[str, Any], lid: Mapping[str, Any]) -> bool:
        """Whether a caption is good enough in itself."""
        language = caption["language"]
        if caption["score"] < self.min_alignment:
            return False
        for detected, score, limit in (
            (lid["track_detected"], lid["track_score"], self.max_other_track_score),
            (lid["detected"], lid["score"], self.max_other_score),
        ):
            if detected not in (language, "und") and score > limit:
                return False
        return True

    def _row(self, clip: Mapping[str, Any], languages: set[str], split: str | None) -> dict[str, Any]:
        why_not = self.why_not(clip["end_ms"] - clip["start_ms"], languages)
        return {
            "clip_id": clip["clip_id"],
            "video_id": clip["video_id"],
            "keep": not why_not,
            "why_not": why_not,
            "languages": sorted(languages),
            "split": split or self.split_of(clip["video_id"]),
        }

    def why_not(self, length_ms: int, languages: set[str]) -> list[str]:
        """The rules that a clip fails."""
        failed = {
            "too_short": length_ms < self.min_ms,
            "too_long": length_ms > self.max_ms,
            "pivot_language": self.pivot not in languages,
            "few_languages": len(languages) < self.min_languages,
        }
        return [name for name, fails in failed.items() if fails]

    def split_of(self, video_id: str) -> str:
        """The split of a video that the manifest leaves open: by a hash of its id, so it never moves."""
        digest = hashlib.blake2b(f"split:{video_id}".encode(), digest_size=8).digest()
        place = int.from_bytes(digest) / 2**64
        if place < self.test:
            return "test"
        return "validation" if place < self.test + self.validation else "train"

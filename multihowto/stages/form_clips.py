"""Forms clips from the pivot language's captions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pyarrow as pa

from multihowto import tables
from multihowto.captions import formats, forming
from multihowto.captions.cues import CaptionError, Cue
from multihowto.rejects import Reject
from multihowto.stage import Map, NotNegative, Output


@dataclass(frozen=True)
class FormClips(Map):
    """Grows each pivot cue to a clip, as HowTo100M and MIL-NCE do; the same span is one clip."""

    reads: ClassVar = (tables.VIDEOS.only("duration_ms", "tracks", "missing"),)
    writes: ClassVar = tables.CLIPS
    speaks: ClassVar = ("pivot",)
    extra: ClassVar = "youtube"

    pivot: str = "en"
    """Language whose cues are the timeline of all others."""
    method: Literal["grow", "widen"] = "grow"
    """grow: by neighbouring cues, towards the shorter span; widen: symmetrically."""
    min_ms: NotNegative = 5000
    """A clip lasts at least so long (HowTo100M's min_time)."""
    min_words: NotNegative = 0
    """Words that a grown clip has at least."""

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        rows: list[dict[str, Any]] = []
        rejects = []
        for video in inputs["videos"].to_pylist():
            made = self._clips(video)
            if isinstance(made, Reject):
                rejects.append(made)
            else:
                rows += made
        return Output(pa.Table.from_pylist(rows, schema=tables.CLIPS.schema), rejects)

    def _clips(self, video: Mapping[str, Any]) -> list[dict[str, Any]] | Reject:
        video_id = video["video_id"]
        try:
            cues = track_cues(video["tracks"], self.pivot)
        except CaptionError as error:
            return Reject(video_id, "bad_captions", str(error))
        spans = forming.form_clips(
            cues,
            method=self.method,
            min_ms=self.min_ms,
            min_words=self.min_words,
            duration_ms=video["duration_ms"],
            language=self.pivot,
        )
        if not spans:
            return self._without_pivot(video)
        return [
            {
                "clip_id": f"{video_id}:{span.start_ms:08d}-{span.end_ms:08d}",
                "video_id": video_id,
                **span._asdict(),
            }
            for span in spans
        ]

    def _without_pivot(self, video: Mapping[str, Any]) -> Reject:
        """Why there is no clip: the pivot's track failed, or there was none, or it says nothing."""
        for lost in video["missing"]:
            if lost["language"] == self.pivot:
                return Reject(
                    video["video_id"], lost["code"], f"its {self.pivot} track {lost['tag']} is missing"
                )
        there = ", ".join(track["language"] for track in video["tracks"])
        return Reject(video["video_id"], "no_pivot_captions", f"no {self.pivot} cue; tracks: {there}")


def track_cues(tracks: list[dict[str, str]], language: str) -> list[Cue]:
    """The cues of a video's track in a language; none if it has no such track. CaptionError if unreadable."""
    for track in tracks:
        if track["language"] == language:
            return formats.read(track["body"], track["format"])
    return []

"""Gives each clip its text in each language, from tracks whose timelines may differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from multihowto import tables
from multihowto.captions import alignment, formats
from multihowto.captions.cues import CaptionError
from multihowto.captions.forming import Span
from multihowto.stage import Map, Output
from multihowto.stages.form_clips import track_cues


@dataclass(frozen=True)
class AlignCaptions(Map):
    """Takes twins of the pivot's cues where a track shares its timeline, else cues by largest overlap."""

    reads: ClassVar = (tables.CLIPS.all(), tables.VIDEOS.only("tracks"))
    writes: ClassVar = tables.CAPTIONS
    speaks: ClassVar = ("pivot",)
    agrees: ClassVar = ("pivot",)
    extra: ClassVar = "youtube"

    pivot: str = "en"
    """The language from which the clips were formed."""

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        tracks = {video["video_id"]: video["tracks"] for video in inputs["videos"].to_pylist()}
        clips: dict[str, list[dict[str, Any]]] = {}
        for clip in inputs["clips"].to_pylist():
            clips.setdefault(clip["video_id"], []).append(clip)
        rows = [row for video_id, its in clips.items() for row in self._captions(its, tracks[video_id])]
        return Output(pa.Table.from_pylist(rows, schema=tables.CAPTIONS.schema))

    def _captions(self, clips: list[dict[str, Any]], tracks: list[dict[str, str]]) -> list[dict[str, Any]]:
        spans = [
            Span(clip["start_ms"], clip["end_ms"], clip["first_cue"], clip["last_cue"]) for clip in clips
        ]
        pivot = track_cues(tracks, self.pivot)
        rows = []
        for track in tracks:
            try:
                cues = formats.read(track["body"], track["format"])
            except CaptionError:
                continue
            for clip, said in zip(clips, alignment.align(spans, pivot, cues), strict=True):
                if said is not None:
                    rows.append(_row(clip, track, said, is_pivot=track["language"] == self.pivot))
        return rows


def _row(
    clip: Mapping[str, Any], track: Mapping[str, str], said: alignment.Aligned, *, is_pivot: bool
) -> dict[str, Any]:
    return {
        "caption_id": f"{clip['clip_id']}/{track['language']}",
        "clip_id": clip["clip_id"],
        "video_id": clip["video_id"],
        "language": track["language"],
        "text": said.text,
        "origin": track["kind"],
        "track": track["tag"],
        "method": "pivot" if is_pivot else said.method,
        "score": said.score,
    }

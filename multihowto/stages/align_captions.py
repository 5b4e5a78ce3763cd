"""Gives each clip its text in each language, from tracks whose timelines may differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from multihowto import tables
from multihowto.captions import alignment
from multihowto.captions.forming import Span
from multihowto.stage import Map, Output
from multihowto.stages.form_clips import cues_of, tracks_of


@dataclass(frozen=True)
class AlignCaptions(Map):
    """Takes twins of the pivot's cues where a track shares its timeline, else cues by largest overlap."""

    reads: ClassVar = (tables.CLIPS.all(), tables.TRACKS.only("language", "tag", "kind", "cues"))
    writes: ClassVar = tables.CAPTIONS
    speaks: ClassVar = ("pivot",)
    agrees: ClassVar = ("pivot",)
    version: ClassVar = 2

    pivot: str = "en"
    """The language from which the clips were formed."""

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        tracks = tracks_of(inputs["tracks"])
        clips: dict[str, list[dict[str, Any]]] = {}
        for clip in inputs["clips"].to_pylist():
            clips.setdefault(clip["video_id"], []).append(clip)
        rows = [row for video_id, its in clips.items() for row in self._captions(its, tracks[video_id])]
        return Output(pa.Table.from_pylist(rows, schema=tables.CAPTIONS.schema))

    def _captions(
        self, clips: list[dict[str, Any]], tracks: Mapping[str, Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        spans = [
            Span(clip["start_ms"], clip["end_ms"], clip["first_cue"], clip["last_cue"]) for clip in clips
        ]
        cues = {language: cues_of(track) for language, track in tracks.items()}
        pivot = cues[self.pivot]
        rows = []
        for language, track in sorted(tracks.items()):
            for clip, said in zip(clips, alignment.align(spans, pivot, cues[language]), strict=True):
                if said is not None:
                    rows.append(_row(clip, track, said, is_pivot=track["language"] == self.pivot))
        return rows


def _row(
    clip: Mapping[str, Any], track: Mapping[str, Any], said: alignment.Aligned, *, is_pivot: bool
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

"""Gives each clip its text in each language, from tracks whose timelines may differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

from multihowto import tables
from multihowto.captions.alignment import Aligned, align, align_shared, text_of
from multihowto.captions.forming import Span
from multihowto.captions.speech import Speech, speech
from multihowto.captions.timelines import SAME
from multihowto.stage import Map, Output
from multihowto.stages.match_timelines import timeline_of
from multihowto.tables.track_rows import Track, tracks_of


@dataclass(frozen=True)
class AlignCaptions(Map):
    """Takes twins of the pivot's cues where a track shares its timeline, else places its sentences on the pivot's."""

    reads: ClassVar = (
        tables.CLIPS.only("start_ms", "end_ms", "first_cue", "last_cue", "words_before", "words_after"),
        tables.TRACKS.only("language", "tag", "kind", "cues"),
        tables.TIMELINES.only("language", "kind", "knots", "jumps", "score"),
    )
    writes: ClassVar = tables.CAPTIONS
    speaks: ClassVar = ("pivot",)
    agrees: ClassVar = ("pivot",)
    version: ClassVar = 4

    pivot: str = "en"
    """The language from which the clips were formed."""

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        tracks = tracks_of(inputs["tracks"])
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for row in inputs["timelines"].to_pylist():
            found.setdefault(row["video_id"], {})[row["language"]] = row
        clips: dict[str, list[dict[str, Any]]] = {}
        for clip in inputs["clips"].to_pylist():
            clips.setdefault(clip["video_id"], []).append(clip)
        rows = [
            row
            for video_id, its in clips.items()
            for row in self._captions(its, tracks[video_id], found[video_id])
        ]
        return Output(pa.Table.from_pylist(rows, schema=tables.CAPTIONS.schema))

    def _captions(
        self,
        clips: list[dict[str, Any]],
        tracks: Mapping[str, Track],
        found: Mapping[str, Mapping[str, Any]],
    ) -> list[dict[str, Any]]:
        spans = [Span(*(clip[name] for name in Span._fields)) for clip in clips]
        pivot = _Pivot(self.pivot, tracks[self.pivot], spans)
        rows = []
        for language, track in sorted(tracks.items()):
            for clip, said in zip(clips, pivot.align(track, found[language]), strict=True):
                if said is not None:
                    rows.append(_row(clip, track, said, is_pivot=language == self.pivot))
        return rows


class _Pivot:
    """The pivot's track of one video, its words read once if they are needed."""

    def __init__(self, language: str, track: Track, spans: Sequence[Span]) -> None:
        self.language = language
        self.cues = track.cues
        self.spans = spans
        self.has_whole_cues = not any(span.words_before or span.words_after for span in spans)
        self._speech: Speech | None = None

    def align(self, track: Track, found: Mapping[str, Any]) -> Sequence[Aligned | None]:
        """The text of each span in a track."""
        if self.has_whole_cues and found["kind"] != "own":
            cues = self.cues if found["kind"] == "pivot" else track.cues
            return align_shared(self.spans, self.cues, cues)
        if found["kind"] == "pivot":
            return [Aligned(text_of(span, self.speech), "shared_timeline", 1.0) for span in self.spans]
        timeline = SAME if found["kind"] == "shared" else timeline_of(found)
        return align(self.spans, self.speech, speech(track.cues, track.language), timeline)

    @property
    def speech(self) -> Speech:
        if self._speech is None:
            self._speech = speech(self.cues, self.language)
        return self._speech


def _row(clip: Mapping[str, Any], track: Track, said: Aligned, *, is_pivot: bool) -> dict[str, Any]:
    return {
        "caption_id": f"{clip['clip_id']}/{track.language}",
        "clip_id": clip["clip_id"],
        "video_id": clip["video_id"],
        "language": track.language,
        "text": said.text,
        "origin": track.kind,
        "track": track.tag,
        "method": "pivot" if is_pivot else said.method,
        "score": said.score,
    }

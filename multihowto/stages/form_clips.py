"""Forms clips from the pivot language's captions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pyarrow as pa

from multihowto import tables
from multihowto.captions import forming
from multihowto.rejects import Reject
from multihowto.stage import Map, NotNegative, Output
from multihowto.tables.track_rows import Track, tracks_of


@dataclass(frozen=True)
class FormClips(Map):
    """Makes clips of the pivot's cues, as HowTo100M, MIL-NCE or the release do, or of its sentences."""

    reads: ClassVar = (
        tables.VIDEOS.only("duration_ms", "missing"),
        tables.TRACKS.only("language", "cues"),
    )
    writes: ClassVar = tables.CLIPS
    speaks: ClassVar = ("pivot",)
    version: ClassVar = 3

    pivot: str = "en"
    """Language whose cues are the timeline of all others."""
    method: Literal["grow", "widen", "caption", "sentence"] = "grow"
    """grow: by neighbouring cues, towards the shorter span; widen: each cue on both sides; caption: each cue as it is;
    sentence: each sentence, by its marks or else by pauses and length."""
    min_ms: NotNegative = 5000
    """A clip lasts at least so long (HowTo100M's min_time), but for `caption`."""
    min_words: NotNegative = 0
    """Words that a clip has at least."""
    candidates: NotNegative = 0
    """So many cues nearest to the clip are noted with it (MIL-NCE's candidates)."""

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        rows: list[dict[str, Any]] = []
        rejects = []
        tracks = tracks_of(inputs["tracks"])
        for video in inputs["videos"].to_pylist():
            made = self._clips(video, tracks.get(video["video_id"], {}))
            if isinstance(made, Reject):
                rejects.append(made)
            else:
                rows += made
        return Output(pa.Table.from_pylist(rows, schema=tables.CLIPS.schema), rejects)

    def _clips(self, video: Mapping[str, Any], tracks: Mapping[str, Track]) -> list[dict[str, Any]] | Reject:
        video_id = video["video_id"]
        cues = tracks[self.pivot].cues if self.pivot in tracks else []
        spans = forming.form_clips(
            cues,
            method=self.method,
            min_ms=self.min_ms,
            min_words=self.min_words,
            duration_ms=video["duration_ms"],
            language=self.pivot,
        )
        if not spans:
            return self._without_pivot(video, sorted(tracks))
        return [
            {
                "clip_id": f"{video_id}:{span.start_ms:08d}-{span.end_ms:08d}",
                "video_id": video_id,
                **span._asdict(),
                "nearest": nearest,
            }
            for span, nearest in zip(spans, forming.nearest_cues(spans, cues, self.candidates), strict=True)
        ]

    def _without_pivot(self, video: Mapping[str, Any], there: Sequence[str]) -> Reject:
        """Why there is no clip: the pivot's track failed, or there was none, or it says nothing."""
        for lost in video["missing"]:
            if lost["language"] == self.pivot:
                return Reject(
                    video["video_id"], lost["code"], f"its {self.pivot} track {lost['tag']} is missing"
                )
        said = f"no {self.pivot} cue; tracks: {', '.join(there) or 'none'}"
        return Reject(video["video_id"], "no_pivot_captions", said)

"""Forms clips from the pivot language's captions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.captions import forming
from multihowto.captions.cues import Cue
from multihowto.rejects import Reject
from multihowto.stage import Map, NotNegative, Output
from multihowto.tables.track_rows import tracks_of


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
        tracks = inputs["tracks"]
        pivots = tracks_of(tracks.filter(pc.equal(tracks["language"], self.pivot)))
        for video in inputs["videos"].to_pylist():
            pivot = pivots.get(video["video_id"], {}).get(self.pivot)
            made = self._clips(video, pivot.cues if pivot else [])
            rows += made
            if not made:
                there = tracks["language"].filter(pc.equal(tracks["video_id"], video["video_id"]))
                rejects.append(self._why_none(video, sorted(there.to_pylist())))
        return Output(pa.Table.from_pylist(rows, schema=tables.CLIPS.schema), rejects)

    def _clips(self, video: Mapping[str, Any], cues: Sequence[Cue]) -> list[dict[str, Any]]:
        spans = forming.form_clips(
            cues,
            method=self.method,
            min_ms=self.min_ms,
            min_words=self.min_words,
            duration_ms=video["duration_ms"],
            language=self.pivot,
        )
        return [
            {
                "clip_id": f"{video['video_id']}:{span.start_ms:08d}-{span.end_ms:08d}",
                "video_id": video["video_id"],
                **span._asdict(),
                "nearest": nearest,
            }
            for span, nearest in zip(spans, forming.nearest_cues(spans, cues, self.candidates), strict=True)
        ]

    def _why_none(self, video: Mapping[str, Any], there: Sequence[str]) -> Reject:
        """Why there is no clip: the pivot's track makes none, or it failed, or there was none."""
        if self.pivot in there:
            said = f"no cue of its {self.pivot} track makes a clip: none of {self.min_words} words within the video"
            return Reject(video["video_id"], "no_pivot_captions", said)
        for lost in video["missing"]:
            if lost["language"] == self.pivot:
                said = f"its {self.pivot} track {lost['tag']} is missing"
                return Reject(video["video_id"], lost["code"], said)
        said = f"no {self.pivot} cue; tracks: {', '.join(there) or 'none'}"
        return Reject(video["video_id"], "no_pivot_captions", said)

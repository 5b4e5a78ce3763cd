"""Finds where each track's time lies on the pivot's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pyarrow as pa

from multihowto import tables
from multihowto.captions import meanings, timelines
from multihowto.captions.cues import Cue
from multihowto.captions.lags import SPEEDS, hear, sketch
from multihowto.captions.meanings import Embed
from multihowto.captions.speech import Speech, speech
from multihowto.captions.timelines import Timeline
from multihowto.stage import Map, Output, Threads, World
from multihowto.tables.track_rows import Track, tracks_of

if TYPE_CHECKING:
    from multihowto.networks.sentence_encoder import SentenceEncoder


@dataclass(frozen=True)
class MatchTimelines(Map):
    """Finds out which tracks share the pivot's timeline, and the offset, drift and jumps of those with their own."""

    reads: ClassVar = (tables.TRACKS.only("language", "cues"),)
    writes: ClassVar = tables.TIMELINES
    version: ClassVar = 2
    models: ClassVar = ("encoder",)
    model_task: ClassVar = "text encoder"
    speaks: ClassVar = ("pivot",)
    agrees: ClassVar = ("pivot",)

    pivot: str = "en"
    """The language whose track is the timeline of all others."""
    encoder: str = ""
    """A multilingual text encoder of models.toml (multilingual-e5-small): what the tracks mean then helps to place
    those with a timeline of their own, which short ones need. Some 20 s of a core for ten minutes in nine languages."""
    prefix: str = "query: "
    """Put before every text that the encoder reads; E5 models want `query: `."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the encoder runs; auto: on a GPU if there is one."""
    threads: Threads = 1
    """Of the encoder, in one worker."""

    def needs(self) -> tuple[str, ...]:
        return ("train",) if self.encoder else ()

    def open(self, world: World) -> "SentenceEncoder | None":
        if not self.encoder:
            return None
        from multihowto.networks.sentence_encoder import SentenceEncoder

        return SentenceEncoder(world.models[self.encoder], self.prefix, self.device, self.threads)

    def close(self, tools: "SentenceEncoder | None") -> None:
        if tools is not None:
            tools.close()

    def run(self, inputs: Mapping[str, pa.Table], tools: Any) -> Output:
        rows: list[dict[str, Any]] = []
        for tracks in tracks_of(inputs["tracks"]).values():
            cues = {language: track.cues for language, track in tracks.items()}
            found = find(cues, self.pivot, tools)
            rows += [_row(tracks[language], its, cues.get(self.pivot, [])) for language, its in found.items()]
        return Output(pa.Table.from_pylist(rows, schema=tables.TIMELINES.schema))


def find(cues: Mapping[str, Sequence[Cue]], pivot: str, embed: Embed | None = None) -> dict[str, Timeline]:
    """The timeline of each language's cues on those of the pivot; one of score 0 if there is no pivot.

    Tracks that fit the pivot surely, or share its timeline, then help those that do not: what they say, and where,
    counts as the pivot's. With `embed` so does what each track means.
    """
    ours = cues.get(pivot, [])
    found = {
        language: Timeline("pivot", (), 0, 1.0)
        if language == pivot
        else timelines.SAME
        if timelines.is_shared(ours, its)
        else timelines.UNKNOWN
        for language, its in cues.items()
    }
    own = {
        language: speech(its, language)
        for language, its in cues.items()
        if found[language] is timelines.UNKNOWN
    }
    if not own or not ours:
        return found
    said = speech(ours, pivot)
    last_ms = round(max((c.end_ms for language in own for c in cues[language]), default=0) * max(SPEEDS))
    sketches = {language: sketch(its) for language, its in own.items()}
    alone = sketch(said)
    heard = hear([alone], last_ms)
    meant = _meant(said, pivot, own, embed)
    for language, its in own.items():
        found[language] = timelines.find_timeline(said, its, heard, sketches[language], meant.get(language))
    helpers = {
        language: sketch(
            timelines.moved(own[language], its) if language in own else speech(cues[language], language)
        )
        for language, its in sorted(found.items())
        if language != pivot and its.score >= timelines.HELPS
    }
    again = dict[str, Timeline]()
    for language, its in own.items():
        others = [helper for other, helper in helpers.items() if other != language]
        if others and found[language].score < timelines.SURE:
            heard = hear([alone, *others], last_ms)
            again[language] = timelines.find_timeline(
                said, its, heard, sketches[language], meant.get(language)
            )
    return found | again


def _meant(
    said: Speech, pivot: str, own: Mapping[str, Speech], embed: Embed | None
) -> dict[str, meanings.Alike]:
    """How alike the stretches of each track and of the pivot are; nothing without an encoder."""
    if embed is None or not said.words:
        return {}
    ours = meanings.meanings(said, pivot, embed)
    return {
        language: meanings.alike(ours, meanings.meanings(its, language, embed))
        for language, its in own.items()
        if its.words
    }


def _row(track: Track, found: Timeline, pivot: Sequence[Cue]) -> dict[str, Any]:
    cues = track.cues
    middle = float(cues[0].start_ms + cues[-1].end_ms) / 2
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in zip(found.knots[::2], found.knots[1::2], strict=True)]
    return {
        "track_id": track.track_id,
        "video_id": track.video_id,
        "language": track.language,
        "kind": found.kind,
        "knots": [{"track_ms": round(x), "pivot_ms": round(y)} for x, y in found.knots],
        "offset_ms": round(float(found.to_pivot(np.array([middle]))[0]) - middle),
        "drift": slopes[0] - 1 if slopes else 0.0,
        "jumps": found.jumps,
        "gaps": [{"start_ms": start, "end_ms": end} for start, end in timelines.gaps(pivot, cues, found)],
        "score": found.score,
    }


def timeline_of(row: Mapping[str, Any]) -> Timeline:
    """The timeline of a row of `timelines`."""
    knots = tuple((float(knot["track_ms"]), float(knot["pivot_ms"])) for knot in row["knots"])
    return Timeline(row["kind"], knots, row["jumps"], row["score"])

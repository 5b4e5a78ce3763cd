"""The package's own alignment, on clips that are handed in or on its own."""

import functools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from multihowto.adapters import models
from multihowto.captions.alignment import Aligned, align, align_shared
from multihowto.captions.cues import Cue
from multihowto.captions.forming import Span, form_clips
from multihowto.captions.meanings import Embed
from multihowto.captions.speech import Speech, speech
from multihowto.captions.timelines import SAME, Timeline
from multihowto.networks.sentence_encoder import SentenceEncoder
from multihowto.stages.match_timelines import find

from .simple import Pair, cues_of
from .worlds import World


def meant(world: World) -> list[Pair]:
    """The same with a text encoder: stage match_timelines with `encoder: multilingual-e5-small`."""
    return ours(world, _encoder())


@functools.cache
def _encoder() -> Embed:
    """The encoder, which remembers what it has read: a world is judged with clips of several kinds."""
    encoder = SentenceEncoder(models.fetch("multilingual-e5-small"), "query: ", threads=2)
    known: dict[str, npt.NDArray[np.float32]] = {}

    def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, encoder(new), strict=True))
        return np.stack([known[text] for text in texts])

    return embed


def ours(world: World, embed: Embed | None = None) -> list[Pair]:
    """What the stages make of a world: timelines, clips, texts with their scores."""
    cues = cues_of(world)
    pivot = speech(cues[world.pivot_language], world.pivot_language)
    spans: dict[int | tuple[int, int], Span] = dict(enumerate(handed(world, pivot)))
    if not world.clips:
        spans = {
            (span.start_ms, span.end_ms): span
            for span in form_clips(
                cues[world.pivot_language],
                method="grow",
                min_ms=5000,
                min_words=0,
                duration_ms=world.duration_ms,
                language=world.pivot_language,
            )
        }
    found = find(cues, world.pivot_language, embed)
    return [
        (clip, language, said.text, said.score)
        for language, its in cues.items()
        if its and (language != world.pivot_language or not world.clips)
        for clip, said in zip(
            spans,
            texts(list(spans.values()), cues, world.pivot_language, pivot, language, found),
            strict=True,
        )
        if said is not None
    ]


def texts(
    spans: Sequence[Span],
    cues: Mapping[str, list[Cue]],
    pivot_language: str,
    pivot: Speech,
    language: str,
    found: Mapping[str, Timeline],
) -> Sequence[Aligned | None]:
    """The texts of one language, as stage align_captions takes them."""
    has_whole_cues = not any(span.words_before or span.words_after for span in spans)
    if has_whole_cues and found[language].kind != "own":
        return align_shared(spans, cues[pivot_language], cues[language])
    timeline = found[language] if found[language].kind == "own" else SAME
    return align(spans, pivot, speech(cues[language], language), timeline)


def handed(world: World, pivot: Speech) -> list[Span]:
    """Clips that are handed in, by the pivot's words whose middles lie in them."""
    middles = np.maximum.accumulate((pivot.starts_ms + pivot.ends_ms) / 2)
    spans = []
    for start_ms, end_ms in world.clips:
        first, end = (int(place) for place in np.searchsorted(middles, (start_ms, end_ms)))
        if first >= end:
            spans.append(Span(start_ms, end_ms, 0, 0, pivot.edges[1] if len(pivot.edges) > 1 else 0, 0))
            continue
        first_cue, last_cue = int(pivot.cue[first]), int(pivot.cue[end - 1])
        low, high = pivot.range_of(first_cue, last_cue)
        spans.append(Span(start_ms, end_ms, first_cue, last_cue, first - low, high - end))
    return spans

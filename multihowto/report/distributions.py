"""How durations, scores, languages and origins are spread: counted shard by shard, so memory stays small."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.report.numbers import counted, grouped
from multihowto.storage import Store, look_up

STEP_MS = 250
"""Durations are counted in steps of this many milliseconds."""
BINS = 20
"""Alignment scores from 0 to 1 are counted in so many bins; 1 itself is in the last."""


@dataclass(frozen=True, slots=True)
class Distributions:
    """Counts for the page's charts."""

    captions: Mapping[tuple[str, str], int]
    """Captions by (language, origin), those of machine translation among them."""
    durations: Mapping[tuple[int, bool], int]
    """Clips by (length in steps of STEP_MS, kept or not); all count as kept before `select_clips` has run."""
    kept_ms: int
    """Length of the kept clips, together."""
    scores: Mapping[tuple[str, int], int]
    """Captions by (method, bin of BINS) of their alignment score."""
    by_track: Mapping[tuple[str, str], int]
    """Captions by (expected, detected) language, where all captions of a track are judged together."""
    by_caption: Mapping[tuple[str, str], int]
    """Captions by (expected, detected) language, each judged given its track."""


def distributions(store: Store) -> Distributions:
    """Reads a few columns of each shard. RetryableError if the store cannot be read."""
    captions: Counter[tuple[Any, ...]] = Counter()
    scores: Counter[tuple[Any, ...]] = Counter()
    by_track: Counter[tuple[Any, ...]] = Counter()
    by_caption: Counter[tuple[Any, ...]] = Counter()
    for shard in store.shards_of("captions"):
        rows = store.read_shard(tables.CAPTIONS.only("language", "origin", "method", "score"), shard)
        captions.update(grouped(rows, "language", "origin"))
        scores.update(grouped(rows.append_column("bin", _bins(rows["score"])), "method", "bin"))
    for shard in store.shards_of("translations"):
        rows = store.read_shard(tables.TRANSLATIONS.only("language", "origin"), shard)
        captions.update(grouped(rows, "language", "origin"))
    for shard in store.shards_of("languages"):
        rows = store.read_shard(tables.LANGUAGES.only("expected", "detected", "track_detected"), shard)
        by_track.update(grouped(rows, "expected", "track_detected"))
        by_caption.update(grouped(rows, "expected", "detected"))
    durations, kept_ms = _durations(store)
    return Distributions(captions, durations, kept_ms, scores, by_track, by_caption)


def _bins(scores: pa.ChunkedArray) -> pa.ChunkedArray:
    numbers = pc.floor(pc.multiply(scores, pa.scalar(BINS, pa.float32())))
    least, most = (pa.scalar(value, pa.float32()) for value in (0, BINS - 1))
    return pc.max_element_wise(pc.min_element_wise(numbers, most), least).cast(pa.int32())


def _durations(store: Store) -> tuple[Counter[tuple[int, bool]], int]:
    """Clips by (steps, kept), and the kept ones' length in milliseconds."""
    durations: Counter[tuple[int, bool]] = Counter()
    kept_ms = 0
    decided = set(store.shards_of("selection"))
    for shard in store.shards_of("clips"):
        rows = store.read_shard(tables.CLIPS.only("start_ms", "end_ms"), shard)
        keep: Any = pa.scalar(True)
        if shard in decided:
            chosen = store.read_shard(tables.SELECTION.only("keep"), shard)
            keep = pc.fill_null(look_up(rows, chosen, tables.SELECTION)["keep"], False)
        lengths = pc.subtract(rows["end_ms"], rows["start_ms"])
        kept_ms += pc.sum(pc.if_else(keep, lengths, 0)).as_py() or 0
        steps = pc.divide(lengths, STEP_MS)
        for kept in (True, False):
            here = pc.if_else(pc.equal(keep, kept), steps, None)
            durations.update({(step, kept): n for step, n in counted(here).items() if step is not None})
    return durations, kept_ms

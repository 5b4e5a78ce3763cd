"""Each track's time against the pivot's: offset, drift, jumps and gaps, in numbers and as pictures."""

import heapq
import math
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.report import charts
from multihowto.report.charts import percent
from multihowto.report.drift import told
from multihowto.report.timeline_pictures import Picture, pictures
from multihowto.storage import Store

MAX_VIDEOS = 12

OFFSETS_MS = (50, 200, 1000, 5000, 30_000)
DRIFTS = (0.0005, 0.002, 0.01, 0.03)
GAP_SHARES = (0.0, 0.01, 0.05, 0.2, 0.5)
"""Upper edges of the bins of the charts; the last bin takes what is beyond (own settings)."""
KINDS = ("shared_timeline", "own_timeline")
SAID_TOGETHER_MS = 1000
"""Cues that are less apart are one piece of speech, as where gaps are found."""

_VIEW = tables.TIMELINES.only("language", "kind", "knots", "offset_ms", "drift", "jumps", "gaps", "score")


@dataclass
class LanguageTimelines:
    """The tracks of one language, the pivot's own left out; lists have one entry a track with a timeline of its own."""

    language: str
    tracks: int = 0
    shared: int = 0
    lost: int = 0
    """Tracks of which no timeline was found."""
    jumping: int = 0
    offsets_ms: list[int] = field(default_factory=list)
    drifts: list[float] = field(default_factory=list)
    """Of those that tell it: some have too few cues."""
    gaps_ms: int = 0
    speech_ms: int = 0
    """Time in which the pivot speaks, of those videos where that is known."""
    score: float = 0.0
    """Sum over the tracks."""

    @property
    def gap_percent(self) -> float | None:
        """Of the pivot's speech; None if the store does not say how long it speaks."""
        return percent(self.gaps_ms, self.speech_ms) if self.speech_ms else None

    @property
    def offset_ms(self) -> float:
        """The median distance of its own timelines from the pivot's."""
        return median(map(abs, self.offsets_ms)) if self.offsets_ms else 0.0

    @property
    def far_ms(self) -> float:
        """The distance that 95 of 100 of its own timelines do not exceed."""
        ordered = sorted(map(abs, self.offsets_ms))
        return ordered[math.ceil(0.95 * len(ordered)) - 1] if ordered else 0.0

    @property
    def drift_percent(self) -> float | None:
        """The median drift of its own timelines, without its sign; None if none of them tells it."""
        return 100 * median(map(abs, self.drifts)) if self.drifts else None


@dataclass(frozen=True, slots=True)
class Timelines:
    """All that the page says of timelines."""

    languages: Sequence[LanguageTimelines]
    charts: Sequence[tuple[str, str, charts.Histogram]]
    """An id, a title and a histogram of tracks."""
    pictures: Sequence[Picture]


def timelines(store: Store) -> Timelines | None:
    """The numbers of each language, and the videos of the worst tracks; None of a store that has no timelines."""
    found: dict[str, LanguageTimelines] = {}
    bins: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    worst: list[tuple[float, int, str]] = []
    for shard in store.shards_of(tables.TIMELINES.name):
        rows = store.read_shard(_VIEW, shard).to_pylist()
        pivots = {row["video_id"]: row["track_id"] for row in rows if row["kind"] == "pivot"}
        cues = _cues(store, shard)
        speech = _speech(cues, list(pivots.values()))
        sizes = _sizes(cues)
        tracks = [told(row, *sizes.get(row["track_id"], (0, 0))) for row in rows if row["kind"] != "pivot"]
        for row in tracks:
            one = found.setdefault(row["language"], LanguageTimelines(row["language"]))
            _add(one, row, speech.get(row["video_id"], 0))
            _count(bins, row, speech.get(row["video_id"], 0))
        worst = _worst([*worst, *(_rank(row) for row in tracks if row["video_id"] in pivots)])
    if not found:
        return None
    languages = sorted(found.values(), key=lambda one: (-one.tracks, one.language))
    return Timelines(languages, _charts(bins), pictures(store, [video for _, _, video in worst]))


def _rank(row: Mapping[str, Any]) -> tuple[float, int, str]:
    """The less, the more a track is worth a look."""
    return row["score"], -_gaps_ms(row), row["video_id"]


def _worst(tracks: Iterable[tuple[float, int, str]]) -> list[tuple[float, int, str]]:
    """The worst track of each video, of so many videos as are drawn."""
    best: dict[str, tuple[float, int, str]] = {}
    for one in tracks:
        best[one[2]] = min(one, best.get(one[2], one))
    return heapq.nsmallest(MAX_VIDEOS, best.values())


def _cues(store: Store, shard: int) -> pa.Table:
    """The cues of a shard's tracks; none if the store does not have them."""
    view = tables.TRACKS.only("cues")
    there = store.stamp(tables.TRACKS.name, shard) is not None
    return store.read_shard(view, shard) if there else view.schema.empty_table()


def _sizes(cues: pa.Table) -> dict[str, tuple[int, int]]:
    """How many cues each track has, and the time from the first to the end of the last, by track_id."""
    counts = pc.list_value_length(cues["cues"]).to_pylist()
    flat = pc.list_flatten(cues["cues"])
    starts, ends = (pc.struct_field(flat, name).to_numpy() for name in ("start_ms", "end_ms"))
    sizes, at = dict[str, tuple[int, int]](), 0
    for track_id, count in zip(cues["track_id"].to_pylist(), counts, strict=True):
        sizes[track_id] = count, int(ends[at + count - 1] - starts[at]) if count else 0
        at += count
    return sizes


def _speech(cues: pa.Table, track_ids: Sequence[str]) -> dict[str, int]:
    """How long some tracks of a shard speak, by video, pauses of less than a second counted in."""
    rows = cues.filter(pc.is_in(cues["track_id"], pa.array(track_ids, pa.string()))).combine_chunks()
    flat = pc.list_flatten(rows["cues"])
    times = zip(
        rows["video_id"].take(pc.list_parent_indices(rows["cues"])).to_pylist(),
        pc.struct_field(flat, "start_ms").to_pylist(),
        pc.struct_field(flat, "end_ms").to_pylist(),
        strict=True,
    )
    said: Counter[str] = Counter()
    reached: dict[str, int] = {}
    for video, start, end in times:
        before = reached.get(video, start)
        said[video] += max(0, end - (before if start - before < SAID_TOGETHER_MS else start))
        reached[video] = max(before, end)
    return dict(said)


def _gaps_ms(row: Mapping[str, Any]) -> int:
    return sum(gap["end_ms"] - gap["start_ms"] for gap in row["gaps"])


def _is_lost(row: Mapping[str, Any]) -> bool:
    return row["kind"] == "own" and not row["knots"]


def _add(one: LanguageTimelines, row: Mapping[str, Any], speech_ms: int) -> None:
    one.tracks += 1
    one.score += row["score"]
    one.shared += row["kind"] == "shared"
    one.lost += _is_lost(row)
    one.jumping += row["jumps"] > 0
    if row["kind"] == "own" and row["knots"]:
        one.offsets_ms.append(row["offset_ms"])
        one.drifts += [] if row["drift"] is None else [row["drift"]]
    if speech_ms and not _is_lost(row):
        one.gaps_ms += _gaps_ms(row)
        one.speech_ms += speech_ms


# charts


@dataclass(frozen=True, slots=True)
class _Bins:
    """The bins of a chart: where they end, what they are called, and the marks below them."""

    title: str
    edges: Sequence[float]
    labels: Sequence[str]
    marks: Sequence[tuple[float, str]]

    def of(self, value: float) -> str:
        """The label of the bin of a value."""
        return self.labels[bisect_left(self.edges, value)]


def _bins(title: str, edges: Sequence[float], said: Sequence[str]) -> _Bins:
    """Bins that end at `edges`, and one beyond."""
    between = [f"{low} to {high}" for low, high in pairwise(said)]
    labels = [f"up to {said[0]}" if edges[0] else "none", *between, f"over {said[-1]}"]
    marks = [(place + 1.0, label) for place, label in enumerate(said)]
    return _Bins(title, edges, labels, [(0.0, "0"), *marks] if edges[0] else [(0.0, "none"), *marks[1:]])


_BINS = {
    "offset": _bins(
        "Distance from the pivot’s time", OFFSETS_MS, [f"{edge / 1000:g} s" for edge in OFFSETS_MS]
    ),
    "drift": _bins("Drift against the pivot’s time", DRIFTS, [f"{100 * edge:g} %" for edge in DRIFTS]),
    "jumps": _Bins(
        "Jumps of a track",
        (0, 1, 2, 3),
        ("0", "1", "2", "3", "4 and more"),
        [(0.5, "0"), (1.5, "1"), (2.5, "2"), (3.5, "3"), (4.5, "4+")],
    ),
    "gaps": _bins(
        "The pivot’s speech that a track leaves out", GAP_SHARES, [f"{100 * edge:g} %" for edge in GAP_SHARES]
    ),
}


def _count(bins: dict[str, Counter[tuple[str, str]]], row: Mapping[str, Any], speech_ms: int) -> None:
    """Puts a track into a bin of each chart; one without a timeline is in none."""
    if _is_lost(row):
        return
    values = {"offset": abs(row["offset_ms"]), "jumps": row["jumps"]}
    if row["drift"] is not None:
        values["drift"] = abs(row["drift"])
    if speech_ms:
        values["gaps"] = _gaps_ms(row) / speech_ms
    for name, value in values.items():
        bins[name][_BINS[name].of(value), f"{row['kind']}_timeline"] += 1


def _charts(bins: Mapping[str, Mapping[tuple[str, str], int]]) -> list[tuple[str, str, charts.Histogram]]:
    found = []
    for name, its in _BINS.items():
        if name in bins:
            columns = [
                (label, {kind: bins[name].get((label, kind), 0) for kind in KINDS}) for label in its.labels
            ]
            found.append((name, its.title, charts.histogram(columns, KINDS, its.marks)))
    return found

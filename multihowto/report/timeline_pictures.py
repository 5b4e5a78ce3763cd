"""Where the marks of a video's tracks stand: a bar each with its gaps, and the line of its offset over time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.compute as pc

from multihowto import tables
from multihowto.manifests import shard_of
from multihowto.report.charts import percent
from multihowto.report.drift import told
from multihowto.report.labels import shown
from multihowto.storage import Store

BAR_PX = 44
"""Height of a track's name and bar."""
LANE_PX = 52
"""Height of the lane below it in which its offset is drawn."""
LEAST_RANGE_MS = 200
"""A lane shows at least so much, so that a constant offset looks constant (own setting)."""
TOGETHER = 0.004
"""Speech that is less of the picture's width apart is drawn as one piece (own setting)."""

JUMP_MS = 2
"""Knots that are so near in the track's time are a jump: they are 1 ms apart, and rounded."""

_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_TIMELINE = tables.TIMELINES.only("language", "kind", "knots", "offset_ms", "drift", "jumps", "gaps", "score")

Piece = tuple[float, float]
"""x and width, in percent."""


@dataclass(frozen=True, slots=True)
class Lane:
    """One track in a picture; places in percent across, pixels down."""

    language: str
    kind: str
    """pivot, shared, own, or lost: no timeline was found."""
    y: int
    pieces: Sequence[Piece]
    """What the track covers; of the pivot, where it speaks."""
    gaps: Sequence[Piece]
    line: str
    """The offset over time as an SVG path in a box of 100 by 100; empty if there is none."""
    edges_ms: tuple[int, int]
    """The offsets at the lower and the upper edge of the lane."""
    offset_ms: int
    drift: float | None
    """None if the track has too few cues to tell."""
    jumps: int
    gaps_ms: int
    score: float

    @property
    def height(self) -> int:
        return BAR_PX + (LANE_PX if self.line else 0)


@dataclass(frozen=True, slots=True)
class Picture:
    """The tracks of a video below each other, the pivot's first, then the worst."""

    video_id: str
    title: str
    height: int
    lanes: Sequence[Lane]
    across: Sequence[tuple[float, str]]
    """Places of the time's marks in percent, and their labels."""


def pictures(store: Store, video_ids: Iterable[str]) -> list[Picture]:
    """A picture of each video, in the order in which they are asked for."""
    return [_picture(store, video_id) for video_id in video_ids]


def _picture(store: Store, video_id: str) -> Picture:
    rows = _rows(store, _TIMELINE, video_id)
    rows.sort(key=lambda row: (row["kind"] != "pivot", row["score"], row["language"]))
    cues = {row["track_id"]: row["cues"] for row in _rows(store, tables.TRACKS.only("cues"), video_id)}
    titles = [row["title"] for row in _rows(store, tables.VIDEOS.only("title"), video_id)]
    spans = {row["track_id"]: _spans(row, cues.get(row["track_id"], [])) for row in rows}
    ends = [end for its in spans.values() for _, end in its]
    ends += [gap["end_ms"] for row in rows for gap in row["gaps"]]
    length = max([1, *ends])
    lanes, y = list[Lane](), 0
    for row in rows:
        its = cues.get(row["track_id"], [])
        row = told(row, len(its), its[-1]["end_ms"] - its[0]["start_ms"] if its else 0)
        lanes.append(_lane(row, spans[row["track_id"]], length, y))
        y += lanes[-1].height
    return Picture(shown(video_id), shown(titles[0] if titles else ""), y, lanes, _marks(length))


def _rows(store: Store, view: tables.View, video_id: str) -> list[dict[str, Any]]:
    """A video's rows of a table; none if the store does not have it."""
    shard = shard_of(video_id, store.require()["shards"])
    if store.stamp(view.table.name, shard) is None:
        return []
    rows = store.read_shard(view, shard)
    found: list[dict[str, Any]] = rows.filter(pc.equal(rows["video_id"], video_id)).to_pylist()
    return found


def _spans(row: Mapping[str, Any], cues: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """What a track covers, in the pivot's time; of the pivot every cue."""
    if row["knots"]:
        return [(row["knots"][0]["pivot_ms"], row["knots"][-1]["pivot_ms"])]
    if row["kind"] == "pivot":
        return [(cue["start_ms"], cue["end_ms"]) for cue in cues]
    return [(cues[0]["start_ms"], max(cue["end_ms"] for cue in cues))] if cues else []


def _lane(row: Mapping[str, Any], spans: Sequence[tuple[int, int]], length: int, y: int) -> Lane:
    low, high = _range([knot["pivot_ms"] - knot["track_ms"] for knot in row["knots"]] or [0])
    gaps = [(gap["start_ms"], gap["end_ms"]) for gap in row["gaps"]]
    return Lane(
        language=row["language"],
        kind="lost" if row["kind"] == "own" and not row["knots"] else row["kind"],
        y=y,
        pieces=[_piece(span, length) for span in _joined(spans, round(length * TOGETHER))],
        gaps=[_piece(gap, length) for gap in gaps],
        line=_line(row["knots"], length, low, high),
        edges_ms=(low, high),
        offset_ms=row["offset_ms"],
        drift=row["drift"],
        jumps=row["jumps"],
        gaps_ms=sum(end - start for start, end in gaps),
        score=row["score"],
    )


def _line(knots: Sequence[Mapping[str, int]], length: int, low: int, high: int) -> str:
    """The path of the offset at the pivot's times; a jump is a step, at the time at which the track goes on."""
    path, last = list[str](), (-JUMP_MS - 1, 0.0)
    for knot in knots:
        x = percent(knot["pivot_ms"], length)
        y = percent(high - (knot["pivot_ms"] - knot["track_ms"]), high - low)
        if path and knot["track_ms"] - last[0] <= JUMP_MS:
            path.append(f"{x} {last[1]}")
        path.append(f"{x} {y}")
        last = knot["track_ms"], y
    return "M" + "L".join(path) if path else ""


def _range(offsets: Sequence[int]) -> tuple[int, int]:
    """The least and the greatest offset, drawn apart evenly to `LEAST_RANGE_MS`."""
    low, high = min(offsets), max(offsets)
    more = max(0, LEAST_RANGE_MS - (high - low))
    return low - more // 2, high + more - more // 2


def _joined(spans: Sequence[tuple[int, int]], near_ms: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start - joined[-1][1] <= near_ms:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _piece(span: tuple[int, int], length: int) -> Piece:
    """A span inside the picture: what lies before the video's start is cut off."""
    start, end = max(0, span[0]), max(0, span[1])
    return percent(start, length), percent(end - start, length)


def _marks(length_ms: int) -> list[tuple[float, str]]:
    """At most six marks at round times, from 0."""
    step = next((step for step in _STEPS_S if length_ms / 1000 / step <= 6), _STEPS_S[-1])
    step *= max(1, round(length_ms / 1000 / step / 6))
    times = range(0, length_ms // 1000 + 1, step)
    return [(percent(time * 1000, length_ms), f"{time // 60}:{time % 60:02d}") for time in times]

"""What another track says during the clips that were formed on the pivot's timeline."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

from .cleaning import join
from .cues import Cue, later_starts
from .forming import Span

TWIN_MS = 50
"""How far the start and the end of a twin may be from the pivot cue's."""

SHARED = 0.9
"""The share of a track's cues that must have a twin for the track to share the pivot's timeline."""


class Aligned(NamedTuple):
    """A clip's text in one language, how it was found, and how well the times agree (0 to 1)."""

    text: str
    method: Literal["shared_timeline", "largest_overlap"]
    score: float


def align(spans: Sequence[Span], pivot: Sequence[Cue], track: Sequence[Cue]) -> list[Aligned | None]:
    """For each span the text of the track's cues that belong to its pivot cues; None if there are none.

    A track shares the pivot's timeline if at least `SHARED` of its cues have a twin: a pivot cue whose start
    and end both differ by at most `TWIN_MS` (untranslated cues may be missing). Then a cue belongs to its
    twin; all other cues, and all cues of other tracks, belong to the pivot cue with which they overlap most
    (the earlier if equal), or to none if they overlap none. So a cue is in the text of at most one pivot cue.
    Score: intersection over union of the time that the span's pivot cues cover and the time that the track's
    cues cover; 1.0 for equal times. Both lists are sorted and sound (from `formats.read`), texts are clean.
    O((n + m) log n) and the length of the texts, if few cues are shown at once.
    """
    twins = _twins(pivot, track)
    shared = bool(track) and sum(twin is not None for twin in twins) >= SHARED * len(track)
    owners = _overlapped(pivot, track)
    if shared:
        owners = [owner if twin is None else twin for twin, owner in zip(twins, owners, strict=True)]
    owned = sorted((owner, i) for i, owner in enumerate(owners) if owner is not None)
    return [_aligned(span, pivot, [track[i] for i in _between(owned, span)], shared) for span in spans]


def _between(owned: Sequence[tuple[int, int]], span: Span) -> list[int]:
    """Which of the track's cues belong to the span's pivot cues, in the track's order."""
    lowest = bisect_left(owned, (span.first_cue, 0))
    highest = bisect_left(owned, (span.last_cue + 1, 0))
    return sorted(i for _, i in owned[lowest:highest])


def _aligned(span: Span, pivot: Sequence[Cue], said: Sequence[Cue], shared: bool) -> Aligned | None:
    text = join(cue.text for cue in said)
    if not text:
        return None
    score = _agreement(pivot[span.first_cue : span.last_cue + 1], said)
    return Aligned(text, "shared_timeline" if shared else "largest_overlap", score)


def _twins(pivot: Sequence[Cue], track: Sequence[Cue]) -> list[int | None]:
    """For each track cue the nearest pivot cue within `TWIN_MS`, one that no cue has yet if equally near."""
    starts = [cue.start_ms for cue in pivot]
    ends, track_ends = _shown_alone(pivot), _shown_alone(track)
    taken: set[int] = set()
    twins: list[int | None] = []
    for cue, alone_ms in zip(track, track_ends, strict=True):
        near = range(
            bisect_left(starts, cue.start_ms - TWIN_MS), bisect_right(starts, cue.start_ms + TWIN_MS)
        )
        fits = [
            (abs(starts[i] - cue.start_ms) + off_ms, i in taken, i)
            for i in near
            if (off_ms := min(abs(pivot[i].end_ms - cue.end_ms), abs(ends[i] - alone_ms))) <= TWIN_MS
        ]
        twin = min(fits)[-1] if fits else None
        twins.append(twin)
        if twin is not None:
            taken.add(twin)
    return twins


def _shown_alone(cues: Sequence[Cue]) -> list[int]:
    """When each cue ends, or the next one starts if that is sooner: some tracks keep a line on screen."""
    return [min(cue.end_ms, later_ms) for cue, later_ms in zip(cues, later_starts(list(cues)), strict=True)]


def _overlapped(pivot: Sequence[Cue], track: Sequence[Cue]) -> list[int | None]:
    """For each track cue the pivot cue that it overlaps most, the earlier if equal; None without any."""
    starts = [cue.start_ms for cue in pivot]
    reached = list(accumulate((cue.end_ms for cue in pivot), max))
    owners: list[int | None] = []
    for cue in track:
        near = range(bisect_right(reached, cue.start_ms), bisect_left(starts, cue.end_ms))
        overlaps = ((min(pivot[i].end_ms, cue.end_ms) - max(starts[i], cue.start_ms), -i) for i in near)
        overlap_ms, negative = max(overlaps, default=(0, 0))
        owners.append(-negative if overlap_ms > 0 else None)
    return owners


def _agreement(ours: Sequence[Cue], theirs: Sequence[Cue]) -> float:
    """Intersection over union of the time that two groups of cues cover."""
    union_ms = _covered_ms(sorted([*ours, *theirs]))
    shared_ms = _covered_ms(ours) + _covered_ms(theirs) - union_ms
    return shared_ms / union_ms


def _covered_ms(cues: Iterable[Cue]) -> int:
    """How long at least one of the sorted cues is shown."""
    covered_ms, reached_ms = 0, 0
    for cue in cues:
        covered_ms += max(0, cue.end_ms - max(cue.start_ms, reached_ms))
        reached_ms = max(reached_ms, cue.end_ms)
    return covered_ms

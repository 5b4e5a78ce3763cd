"""Giving each clip of the pivot what another track says in it, and how far that can be trusted."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np

from .cleaning import join
from .cues import Cue
from .forming import Span
from .placing import Placed, place
from .speech import Speech
from .timelines import Timeline, twins

LEAST_COVERED = 0.4
"""A clip has a text if so much of what the pivot says in it has a counterpart, by characters."""


LEAST_SCORE = 0.2
"""What is less probable is as good as surely wrong, and is no text of the clip."""


class Aligned(NamedTuple):
    """A clip's text in one language, how it was found, and how far it can be trusted (0 to 1)."""

    text: str
    method: Literal["shared_timeline", "own_timeline"]
    score: float


class Signs(NamedTuple):
    """What speaks for and against a text: what its score is made of."""

    covered: float
    """Share of the pivot's characters in the clip that have a counterpart."""
    edges: float
    """How badly the edges of its pieces fit, on average."""
    length: float
    """How far the lengths are from the usual ratio: its logarithm's square, by the spread expected at that length."""
    cut: float
    """Share of the text that comes from pieces that the clip's borders part."""
    timeline: float
    """How sure the track's timeline is."""
    characters: float


def align(spans: Sequence[Span], pivot: Speech, track: Speech, timeline: Timeline) -> list[Aligned | None]:
    """For each span the text of a track with a timeline of its own, or None if nothing of it is said there."""
    scored = [
        None if found is None else Aligned(found[0], "own_timeline", score_of(found[1]))
        for found in signed(spans, pivot, track, timeline)
    ]
    return [None if one is None or one.score < LEAST_SCORE else one for one in scored]


def signed(
    spans: Sequence[Span], pivot: Speech, track: Speech, timeline: Timeline
) -> list[tuple[str, Signs] | None]:
    """For each span its text and the signs of it."""
    if not pivot.words or not track.words:
        return [None] * len(spans)
    reader = _Reader(pivot, track, place(pivot, track, timeline), timeline.score)
    return [reader.read(*_words_of(span, pivot)) for span in spans]


def text_of(span: Span, said: Speech) -> str:
    """What the pivot itself says in a span."""
    return said.text_of(*_words_of(span, said))


def _words_of(span: Span, said: Speech) -> tuple[int, int]:
    first, end = said.range_of(span.first_cue, span.last_cue)
    return first + span.words_before, end - span.words_after


class _Reader:
    """Reads what the pieces of a track say for some words of the pivot; from plain lists, which are fast one by one."""

    def __init__(self, pivot: Speech, track: Speech, placed: Placed, sure: float) -> None:
        self.track, self.sure, self.ratio = track, sure, placed.ratio
        self.first, self.end = placed.first.tolist(), placed.end.tolist()
        self.low: list[int] = placed.low.tolist()
        self.high: list[int] = placed.high.tolist()
        self.cost: list[float] = placed.cost.tolist()
        self.said: list[float] = pivot.at.tolist()
        self.size: list[float] = track.at.tolist()
        self.middles = placed.middles.tolist()
        self.begins: list[float] = placed.begins.tolist()
        self.finishes: list[float] = placed.finishes.tolist()

    def read(self, low: int, high: int) -> tuple[str, Signs] | None:
        """The text for the pivot's words from `low` up to `high`, and its signs."""
        said = self.said[high] - self.said[low]
        texts, covered, cut, costs, size = list[str](), 0.0, 0.0, 0.0, 0.0
        for i in range(bisect_right(self.high, low), bisect_left(self.low, high)):
            a, b = max(low, self.low[i]), min(high, self.high[i])
            first, end = self._part(i, a, b) if a < b else (0, 0)
            if first == end:
                continue
            characters = self.size[end] - self.size[first]
            texts.append(self.track.text_of(first, end))
            covered += self.said[b] - self.said[a]
            size += characters
            costs += self.cost[i] * characters
            if (a, b) != (self.low[i], self.high[i]):
                cut += characters
        if not texts or covered < LEAST_COVERED * said:
            return None
        expected = max(self.ratio * covered, 1.0)
        off = (size - expected) ** 2 / (25 + 7 * max(size, expected))
        share = min(1.0, covered / max(said, 1.0))
        return join(texts), Signs(share, costs / size, off, cut / size, self.sure, size)

    def _part(self, i: int, low: int, high: int) -> tuple[int, int]:
        """The words of a piece that translate some of its words of the pivot: in proportion, by their middles."""
        left, right = self.first[i], self.end[i]
        if (low, high) == (self.low[i], self.high[i]):
            return left, right
        from_, to = self._place(i, low), self._place(i, high)
        first = left if low == self.low[i] else bisect_left(self.middles, from_, left, right)
        end = right if high == self.high[i] else bisect_left(self.middles, to, first, right)
        if first == end:  # the part lies in the midst of a word
            first = min(max(left, bisect_left(self.middles, (from_ + to) / 2, left, right) - 1), right - 1)
            end = first + 1
        return first, end

    def _place(self, i: int, word: int) -> float:
        """Where in a piece the pivot's word begins, as `Placed.middles` count."""
        whole = self.said[self.high[i]] - self.said[self.low[i]]
        share = (self.said[word] - self.said[self.low[i]]) / whole
        return self.begins[i] + share * (self.finishes[i] - self.begins[i])


def score_of(signs: Signs) -> float:
    """The probability that a text is right, from its signs: a logistic regression (bench/subtitles/fit.py)."""
    sure = min(max(signs.timeline, 0.01), 0.99)
    total = (
        4.46
        - 3.02 * (1 - signs.covered)
        - 0.31 * min(signs.edges, 20)
        - 0.80 * min(signs.length, 20)
        + (1.59 - 9.85 / math.sqrt(signs.characters + 5)) * signs.cut
        + 0.57 * math.log(sure / (1 - sure))
    )
    return 1 / (1 + math.exp(-total))


def align_shared(spans: Sequence[Span], pivot: Sequence[Cue], track: Sequence[Cue]) -> list[Aligned | None]:
    """For each span of whole cues the text of a track that shares the pivot's timeline (`timelines.is_shared`).

    A cue belongs to its twin; one without belongs to the pivot cue with which it overlaps most (the earlier if
    equal), or to none if it overlaps none. So a cue is in the text of at most one pivot cue.
    Score: intersection over union of the time that the span's pivot cues cover and the time that the track's
    cues cover, where twins have equal times. O((n + m) log n) and the length of the texts, if few cues are shown at
    once.
    """
    found = twins(pivot, track)
    shown = [cue[:2] for cue in pivot]
    times = [cue[:2] if twin is None else shown[twin] for twin, cue in zip(found, track, strict=True)]
    if None in found:
        alone = (cue for twin, cue in zip(found, track, strict=True) if twin is None)
        near = _overlapped(pivot, alone)
        found = [next(near) if twin is None else twin for twin in found]
    owned = sorted((owner, i) for i, owner in enumerate(found) if owner is not None)
    aligned = list[Aligned | None]()
    for span in spans:
        its = _between(owned, span)
        text = join([track[i].text for i in its])
        score = _agreement(shown[span.first_cue : span.last_cue + 1], [times[i] for i in its])
        aligned.append(Aligned(text, "shared_timeline", score) if text else None)
    return aligned


def _between(owned: Sequence[tuple[int, int]], span: Span) -> list[int]:
    """Which of the track's cues belong to the span's pivot cues, in the track's order."""
    lowest = bisect_left(owned, (span.first_cue, 0))
    highest = bisect_left(owned, (span.last_cue + 1, 0))
    return sorted([i for _, i in owned[lowest:highest]])


def _overlapped(pivot: Sequence[Cue], track: Iterable[Cue]) -> Iterator[int | None]:
    """For each track cue the pivot cue that it overlaps most, the earlier if equal; None without any."""
    starts = np.array([cue.start_ms for cue in pivot], np.int64)
    ends = np.array([cue.end_ms for cue in pivot], np.int64)
    reached = np.maximum.accumulate(ends)
    for cue in track:
        first = int(np.searchsorted(reached, cue.start_ms, side="right"))
        stop = int(np.searchsorted(starts, cue.end_ms))
        overlaps = np.minimum(ends[first:stop], cue.end_ms) - np.maximum(starts[first:stop], cue.start_ms)
        most = int(overlaps.argmax()) if len(overlaps) else 0
        yield first + most if len(overlaps) and overlaps[most] > 0 else None


def _agreement(ours: Sequence[tuple[int, int]], theirs: Sequence[tuple[int, int]]) -> float:
    """Intersection over union of the time that two groups of cues cover, given their starts and ends."""
    if ours == theirs:
        return 1.0
    union_ms = _covered_ms([*ours, *theirs])
    return (_covered_ms(ours) + _covered_ms(theirs) - union_ms) / union_ms


def _covered_ms(times: Iterable[tuple[int, int]]) -> int:
    """How long at least one of the cues is shown."""
    covered_ms, reached_ms = 0, 0
    for start_ms, end_ms in sorted(times):
        covered_ms += max(0, end_ms - max(start_ms, reached_ms))
        reached_ms = max(reached_ms, end_ms)
    return covered_ms

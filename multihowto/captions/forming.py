"""Cutting a video into clips along the pivot's cues, as HowTo100M and MIL-NCE do."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

from .cleaning import count_words
from .cues import Cue

Method = Literal["grow", "widen"]


class Span(NamedTuple):
    """A clip's time in the video, and the first and the last (inclusive) of the cues that it holds."""

    start_ms: int
    end_ms: int
    first_cue: int
    last_cue: int


def form_clips(
    cues: Sequence[Cue],
    *,
    method: Method,
    min_ms: int,
    min_words: int,
    duration_ms: int | None,
    language: str = "en",
) -> list[Span]:
    """Clips of at least `min_ms` with at least `min_words`: one for each cue, equal times once, sorted.

    `cues` are sorted and sound (from `formats.read`); spans index into them.
    `grow`: whole cues are added on the left or the right, each time towards the shorter total span (left if
    equal, as HowTo100M's loader does), until both minima are met.
    `widen`: each cue that has the words by itself.
    A span that is still too short (a short cue of `widen`; in `grow` all cues of a video together) is widened
    on both sides alike and shifted into [0, `duration_ms`]; a video shorter than `min_ms` is one span whole.
    Too few words give no clip. Cues that start at or after `duration_ms` are left out, ends are cut there.
    Spans of one time are one, from the first cue of all to the last. Spans may overlap and start together.
    O(n k) for spans of k cues. Raises ValueError for another method.
    Source: Miech et al. 2019 (HowTo100M, youtube_dataloader.py) and 2020 (MIL-NCE).
    """
    if method not in ("grow", "widen"):
        raise ValueError(f"no method {method!r}; there are: grow, widen")
    inside = cues if duration_ms is None else _inside(cues, duration_ms)
    words = [count_words(cue.text, language) for cue in inside]
    if method == "grow":
        ranges = _grown(inside, words, min_ms, min_words)
    else:
        ranges = ((i, i) for i, count in enumerate(words) if count >= min_words)
    return _merged(_span(inside, first, last, min_ms, duration_ms) for first, last in ranges)


def _inside(cues: Sequence[Cue], duration_ms: int) -> list[Cue]:
    """The cues that start before the video ends, none ending after it."""
    count = bisect_left(cues, duration_ms, key=lambda cue: cue.start_ms)
    return [cue._replace(end_ms=min(cue.end_ms, duration_ms)) for cue in cues[:count]]


def _grown(
    cues: Sequence[Cue], words: Sequence[int], min_ms: int, min_words: int
) -> Iterator[tuple[int, int]]:
    """The ranges of cues, inclusive, that meet both minima, or all cues if only those have the words.

    How a range grows depends on the range alone, so a cue that reaches a range already seen ends there.
    """
    total = [0, *accumulate(words)]
    if total[-1] < min_words:
        return
    seen: set[tuple[int, int]] = set()
    for seed, cue in enumerate(cues):
        first, last, end_ms = seed, seed, cue.end_ms
        while (first, last) not in seen:
            seen.add((first, last))
            enough = total[last + 1] - total[first] >= min_words
            whole = first == 0 and last == len(cues) - 1
            if enough and (whole or end_ms - cues[first].start_ms >= min_ms):
                yield first, last
            elif not whole:
                first, last = _grow(cues, first, last, end_ms)
                end_ms = max(end_ms, cues[first].end_ms, cues[last].end_ms)


def _grow(cues: Sequence[Cue], first: int, last: int, end_ms: int) -> tuple[int, int]:
    """The range one cue longer, towards the shorter total; the left one if equal."""
    if first == 0:
        return first, last + 1
    if last == len(cues) - 1:
        return first - 1, last
    left_ms = max(end_ms, cues[first - 1].end_ms) - cues[first - 1].start_ms
    right_ms = max(end_ms, cues[last + 1].end_ms) - cues[first].start_ms
    return (first - 1, last) if left_ms <= right_ms else (first, last + 1)


def _span(cues: Sequence[Cue], first: int, last: int, min_ms: int, duration_ms: int | None) -> Span:
    """The time of a range of cues, within the video and at least `min_ms` long if the video is."""
    start_ms = cues[first].start_ms
    end_ms = max(cue.end_ms for cue in cues[first : last + 1])
    if end_ms - start_ms >= min_ms:
        return Span(start_ms, end_ms, first, last)
    start_ms = max(0, start_ms - (min_ms - (end_ms - start_ms)) // 2)
    if duration_ms is not None:
        start_ms = max(0, min(start_ms, duration_ms - min_ms))
        return Span(start_ms, min(start_ms + min_ms, duration_ms), first, last)
    return Span(start_ms, start_ms + min_ms, first, last)


def _merged(spans: Iterator[Span]) -> list[Span]:
    """Spans sorted; those of the same time are one, with the cues of all."""
    by_time: dict[tuple[int, int], Span] = {}
    for span in spans:
        time = (span.start_ms, span.end_ms)
        same = by_time.get(time, span)
        by_time[time] = Span(*time, min(span.first_cue, same.first_cue), max(span.last_cue, same.last_cue))
    return sorted(by_time.values())

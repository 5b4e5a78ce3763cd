"""Cutting a video into clips along the pivot's cues, as HowTo100M and MIL-NCE do, or by sentences."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

from .cleaning import count_words
from .cues import Cue
from .sentences import sentences
from .speech import Speech, speech

Method = Literal["grow", "widen", "caption", "sentence"]

MOST_CUES = 200
"""A clip grows to so many cues at most."""


class Span(NamedTuple):
    """A clip's time in the video, and the first and the last (inclusive) of the cues that it holds.

    `words_before` of the first cue and `words_after` of the last are outside of it.
    """

    start_ms: int
    end_ms: int
    first_cue: int
    last_cue: int
    words_before: int = 0
    words_after: int = 0


def form_clips(
    cues: Sequence[Cue],
    *,
    method: Method,
    min_ms: int,
    min_words: int,
    duration_ms: int | None,
    language: str = "en",
) -> list[Span]:
    """Clips of at least `min_ms` with at least `min_words`, equal times once, sorted.

    `cues` are sorted and sound (from `formats.read`); spans index into them.
    `grow`: for each cue whole cues are added on the left or the right, each time towards the shorter total span
    (left if equal, as HowTo100M's loader does), until both minima are met, or it has `MOST_CUES`.
    `widen`: each cue that has the words by itself, as MIL-NCE does. `caption`: the same with its own time, however
    short, as the release does. `sentence`: each sentence that has the words (see `sentences`), from its first word
    to its last.
    A span that is still too short (a short cue of `widen`, a short sentence; in `grow` all cues of a video together)
    is widened on both sides alike and shifted into [0, `duration_ms`]; a video shorter than `min_ms` is one span
    whole. Too few words give no clip. Cues that start at or after `duration_ms` are left out, ends are cut there.
    Spans of one time are one, from the first cue of all to the last. Spans may overlap and start together.
    O(n k) for spans of k cues. Raises ValueError for another method.
    Source: Miech et al. 2019 (HowTo100M, youtube_dataloader.py) and 2020 (MIL-NCE).
    """
    if method not in ("grow", "widen", "caption", "sentence"):
        raise ValueError(f"no method {method!r}; there are: grow, widen, caption, sentence")
    inside = cues if duration_ms is None else _inside(cues, duration_ms)
    if method == "sentence":
        return _merged(_sentence_spans(speech(inside, language), min_ms, min_words, duration_ms))
    words = [count_words(cue.text, language) for cue in inside]
    least_ms = 0 if method == "caption" else min_ms
    if method == "grow":
        ranges = _grown(inside, words, min_ms, min_words)
    else:
        ranges = ((i, i) for i, count in enumerate(words) if count >= min_words)
    return _merged(_span(inside, first, last, least_ms, duration_ms) for first, last in ranges)


def nearest_cues(spans: Sequence[Span], cues: Sequence[Cue], count: int) -> list[list[int]]:
    """For each span the numbers of the `count` cues whose middles are nearest to its own, the nearest first.

    So MIL-NCE takes its candidates; the earlier cue if two are equally near. Cues are sorted. O(n log n + m count).
    """
    order = sorted(range(len(cues)), key=lambda i: (cues[i].start_ms + cues[i].end_ms, i))
    middles = [cues[i].start_ms + cues[i].end_ms for i in order]
    found = []
    for span in spans:
        middle = span.start_ms + span.end_ms
        place = bisect_left(middles, middle)
        near = range(max(0, place - count), min(len(order), place + count))
        ranked = sorted(near, key=lambda at: (abs(middles[at] - middle), order[at]))
        found.append([order[at] for at in ranked[:count]])
    return found


def _sentence_spans(said: Speech, min_ms: int, min_words: int, duration_ms: int | None) -> Iterator[Span]:
    for first, end in sentences(said):
        if end - first < min_words:
            continue
        first_cue, last_cue = int(said.cue[first]), int(said.cue[end - 1])
        before, after = said.range_of(first_cue, last_cue)
        start_ms, end_ms = int(said.starts_ms[first]), int(max(said.ends_ms[first:end]))
        time = _widened(start_ms, max(end_ms, start_ms + 1), min_ms, duration_ms)
        yield Span(*time, first_cue, last_cue, first - before, after - end)


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
    if total[-1] < min_words or not cues:
        return
    if len(cues) <= MOST_CUES and max(cue.end_ms for cue in cues) - cues[0].start_ms < min_ms:
        yield 0, len(cues) - 1
        return
    seen: list[set[int]] = [set() for _ in cues]
    for seed, cue in enumerate(cues):
        first, last, end_ms = seed, seed, cue.end_ms
        while first not in seen[last]:
            seen[last].add(first)
            enough = total[last + 1] - total[first] >= min_words
            whole = (first == 0 and last == len(cues) - 1) or last - first + 1 >= MOST_CUES
            if enough and (whole or end_ms - cues[first].start_ms >= min_ms):
                yield first, last
            elif not whole:
                first, last = _grow(cues, first, last, end_ms)
                end_ms = max(end_ms, cues[first].end_ms, cues[last].end_ms)
        seen[seed].clear()  # later ranges end later


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
    end_ms = max(cue.end_ms for cue in cues[first : last + 1])
    return Span(*_widened(cues[first].start_ms, end_ms, min_ms, duration_ms), first, last)


def _widened(start_ms: int, end_ms: int, min_ms: int, duration_ms: int | None) -> tuple[int, int]:
    if end_ms - start_ms >= min_ms:
        return start_ms, end_ms
    start_ms = max(0, start_ms - (min_ms - (end_ms - start_ms)) // 2)
    if duration_ms is not None:
        start_ms = max(0, min(start_ms, duration_ms - min_ms))
        return start_ms, min(start_ms + min_ms, duration_ms)
    return start_ms, start_ms + min_ms


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans sorted; those of the same time are one, with the cues of all."""
    by_time: dict[tuple[int, int], Span] = {}
    for span in spans:
        time = (span.start_ms, span.end_ms)
        by_time[time] = _union(by_time.get(time, span), span)
    return sorted(by_time.values())


def _union(left: Span, right: Span) -> Span:
    """Two spans of one time as one: all that either holds."""
    first = min((left.first_cue, left.words_before), (right.first_cue, right.words_before))
    last = max((left.last_cue, -left.words_after), (right.last_cue, -right.words_after))
    return Span(left.start_ms, left.end_ms, first[0], last[0], first[1], -last[1])

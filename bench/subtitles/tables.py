"""The judge's numbers as tables of Markdown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from .scoring import mean

if TYPE_CHECKING:
    from .judge import Judged

SURE = 0.8
BANDS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.01)
COLUMNS = (
    "pairs | given | precision | recall | F1 | strict F1 | misplaced | with borders | of notes"
    " | sure: right | right: sure"
)


@dataclass(frozen=True)
class Numbers:
    """What a group of pairs comes to; a share of nothing is not a number."""

    pairs: int
    """That exist."""
    given: int
    """But for those of less than half a clip whose words are right: they count neither way."""
    precision: float
    recall: float
    f1: float
    strict_f1: float
    misplaced: float
    """Foreign and missing words of pairs that exist and were given, by the words that belong to these."""
    misplaced_all: float
    """The same with words beside borders."""
    strange: float
    """Of `misplaced`, words that nobody says."""
    sure_right: float
    """The share of pairs scored above .8 that are right."""
    right_sure: float
    """The share of right pairs that are scored above .8."""


def numbers(judged: Sequence[Judged]) -> Numbers:
    """What a group comes to."""
    pairs = sum(one.verdict.exists for one in judged)
    every = [one for one in judged if one.score is not None]
    given = [one for one in every if one.verdict.exists or not one.verdict.is_right]
    right = [one for one in given if one.verdict.exists and one.verdict.is_right]
    sure = [one for one in given if (one.score or 0.0) > SURE]
    strictly = sum(one.verdict.is_strictly_right for one in every)
    both = [one.verdict for one in given if one.verdict.exists]
    words = sum(one.true for one in both)
    return Numbers(
        pairs,
        len(given),
        _share(len(right), len(given)),
        _share(len(right), pairs),
        _share(2 * len(right), len(given) + pairs),
        _share(2 * strictly, len(every) + pairs),
        _share(sum(one.misplaced for one in both), words),
        _share(sum(one.misplaced_all for one in both), words),
        _share(sum(one.strange for one in both), words),
        mean(one.verdict.exists and one.verdict.is_right for one in sure),
        mean((one.score or 0.0) > SURE for one in right),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


def groups(judged: Sequence[Judged], key: Callable[[Judged], str]) -> dict[str, list[Judged]]:
    """The pairs by what a key says of them, in order of keys."""
    found: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        found[key(one)].append(one)
    return dict(sorted(found.items()))


def deciles(judged: Sequence[Judged]) -> Callable[[Judged], str]:
    """A key: in which tenth of these tracks a pair's track is, by difficulty."""
    tracks = sorted({(one.difficulty, one.seed, one.language) for one in judged})
    tenth = {track: 10 * number // len(tracks) for number, track in enumerate(tracks)}
    return lambda one: f"{tenth[one.difficulty, one.seed, one.language]}"


def table(title: str, groups: dict[str, list[Judged]]) -> str:
    """One table with a row a group."""
    rows = [f"| {name} | {_row(numbers(judged))} |" for name, judged in groups.items()]
    rule = " --- |" * (COLUMNS.count("|") + 2)
    return "\n".join([f"| {title} | {COLUMNS} |", f"|{rule}", *rows])


def _row(found: Numbers) -> str:
    shares = (
        found.precision,
        found.recall,
        found.f1,
        found.strict_f1,
        found.misplaced,
        found.misplaced_all,
        found.strange,
        found.sure_right,
        found.right_sure,
    )
    return " | ".join([str(found.pairs), str(found.given), *(f"{share:.4f}" for share in shares)])


def bands(judged: Sequence[Judged]) -> str:
    """How many pairs are right in each band of scores."""
    rows = ["| scores | pairs given | right |", "| --- | --- | --- |"]
    for low, high in pairwise(BANDS):
        inside = [one for one in judged if one.score is not None and low <= one.score < high]
        counted = [one.verdict for one in inside if one.verdict.exists or not one.verdict.is_right]
        share = mean(one.exists and one.is_right for one in counted)
        rows.append(f"| {low:.2f}-{min(high, 1.0):.2f} | {len(counted)} | {share:.4f} |")
    return "\n".join(rows)


def worst(judged: Sequence[Judged], count: int = 5) -> str:
    """The tracks of the lowest F1."""
    found = groups(judged, lambda one: f"world {one.seed} {one.language} {one.format} {one.difficulty:.2f}")
    rated = sorted(found, key=lambda name: numbers(found[name]).f1)
    return table("worst tracks", {name: found[name] for name in rated[:count]})


def report(judged: Sequence[Judged]) -> str:
    """All tables: classes first, then those of the main class, tracks with timelines of their own."""
    own = [one for one in judged if one.group == "own"]
    parts = [table("class", groups(judged, lambda one: one.group))]
    if own:
        parts += [
            table("own: clips", groups(own, lambda one: one.kind)),
            table("own: words have times", groups(own, timing)),
            table("own: language", groups(own, lambda one: one.language)),
            table("own: tenth by difficulty", groups(own, deciles(own))),
            worst(own),
            bands(own),
        ]
    return "\n\n".join(parts)


def timing(one: Judged) -> str:
    """Which of the two tracks have times of words."""
    return {(1, 1): "both", (1, 0): "this track", (0, 1): "the pivot", (0, 0): "neither"}[
        one.is_timed, one.is_pivot_timed
    ]

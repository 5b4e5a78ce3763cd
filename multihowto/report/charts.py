"""Where charts put their marks: percent across, pixels down, so that text keeps its size on any screen."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

PLOT_PX = 180
"""Height of a histogram."""
MAX_COLUMNS = 24
GUTTER = 10.0
"""Percent at the left of a histogram where its numbers stand."""


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: what it counts, and where it is."""

    name: str
    count: int
    x: float
    """Percent of the chart's width."""
    width: float
    """Percent of the chart's width."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of pieces side by side."""

    name: str
    total: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """A piece of a column."""

    name: str
    count: int
    y: float
    """Pixels from the top of the plot."""
    height: float
    """Pixels."""


@dataclass(frozen=True, slots=True)
class Column:
    """One bin of a histogram."""

    label: str
    count: int
    x: float
    width: float
    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Columns, and the lines behind them as (place, label): in percent across, in pixels down."""

    columns: tuple[Column, ...]
    across: tuple[tuple[float, str], ...]
    down: tuple[tuple[float, str], ...]


def stacked(rows: Iterable[tuple[str, Mapping[str, int]]], order: Sequence[str]) -> list[Bar]:
    """Bars of pieces in an order; the longest bar takes the whole width, and pieces of nothing are left out."""
    counted = [(name, counts, sum(counts.values())) for name, counts in rows]
    most = max((total for _, _, total in counted), default=0)
    return [Bar(name, total, _parts(counts, order, most)) for name, counts, total in counted]


def _parts(counts: Mapping[str, int], order: Sequence[str], most: int) -> tuple[Part, ...]:
    parts, at = [], 0
    for name in (*order, *sorted(set(counts) - set(order))):
        count = counts.get(name, 0)
        if count:
            parts.append(Part(name, count, percent(at, most), percent(count, most)))
            at += count
    return tuple(parts)


def percent(count: float, of: float) -> float:
    """A share in percent, to three digits; 0 of nothing is 0."""
    return round(100 * count / of, 3) if of else 0.0


def histogram(
    bins: Sequence[tuple[str, Mapping[str, int]]], order: Sequence[str], edges: Sequence[tuple[float, str]]
) -> Histogram:
    """Columns of equal width; `edges` are (number of bins from the left, label) for the line below."""
    most = max((sum(counts.values()) for _, counts in bins), default=0)
    top = (ticks(most) or [1])[-1]
    each = (100 - GUTTER) / max(1, len(bins))
    columns = tuple(
        _column(label, counts, order, top, round(GUTTER + each * place, 3), round(each, 3))
        for place, (label, counts) in enumerate(bins)
    )
    return Histogram(
        columns,
        tuple((round(GUTTER + each * place, 3), label) for place, label in edges),
        tuple((round(PLOT_PX * (1 - value / top), 1), f"{value:,.0f}") for value in ticks(most)),
    )


def _column(
    label: str, counts: Mapping[str, int], order: Sequence[str], top: float, x: float, width: float
) -> Column:
    slices, at = [], 0
    for name in order:
        count = counts.get(name, 0)
        if count:
            height = PLOT_PX * count / top
            slices.append(
                Slice(name, count, round(PLOT_PX - PLOT_PX * at / top - height, 2), round(height, 2))
            )
            at += count
    return Column(label, at, x, width, tuple(slices))


def ticks(most: float, about: int = 4) -> list[float]:
    """Round numbers from 0 up to the first that is not below `most`; none if `most` is 0."""
    if most <= 0:
        return []
    rough = most / about
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * 0.999)
    return [round(step * number, 10) for number in range(math.ceil(most / step - 1e-9) + 1)]


def columns_of(
    steps: Mapping[tuple[int, bool], int], step_s: float
) -> tuple[list[tuple[str, dict[str, int]]], list[tuple[float, str]]]:
    """Counts by (steps, kept) as at most MAX_COLUMNS bins of a round width in seconds, and labels of their edges.

    The last bin takes what is longer than 99 % of all, if it would else be far out.
    """
    lengths = sorted((step, count) for (step, _), count in _summed(steps).items())
    if not lengths:
        return [], []
    low, high = lengths[0][0], _quantile(lengths, 0.99)
    per = next(
        per
        for per in (1, 2, 4, 8, 20, 40, 80, 240, 480, 2400, 10**9)
        if high // per - low // per < MAX_COLUMNS - 1
    )
    first, last = low // per, high // per + 1
    bins: list[dict[str, int]] = [{} for _ in range(last - first + 1)]
    for (step, kept), count in steps.items():
        counts = bins[min(step // per, last) - first]
        name = "kept" if kept else "left out"
        counts[name] = counts.get(name, 0) + count
    edges = [f"{(first + number) * per * step_s:g}" for number in range(len(bins) + 1)]
    longer = lengths[-1][0] // per > last
    labels = [f"{edges[number]} to {edges[number + 1]} s" for number in range(len(bins))]
    if longer:
        labels[-1] = f"{edges[-2]} s and more"
    every = max(1, round(len(bins) / 6))
    marks = [(float(n), f"{edges[n]} s") for n in range(0, len(bins) + (not longer), every)]
    return list(zip(labels, bins, strict=True)), marks


def _summed(steps: Mapping[tuple[int, bool], int]) -> dict[tuple[int, bool], int]:
    summed: dict[tuple[int, bool], int] = {}
    for (step, _), count in steps.items():
        summed[step, True] = summed.get((step, True), 0) + count
    return summed


def _quantile(lengths: Sequence[tuple[int, int]], share: float) -> int:
    """The least length that so great a share does not exceed."""
    left = share * sum(count for _, count in lengths)
    for length, count in lengths:
        left -= count
        if left <= 0:
            return length
    return lengths[-1][0]

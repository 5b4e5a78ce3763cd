"""The answers as Markdown, as docs/experiments.md shows them; shares are percent."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from multihowto.evaluation.published import MEAN

from .answers import OTHERS, PIVOT
from .recipes import FINE_TUNINGS

HEADS: Final = {OTHERS: "mean of eight", MEAN: "mean of nine"}


def markdown(results: Mapping[str, Any]) -> str:
    """Every table of one split."""
    parts = (
        ("R@1 by language", by_language(results)),
        ("R@1 by seed: en / mean of eight / mean of nine", by_seed(results)),
        ("Paired differences", differences(results)),
        ("English minus the mean of the other eight", drops(results)),
        ("Time", times(results)),
    )
    begin = f"# {results['split']}, {results['queries']} concepts, settings {results['settings']}\n"
    return begin + "".join(f"\n## {title}\n\n{body}" for title, body in parts)


def by_language(results: Mapping[str, Any]) -> str:
    """A row for each language and mean, a column for each cell: R@1 and its interval."""
    cells = results["scores"]
    rows = [
        [HEADS.get(what, what), *(_interval(its[what]) for its in cells.values())]
        for what in next(iter(cells.values()))
    ]
    return table(["language", *map(spoken, cells)], rows)


def by_seed(results: Mapping[str, Any]) -> str:
    """A row for each cell, a column for each seed."""
    cells = results["by_seed"]
    seeds = list(next(iter(cells.values())))
    rows = [
        [
            spoken(name),
            *(
                " / ".join(_percent(its[seed][what]) for what in (PIVOT, OTHERS, MEAN)) if seed in its else ""
                for seed in seeds
            ),
        ]
        for name, its in cells.items()
    ]
    return table(["cell", *(f"seed {seed}" for seed in seeds)], rows)


def differences(results: Mapping[str, Any]) -> str:
    """A row for each pair of cells: the difference with its interval and p."""
    found: dict[tuple[str, str], dict[str, Mapping[str, float]]] = {}
    for line in results["pairs"]:
        found.setdefault((line["second"], line["first"]), {})[line["of"]] = line
    rows = [
        [f"{spoken(second)} minus {spoken(first)}", *(_tested(its[what]) for what in (PIVOT, OTHERS, MEAN))]
        for (second, first), its in found.items()
    ]
    return table(["pair", PIVOT, HEADS[OTHERS], HEADS[MEAN]], rows)


def drops(results: Mapping[str, Any]) -> str:
    """A row for each cell."""
    return table(
        ["cell", "difference"], [[spoken(name), _tested(its)] for name, its in results["drops"].items()]
    )


def times(results: Mapping[str, Any]) -> str:
    """A row for each training: its seconds over all seeds, and the percentage of them that waited for batches."""
    rows = [
        [name, f"{its['seconds']:.0f}", f"{100 * its['data_wait']:.2f}"]
        for name, its in results["time"].items()
    ]
    return table(["training", "seconds", "waited, %"], rows)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all but the first column stand to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def spoken(cell: str) -> str:
    """`mmp_translate_train` as people say it."""
    tuning = next(its for its in FINE_TUNINGS if cell.endswith(its))
    start = cell.removesuffix(f"_{tuning}")
    named = start if start == "none" else start.replace("_", " ").replace("mmp", "MMP").replace("mp", "MP")
    return f"{named}, {tuning.replace('_', '-')}"


def _interval(its: Mapping[str, float]) -> str:
    return f"{_percent(its['r1'])} ({_percent(its['low'])}-{_percent(its['high'])})"


def _tested(its: Mapping[str, float]) -> str:
    low, high = (f"{100 * its[end]:+.1f}" for end in ("low", "high"))
    return f"{100 * its['difference']:+.1f} ({low} to {high}; p {its['p']:.4f})"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"

"""What training and evaluation left in `runs/`: curves of every seed, and retrieval by language."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from multihowto.errors import ConfigError
from multihowto.report.charts import percent, ticks
from multihowto.report.retrieval import METRICS, Score, plot, read_evaluation, scores_of
from multihowto.storage import Store

TONES = ("first", "second", "third", "fourth")
"""Colours and shapes of recipes, in order; further ones are `other`."""


class Validated(msgspec.Struct, frozen=True):
    """Retrieval of one language among the validation clips."""

    queries: float
    r1: float


class Epoch(msgspec.Struct, frozen=True):
    """One line of a run's metrics.jsonl."""

    phase: str
    epoch: int
    loss: dict[str, float]
    validation: dict[str, Validated]


@dataclass(frozen=True, slots=True)
class Run:
    """One seed of a recipe, epoch by epoch over all of its phases."""

    recipe: str
    seed: int
    tone: str
    epochs: tuple[Epoch, ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """One run's line in a plot of 100 x 100."""

    run: Run
    points: tuple[float, ...]
    path: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A plot of one number of all runs, by epoch."""

    id: str
    title: str
    curves: tuple[Curve, ...]
    down: tuple[tuple[float, str], ...]
    """Lines of the grid: percent from the top, and label."""
    epochs: int


def read_runs(store: Store) -> list[Run]:
    """Every run that has metrics, by recipe and seed. ConfigError if a file is not what training writes."""
    recipes = in_order(name for name in store.files.names("runs") if store.files.names(f"runs/{name}"))
    runs = []
    for recipe in recipes:
        seeds = [
            name for name in store.files.names(f"runs/{recipe}") if name.removeprefix("seed-").isdecimal()
        ]
        for seed in sorted(seeds, key=lambda name: int(name.removeprefix("seed-"))):
            name = f"runs/{recipe}/{seed}/metrics.jsonl"
            data = store.files.read_bytes(name)
            if data:
                number = int(seed.removeprefix("seed-"))
                runs.append(Run(recipe, number, tone_of(recipe, recipes), _epochs(name, data)))
    return runs


def tone_of(recipe: str, recipes: Sequence[str]) -> str:
    """The colour and shape of a recipe, the same in every chart of the page."""
    place = recipes.index(recipe) if recipe in recipes else len(TONES)
    return TONES[place] if place < len(TONES) else "other"


def _epochs(name: str, data: bytes) -> tuple[Epoch, ...]:
    try:
        # not msgspec's own reader: training that diverged writes NaN
        lines = (json.loads(line) for line in data.decode("utf-8").split("\n") if line.strip())
        return tuple(msgspec.convert(line, Epoch) for line in lines)
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigError(f"{name} is not what `multihowto train` writes: {error}") from error


def panels(runs: Sequence[Run], pivot: str) -> list[Panel]:
    """Loss, and validation in the pivot language and in the others; a panel without points is left out."""
    wanted: list[tuple[str, str, Callable[[Epoch], float]]] = [
        ("loss", "Training loss", lambda epoch: epoch.loss.get("total", math.nan)),
        (
            "pivot",
            "Validation R@1 in the pivot language",
            lambda epoch: _recall(epoch, lambda code: code == pivot),
        ),
        (
            "others",
            "Validation R@1, other languages (mean)",
            lambda epoch: _recall(epoch, lambda code: code != pivot),
        ),
    ]
    drawn = (_panel(id, title, runs, value) for id, title, value in wanted)
    return [panel for panel in drawn if panel is not None]


def _recall(epoch: Epoch, asked: Callable[[str], bool]) -> float:
    values = [one.r1 for code, one in epoch.validation.items() if asked(code)]
    return sum(values) / len(values) if values else math.nan


def _panel(id: str, title: str, runs: Sequence[Run], value: Callable[[Epoch], float]) -> Panel | None:
    points = [tuple(value(epoch) for epoch in run.epochs) for run in runs]
    most = max((one for line in points for one in line if math.isfinite(one)), default=-1.0)
    if most < 0:
        return None
    grid = ticks(most) or [0.0, 1.0]
    epochs = max(len(line) for line in points)
    curves = tuple(
        Curve(run, line, _path(line, epochs, grid[-1])) for run, line in zip(runs, points, strict=True)
    )
    down = tuple((round(100 - percent(one, grid[-1]), 2), f"{one:g}") for one in grid)
    return Panel(id, title, curves, down, epochs)


def _path(line: Sequence[float], epochs: int, top: float) -> str:
    """An SVG path in a square of 100; values that are no numbers are gaps."""
    path, pen_is_down = [], False
    for place, value in enumerate(line):
        if math.isfinite(value):
            x, y = percent(place, max(1, epochs - 1)), round(100 - percent(value, top), 2)
            path.append(f"{'L' if pen_is_down else 'M'}{x:g} {y:g}")
        pen_is_down = math.isfinite(value)
    return "".join(path)


def learning(store: Store, pivot: str) -> Mapping[str, Any]:
    """What the page shows of training and evaluation; empty lists where there is none."""
    found = read_evaluation(store)
    scores = list(scores_of(found)) if found else []
    runs = read_runs(store)
    recipes = in_order({score.recipe for score in scores} | {run.recipe for run in runs})
    tones = [(recipe, tone_of(recipe, recipes)) for recipe in recipes]
    scored = [one for one in tones if any(score.recipe == one[0] for score in scores)]
    return {
        "runs": runs,
        "panels": panels(runs, pivot),
        "legend": [(tone, recipe) for recipe, tone in tones],
        "found": found,
        "plots": [plot(scores, metric, scored) for metric in METRICS if metric != "median_rank" and scores],
        "table": _table(scores, [recipe for recipe, _ in scored]),
        "stale": [(one.recipe, seed) for one in found.recipes for seed in one.stale_seeds] if found else [],
    }


def in_order(recipes: Iterable[str]) -> list[str]:
    """English-only pre-training (MP) first, then multilingual (MMP), so that both keep their colours."""
    return sorted(recipes, key=lambda name: ("mmp" in name.lower(), name))


def _table(scores: Sequence[Score], recipes: Sequence[str]) -> list[tuple[str, str, dict[str, Score]]]:
    """Rows of (language, recipe, scores by metric)."""
    rows: dict[tuple[str, str], dict[str, Score]] = {}
    for score in scores:
        rows.setdefault((score.language, score.recipe), {})[score.metric] = score
    languages = list(dict.fromkeys(language for language, _ in rows))
    places = [(language, recipe) for language in languages for recipe in recipes]
    return [(*place, rows[place]) for place in places if place in rows]

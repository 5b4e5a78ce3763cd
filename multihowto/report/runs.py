"""What training and evaluation left in `runs/`: curves of every seed, and retrieval by language."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from multihowto.errors import ConfigError
from multihowto.report.charts import percent, ticks
from multihowto.report.labels import language_names, shown
from multihowto.report.retrieval import METRICS, Score, plot, read_evaluation, scores_of
from multihowto.storage import Store

TONES = ("first", "second", "third", "fourth")
"""Colours and shapes of recipes, in order; further ones are `other`."""


class Validated(msgspec.Struct, frozen=True):
    """Retrieval of one language among the validation clips."""

    queries: float
    r1: float
    alignment: float = math.nan
    uniformity: float = math.nan
    video_uniformity: float = math.nan


class Epoch(msgspec.Struct, frozen=True):
    """One line of a run's metrics.jsonl."""

    phase: str
    epoch: int
    loss: dict[str, float]
    validation: dict[str, Validated]
    learning_rate: float = math.nan
    video_norm: float = math.nan
    text_norm: float = math.nan
    temperature: float = math.nan
    cross_accuracy: float = math.nan
    cross_accuracy_without_text: float = math.nan


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


DRAWN = 1e12
"""Larger values than this have diverged, and are gaps (own setting)."""
LEAST = 1e-8
"""A plot of nothing larger is one of zeros (own setting)."""
Wanted = tuple[str, str, Callable[[Epoch], float]]
"""A panel's id, title and number."""


def read_runs(store: Store, scored: Iterable[str] = ()) -> list[Run]:
    """Every run that has metrics, by recipe and seed. ConfigError if a file is not what training writes.

    `scored` are recipes that have colours too.
    """
    found = []
    for recipe in store.files.names("runs"):
        for folder in store.files.names(f"runs/{recipe}"):
            name, seed = f"runs/{recipe}/{folder}/metrics.jsonl", folder.removeprefix("seed-")
            data = store.files.read_bytes(name) if seed.isdecimal() else None
            if data:
                found.append((recipe, int(seed), _epochs(name, data)))
    recipes = in_order({recipe for recipe, *_ in found} | set(scored))
    runs = [Run(recipe, seed, tone_of(recipe, recipes), epochs) for recipe, seed, epochs in found]
    return sorted(runs, key=lambda run: (recipes.index(run.recipe), run.seed))


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
    return _drawn(
        runs,
        [
            ("loss", "Training loss", lambda epoch: _loss(epoch, "total")),
            ("pivot", "Validation R@1 in the pivot language", lambda epoch: _recall(epoch, pivot, True)),
            ("others", "Validation R@1, other languages (mean)", lambda epoch: _recall(epoch, pivot, False)),
        ],
    )


def diagnostics(runs: Sequence[Run]) -> list[Panel]:
    """What else each epoch was measured by; a panel without points is left out."""
    return _drawn(
        runs,
        [
            ("inter", "Loss between video and text", lambda epoch: _loss(epoch, "inter")),
            ("intra", "Loss within video and text", lambda epoch: _loss(epoch, "intra")),
            ("cross", "Loss between two languages", lambda epoch: _loss(epoch, "cross")),
            ("gradient", "Norm of the gradient", lambda epoch: _loss(epoch, "gradient_norm")),
            ("rate", "Learning rate", lambda epoch: epoch.learning_rate),
            ("temperature", "Temperature", lambda epoch: epoch.temperature),
            ("video-norm", "Length of video vectors", lambda epoch: epoch.video_norm),
            ("text-norm", "Length of text vectors", lambda epoch: epoch.text_norm),
            ("cross-with", "Caption found in another language", lambda epoch: epoch.cross_accuracy),
            (
                "cross-without",
                "The same from the video alone",
                lambda epoch: epoch.cross_accuracy_without_text,
            ),
            ("video-uniformity", "Uniformity of videos", _video_uniformity),
        ],
    )


def by_language(runs: Sequence[Run]) -> list[Panel]:
    """Alignment with the videos, and uniformity, of each language's validation captions."""
    codes = dict.fromkeys(code for run in runs for epoch in run.epochs for code in epoch.validation)
    names = language_names()
    wanted: list[Wanted] = []
    for number, code in enumerate(codes):
        name = names[code][0] if code in names else shown(code)
        wanted.append((f"alignment-{number}", f"Alignment: {name}", partial(_aligned, code=code)))
        wanted.append((f"uniformity-{number}", f"Uniformity: {name}", partial(_uniform, code=code)))
    return _drawn(runs, wanted)


def _drawn(runs: Sequence[Run], wanted: Sequence[Wanted]) -> list[Panel]:
    drawn = (_panel(id, title, runs, value) for id, title, value in wanted)
    return [panel for panel in drawn if panel is not None]


def _loss(epoch: Epoch, name: str) -> float:
    return epoch.loss.get(name, math.nan)


def _aligned(epoch: Epoch, code: str) -> float:
    return epoch.validation[code].alignment if code in epoch.validation else math.nan


def _uniform(epoch: Epoch, code: str) -> float:
    return epoch.validation[code].uniformity if code in epoch.validation else math.nan


def _video_uniformity(epoch: Epoch) -> float:
    return next((one.video_uniformity for one in epoch.validation.values()), math.nan)


def _recall(epoch: Epoch, pivot: str, of_pivot: bool) -> float:
    values = [one.r1 for code, one in epoch.validation.items() if (code == pivot) == of_pivot]
    return sum(values) / len(values) if values else math.nan


def _panel(id: str, title: str, runs: Sequence[Run], value: Callable[[Epoch], float]) -> Panel | None:
    points = [tuple(value(epoch) for epoch in run.epochs) for run in runs]
    seen = [one for line in points for one in line if abs(one) <= DRAWN]
    if not seen:
        return None
    grid = _grid(min(seen), max(seen))
    epochs = max(len(line) for line in points)
    curves = tuple(
        Curve(run, line, _path(line, epochs, grid)) for run, line in zip(runs, points, strict=True)
    )
    down = tuple((_down(one, grid), f"{one:g}") for one in grid)
    return Panel(id, title, curves, down, epochs)


def _grid(least: float, most: float) -> list[float]:
    """Round numbers around what was seen and 0, from the lowest."""
    furthest = max(most, -least)
    step = ticks(furthest)[1] if furthest >= LEAST else 1.0
    low, high = math.floor(min(least, 0) / step + 1e-9), math.ceil(max(most, 0) / step - 1e-9)
    return [number * step for number in range(low, max(high, low + 1) + 1)]


def _down(value: float, grid: Sequence[float]) -> float:
    """Percent from the top."""
    return round(100 - percent(value - grid[0], grid[-1] - grid[0]), 2)


def _path(line: Sequence[float], epochs: int, grid: Sequence[float]) -> str:
    """An SVG path in a square of 100; values that are no numbers, or beyond DRAWN, are gaps."""
    path, pen_is_down = [], False
    for place, value in enumerate(line):
        there = abs(value) <= DRAWN
        if there:
            x, y = percent(place, max(1, epochs - 1)), _down(value, grid)
            path.append(f"{'L' if pen_is_down else 'M'}{x:g} {y:g}")
        pen_is_down = there
    return "".join(path)


def learning(store: Store, pivot: str) -> Mapping[str, Any]:
    """What the page shows of training and evaluation; empty lists where there is none."""
    found = read_evaluation(store)
    scores = list(scores_of(found)) if found else []
    runs = read_runs(store, {score.recipe for score in scores})
    recipes = in_order({score.recipe for score in scores} | {run.recipe for run in runs})
    tones = [(recipe, tone_of(recipe, recipes)) for recipe in recipes]
    scored = [one for one in tones if any(score.recipe == one[0] for score in scores)]
    return {
        "runs": runs,
        "panels": panels(runs, pivot),
        "diagnostics": diagnostics(runs),
        "by_language": by_language(runs),
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

"""Retrieval by language: what `runs/evaluation.json` says, and the marks of the chart, recipe beside recipe."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from multihowto.errors import ConfigError
from multihowto.report.charts import percent, ticks
from multihowto.storage import Store

RESULT = "runs/evaluation.json"
OTHERS = "others"
"""Stands for the mean of all languages but the pivot's."""

METRICS = {"r1": "R@1", "r5": "R@5", "r10": "R@10", "median_rank": "Median rank"}
"""What is measured, in the order in which it is shown; all but ranks are shares."""
ROW_PX = 26
"""Height of a recipe's line in the chart; a language's name takes one more."""


class Numbers(msgspec.Struct, frozen=True):
    """Metrics of one language, or of chance; shares are from 0 to 1, ranks from 1."""

    queries: float
    r1: float
    r5: float
    r10: float
    median_rank: float
    r1_low: float | None = None
    r1_high: float | None = None


class Others(msgspec.Struct, frozen=True):
    """R@1 as the mean of all languages but the pivot's; None if no other has a query."""

    r1: float | None
    r1_low: float | None = None
    r1_high: float | None = None


class Seed(msgspec.Struct, frozen=True):
    """One trained model."""

    seed: int
    text_to_video: dict[str, Numbers]
    others: Others


class Mean(msgspec.Struct, frozen=True):
    """The mean over the seeds of a recipe."""

    text_to_video: dict[str, Numbers]
    others: Others


class Evaluated(msgspec.Struct, frozen=True):
    """One recipe; stale seeds were trained with other settings or data, and are not in the numbers."""

    recipe: str
    seeds: list[Seed]
    stale_seeds: list[int]
    mean: Mean


class Pair(msgspec.Struct, frozen=True):
    """R@1 of the second recipe minus the first's, in a language or in the others' mean."""

    first: str
    second: str
    of: str
    difference: float
    low: float
    high: float
    p: float


class Evaluation(msgspec.Struct, frozen=True):
    """What `multihowto evaluate` found."""

    split: str
    relevant: str
    level: float
    languages: list[str]
    pivot: str
    candidates: int
    chance: Numbers
    recipes: list[Evaluated]
    pairs: list[Pair]


def read_evaluation(store: Store) -> Evaluation | None:
    """None if nothing is evaluated; ConfigError if the file is not what `multihowto evaluate` writes."""
    data = store.files.read_bytes(RESULT)
    if data is None:
        return None
    try:
        # not msgspec's own reader: a mean of nothing is written as NaN
        return msgspec.convert(json.loads(data), Evaluation)
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigError(f"{RESULT} is not what `multihowto evaluate` writes: {error}") from error


@dataclass(frozen=True, slots=True)
class Score:
    """One number of one recipe in one language, with its interval; shares are from 0 to 1."""

    recipe: str
    language: str
    metric: str
    value: float
    low: float | None
    high: float | None
    """None where evaluation gives no interval."""
    chance: float
    seeds: tuple[float, ...]
    """The number of each seed."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A score in the chart: x in percent across, y in pixels down."""

    score: Score
    tone: str
    y: int
    x: float
    x_low: float
    x_high: float
    x_seeds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A language in the chart."""

    language: str
    y: int
    height: int
    marks: tuple[Mark, ...]
    x_chance: float


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart of one metric."""

    metric: str
    rows: tuple[Row, ...]
    across: tuple[tuple[float, str], ...]
    """Lines of the grid: percent across, and label."""
    height: int


def scores_of(found: Evaluation) -> Iterator[Score]:
    """Every number of every recipe, language by language, and at last the mean of the others."""
    for code in found.languages:
        for metric in METRICS:
            for one in found.recipes:
                if code in one.mean.text_to_video:
                    yield _score(found, one, code, metric)
    for one in found.recipes:
        mean = one.mean.others
        if mean.r1 is not None:
            seeds = tuple(seed.others.r1 for seed in one.seeds if seed.others.r1 is not None)
            yield Score(one.recipe, OTHERS, "r1", mean.r1, mean.r1_low, mean.r1_high, found.chance.r1, seeds)


def _score(found: Evaluation, one: Evaluated, code: str, metric: str) -> Score:
    mean = one.mean.text_to_video[code]
    low, high = (mean.r1_low, mean.r1_high) if metric == "r1" else (None, None)
    seeds = tuple(
        getattr(seed.text_to_video[code], metric) for seed in one.seeds if code in seed.text_to_video
    )
    return Score(
        one.recipe, code, metric, getattr(mean, metric), low, high, getattr(found.chance, metric), seeds
    )


def plot(scores: Sequence[Score], metric: str, tones: Sequence[tuple[str, str]]) -> Plot:
    """The chart of a metric that is a share; `tones` are the recipes with their colours, in order."""
    mine = [score for score in scores if score.metric == metric]
    seen = (max(one.high or 0.0, one.value, one.chance, *one.seeds) for one in mine)
    grid = ticks(max(seen, default=0.0)) or [0.0, 1.0]
    top = grid[-1]
    languages = list(dict.fromkeys(score.language for score in mine))
    height = ROW_PX * (1 + len(tones))
    rows = []
    for place, language in enumerate(languages):
        here = {score.recipe: score for score in mine if score.language == language}
        marks = tuple(
            _mark(here[recipe], tone, height * place + ROW_PX * line + 38, top)
            for line, (recipe, tone) in enumerate(tones)
            if recipe in here
        )
        chance = percent(marks[0].score.chance, top)
        rows.append(Row(language, height * place, height, marks, chance))
    across = tuple((percent(value, top), f"{100 * value:g} %") for value in grid)
    return Plot(metric, tuple(rows), across, height * len(languages))


def _mark(score: Score, tone: str, y: int, top: float) -> Mark:
    x = percent(score.value, top)
    low, high = (x if edge is None else percent(edge, top) for edge in (score.low, score.high))
    return Mark(score, tone, y, x, low, high, tuple(percent(value, top) for value in score.seeds))


def as_score(value: float, metric: str) -> str:
    """A share in percent, a rank as it is."""
    return f"{value:.1f}" if metric == "median_rank" else f"{100 * value:.1f} %"


def as_points(value: float) -> str:
    """A difference of shares in points, with its sign."""
    return f"{100 * value:+.1f}".replace("-", "\u2212")

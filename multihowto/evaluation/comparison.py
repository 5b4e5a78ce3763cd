"""Runs side by side on one benchmark: intervals, paired tests against the first run, chance, published numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal, get_args

import numpy as np
from msgspec import Meta

from multihowto.errors import ConfigError
from multihowto.evaluation import retrieval
from multihowto.evaluation.published import MEAN, Published
from multihowto.evaluation.retrieval import Metrics
from multihowto.evaluation.runs import DIRECTIONS, Direction, RunFile
from multihowto.training.ragged import Floats, Ints

Metric = Literal["r1", "r5", "r10"]
METRICS: tuple[Metric, ...] = get_args(Metric)
CHANCE = "chance"


@dataclass(frozen=True)
class Settings:
    """How sure is sure; own settings."""

    metric: Metric = "r1"
    """What intervals, differences and tests are of."""
    draws: Annotated[int, Meta(ge=1)] = 2000
    """Of the bootstrap, and of signs in the paired test."""
    level: float = 0.95
    seed: int = 0


@dataclass(frozen=True)
class Difference:
    """The metric minus the first run's; interval and p are there where both answered the same queries."""

    difference: float
    low: float | None = None
    high: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class Line:
    """One system in one language, or in a mean over languages; shares are from 0 to 1, ranks from 1."""

    direction: Direction
    language: str
    system: str
    kind: Literal["run", "chance", "published"]
    metrics: Mapping[str, float]
    """Those that are known; the mean over languages is of each language's metric."""
    low: float | None = None
    high: float | None = None
    against: Difference | None = None
    certainty: str = ""


@dataclass(frozen=True)
class Comparison:
    """What `multihowto compare` says; the lines are in order of direction, language and system."""

    benchmark: str
    systems: tuple[str, ...]
    """The runs, as they are called; differences are to the first."""
    settings: Settings
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def compare_runs(
    runs: Mapping[str, RunFile], published: Sequence[Published], settings: Settings | None = None
) -> Comparison:
    """Runs by what they are called, the first of which is the one to compare with; ConfigError for none at all.

    Of `published`, all are shown: choose those of the benchmark before.
    """
    settings = settings or Settings()
    if not runs:
        raise ConfigError("no run to compare")
    first = next(iter(runs.values()))
    lines = [line for direction in DIRECTIONS for line in _of_direction(runs, direction, published, settings)]
    return Comparison(
        first.benchmark, tuple(runs), settings, tuple(lines), tuple(_notes(runs, bool(published)))
    )


def _notes(runs: Mapping[str, RunFile], published: bool) -> list[str]:
    names = list(runs)
    first = runs[names[0]]
    notes = [
        f"{name} answered other queries, or among other candidates, than {names[0]}: its differences are not tested"
        for name in names[1:]
        if runs[name].digest != first.digest
    ]
    notes += [
        f"{name} leaves out {run.left_out:,} queries whose item has no features"
        for name, run in runs.items()
        if run.left_out
    ]
    if published:
        notes.append("published numbers have no interval here, and their differences are not tested")
    return notes


@dataclass(frozen=True)
class _Sheet:
    """One run in one direction: a row for each query of each language."""

    codes: tuple[str, ...]
    values: Floats
    """(rows, languages), NaN but in the row's own language."""
    groups: Ints
    samples: Floats
    """(draws, languages) means of the bootstrap."""
    keys: list[tuple[str, list[str]]]


def _sheet(run: RunFile, direction: Direction, settings: Settings) -> _Sheet | None:
    answers = run.answers(direction)
    if not answers:
        return None
    k = retrieval.KS[METRICS.index(settings.metric)]
    rows = sum(len(its.queries) for its in answers.values())
    values, begin = np.full((rows, len(answers)), np.nan), 0
    for column, its in enumerate(answers.values()):
        values[begin : begin + len(its.queries), column] = its.hits(k)
        begin += len(its.queries)
    groups = np.concatenate([np.array(its.groups, dtype=np.int64) for its in answers.values()])
    samples = retrieval.bootstrap(values, settings.draws, settings.seed, groups)
    keys = [(code, its.queries) for code, its in answers.items()]
    return _Sheet(tuple(answers), values, groups, samples, keys)


def _of_direction(
    runs: Mapping[str, RunFile], direction: Direction, published: Sequence[Published], settings: Settings
) -> list[Line]:
    names = list(runs)
    first = runs[names[0]]
    base = _sheet(first, direction, settings)
    found: list[Line] = []
    for name, run in runs.items():
        sheet = base if name == names[0] else _sheet(run, direction, settings)
        if sheet is not None:
            paired = base if name != names[0] and run.digest == first.digest else None
            if paired is not None and (
                paired.keys != sheet.keys or not np.array_equal(paired.groups, sheet.groups)
            ):
                raise ConfigError(
                    f"{name} has the digest of {names[0]}, but other queries: evaluate it again"
                )
            found += _of_run(name, run, direction, sheet, paired, settings)
    codes = tuple(first.answers(direction))
    found += _chance(first, direction)
    found += _of_published(
        [one for one in published if one.direction == direction], direction, codes, first.pivot
    )
    order = list(dict.fromkeys(line.language for line in found))
    reference = {line.language: line for line in found if line.system == names[0]}
    found = [_against(line, reference.get(line.language), settings.metric) for line in found]
    return sorted(found, key=lambda line: order.index(line.language))


def _columns(codes: Sequence[str], pivot: str) -> dict[str, list[int]]:
    """What there is a number of: each language, the mean of all, and the mean of all but the pivot's."""
    columns = {code: [place] for place, code in enumerate(codes)}
    if len(codes) > 1:
        columns[MEAN] = list(range(len(codes)))
        if pivot in codes:
            columns[without(pivot)] = [place for place, code in enumerate(codes) if code != pivot]
    return columns


def without(pivot: str) -> str:
    """What the mean over the languages beside the pivot is called."""
    return f"{MEAN} without {pivot}"


def _of_run(
    name: str, run: RunFile, direction: Direction, sheet: _Sheet, paired: _Sheet | None, settings: Settings
) -> list[Line]:
    by_language = [its.metrics() for its in run.answers(direction).values()]
    found = []
    for what, columns in _columns(sheet.codes, run.pivot).items():
        metrics = _mean([by_language[column] for column in columns])
        samples = sheet.samples[:, columns].mean(1)
        low, high = retrieval.interval(samples, settings.level)
        against = None
        if paired is not None:
            seen = float(_macro(sheet.values, columns).sum() - _macro(paired.values, columns).sum())
            its_low, its_high = retrieval.interval(
                samples - paired.samples[:, columns].mean(1), settings.level
            )
            differences = retrieval.by_group(
                (_macro(sheet.values, columns) - _macro(paired.values, columns))[:, None], sheet.groups
            )
            p = retrieval.permutation(differences[:, 0], settings.draws, settings.seed)
            against = Difference(seen, its_low, its_high, p)
        found.append(Line(direction, what, name, "run", metrics, low, high, against))
    return found


def _macro(values: Floats, columns: Sequence[int]) -> Floats:
    """(rows,) what each query adds to the mean over languages of their means."""
    chosen = values[:, columns]
    parts: Floats = (np.nan_to_num(chosen) / (~np.isnan(chosen)).sum(0) / len(columns)).sum(1)
    return parts


def _mean(parts: Sequence[Metrics]) -> dict[str, float]:
    names = ("r1", "r5", "r10", "median_rank", "mean_rank")
    mean = {name: float(np.mean([getattr(part, name) for part in parts])) for name in names}
    return {"queries": float(sum(part.queries for part in parts)), **mean}


def _chance(run: RunFile, direction: Direction) -> list[Line]:
    """What a random order reaches on the first run's queries."""
    answers = run.answers(direction)
    parts = [retrieval.chance(its.candidates, np.array(its.right)) for its in answers.values()]
    return [
        Line(
            direction, what, CHANCE, "chance", _mean([parts[column] for column in columns]) | {"queries": 0.0}
        )
        for what, columns in _columns(tuple(answers), run.pivot).items()
    ]


def _of_published(
    published: Sequence[Published], direction: Direction, codes: Sequence[str], pivot: str
) -> list[Line]:
    """In the languages of the first run, and their means; a published mean is shown only if it is of just these."""
    cells: dict[tuple[str, str], dict[str, dict[str, float]]] = {}
    for one in published:
        system_cells = cells.setdefault((one.system, one.certainty), {})
        system_cells.setdefault(one.language, {})[one.metric] = one.value
    everything = {language for its in cells.values() for language in its} - {MEAN}
    found = []
    for (system, certainty), its in cells.items():
        for what, columns in _columns(codes, pivot).items():
            parts: list[dict[str, float]] = [its.get(codes[column], {}) for column in columns]
            if what == MEAN and MEAN in its and everything == set(codes):
                parts = [its[MEAN]]
            shared = [name for name in parts[0] if all(name in part for part in parts)]
            metrics = {name: float(np.mean([part[name] for part in parts])) for name in shared}
            if metrics:
                found.append(Line(direction, what, system, "published", metrics, certainty=certainty))
    return found


def _against(line: Line, reference: Line | None, metric: Metric) -> Line:
    """With the plain difference, where there is no better one."""
    if line.against is not None or reference is None or line is reference or metric not in line.metrics:
        return line
    return replace(line, against=Difference(line.metrics[metric] - reference.metrics[metric]))

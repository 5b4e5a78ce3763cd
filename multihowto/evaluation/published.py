"""Published numbers, each with how sure we are of it: `manifests/evaluation/published.csv`."""

import math
from pathlib import Path
from typing import NamedTuple

from multihowto.errors import ConfigError
from multihowto.evaluation.runs import DIRECTIONS
from multihowto.manifests import find
from multihowto.manifests.lists import read_rows

CERTAINTIES = {
    "read": "read in a public source",
    "high": "from memory, high confidence",
    "recalled": "from memory; averages agree with the cells",
    "medium": "from memory, medium confidence",
    "low": "from memory, low confidence",
}
METRICS = ("r1", "r5", "r10", "median_rank")
MEAN = "mean"
"""Instead of a language: the mean of all."""
_COLUMNS = ("benchmark", "system", "direction", "language", "metric", "value", "certainty", "source")


class Published(NamedTuple):
    """One number of one system: a share from 0 to 1, or a rank from 1."""

    benchmark: str
    system: str
    direction: str
    language: str
    metric: str
    value: float
    certainty: str
    source: str


def read_published(path: Path | None = None) -> tuple[Published, ...]:
    """The numbers of the shipped list, or of another of the same columns, where shares are percent.

    ConfigError for a row that names no known direction, metric or certainty, no number, or what another row has named.
    """
    path = path or find("evaluation/published.csv")
    found: dict[tuple[str, ...], Published] = {}
    for line, row in read_rows(path, *_COLUMNS):
        where = f"{path}, line {line}"
        words = {name: row[name].strip() for name in _COLUMNS}
        for name, known in (
            ("direction", DIRECTIONS),
            ("metric", METRICS),
            ("certainty", tuple(CERTAINTIES)),
        ):
            if words[name] not in known:
                raise ConfigError(f"{where}: {name} {words[name]!r:.60} is none of {', '.join(known)}")
        empty = [name for name in ("benchmark", "system", "language", "source") if not words[name]]
        if empty:
            raise ConfigError(f"{where}: {empty[0]} is empty: leave the row out, or say it")
        key = tuple(words[name] for name in _COLUMNS[:5])
        if key in found:
            raise ConfigError(f"{where}: a row before it gives this number too: leave one of them out")
        value = _value(words.pop("value"), words["metric"], where)
        found[key] = Published(value=value, **words)
    return tuple(found.values())


def _value(text: str, metric: str, where: str) -> float:
    low, high = (1.0, math.inf) if metric == "median_rank" else (0.0, 100.0)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (low <= value <= high and math.isfinite(value)):
        raise ConfigError(
            f"{where}: the value of {metric} is a number, {low:g} to {high:g}; got {text!r:.40}"
        )
    return value if metric == "median_rank" else value / 100

"""Evaluates trained recipes on a split, language by language and seed by seed.

Writes the averages of all recipes to `runs/evaluation.json`, and of each where every answer stood, for `compare`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from msgspec.structs import replace

from multihowto import checksums
from multihowto.errors import ConfigError
from multihowto.evaluation import linear, retrieval
from multihowto.evaluation.linear import LINEAR
from multihowto.evaluation.retrieval import Metrics
from multihowto.evaluation.runs import DIRECTIONS, Answers, Direction, RunFile, make_answers
from multihowto.evaluation.trained import is_trained, models, not_trained, seeds, write_run
from multihowto.evaluation.vectors import Vectors, of_model
from multihowto.storage import Store
from multihowto.training.material import Material, Say, prepare
from multihowto.training.ragged import Floats, Ints
from multihowto.training.ranks import Ranks, both_ways
from multihowto.training.recipe import Recipe
from multihowto.training.text_encoder import TextEncoder

RESULT = "runs/evaluation.json"


@dataclass(frozen=True)
class Protocol:
    """How it is evaluated; written beside the numbers."""

    split: Literal["train", "validation", "test"] = "test"
    relevant: Literal["own", "same_text"] = "own"
    """Right is the query's own clip alone, as in the field; or every clip whose caption is equal."""
    translations: bool = False
    """Whether machine-translated captions are queries too."""
    draws: int = 1000
    """Of the bootstrap; whole concepts (clips with equal pivot captions) are drawn."""
    level: float = 0.95
    bootstrap_seed: int = 0

    def benchmark(self) -> str:
        """What a run on it is called."""
        return (
            self.split + "-same-text" * (self.relevant == "same_text") + "-translations" * self.translations
        )


@dataclass(frozen=True)
class Run:
    """One seed of a recipe: by language, which clips ask and where their answers stand; and each clip's share of a hit.

    `hits` (clips, languages) is NaN where there is no query.
    """

    seed: int
    asked: dict[str, Ints]
    ranks: dict[Direction, dict[str, Ranks]]
    hits: Floats

    def metrics(self, direction: Direction) -> dict[str, Metrics]:
        """By language."""
        return {code: retrieval.metrics(ranks) for code, ranks in self.ranks[direction].items()}


def evaluate(
    recipes: Sequence[Recipe],
    store: Store,
    say: Say,
    protocol: Protocol | None = None,
    encoder: TextEncoder | None = None,
    baseline: bool = False,
) -> dict[str, Any]:
    """All seeds that were trained of each recipe; ConfigError if a recipe has none that fits it.

    With `baseline`, a linear map of frozen features is fitted to each recipe's captions, and gets a run's file too.
    """
    protocol = protocol or Protocol()
    for recipe in recipes:  # before any text encoder is run
        if not any(is_trained(recipe, store, seed) for seed in seeds(recipe.name, store)):
            raise not_trained(recipe, store)
    results, samples, hits, digests, last = [], {}, {}, {}, None
    for recipe in recipes:
        last = prepare(recipe, store, say, encoder)
        numbers = last.clips.of_split(protocol.split)
        _check_asked(last, store, protocol, numbers)
        runs, stale = _runs(last, store, say, protocol, numbers)
        hits[recipe.name] = np.mean([one.hits for one in runs], axis=0)
        groups = _concepts(last, numbers)
        run = _run_file(last, runs, protocol, numbers, groups)
        digests[recipe.name] = run.digest
        write_run(store, recipe, run)
        if baseline:
            fitted = linear.vectors(*linear.fit_material(last), last.clips, numbers)
            plain = _run_file(last, [_run(last, fitted, 0, numbers, protocol)], protocol, numbers, groups)
            write_run(store, recipe, replace(plain, name=f"{recipe.name} {LINEAR}"), f"{LINEAR}-")
        samples[recipe.name] = retrieval.bootstrap(
            hits[recipe.name], protocol.draws, protocol.bootstrap_seed, groups
        )
        results.append(_of_recipe(last, runs, stale, hits[recipe.name], samples[recipe.name], protocol))
    if last is None:
        raise ConfigError("no recipe to evaluate")
    result = {
        **asdict(protocol),
        "languages": list(last.clips.languages),
        "pivot": last.recipe.pivot,
        "candidates": len(numbers),
        "chance": asdict(retrieval.chance(len(numbers))),
        "recipes": results,
        "pairs": _pairs(last, hits, samples, digests, protocol, say),
    }
    store.files.write_bytes(RESULT, json.dumps(result, indent=1).encode())
    return result


def _check_asked(material: Material, store: Store, protocol: Protocol, numbers: Ints) -> None:
    """ConfigError if the split has no clip or no query."""
    clips, split = material.clips, protocol.split
    if not len(numbers) and split == "train" and material.counts is not None:
        raise ConfigError(
            f"recipe {material.recipe.name}: group_shards keeps the train split out of memory: evaluate another split"
        )
    if not len(numbers):
        raise ConfigError(f"the store {store.root} has no kept clip with features in split {split}")
    if not any((_queries(material, numbers, c, protocol) >= 0).any() for c in range(len(clips.languages))):
        raise ConfigError(
            f"the store {store.root} has no caption in split {split} that could be a query"
            + ("" if protocol.translations else "; machine translations are queries with --translations")
        )


def _concepts(material: Material, numbers: Ints) -> Ints:
    """Clips with the same pivot caption have the same number."""
    texts = material.clips.text_of[numbers, material.clips.columns([material.recipe.pivot])[0]]
    concepts: Ints = np.unique(
        np.where(texts >= 0, texts, -1 - np.arange(len(numbers))), return_inverse=True
    )[1]
    return concepts


def _runs(
    material: Material, store: Store, say: Say, protocol: Protocol, numbers: Ints
) -> tuple[list[Run], list[int]]:
    """Every seed that has a folder: those that fit the recipe, and those that do not (any more)."""
    name = material.recipe.name
    runs, stale = [], []
    for seed, model in models(material, store):
        if model is None:
            stale.append(seed)
            say(f"{name}, seed {seed}: not trained to its end with this recipe and data; left out")
        else:
            runs.append(_run(material, of_model(model, material.clips, numbers), seed, numbers, protocol))
    if not runs:
        raise not_trained(material.recipe, store)
    return runs, stale


def _run(material: Material, vectors: Vectors, seed: int, numbers: Ints, protocol: Protocol) -> Run:
    clips, states = material.clips, material.states[material.recipe.phases[-1].max_tokens]
    everyone = np.arange(len(numbers))
    asked: dict[str, Ints] = {}
    ranks: dict[Direction, dict[str, Ranks]] = {direction: {} for direction in DIRECTIONS}
    hits = np.full((len(numbers), len(clips.languages)), np.nan)
    for column, code in enumerate(clips.languages):
        texts = _queries(material, numbers, column, protocol)
        if (texts >= 0).any():
            asked[code] = np.flatnonzero(texts >= 0)
            same = (
                np.where(texts >= 0, texts, -1 - everyone) if protocol.relevant == "same_text" else everyone
            )
            asking = vectors.texts(states, texts[asked[code]])
            both = both_ways(asking, vectors.videos, same[asked[code]], same)
            for direction, its in zip(DIRECTIONS, both, strict=True):
                ranks[direction][code] = its
            hits[asked[code], column] = both[0].hits(1)
    return Run(seed, asked, ranks, hits)


def _queries(material: Material, numbers: Ints, column: int, protocol: Protocol) -> Ints:
    """Each clip's text in a language by number; -1 where it does not ask."""
    clips = material.clips
    texts = clips.text_of[numbers, column]
    return texts if protocol.translations else np.where(clips.translated[numbers, column], -1, texts)


def _run_file(
    material: Material, runs: list[Run], protocol: Protocol, numbers: Ints, groups: Ints
) -> RunFile:
    """All seeds of a recipe, as `compare` reads them."""
    clips, benchmark = material.clips, protocol.benchmark()
    names = [clips.clip_ids[number] for number in numbers]
    both: dict[Direction, dict[str, Answers]] = {direction: {} for direction in DIRECTIONS}
    said: dict[str, list[str]] = {}
    for code, asked in runs[0].asked.items():
        texts = _queries(material, numbers, clips.languages.index(code), protocol)[asked]
        said[code] = [clips.texts[text] for text in texts]
        same = np.unique(texts, return_inverse=True, return_counts=True)[1:]
        right = same[1][same[0]] if protocol.relevant == "same_text" else np.ones_like(asked)
        for direction, candidates in zip(DIRECTIONS, (len(numbers), len(asked)), strict=True):
            ranks = [run.ranks[direction][code] for run in runs]
            its = [names[place] for place in asked]
            both[direction][code] = make_answers(its, groups[asked], right, candidates, ranks)
    digest = checksums.of_values(
        benchmark, names, groups.tolist(), said, [a.tolist() for a in runs[0].asked.values()]
    )
    seeds = [run.seed for run in runs]
    return RunFile(1, material.recipe.name, benchmark, digest, material.recipe.pivot, 0, seeds, **both)


def _of_recipe(
    material: Material, runs: list[Run], stale: list[int], hits: Floats, samples: Floats, protocol: Protocol
) -> dict[str, Any]:
    """One recipe: each seed, and the mean over seeds with intervals of R@1 over queries."""
    languages = material.clips.languages
    others = _others(material, hits)
    mean: dict[str, Any] = {direction: _mean(runs, direction) for direction in DIRECTIONS}
    for code, line in mean["text_to_video"].items():
        column = languages.index(code)
        line["r1_low"], line["r1_high"] = retrieval.interval(samples[:, column], protocol.level)
    mean["others"] = {"r1": _mean_r1(hits[:, others]) if others else None}
    if others:
        low, high = retrieval.interval(samples[:, others].mean(1), protocol.level)
        mean["others"] |= {"r1_low": low, "r1_high": high}
    by_seed = [
        {
            "seed": run.seed,
            **{
                direction: {code: asdict(line) for code, line in run.metrics(direction).items()}
                for direction in DIRECTIONS
            },
            "others": {"r1": _mean_r1(run.hits[:, others]) if others else None},
        }
        for run in runs
    ]
    return {"recipe": material.recipe.name, "seeds": by_seed, "stale_seeds": stale, "mean": mean}


def _others(material: Material, hits: Floats) -> list[int]:
    """Columns of the languages beside the pivot that have queries."""
    return [column for column in _asked(hits) if material.clips.languages[column] != material.recipe.pivot]


def _asked(hits: Floats) -> list[int]:
    columns: list[int] = np.flatnonzero(np.isfinite(hits).any(axis=0)).tolist()
    return columns


def _mean_r1(hits: Floats) -> float:
    """The mean over languages, one at least, of their R@1."""
    return float(np.nanmean(hits, axis=0).mean())


def _mean(runs: list[Run], direction: Direction) -> dict[str, dict[str, float]]:
    """The mean over seeds of every metric, by language."""
    by_seed = [run.metrics(direction) for run in runs]
    return {
        code: {
            name: float(np.mean([getattr(its[code], name) for its in by_seed]))
            for name in asdict(by_seed[0][code])
        }
        for code in by_seed[0]
    }


def _pairs(
    material: Material,
    hits: dict[str, Floats],
    samples: dict[str, Floats],
    digests: dict[str, str],
    protocol: Protocol,
    say: Say,
) -> list[dict[str, Any]]:
    """Each recipe against each one before it, if asked the same: R@1 by language, and the mean but the pivot's."""
    found = []
    names = list(hits)
    for number, second in enumerate(names):
        for first in names[:number]:
            if digests[first] != digests[second]:
                say(f"{second} has other queries or candidates than {first}: the two are not tested in pairs")
                continue
            languages, others = material.clips.languages, _others(material, hits[first])
            pivot = [c for c in _asked(hits[first]) if c not in others]
            columns = {languages[c]: [c] for c in pivot}
            columns |= {"others": others} if others else {}
            columns |= {languages[c]: [c] for c in others}
            for what, its in columns.items():
                seen = _mean_r1(hits[second][:, its]) - _mean_r1(hits[first][:, its])
                pair = [samples[name][:, its].mean(1) for name in (first, second)]
                compared = retrieval.compare(pair[0], pair[1], seen, protocol.level)
                found.append({"first": first, "second": second, "of": what, **asdict(compared)})
    return found

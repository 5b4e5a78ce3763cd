"""Evaluates trained recipes on a split, language by language and seed by seed, and writes `runs/evaluation.json`."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from multihowto.errors import ConfigError
from multihowto.evaluation import retrieval
from multihowto.evaluation.retrieval import Metrics
from multihowto.storage import Store
from multihowto.training.embedding import embed_videos, rank_language
from multihowto.training.material import MODEL, Material, Say, folder_of, prepare
from multihowto.training.model import Mmp
from multihowto.training.ragged import Floats, Ints
from multihowto.training.recipe import Recipe
from multihowto.training.text_encoder import TextEncoder
from multihowto.training.train import load_model

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


@dataclass(frozen=True)
class Run:
    """One seed of a recipe: metrics by language, and the share of a hit of each clip and language (NaN: no query)."""

    seed: int
    text_to_video: dict[str, Metrics]
    video_to_text: dict[str, Metrics]
    hits: Floats


def evaluate(
    recipes: Sequence[Recipe],
    store: Store,
    say: Say,
    protocol: Protocol | None = None,
    encoder: TextEncoder | None = None,
) -> dict[str, Any]:
    """All seeds that were trained of each recipe; ConfigError if a recipe has none that fits it."""
    protocol = protocol or Protocol()
    for recipe in recipes:  # before any text encoder is run
        if not any(_is_trained(recipe, store, seed) for seed in _seeds(recipe, store)):
            raise _not_trained(recipe, store)
    results, samples, hits, last = [], {}, {}, None
    for recipe in recipes:
        last = prepare(recipe, store, say, encoder)
        numbers = last.clips.of_split(protocol.split)
        if not len(numbers):
            raise ConfigError(
                f"the store {store.root} has no kept clip with features in split {protocol.split}"
            )
        runs, stale = _runs(last, store, say, protocol, numbers)
        hits[recipe.name] = np.mean([run.hits for run in runs], axis=0)
        groups = _concepts(last, numbers)
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
        "pairs": _pairs(last, hits, samples, protocol),
    }
    store.files.write_bytes(RESULT, json.dumps(result, indent=1).encode())
    return result


def _concepts(material: Material, numbers: Ints) -> Ints:
    """Clips with the same pivot caption have the same number."""
    texts = material.clips.text_of[numbers, material.clips.columns([material.recipe.pivot])[0]]
    return np.where(texts >= 0, texts, -1 - np.arange(len(numbers)))


def _runs(
    material: Material, store: Store, say: Say, protocol: Protocol, numbers: Ints
) -> tuple[list[Run], list[int]]:
    """Every seed that has a folder: those that fit the recipe, and those that do not (any more)."""
    name = material.recipe.name
    runs, stale = [], []
    for seed in _seeds(material.recipe, store):
        model = load_model(material, store, seed)
        if model is None:
            stale.append(seed)
            say(f"{name}, seed {seed}: not trained to its end with this recipe and data; left out")
        else:
            runs.append(_run(material, model, seed, numbers, protocol))
    if not runs:
        raise _not_trained(material.recipe, store)
    return runs, stale


def _seeds(recipe: Recipe, store: Store) -> list[int]:
    """Seeds of a recipe that have a folder."""
    parts = (name.partition("seed-") for name in store.files.names(f"runs/{recipe.name}"))
    return sorted(int(number) for before, _, number in parts if not before and number.isdecimal())


def _is_trained(recipe: Recipe, store: Store, seed: int) -> bool:
    """Whether a training came to its end, with whichever settings and data."""
    return MODEL in store.files.names(folder_of(recipe, seed))


def _not_trained(recipe: Recipe, store: Store) -> ConfigError:
    name = recipe.name
    return ConfigError(f"recipe {name} is not trained: `multihowto train {name} --root {store.root}` does it")


def _run(material: Material, model: Mmp, seed: int, numbers: Ints, protocol: Protocol) -> Run:
    clips, states = material.clips, material.states[material.recipe.phases[-1].max_tokens]
    videos = embed_videos(model, clips, numbers)
    there, back = {}, {}
    hits = np.full((len(numbers), len(clips.languages)), np.nan)
    for column, code in enumerate(clips.languages):
        texts = clips.text_of[numbers, column]
        if not protocol.translations:
            texts = np.where(clips.translated[numbers, column], -1, texts)
        if (texts >= 0).any():
            asked, ranks, backwards = rank_language(
                model, states, videos, texts, protocol.relevant == "same_text"
            )
            there[code], back[code] = retrieval.metrics(ranks), retrieval.metrics(backwards)
            hits[asked, column] = ranks.hits(1)
    return Run(seed, there, back, hits)


def _of_recipe(
    material: Material, runs: list[Run], stale: list[int], hits: Floats, samples: Floats, protocol: Protocol
) -> dict[str, Any]:
    """One recipe: each seed, and the mean over seeds with intervals of R@1 over queries."""
    languages = material.clips.languages
    others = _others(material, hits)
    mean: dict[str, Any] = {
        "text_to_video": _mean(runs, "text_to_video"),
        "video_to_text": _mean(runs, "video_to_text"),
    }
    for code, line in mean["text_to_video"].items():
        column = languages.index(code)
        line["r1_low"], line["r1_high"] = retrieval.interval(samples[:, column], protocol.level)
    low, high = retrieval.interval(samples[:, others].mean(1), protocol.level)
    mean["others"] = {"r1": _mean_r1(hits[:, others]), "r1_low": low, "r1_high": high}
    seeds = [
        {
            "seed": run.seed,
            "text_to_video": {code: asdict(line) for code, line in run.text_to_video.items()},
            "video_to_text": {code: asdict(line) for code, line in run.video_to_text.items()},
            "others": {"r1": _mean_r1(run.hits[:, others])},
        }
        for run in runs
    ]
    return {"recipe": material.recipe.name, "seeds": seeds, "stale_seeds": stale, "mean": mean}


def _others(material: Material, hits: Floats) -> list[int]:
    """Columns of the languages beside the pivot that have queries."""
    asked = np.flatnonzero(np.isfinite(hits).any(axis=0))
    return [
        column
        for column, code in enumerate(material.clips.languages)
        if code != material.recipe.pivot and column in asked
    ]


def _mean_r1(hits: Floats) -> float:
    """The mean over languages of their R@1; NaN if there is none."""
    return float(np.nanmean(hits, axis=0).mean()) if hits.shape[1] else float("nan")


def _mean(
    runs: list[Run], direction: Literal["text_to_video", "video_to_text"]
) -> dict[str, dict[str, float]]:
    """The mean over seeds of every metric, by language."""
    by_seed = [getattr(run, direction) for run in runs]
    return {
        code: {
            name: float(np.mean([getattr(its[code], name) for its in by_seed]))
            for name in asdict(by_seed[0][code])
        }
        for code in by_seed[0]
    }


def _pairs(
    material: Material, hits: dict[str, Floats], samples: dict[str, Floats], protocol: Protocol
) -> list[dict[str, Any]]:
    """Each recipe against each one before it: R@1 in each language, and the mean of those beside the pivot."""
    found = []
    names = list(hits)
    for number, second in enumerate(names):
        for first in names[:number]:
            columns = {
                code: [c] for c, code in enumerate(material.clips.languages) if code == material.recipe.pivot
            }
            columns |= {"others": _others(material, hits[first])}
            columns |= {material.clips.languages[c]: [c] for c in columns["others"]}
            for what, its in columns.items():
                seen = _mean_r1(hits[second][:, its]) - _mean_r1(hits[first][:, its])
                pair = [samples[name][:, its].mean(1) for name in (first, second)]
                compared = retrieval.compare(pair[0], pair[1], seen, protocol.level)
                found.append({"first": first, "second": second, "of": what, **asdict(compared)})
    return found

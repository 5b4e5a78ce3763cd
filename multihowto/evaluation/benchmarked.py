"""A trained recipe on a benchmark: its queries, and as candidates the items whose features are in a store."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc

from multihowto import checksums, tables
from multihowto.errors import ConfigError
from multihowto.evaluation import linear
from multihowto.evaluation.benchmarks import Benchmark, Query
from multihowto.evaluation.linear import LINEAR
from multihowto.evaluation.runs import DIRECTIONS, Answers, Direction, RunFile, make_answers
from multihowto.evaluation.trained import models, not_trained, write_run
from multihowto.evaluation.vectors import Vectors, of_model
from multihowto.storage import Store
from multihowto.training.data import Clips
from multihowto.training.material import Material, Say, prepare
from multihowto.training.ragged import Floats, Ints
from multihowto.training.ranks import Ranks, both_ways
from multihowto.training.recipe import Recipe
from multihowto.training.text_encoder import TextEncoder
from multihowto.training.token_states import TokenStates, token_states


def evaluate_benchmark(
    recipe: Recipe,
    store: Store,
    media: Store,
    benchmark: Benchmark,
    say: Say,
    encoder: TextEncoder | None = None,
    baseline: bool = False,
) -> list[RunFile]:
    """The run of all trained seeds, and with `baseline` that of the linear map; both are written beside the seeds.

    `store` is what the recipe was trained on; `media` holds the items' features, under the items' names as ids of
    videos. Queries whose item has none are left out and counted. ConfigError if no seed is trained or none is left.
    """
    material = prepare(recipe, store, say, encoder)
    items, clips = read_items(material, media, {query.item for query in benchmark.queries})
    place = {item: number for number, item in enumerate(items)}
    kept = [query for query in benchmark.queries if query.item in place]
    if not kept:
        raise ConfigError(
            f"the store {media.root} has features of no item of {benchmark.name}: a video's id is the item's name, "
            f"as {benchmark.queries[0].item!r:.80}"
        )
    asked = _Asked(benchmark.name, items, place, kept, len(benchmark.queries) - len(kept))
    longest = recipe.phases[-1].max_tokens
    states = token_states(material.encoder, [query.text for query in kept], longest, store, say)
    everything = np.arange(len(items))
    seeds, ranked = [], []
    for seed, model in models(material, store):
        if model is None:
            say(f"{recipe.name}, seed {seed}: not trained to its end with this recipe and data; left out")
        else:
            seeds.append(seed)
            ranked.append(_rank(asked, of_model(model, clips, everything), states))
    if not seeds:
        raise not_trained(recipe, store)
    runs = [_run_file(asked, recipe.name, recipe.pivot, seeds, ranked)]
    write_run(store, recipe, runs[0])
    if baseline:
        plain = linear.vectors(*linear.fit_material(material), clips, everything)
        runs.append(
            _run_file(asked, f"{recipe.name} {LINEAR}", recipe.pivot, [0], [_rank(asked, plain, states)])
        )
        write_run(store, recipe, runs[1], f"{LINEAR}-")
    return runs


class _Asked:
    """What is asked of the items, by language in the order of the benchmark."""

    def __init__(
        self, name: str, items: list[str], place: dict[str, int], kept: Sequence[Query], left_out: int
    ) -> None:
        self.name, self.items, self.left_out = name, items, left_out
        self.digest = checksums.of_values(name, items, kept)
        texts: dict[str, list[int]] = defaultdict(list)
        for number, query in enumerate(kept):
            texts[query.language].append(number)
        self.texts: dict[str, Ints] = {code: np.array(its) for code, its in texts.items()}
        self.item_of: dict[str, Ints] = {
            code: np.array([place[kept[number].item] for number in its]) for code, its in texts.items()
        }


def read_items(material: Material, media: Store, wanted: set[str]) -> tuple[list[str], Clips]:
    """Items that have features, sorted, and their features as if each were a clip, cut to what the model has seen.

    ConfigError if the store has no features of the recipe's kind.
    """
    media.require()
    table = tables.TABLES[material.recipe.features]
    if not media.shards_of(table.name):
        raise ConfigError(
            f"the store {media.root} has no table {table.name}: `multihowto build` it with a pipeline that makes it"
        )
    longest, most_ms = material.longest, material.recipe.model.max_video_s * 1000
    blocks: dict[str, list[tuple[int, Floats]]] = defaultdict(list)
    for shard in media.shards_of(table.name):
        rows = media.read_shard(table, shard)
        for row in range(rows.num_rows):
            item = rows["video_id"][row].as_py()
            start_ms, step_ms = rows["start_ms"][row].as_py(), rows["step_ms"][row].as_py()
            if item in wanted and start_ms < most_ms:
                values = pc.list_flatten(rows["features"].slice(row, 1)).combine_chunks().flatten()
                flat = values.to_numpy(zero_copy_only=False).reshape(-1, material.clips.features.shape[1])
                blocks[item].append((start_ms, flat[: max(1, (most_ms - start_ms) // step_ms)]))
    items = sorted(blocks)
    parts = [
        np.concatenate([values for _, values in sorted(blocks[item], key=lambda one: one[0])])
        for item in items
    ]
    parts = [part[:longest] for part in parts]  # the model knows no later position
    count = np.array([len(part) for part in parts], dtype=np.int64)
    features = np.concatenate(parts) if parts else material.clips.features[:0]
    return items, replace(material.clips, features=features, first=np.cumsum(count) - count, count=count)


def _rank(asked: _Asked, vectors: Vectors, states: TokenStates) -> dict[str, tuple[Ranks, Ranks]]:
    """Both directions by language: every item is a candidate for a text, every text of a language for an item."""
    everything = np.arange(len(asked.items))
    return {
        code: both_ways(vectors.texts(states, texts), vectors.videos, asked.item_of[code], everything)
        for code, texts in asked.texts.items()
    }


def _run_file(
    asked: _Asked, name: str, pivot: str, seeds: list[int], ranked: list[dict[str, tuple[Ranks, Ranks]]]
) -> RunFile:
    both: dict[Direction, dict[str, Answers]] = {direction: {} for direction in DIRECTIONS}
    for code, item_of in asked.item_of.items():
        there, captions = np.unique(item_of, return_counts=True)
        names = [
            f"{asked.items[item]}#{number}" for item, number in zip(item_of, _number(item_of), strict=True)
        ]
        by_text, by_item = ([one[code][way] for one in ranked] for way in (0, 1))
        ones = np.ones_like(item_of)
        both["text_to_video"][code] = make_answers(names, item_of, ones, len(asked.items), by_text)
        asking = [asked.items[item] for item in there]
        both["video_to_text"][code] = make_answers(asking, there, captions, len(item_of), by_item)
    return RunFile(1, name, asked.name, asked.digest, pivot, asked.left_out, seeds, **both)


def _number(item_of: Ints) -> Ints:
    """Of each query, how many before it ask for the same item."""
    order = np.argsort(item_of, kind="stable")
    begins = np.searchsorted(item_of[order], item_of[order], side="left")
    numbers = np.empty_like(item_of)
    numbers[order] = np.arange(len(item_of)) - begins
    return numbers

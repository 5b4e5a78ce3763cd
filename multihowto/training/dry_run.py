"""A rehearsal of a recipe: what it would take, from a step of a few clips that is really done here."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from multihowto.errors import ConfigError
from multihowto.storage import Store
from multihowto.training.counts import count_shards
from multihowto.training.data import Clips, Only, plan_epoch, read_clips, read_some
from multihowto.training.groups import groups_of
from multihowto.training.model import Mmp
from multihowto.training.recipe import Phase, Recipe
from multihowto.training.shapes import Shape, config_of, parameters, shape_of
from multihowto.training.steps import Batch, loss_of, optimiser_of

MEASURED_CLIPS = 4
"""Clips of the step that is done; time and activations are reckoned in proportion [ours]."""
FLOAT, HALF = 4, 2
ADAM = 2
"""Moments that Adam keeps of each parameter."""


@dataclass(frozen=True)
class Data:
    """How much there is to train on."""

    feature_width: int
    video_tokens: int
    feature_bytes: int
    steps: tuple[int, ...]
    """Of an epoch of each phase."""


@dataclass(frozen=True)
class PhaseRehearsed:
    """What a phase would take, with clips as long as they may be."""

    name: str
    steps: int
    step_s: float
    """Of a whole batch on this machine: in proportion to the few clips that were measured, and the optimiser once."""
    activation_bytes: int
    """What a whole batch's forward pass keeps for the backward pass."""


@dataclass(frozen=True)
class Rehearsal:
    """What a recipe would take."""

    trained: int
    frozen: int
    """Parameters below the trained ones; layers above the read-out are dropped."""
    weight_bytes: int
    """Weights, gradients, the optimiser's state and the best epoch's copy."""
    feature_bytes: int
    """Of all videos that are in memory at a time, half floats: with `group_shards` of two groups, and of those that
    are not trained on."""
    phases: tuple[PhaseRehearsed, ...]


def rehearse(recipe: Recipe, store: Store | None, fetch: Callable[[str], Path]) -> Rehearsal:
    """Reckons with a store, or with the recipe's `scale`; no weights are needed. ConfigError if neither is there."""
    torch.set_num_threads(recipe.threads)
    data = _of_store(recipe, store) if store is not None else _of_scale(recipe)
    shape = shape_of(recipe.text, config_of(recipe.text, fetch))
    torch.manual_seed(0)
    model = Mmp(recipe.model, shape, data.feature_width, data.video_tokens)
    trained, frozen = parameters(model), shape.embedded + parameters(shape.frozen)
    phases = [
        _rehearse(recipe, phase, steps, data, shape, model)
        for phase, steps in zip(recipe.phases, data.steps, strict=True)
    ]
    weight_bytes = FLOAT * (frozen + (3 + ADAM) * trained)
    return Rehearsal(trained, frozen, weight_bytes, data.feature_bytes, tuple(phases))


def _of_store(recipe: Recipe, store: Store) -> Data:
    if recipe.group_shards:
        return _of_groups(recipe, store)
    clips: Clips = read_clips(store, recipe)
    steps = tuple(len(plan_epoch(clips, phase, recipe.seeds[0], 0).clips) for phase in recipe.phases)
    return Data(clips.features.shape[1], int(clips.count.max()), clips.features.nbytes, steps)


def _of_groups(recipe: Recipe, store: Store) -> Data:
    """By the videos of all shards, and the features of one: the two largest groups that there could be."""
    counts, size = count_shards(store, recipe), recipe.group_shards
    steps = tuple(
        sum(group.steps for group in groups_of(counts, phase, recipe.seeds[0], 0, size))
        for phase in recipe.phases
    )
    place = int(counts.videos.argmax())
    clips = read_some(store, recipe, Only(("train",), (int(counts.shards[place]),)))
    videos = int(np.sort(counts.videos)[-2 * size :].sum()) + counts.held_videos
    held = videos * clips.features.nbytes // int(counts.videos[place])
    return Data(clips.features.shape[1], counts.longest, held, steps)


def _of_scale(recipe: Recipe) -> Data:
    scale = recipe.scale
    if scale is None:
        raise ConfigError(f"{recipe.name} has no `scale` to reckon with: add it, or name a store by --root")
    numbers = [scale.videos if phase.clips == "one_per_video" else scale.clips for phase in recipe.phases]
    steps = tuple(
        -(-number // phase.batch_size) for number, phase in zip(numbers, recipe.phases, strict=True)
    )
    rows = scale.videos * scale.video_s * scale.features_per_s
    in_memory = min(2 * recipe.group_shards, scale.shards) if recipe.group_shards else scale.shards
    return Data(
        feature_width=scale.feature_width,
        video_tokens=recipe.model.max_video_s * scale.features_per_s,
        feature_bytes=rows * scale.feature_width * HALF * in_memory // scale.shards,
        steps=steps,
    )


def _rehearse(
    recipe: Recipe, phase: Phase, steps: int, data: Data, shape: Shape, model: Mmp
) -> PhaseRehearsed:
    """One step that warms up and one that is measured; what is frozen runs too, if it does in every step."""
    batch = _batch(phase, data, shape)
    optimiser = optimiser_of(model, phase)
    model.train()
    kept_bytes, clips_s, whole_s = 0, 0.0, 0.0
    for _ in range(2):
        kept: dict[int, int] = {}
        started = time.perf_counter()
        if recipe.text.states == "computed":
            with torch.no_grad():
                for states, mask in _texts(batch):
                    shape.frozen(states, mask)
        with torch.autograd.graph.saved_tensors_hooks(_counting(kept), lambda tensor: tensor):
            total, _ = loss_of(model, batch, recipe, phase)
        total.backward()  # type: ignore[no-untyped-call]
        clips_s, kept_bytes = time.perf_counter() - started, sum(kept.values())
        optimiser.step()
        whole_s = time.perf_counter() - started
        optimiser.zero_grad()
    own = sum(one.untyped_storage().nbytes() for one in model.parameters())
    times = phase.batch_size / MEASURED_CLIPS
    step_s = times * clips_s + (whole_s - clips_s)
    return PhaseRehearsed(phase.name, steps, step_s, round(times * max(0, kept_bytes - own)))


def _counting(kept: dict[int, int]) -> Callable[[Tensor], Tensor]:
    """Notes the storage of every tensor that is saved, once."""

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    return note


def _texts(batch: Batch) -> Iterator[tuple[Tensor, Tensor]]:
    yield from batch.texts
    if batch.candidates is not None:
        yield batch.candidates


def _batch(phase: Phase, data: Data, shape: Shape) -> Batch:
    """A few clips and captions of the greatest length."""
    n, others = MEASURED_CLIPS, phase.candidates - 1

    def tokens(items: int, length: int, width: int) -> tuple[Tensor, Tensor]:
        return torch.randn(items, length, width), torch.ones(items, length, dtype=torch.bool)

    texts = [tokens(n, phase.max_tokens, shape.width) for _ in range(phase.captions)]
    video, video_mask = tokens(n, data.video_tokens, data.feature_width)
    same = torch.zeros(n, n, dtype=torch.bool)
    if not others:
        return Batch(video, video_mask, texts, same)
    there = torch.ones(n, others, dtype=torch.bool)
    return Batch(video, video_mask, texts, same, tokens(n * others, phase.max_tokens, shape.width), there)

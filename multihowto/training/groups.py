"""An epoch's way through the clips: all at once, or group after group of shards, of which two are in memory."""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from multihowto.manifests import find, read_languages
from multihowto.storage import Store
from multihowto.training.counts import Counts
from multihowto.training.data import Epoch, Group, Only, check_enough, derive, plan_epoch, read_some
from multihowto.training.material import Material
from multihowto.training.recipe import Phase, Recipe, languages_of
from multihowto.training.steps import Batch, batches_ahead
from multihowto.training.token_states import TokenStates, computed_states


@dataclass(frozen=True)
class InMemory:
    """Clips that are in memory together, and how an epoch goes through them."""

    material: Material
    states: TokenStates
    plan: Epoch


@dataclass(frozen=True)
class Way:
    """How an epoch goes through the clips."""

    steps: tuple[int, ...]
    """Of each group."""
    read: Callable[[int, threading.Event], InMemory]
    """Gives a group by number; what it gives is worth nothing once the event is set."""


def way_of(material: Material, store: Store, phase: Phase, seed: int, epoch: int) -> Way:
    """The way of one epoch: a function of the data and of seed, phase and epoch. ConfigError if clips are too few."""
    if material.counts is None:
        plan = plan_epoch(material.clips, phase, seed, epoch)
        whole = InMemory(material, material.states[phase.max_tokens], plan)
        return Way((len(plan.clips),), lambda number, stop: whole)
    recipe = material.recipe
    groups = groups_of(material.counts, phase, seed, epoch, recipe.group_shards)
    only = Only(("train",), languages=_languages(recipe, phase), longest=material.counts.longest)

    def read(number: int, stop: threading.Event) -> InMemory:
        shards = _until(stop, groups[number].shards)
        clips = read_some(store, recipe, replace(only, shards=shards))
        states = computed_states(material.encoder, clips.texts, phase.max_tokens)
        return InMemory(
            replace(material, clips=clips), states, plan_epoch(clips, phase, seed, epoch, groups[number])
        )

    return Way(tuple(group.steps for group in groups), read)


def groups_of(counts: Counts, phase: Phase, seed: int, epoch: int, size: int) -> list[Group]:
    """Shards in an order that is drawn, at most so many together; more only where too few clips would meet."""
    usable = counts.usable[phase.name]
    check_enough(phase, int(usable.sum()))
    draw = np.random.Generator(np.random.Philox(derive(seed, phase.name, epoch, "shards")))
    order = draw.permutation(np.flatnonzero(usable))
    parts: list[list[int]] = []
    for part in np.array_split(order, -(-len(order) // size)):
        if parts and min(usable[parts[-1]].sum(), usable[part].sum()) < 2:
            parts[-1].extend(part.tolist())
        else:
            parts.append(part.tolist())
    return [
        Group(
            number,
            tuple(sorted(counts.shards[part].tolist())),
            -(-int(usable[part].sum()) // phase.batch_size),
        )
        for number, part in enumerate(parts)
    ]


def _languages(recipe: Recipe, phase: Phase) -> tuple[str, ...]:
    """Those whose captions a phase looks at."""
    known = read_languages(find("languages.csv"))
    drawn = languages_of(phase, known)
    return tuple(code for code in known if code in drawn or code == recipe.pivot)


def _until(stop: threading.Event, shards: Iterable[int]) -> Iterator[int]:
    for shard in shards:
        if stop.is_set():
            return
        yield shard


def batches_of(way: Way, first: int) -> Generator[Batch]:
    """The batches of an epoch from a step on, in order; the next group is read while the model works on one.

    The group before it is freed first, so that two are in memory at most. Close it, or a whole group is still read.
    """
    begins = np.cumsum([0, *way.steps]).tolist()
    coming = [number for number in range(len(way.steps)) if begins[number + 1] > first]
    stop = threading.Event()
    with ThreadPoolExecutor(1) as reader:
        try:
            reading = [reader.submit(way.read, number, stop) for number in coming[:1]]
            for number in coming:
                group = reading.pop().result()
                reading += [reader.submit(way.read, after, stop) for after in coming if after == number + 1]
                start = max(0, first - begins[number])
                yield from batches_ahead(group.plan, start, group.material, group.states)
                del group
        finally:
            stop.set()

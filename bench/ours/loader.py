"""Reads a store's features and captions, and makes the batches of an epoch."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from multihowto.storage import Store
from multihowto.training.data import plan_epoch, read_clips
from multihowto.training.material import prepare as prepare_material
from multihowto.training.steps import batches_ahead
from ours.train import ready, write_store

VIDEOS, SECONDS = 200, 390


def prepare(folder: Path) -> Callable[[], None]:
    """Writes the store if it is not there yet; the work is to read it and to make an epoch's batches."""
    recipe, _, _ = ready(folder)
    store = Store(str(folder / "loader-store"))
    if store.settings() is None:
        write_store(store, VIDEOS, SECONDS)
    shared = prepare_material(recipe, store, print)
    phase = recipe.phases[0]
    states = shared.states[phase.max_tokens]

    def work() -> None:
        clips = read_clips(store, recipe)
        read = replace(shared, clips=clips)
        plan = plan_epoch(clips, phase, 1, 0)
        for batch in batches_ahead(plan, 0, read, states):
            del batch

    return work

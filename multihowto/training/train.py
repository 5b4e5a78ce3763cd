"""Trains a recipe on a store: one loop, which a kill at any step does not change by a bit."""

import json
import math
import time
from dataclasses import replace
from typing import Any

import torch

from multihowto.storage import Store
from multihowto.training import aside, checkpoint
from multihowto.training.checkpoint import Saved, State
from multihowto.training.clock import Clock
from multihowto.training.data import derive, plan_epoch
from multihowto.training.material import MODEL, Material, Say, folder_of, prepare
from multihowto.training.model import Mmp
from multihowto.training.recipe import Phase, Recipe
from multihowto.training.steps import batches_ahead, do_step, make_batch, watch_cross
from multihowto.training.validation import end_epoch


def train(recipe: Recipe, store: Store, seed: int, say: Say, material: Material | None = None) -> State:
    """Trains one seed, from its checkpoint if there is one that fits, and writes the run's folder.

    There: `checkpoint.safetensors`, `model.safetensors` (the last phase's best epoch), `metrics.jsonl` (equal for equal
    runs) and `timings.jsonl` (what is not). ConfigError if the store lacks what the recipe needs.
    """
    material = material or prepare(recipe, store, say)
    folder = folder_of(recipe, seed)
    model = material.model(seed)
    saved = checkpoint.load(store, f"{folder}/checkpoint.safetensors")
    if saved is None or saved.state.identity != material.identity(seed):
        _make_room(recipe, store, seed, say, saved)
        saved = Saved(State(material.identity(seed)), checkpoint.copy_of(model), {}, {})
    model.load_state_dict(saved.model)
    state, best = saved.state, saved.best
    if state.history:
        rest = "nothing to do" if state.done else "goes on"
        say(f"{recipe.name}, seed {seed}: {len(state.history)} epochs are done; {rest}")
    written = time.monotonic()
    while not state.done:
        phase = recipe.phases[state.phase]
        states = material.states[phase.max_tokens]
        optimiser = torch.optim.Adam(model.parameters(), lr=phase.learning_rate)
        checkpoint.into_optimiser(optimiser, saved.optimiser)
        clock = Clock(f"{recipe.name}, seed {seed}: {phase.name}", phase.epochs, say)
        while state.epoch < phase.epochs and not _out_of_patience(state, phase):
            plan = plan_epoch(material.clips, phase, seed, state.epoch)
            for batch in clock.waiting(batches_ahead(plan, state.step, material, states)):
                torch.manual_seed(derive(seed, phase.name, state.epoch, state.step))
                share = (state.epoch * len(plan.clips) + state.step) / (phase.epochs * len(plan.clips))
                for group in optimiser.param_groups:
                    group["lr"] = _learning_rate(phase, share)
                loss = do_step(model, batch, recipe.losses, optimiser)
                state.step += 1
                state.sums = {name: state.sums.get(name, 0.0) + value for name, value in loss.items()}
                clock.step(state.epoch, state.step, len(plan.clips))
                if time.monotonic() - written >= recipe.checkpoint_every_s:
                    _write(store, folder, state, model, optimiser, best)
                    written = time.monotonic()
            line = end_epoch(material, model, phase, states, state)
            if phase.captions == 2:
                line |= watch_cross(model, make_batch(material, states, plan, len(plan.clips) - 1))
            if line["select"] > state.best:
                state.best, state.best_epoch, best = line["select"], state.epoch, checkpoint.copy_of(model)
            state.history.append(line)
            state.epoch, state.step, state.sums = state.epoch + 1, 0, {}
            _write_lines(store, f"{folder}/metrics.jsonl", state.history)
            store.files.append_line(f"{folder}/timings.jsonl", json.dumps(clock.epoch_ends(line)))
        model.load_state_dict(best)
        say(f"{clock.what}: done; epoch {state.best_epoch + 1} was best (validation {state.best:.3f})")
        state = replace(state, phase=state.phase + 1, epoch=0, step=0, best=-1.0, best_epoch=-1)
        state.done = state.phase == len(recipe.phases)
        saved = Saved(state, checkpoint.copy_of(model), {}, {})
        if state.done:
            _write_model(store, folder, state, model)
        checkpoint.save(store, f"{folder}/checkpoint.safetensors", saved)
    return state


def _make_room(recipe: Recipe, store: Store, seed: int, say: Say, found: Saved | None) -> None:
    """Before a run begins anew: says why, and moves a model that is finished out of the way."""
    kept = aside.set_aside(recipe, store, seed)
    if found is None and kept is None:
        return
    why = "its checkpoint is missing or damaged" if found is None else "recipe, data or encoder changed"
    where = f"; the model that was there is kept in {kept}" if kept else ""
    say(f"{recipe.name}, seed {seed}: {why}; trained anew{where}")


def load_model(material: Material, store: Store, seed: int) -> Mmp | None:
    """A trained seed's model; None if it is not trained, or was with another recipe, data or encoder."""
    saved = checkpoint.load(store, f"{folder_of(material.recipe, seed)}/{MODEL}")
    if saved is None or saved.state.identity != material.identity(seed):
        return None
    model = material.model(seed)
    model.load_state_dict(saved.model)
    return model


def _out_of_patience(state: State, phase: Phase) -> bool:
    return bool(phase.patience) and state.epoch - 1 - state.best_epoch >= phase.patience


def _learning_rate(phase: Phase, share: float) -> float:
    """At a share of the phase, 0 to 1."""
    falls = phase.schedule == "cosine"
    return phase.learning_rate * (0.5 + 0.5 * math.cos(math.pi * share) if falls else 1.0)


def _write(
    store: Store, folder: str, state: State, model: Mmp, optimiser: torch.optim.Adam, best: checkpoint.Tensors
) -> None:
    saved = Saved(state, model.state_dict(), checkpoint.of_optimiser(optimiser), best)
    checkpoint.save(store, f"{folder}/checkpoint.safetensors", saved)


def _write_model(store: Store, folder: str, state: State, model: Mmp) -> None:
    checkpoint.save(store, f"{folder}/{MODEL}", Saved(state, model.state_dict(), {}, {}))


def _write_lines(store: Store, name: str, lines: list[dict[str, Any]]) -> None:
    store.files.write_bytes(name, "".join(json.dumps(line) + "\n" for line in lines).encode())

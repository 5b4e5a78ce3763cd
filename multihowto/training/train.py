"""Trains a recipe on a store: one loop, which a kill at any step does not change by a bit."""

import json
import math
import time
from dataclasses import replace
from typing import Any

import torch

from multihowto.errors import ConfigError
from multihowto.storage import Store
from multihowto.training import aside, checkpoint
from multihowto.training.checkpoint import Saved, State
from multihowto.training.clock import Clock
from multihowto.training.data import derive, plan_epoch
from multihowto.training.material import MODEL, Material, Say, folder_of, prepare
from multihowto.training.model import Mmp
from multihowto.training.recipe import Phase, Recipe
from multihowto.training.start import into_model, read_start
from multihowto.training.steps import (
    Batch,
    batches_ahead,
    do_step,
    learning_rate,
    make_batch,
    optimiser_of,
    watch_cross,
    watch_norms,
)
from multihowto.training.stopping import asked_to_stop
from multihowto.training.tensorboard import write_tensorboard
from multihowto.training.validation import end_epoch


def train(recipe: Recipe, store: Store, seed: int, say: Say, material: Material | None = None) -> State:
    """Trains one seed, from its checkpoint if there is one that fits, and writes the run's folder.

    There: `checkpoint.safetensors`, `model.safetensors` (the last phase's best epoch), `metrics.jsonl` (equal for equal
    runs) and `timings.jsonl` (what is not). ConfigError if the store lacks what the recipe needs, or a loss is no
    number.
    SIGTERM saves after the step at hand and raises KeyboardInterrupt.
    """
    material = material or prepare(recipe, store, say)
    folder = folder_of(recipe, seed)
    model = material.model(seed)
    saved = _begin(recipe, store, seed, say, material, model)
    state, best = saved.state, saved.best
    written = time.monotonic()
    with asked_to_stop() as stop:
        while not state.done:
            phase = recipe.phases[state.phase]
            states = material.states[phase.max_tokens]
            optimiser = optimiser_of(model, phase)
            checkpoint.into_optimiser(optimiser, saved.optimiser)
            clock = Clock(f"{recipe.name}, seed {seed}: {phase.name}", phase.epochs, say)
            while state.epoch < phase.epochs and not _out_of_patience(state, phase):
                plan = plan_epoch(material.clips, phase, seed, state.epoch)
                for batch in clock.waiting(batches_ahead(plan, state.step, material, states)):
                    torch.manual_seed(derive(seed, phase.name, state.epoch, state.step))
                    share = (state.epoch * len(plan.clips) + state.step) / (phase.epochs * len(plan.clips))
                    for group in optimiser.param_groups:
                        group["lr"] = learning_rate(phase, share)
                    loss = do_step(model, batch.to(recipe.device), recipe, phase, optimiser)
                    _check_finite(loss, clock.what, state)
                    state.step += 1
                    state.sums = {name: state.sums.get(name, 0.0) + value for name, value in loss.items()}
                    clock.step(state.epoch, state.step, len(plan.clips))
                    if stop() or time.monotonic() - written >= recipe.checkpoint_every_s:
                        _write(store, folder, state, model, optimiser, best)
                        written = time.monotonic()
                    if stop():
                        say(
                            f"{clock.what}: asked to stop; saved at step {state.step} of epoch {state.epoch + 1}"
                        )
                        raise KeyboardInterrupt
                line = end_epoch(material, model, phase, states, state)
                line |= _watch(model, make_batch(material, states, plan, len(plan.clips) - 1), recipe, phase)
                if line["select"] > state.best:
                    state.best, state.best_epoch, best = (
                        line["select"],
                        state.epoch,
                        checkpoint.copy_of(model),
                    )
                state.history.append(line)
                state.epoch, state.step, state.sums = state.epoch + 1, 0, {}
                _write_lines(store, folder, state.history, recipe.tensorboard)
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


def _begin(recipe: Recipe, store: Store, seed: int, say: Say, material: Material, model: Mmp) -> Saved:
    """Where the run stands, its weights in the model: its checkpoint if that fits, or its start."""
    saved = checkpoint.load(store, f"{folder_of(recipe, seed)}/checkpoint.safetensors")
    identity, start = material.identity(seed), read_start(recipe, store, seed)
    moved = saved is not None and start is not None and saved.state.start != start.state.identity
    if saved is None or saved.state.identity != identity or moved:
        into_model(recipe, start, model, seed)
        _make_room(recipe, store, seed, say, saved)
        state = State(identity, start=start.state.identity if start else "")
        saved = Saved(state, checkpoint.copy_of(model), {}, {})
    model.load_state_dict(saved.model)
    if saved.state.history:
        rest = "nothing to do" if saved.state.done else "goes on"
        say(f"{recipe.name}, seed {seed}: {len(saved.state.history)} epochs are done; {rest}")
    return saved


def _check_finite(loss: dict[str, float], what: str, state: State) -> None:
    bad = [name for name, value in loss.items() if not math.isfinite(value)]
    if bad:
        raise ConfigError(
            f"{what}: epoch {state.epoch + 1}, step {state.step + 1}: {bad[0]} is {loss[bad[0]]}; the weights are as"
            " before it. Look for broken features, or lower learning_rate, or set warm_up and clip_norm"
        )


def _watch(model: Mmp, batch: Batch, recipe: Recipe, phase: Phase) -> dict[str, float]:
    """What is looked at on the epoch's last batch."""
    batch = batch.to(recipe.device)
    seen = watch_norms(model, batch) | {"temperature": (phase.losses or recipe.losses).temperature}
    return seen | (watch_cross(model, batch) if phase.captions == 2 else {})


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


def _write(
    store: Store,
    folder: str,
    state: State,
    model: Mmp,
    optimiser: torch.optim.Optimizer,
    best: checkpoint.Tensors,
) -> None:
    saved = Saved(state, model.state_dict(), checkpoint.of_optimiser(optimiser), best)
    checkpoint.save(store, f"{folder}/checkpoint.safetensors", saved)


def _write_model(store: Store, folder: str, state: State, model: Mmp) -> None:
    checkpoint.save(store, f"{folder}/{MODEL}", Saved(state, model.state_dict(), {}, {}))


def _write_lines(store: Store, folder: str, lines: list[dict[str, Any]], tensorboard: bool) -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    store.files.write_bytes(f"{folder}/metrics.jsonl", text.encode())
    if tensorboard:
        write_tensorboard(store, folder, lines)

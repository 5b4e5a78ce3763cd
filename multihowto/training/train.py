"""Trains a recipe on a store: one loop, which a kill at any step does not change by a bit."""

import contextlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from multihowto.errors import ConfigError
from multihowto.storage import Store
from multihowto.training import aside, checkpoint
from multihowto.training.checkpoint import Saved, State
from multihowto.training.clock import Clock
from multihowto.training.data import derive
from multihowto.training.groups import batches_of, way_of
from multihowto.training.keeping import keep_recipe
from multihowto.training.material import MODEL, Material, Say, folder_of, prepare
from multihowto.training.model import Mmp
from multihowto.training.recipe import Phase, Recipe
from multihowto.training.start import into_model, read_start
from multihowto.training.steps import (
    Batch,
    do_step,
    learning_rate,
    optimiser_of,
    watch_cross,
    watch_norms,
)
from multihowto.training.stopping import asked_to_stop
from multihowto.training.tensorboard import write_tensorboard
from multihowto.training.validation import end_epoch

CHECKPOINT = "checkpoint.safetensors"


def train(recipe: Recipe, store: Store, seed: int, say: Say, material: Material | None = None) -> State:
    """Trains one seed, from its checkpoint if there is one that fits, and writes the run's folder.

    There: `checkpoint.safetensors`, `model.safetensors` (the last phase's best epoch), `recipe.yaml` (every setting),
    `metrics.jsonl` (equal for equal runs) and `timings.jsonl` (what is not). ConfigError if the store lacks what the
    recipe needs, or a loss is no number.
    SIGTERM saves after the step at hand and raises KeyboardInterrupt.
    """
    material = material or prepare(recipe, store, say)
    model = material.model(seed)
    saved = _begin(recipe, store, seed, say, material, model)
    with asked_to_stop() as stop:
        run = _Run(recipe, store, seed, say, stop, material, model, saved.state, saved.best)
        kept = saved.optimiser
        while not run.state.done:
            run.go_through_phase(kept)
            kept = {}
    return run.state


@dataclass
class _Run:
    """A run under way."""

    recipe: Recipe
    store: Store
    seed: int
    say: Say
    stop: Callable[[], bool]
    material: Material
    model: Mmp
    state: State
    best: checkpoint.Tensors
    written: float = field(default_factory=time.monotonic)
    """When a checkpoint was last written."""

    def go_through_phase(self, kept: checkpoint.Tensors) -> None:
        """What is left of the phase at hand, with the optimiser's state that was kept."""
        state, phase = self.state, self.recipe.phases[self.state.phase]
        optimiser = optimiser_of(self.model, phase)
        checkpoint.into_optimiser(optimiser, kept)
        clock = Clock(f"{self.recipe.name}, seed {self.seed}: {phase.name}", phase.epochs, self.say)
        while state.epoch < phase.epochs and not _out_of_patience(state, phase):
            last = self._go_through_epoch(phase, optimiser, clock)
            self._end_epoch(phase, last, clock)
        self.model.load_state_dict(self.best)
        self.say(f"{clock.what}: done; epoch {state.best_epoch + 1} was best (validation {state.best:.3f})")
        self.state = replace(state, phase=state.phase + 1, epoch=0, step=0, best=-1.0, best_epoch=-1)
        self.state.done = self.state.phase == len(self.recipe.phases)
        if self.state.done:
            keep_recipe(self.recipe, self.store, self.seed)
            self._write(MODEL, Saved(self.state, self.model.state_dict(), {}, {}))
        self._write(CHECKPOINT, Saved(self.state, checkpoint.copy_of(self.model), {}, {}))

    def _go_through_epoch(self, phase: Phase, optimiser: torch.optim.Optimizer, clock: Clock) -> Batch:
        """The steps that are left of an epoch, and its last batch."""
        way = way_of(self.material, self.store, phase, self.seed, self.state.epoch)
        steps, last = sum(way.steps), None
        with contextlib.closing(batches_of(way, self.state.step)) as batches:
            for batch in clock.waiting(batches):
                last = batch.to(self.recipe.device)
                self._step(last, phase, steps, optimiser, clock)
        if last is None:  # it was saved between its last step and its end
            with contextlib.closing(batches_of(way, steps - 1)) as batches:
                last = next(batches).to(self.recipe.device)
        return last

    def _step(
        self, batch: Batch, phase: Phase, steps: int, optimiser: torch.optim.Optimizer, clock: Clock
    ) -> None:
        state = self.state
        torch.manual_seed(derive(self.seed, phase.name, state.epoch, state.step))
        share = (state.epoch * steps + state.step) / (phase.epochs * steps)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(phase, share)
        loss = do_step(self.model, batch, self.recipe, phase, optimiser)
        _check_finite(loss, clock.what, state)
        state.step += 1
        state.sums = {name: state.sums.get(name, 0.0) + value for name, value in loss.items()}
        clock.step(state.epoch, state.step, steps)
        asked = self.stop()
        if asked or time.monotonic() - self.written >= self.recipe.checkpoint_every_s:
            self._write(
                CHECKPOINT,
                Saved(state, self.model.state_dict(), checkpoint.of_optimiser(optimiser), self.best),
            )
            self.written = time.monotonic()
        if asked:
            self.say(f"{clock.what}: asked to stop; saved at step {state.step} of epoch {state.epoch + 1}")
            raise KeyboardInterrupt

    def _end_epoch(self, phase: Phase, last: Batch, clock: Clock) -> None:
        """Validates, keeps the weights if they are the best, and writes the epoch's line."""
        state = self.state
        line = end_epoch(self.material, self.model, phase, self.material.states[phase.max_tokens], state)
        line |= _watch(self.model, last, self.recipe, phase)
        line["learning_rate"] = learning_rate(phase, (state.epoch + 0.5) / phase.epochs)
        if line["select"] > state.best:
            state.best, state.best_epoch = line["select"], state.epoch
            self.best = checkpoint.copy_of(self.model)
        state.history.append(line)
        state.epoch, state.step, state.sums = state.epoch + 1, 0, {}
        folder = folder_of(self.recipe, self.seed)
        _write_lines(self.store, folder, state.history, self.recipe.tensorboard)
        self.store.files.append_line(f"{folder}/timings.jsonl", json.dumps(clock.epoch_ends(line)))

    def _write(self, name: str, saved: Saved) -> None:
        checkpoint.save(self.store, f"{folder_of(self.recipe, self.seed)}/{name}", saved)


def _begin(recipe: Recipe, store: Store, seed: int, say: Say, material: Material, model: Mmp) -> Saved:
    """Where the run stands, its weights in the model: its checkpoint if that fits, or its start."""
    saved = checkpoint.load(store, f"{folder_of(recipe, seed)}/{CHECKPOINT}")
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


def _write_lines(store: Store, folder: str, lines: list[dict[str, Any]], tensorboard: bool) -> None:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    store.files.write_bytes(f"{folder}/metrics.jsonl", text.encode())
    if tensorboard:
        write_tensorboard(store, folder, lines)

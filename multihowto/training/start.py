"""The run whose weights a training starts from: so phases on the data of several stores are one chain."""

import torch
from torch import Tensor

from multihowto.errors import ConfigError
from multihowto.storage import Store
from multihowto.training import checkpoint
from multihowto.training.checkpoint import Saved, Tensors
from multihowto.training.material import MODEL
from multihowto.training.model import Mmp
from multihowto.training.recipe import Recipe

_POSITIONS = "video_head.positions"


def read_start(recipe: Recipe, store: Store, seed: int) -> Saved | None:
    """The finished run of the same seed that a recipe starts from; None if it is not there, or none is named."""
    if recipe.start is None:
        return None
    there = Store(recipe.start.root) if recipe.start.root else store
    return checkpoint.load(there, f"runs/{recipe.start.recipe}/seed-{seed}/{MODEL}")


def into_model(recipe: Recipe, found: Saved | None, model: Mmp, seed: int) -> None:
    """Puts the weights that a recipe starts from into its model. ConfigError if they are not there, or do not fit.

    Videos may be longer or shorter than those seen before: positions that are new stay at random.
    """
    if recipe.start is None:
        return
    where = f"start: run {recipe.start.recipe}, seed {seed}"
    if found is None:
        root = f" --root {recipe.start.root}" if recipe.start.root else ""
        raise ConfigError(
            f"{where} is not finished; first: multihowto train {recipe.start.recipe}{root} --seed {seed}"
        )
    own = model.state_dict()
    wanted = _with_positions(found.model, own)
    wrong = sorted(name for name in own.keys() | wanted.keys() if _shape(own, name) != _shape(wanted, name))
    if wrong:
        raise ConfigError(
            f"{where} has another shape at {wrong[0]}; text, model and features must be as in its recipe"
        )
    model.load_state_dict(wanted)


def _with_positions(found: Tensors, own: Tensors) -> Tensors:
    """Weights whose positions are as many as the model's own."""
    if _POSITIONS not in found or _POSITIONS not in own or found[_POSITIONS].dim() != 2:
        return found
    both: list[Tensor] = [found[_POSITIONS], own[_POSITIONS][len(found[_POSITIONS]) :]]
    if both[0].shape[1] != own[_POSITIONS].shape[1]:
        return found
    return {**found, _POSITIONS: torch.cat(both)[: len(own[_POSITIONS])]}


def _shape(tensors: Tensors, name: str) -> tuple[int, ...] | None:
    return tuple(tensors[name].shape) if name in tensors else None

"""A run's state in one file: weights, optimiser, best weights so far, position and history; no pickle."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

import safetensors
import safetensors.torch
from torch import Tensor, nn
from torch.optim import Optimizer

from multihowto.storage import Store

Tensors = dict[str, Tensor]


@dataclass
class State:
    """Where a run stands. There is no generator's state: every step's randomness follows from its position."""

    identity: str
    """Hash of recipe, data, text encoder and seed: a run of another identity is not gone on with."""
    phase: int = 0
    epoch: int = 0
    step: int = 0
    """Steps of the epoch that are done."""
    sums: dict[str, float] = field(default_factory=dict)
    """Sums of the losses of those steps."""
    best: float = -1.0
    best_epoch: int = -1
    history: list[dict[str, Any]] = field(default_factory=list)
    """A line for every epoch so far, as in metrics.jsonl."""
    done: bool = False
    start: str = ""
    """Identity of the run whose weights it started from."""


@dataclass
class Saved:
    """What a checkpoint holds."""

    state: State
    model: Tensors
    optimiser: Tensors
    best: Tensors


def save(store: Store, name: str, saved: Saved) -> None:
    """Writes a checkpoint: it is whole or the one before it stays."""
    groups = {"model": saved.model, "optimiser": saved.optimiser, "best": saved.best}
    tensors = {f"{group}/{key}": value for group, its in groups.items() for key, value in its.items()}
    metadata = {"state": json.dumps(asdict(saved.state))}
    store.files.write_bytes(name, safetensors.torch.save(tensors, metadata))


def load(store: Store, name: str) -> Saved | None:
    """A checkpoint; None if there is none, or none that can be read."""
    data = store.files.read_bytes(name)
    if data is None:
        return None
    try:
        tensors = safetensors.torch.load(data)
        state = State(**json.loads(_metadata(data)["state"]))
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError):
        return None
    groups: dict[str, Tensors] = {"model": {}, "optimiser": {}, "best": {}}
    for key, value in tensors.items():
        group, _, rest = key.partition("/")
        groups[group][rest] = value
    return Saved(state, **groups)


def _metadata(data: bytes) -> dict[str, str]:
    """The free part of a safetensors header: 8 bytes of its length, then JSON."""
    length = int.from_bytes(data[:8], "little")
    metadata: dict[str, str] = json.loads(data[8 : 8 + length])["__metadata__"]
    return metadata


def copy_of(model: nn.Module) -> Tensors:
    """A model's weights as they are now."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def of_optimiser(optimiser: Optimizer) -> Tensors:
    """An optimiser's state: `<number of the parameter>/<name>`."""
    state = optimiser.state_dict()["state"]
    return {f"{number}/{name}": value for number, its in state.items() for name, value in its.items()}


def into_optimiser(optimiser: Optimizer, tensors: Tensors) -> None:
    """Puts a state back."""
    state: dict[int, Tensors] = {}
    for key, value in tensors.items():
        number, _, name = key.partition("/")
        state.setdefault(int(number), {})[name] = value
    optimiser.load_state_dict({**optimiser.state_dict(), "state": state})

"""The epochs' numbers as TensorBoard reads them: written anew after every epoch, so that no line comes twice."""

import shutil
from collections.abc import Iterator, Mapping
from typing import Any

from multihowto import extras
from multihowto.errors import ConfigError
from multihowto.storage import Store


def check_tensorboard(store: Store) -> None:
    """ConfigError if its files cannot be written."""
    extras.require("tensorboard", "a recipe with tensorboard: true")
    if store.files.local is None:
        raise ConfigError("tensorboard: true needs a store in a local folder")


def write_tensorboard(store: Store, folder: str, lines: list[dict[str, Any]]) -> None:
    """Writes every number of metrics.jsonl's lines to the run's folder `tensorboard`, by number of the epoch."""
    from torch.utils.tensorboard import SummaryWriter

    if store.files.local is None:
        return
    place = store.files.local / folder / "tensorboard"
    shutil.rmtree(place, ignore_errors=True)
    with SummaryWriter(str(place)) as writer:
        for number, line in enumerate(lines):
            for name, value in numbers("", line):
                writer.add_scalar(name, value, number)


def numbers(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """All numbers of nested mappings, with the names that lead to them."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from numbers(f"{prefix}{name}/", value)
        elif isinstance(value, int | float):
            yield prefix + name, float(value)

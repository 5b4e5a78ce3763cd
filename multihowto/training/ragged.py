"""Flat rows that belong to items, as padded batches."""

from collections.abc import Sequence
from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch import Tensor

Ints: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.floating[Any]]


def pad(flat: Floats, first: Ints, count: Ints) -> tuple[Tensor, Tensor]:
    """Items' rows (items, longest, width) as float32, zero where an item has none, and the mask of what it has."""
    mask = np.arange(max(1, int(count.max(initial=0)))) < count[:, None]
    padded = np.zeros((*mask.shape, flat.shape[1]), dtype=np.float32)
    padded[mask] = flat[rows_of(first, count)]
    return torch.from_numpy(padded), torch.from_numpy(mask)


def rows_of(first: Ints, count: Ints) -> Ints:
    """Numbers of the rows of items, item by item: first, first + 1, ..."""
    begins = np.cumsum(count) - count
    return np.repeat(first - begins, count) + np.arange(int(count.sum()))


def pad_ids(items: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Lists of token ids (texts, longest), zero where a text has none, and the mask of what it has."""
    count = np.array([len(item) for item in items], dtype=np.int64)
    mask = np.arange(int(count.max(initial=1))) < count[:, None]
    padded = np.zeros(mask.shape, dtype=np.int64)
    padded[mask] = np.concatenate([np.asarray(item, dtype=np.int64) for item in items])
    return torch.from_numpy(padded), torch.from_numpy(mask)


class Strings(Sequence[str]):
    """Many strings as one Arrow array."""

    def __init__(self, array: pa.Array) -> None:
        self._array = array

    def __len__(self) -> int:
        return len(self._array)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> "Strings": ...
    def __getitem__(self, place: int | slice) -> "str | Strings":
        if isinstance(place, slice):
            return Strings(self._array[place])
        text: str = self._array[int(place)].as_py()
        return text


def longer(rows: Floats, more: Floats) -> Floats:
    """Rows with more behind them. They grow in place, so that memory never holds them twice: use the result only."""
    if not len(rows):
        return more
    begin = len(rows)
    rows = rows if rows.flags.owndata else rows.copy()
    rows.resize((begin + len(more), rows.shape[1]), refcheck=False)
    rows[begin:] = more
    return rows

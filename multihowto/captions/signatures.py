"""Many texts at once, as numbers: hashes of characters in a row, and groups of texts by their MinHash signatures."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from multihowto.captions.fingerprints import of_text

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]
Signatures = npt.NDArray[np.uint16]
"""One row a text, `SLOTS` numbers each; the share of equal ones estimates the share of n-grams in common."""

SLOTS = 64
ROWS = 4
"""Slots of a band: texts that agree in a whole band are compared. 16 bands of 4 miss 2 in 10,000 pairs of 0.8."""
SPLITS = 100
"""Own setting: a chain of near texts is cut at most so often; what is left of it then stands alone."""
_AT_ONCE = 1 << 16


def of_characters(texts: Sequence[str], length: int, seed: str) -> tuple[Hashes, Hashes]:
    """A hash of each `length` characters in a row, text after text, and where each text's begin: one place more.

    A text that is shorter has none.
    """
    lengths = np.array([len(text) for text in texts], np.int64)
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
    grams = np.maximum(lengths - length + 1, 0)
    offsets = np.concatenate([[0], np.cumsum(grams)])
    begins = np.repeat(np.cumsum(lengths) - lengths - offsets[:-1], grams) + np.arange(offsets[-1])
    total = np.full(len(begins), of_text("", seed), np.uint64)
    for step in range(length):
        total = _mixed(total ^ codes[begins + step])
    return total, offsets.astype(np.uint64)


def _mixed(values: Hashes) -> Hashes:
    """splitmix64's finisher: every bit of a number changes half the bits of what it gives."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def shares(signatures: Signatures, left: Places, right: Places) -> npt.NDArray[np.float32]:
    """The estimated share of n-grams that the texts of each pair have in common, 0 to 1."""
    made = np.empty(len(left), np.float32)
    for begin in range(0, len(left), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        made[part] = (signatures[left[part]] == signatures[right[part]]).mean(axis=1)
    return made


def pairs(signatures: Signatures, least: float) -> Places:
    """Pairs of rows whose estimated share is at least `least`; each pair once, the lower row first. Shape (pairs, 2).

    Rows that agree in a band are a bucket. In each, every row is compared with the one before it alone, so that a
    bucket of a million texts costs a million comparisons; similar rows are neighbours in it, by the next band.
    """
    count, bands = len(signatures), np.ascontiguousarray(signatures).view(np.uint64)
    found = [np.empty(0, np.int64)]
    for number in range(bands.shape[1]):
        order = np.lexsort((bands[:, (number + 1) % bands.shape[1]], bands[:, number]))
        key = bands[order, number]
        same = np.flatnonzero(key[1:] == key[:-1])
        left, right = order[same], order[same + 1]
        near = shares(signatures, left, right) >= least
        found.append((np.minimum(left, right) * count + np.maximum(left, right))[near])
    return np.stack(np.divmod(np.unique(np.concatenate(found)), max(1, count)), axis=1)


def components(count: int, edges: Places) -> Places:
    """For each of `count` things the least one that it is linked with, directly or through others."""
    least = np.arange(count)
    while True:
        before = least.copy()
        ends = least[edges]
        low = ends.min(axis=1)
        for side in range(2):
            np.minimum.at(least, ends[:, side], low)
        least = least[least]
        if np.array_equal(before, least):
            return least


def groups(signatures: Signatures, least: float) -> Places:
    """For each row the first of its group: all rows of a group are near to it, so no chain makes unlike texts one."""
    label, edges = np.arange(len(signatures)), pairs(signatures, least)
    for _ in range(SPLITS):
        rows, ends = np.unique(edges, return_inverse=True)
        first = rows[components(len(rows), ends.reshape(-1, 2))]
        near = shares(signatures, rows, first) >= least
        label[rows[near]] = first[near]
        # Those that are near to a neighbour alone are grouped again among themselves.
        edges = edges[np.isin(edges, rows[~near]).all(axis=1)]
        if not len(edges):
            break
    return label

"""Where the right answer stands among all candidates, in counts that keep ties as ties.

Scores closer than TOLERANCE are ties: matrix products round equal vectors differently in different places, and a
rank must not profit from that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from multihowto.errors import ConfigError
from multihowto.training.ragged import Floats, Ints

TOLERANCE = 1e-6
"""For dot products of unit vectors in float32."""
ROWS, COLUMNS = 512, 8192
"""Scores at a time: 16 MB, whatever the number of queries and candidates."""


@dataclass(frozen=True)
class Ranks:
    """Of each query: how many candidates are better than its best right one, and how many tie with that."""

    better: Ints
    tied_wrong: Ints
    tied_right: Ints
    """At least 1: the best right one itself."""

    def expected(self) -> Floats:
        """Expected rank, from 1, of the first right candidate if ties are broken at random."""
        rank: Floats = self.better + (self.tied_wrong + self.tied_right + 1) / (self.tied_right + 1)
        return rank

    def hits(self, k: int) -> Floats:
        """Probability, 0 to 1, that a right candidate is among the first k if ties are broken at random."""
        places = np.clip(k - self.better, 0, self.tied_wrong + self.tied_right)
        missed = np.ones(len(places))
        # all of the places that are left go to wrong ones: a product over the places, k at most
        for place in range(int(places.max(initial=0))):
            wrong = np.clip(self.tied_wrong - place, 0, None)
            left = np.maximum(self.tied_wrong + self.tied_right - place, 1)
            missed = np.where(place < places, missed * wrong / left, missed)
        return 1 - missed


def both_ways(
    a: Tensor, b: Tensor, a_of: Ints | None = None, b_of: Ints | None = None
) -> tuple[Ranks, Ranks]:
    """Ranks of b for each a, and of a for each b, from one product of unit vectors (n, width) and (m, width).

    a[i] and b[j] belong together if a_of[i] == b_of[j]; without them, if i == j. Every a must have a partner; a b
    that has none is a candidate only, and the second Ranks leaves it out. ConfigError for vectors that are no numbers,
    since nothing would be better than they.
    """
    for vectors in (a, b):
        broken = ~torch.isfinite(vectors).all(1)
        if broken.any():
            raise ConfigError(
                f"{int(broken.sum())} of {len(vectors)} vectors to be ranked are no numbers; look for broken features"
            )
    left = np.arange(len(a)) if a_of is None else a_of
    right = np.arange(len(b)) if b_of is None else b_of
    pairs = _pairs(left, right)
    scores = _pair_scores(a, b, pairs)
    best_a, right_a = _best(scores, pairs[0], len(a))
    best_b, right_b = _best(scores, pairs[1], len(b))
    counts = _count(a, b, best_a, best_b)
    asking = right_b > 0
    backwards = _ranks(counts[2][asking], counts[3][asking], right_b[asking])
    return _ranks(counts[0], counts[1], right_a), backwards


def _pairs(left: Ints, right: Ints) -> tuple[Tensor, Tensor]:
    """Numbers of all that belong together."""
    order = np.argsort(right, kind="stable")
    begin = np.searchsorted(right[order], left, side="left")
    count = np.searchsorted(right[order], left, side="right") - begin
    if not count.all():
        raise ValueError(f"query {int(np.argmin(count))} has no right candidate")
    places = np.repeat(begin - (np.cumsum(count) - count), count) + np.arange(int(count.sum()))
    return torch.from_numpy(np.repeat(np.arange(len(left)), count)), torch.from_numpy(order[places])


def _pair_scores(a: Tensor, b: Tensor, pairs: tuple[Tensor, Tensor]) -> Tensor:
    parts = [
        (a[i] * b[j]).sum(1)
        for i, j in zip(torch.split(pairs[0], ROWS), torch.split(pairs[1], ROWS), strict=True)
    ]
    return torch.cat(parts)


def _best(scores: Tensor, owner: Tensor, owners: int) -> tuple[Tensor, Tensor]:
    """Each owner's best score, and how many of its scores tie with that."""
    best = torch.full((owners,), -torch.inf).scatter_reduce(0, owner, scores, "amax")
    tied = (scores >= best[owner] - TOLERANCE).to(torch.float64)
    return best, torch.zeros(owners, dtype=torch.float64).index_add(0, owner, tied)


def _count(a: Tensor, b: Tensor, best_a: Tensor, best_b: Tensor) -> list[Tensor]:
    """For each a: scores above its best, and scores at least equal; the same for each b. Both directions share tiles.

    Comparisons are written as 0 and 1 over a copy of the tile and summed by products with ones: twice as fast as
    booleans, and exact, since a tile has fewer than 2**24 rows and columns.
    """
    counts = [torch.zeros(len(one), dtype=torch.float64) for one in (a, a, b, b)]
    above_a, equal_a, above_b, equal_b = (
        best_a + TOLERANCE,
        best_a - TOLERANCE,
        best_b + TOLERANCE,
        best_b - TOLERANCE,
    )
    space, copy = torch.empty(ROWS * COLUMNS), torch.empty(ROWS * COLUMNS)
    for rows, columns in _tiles(len(a), len(b)):
        height, width = rows.stop - rows.start, columns.stop - columns.start
        tile, flags = (part[: height * width].view(height, width) for part in (space, copy))
        torch.mm(a[rows], b[columns].T, out=tile)
        counts[0][rows] += flags.copy_(tile).gt_(above_a[rows, None]) @ torch.ones(width)
        counts[1][rows] += flags.copy_(tile).ge_(equal_a[rows, None]) @ torch.ones(width)
        counts[2][columns] += torch.ones(height) @ flags.copy_(tile).gt_(above_b[columns])
        counts[3][columns] += torch.ones(height) @ tile.ge_(equal_b[columns])
    return counts


def _tiles(rows: int, columns: int) -> Iterator[tuple[slice, slice]]:
    for row in range(0, rows, ROWS):
        for column in range(0, columns, COLUMNS):
            yield slice(row, min(rows, row + ROWS)), slice(column, min(columns, column + COLUMNS))


def _ranks(above: Tensor, at_least: Tensor, right: Tensor) -> Ranks:
    # a pair's own score is rounded otherwise than its tile's: at the tolerance's very edge a count may be one off
    tied_wrong = (at_least - above - right).clamp(min=0)
    return Ranks(*(part.to(torch.int64).numpy() for part in (above, tied_wrong, right)))

"""How often texts come again, exactly and nearly, in one video and in several."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multihowto.captions.signatures import Hashes, Places, Signatures, groups


class Copies(NamedTuple):
    """One number a text in each."""

    in_video: Places
    """Equal texts in its video."""
    in_videos: Places
    """Videos that have an equal text."""
    near_videos: Places
    """Videos that have a nearly equal one."""
    nearest: Places
    """The first row, by `order`, of its nearly equal texts."""


def count_copies(
    texts: Hashes,
    videos: Places,
    order: Places,
    signatures: Callable[[Places], Signatures],
    comparable: npt.NDArray[np.bool_],
    least: float,
) -> Copies:
    """Counts what comes again; all arguments but the last have one entry a text, itself counts too.

    `texts` are hashes of the whole, `videos` numbers from 0, `order` the rows in the order of their ids. Only texts
    that are `comparable` can be nearly equal: of the same group by their `signatures`, which gives those of some rows.
    """
    _, first, text = np.unique(texts, return_index=True, return_inverse=True)
    group = np.arange(len(first))
    able = np.flatnonzero(comparable[first])
    group[able] = able[groups(signatures(first[able]), least)]
    mine = group[text]
    in_video, in_videos = _count(text, videos)
    _, near_videos = _count(mine, videos)
    nearest = np.zeros(len(first), np.int64)
    # Of several that are written to one place the last stays: the first by order.
    nearest[mine[order[::-1]]] = order[::-1]
    return Copies(in_video, in_videos, near_videos, nearest[mine])


def _count(things: Places, videos: Places) -> tuple[Places, Places]:
    """For each row: rows of its thing in its video, and videos that have its thing."""
    many = int(videos.max(initial=0)) + 1
    pairs, place, counts = np.unique(things * many + videos, return_inverse=True, return_counts=True)
    return counts[place], np.bincount(pairs // many)[things]

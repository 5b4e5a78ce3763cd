"""Chance without state: every draw is a hash of what it is for, so adding one draw moves no other."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

SEED: Final = "multihowto-demo-1"

Item = TypeVar("Item")


def draw(*purpose: object) -> float:
    """A number in [0, 1) that depends on the purpose alone, on every machine and Python."""
    text = "\0".join(str(part) for part in (SEED, *purpose))
    digest = hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def between(low: float, high: float, *purpose: object) -> float:
    """A number in [low, high)."""
    return low + (high - low) * draw(*purpose)


def pick(choices: Sequence[Item], *purpose: object) -> Item:
    """One of the choices, all equally likely."""
    return choices[int(draw(*purpose) * len(choices))]


def shuffled(items: Iterable[Item], *purpose: object) -> list[Item]:
    """The items in the order of their draws; equal items (by text) keep their order."""
    return sorted(items, key=lambda item: draw(*purpose, item))

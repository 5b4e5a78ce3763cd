"""Which videos are the same one: by how much of their titles and captions they share, and by their lengths."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from multihowto.captions.signatures import Places, Signatures, components, pairs, shares

TITLE = "title"
"""What a fingerprint is of, if not of the captions in a language."""


class Rule(NamedTuple):
    """When two videos are the same; shares are of n-grams, from 0 to 1."""

    min_title: float
    """Titles are alike."""
    min_captions: float
    """Captions are alike, which is enough if titles are too, or lengths."""
    enough_captions: float
    """Captions are the same, which is enough alone if both are long."""
    long: int
    """N-grams of captions that are long."""
    duration_ms: int
    """Lengths that differ by no more are alike..."""
    duration_share: float
    """...or by no more than this share of the longer."""

    def same(self, title: float, captions: float | None, long: bool, lengths: bool) -> bool:
        """Whether two videos are the same; `captions` is None if they have none in the same language."""
        if captions is None:
            return title >= self.min_title and lengths
        if captions < self.min_captions:
            return False
        return title >= self.min_title or lengths or (long and captions >= self.enough_captions)

    def lengths(self, left_ms: int, right_ms: int) -> bool:
        """Whether two lengths are alike."""
        apart_ms, longer_ms = abs(left_ms - right_ms), max(left_ms, right_ms)
        return apart_ms <= max(self.duration_ms, self.duration_share * longer_ms)


class Fingerprints(NamedTuple):
    """One row a title, and one a video and language, of those that are long enough to say something."""

    video: Places
    """A number of the video, from 0, in the order of ids."""
    of: Sequence[str]
    """TITLE or a language."""
    grams: Places
    signature: Signatures


class Found(NamedTuple):
    """One entry a video."""

    original: Places
    """The first of those that are the same."""
    share: npt.NDArray[np.float32]
    """What its captions share with the nearest of them (its title, if there are no captions to compare)."""


def find_same(durations_ms: Sequence[int], prints: Fingerprints, rule: Rule) -> Found:
    """Which videos are the same, directly or through others; `durations_ms` has one entry a video."""
    near = prints.video[pairs(prints.signature, min(rule.min_title, rule.min_captions))]
    row_of: dict[int, dict[str, int]] = {}
    for row in np.flatnonzero(np.isin(prints.video, near)).tolist():
        row_of.setdefault(int(prints.video[row]), {})[prints.of[row]] = row
    edges, best = list[tuple[int, int]](), np.zeros(len(durations_ms), np.float32)
    for left, right in np.unique(near, axis=0).tolist():
        title, captions, long = _compare(row_of[left], row_of[right], prints, rule)
        if rule.same(title, captions, long, rule.lengths(durations_ms[left], durations_ms[right])):
            edges.append((left, right))
            share = title if captions is None else captions
            best[[left, right]] = np.maximum(best[[left, right]], share)
    linked = np.array(edges, np.int64).reshape(-1, 2)
    return Found(components(len(durations_ms), linked), best)


def _compare(
    left: Mapping[str, int], right: Mapping[str, int], prints: Fingerprints, rule: Rule
) -> tuple[float, float | None, bool]:
    """What two videos share of their titles, most in a language of their captions, and whether these are long."""
    common = sorted(left.keys() & right.keys())
    rows = np.array([(left[of], right[of]) for of in common], np.int64).reshape(-1, 2)
    found = dict(zip(common, shares(prints.signature, rows[:, 0], rows[:, 1]).tolist(), strict=True))
    title = found.pop(TITLE, 0.0)
    if not found:
        return title, None, False
    of = max(found, key=found.__getitem__)
    return title, found[of], min(prints.grams[left[of]], prints.grams[right[of]]) >= rule.long

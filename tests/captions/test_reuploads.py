"""The rule by which two videos are the same, and the groups that follow from it."""

import numpy as np
import pytest

from multihowto.captions.reuploads import TITLE, Fingerprints, Rule, find_same
from multihowto.captions.signatures import SLOTS

RULE = Rule(0.8, 0.5, 0.8, 1000, 2000, 0.01)


@pytest.mark.parametrize(
    ("title", "captions", "long", "lengths", "same"),
    [
        (1.0, 0.6, False, False, True),
        (0.0, 0.6, False, True, True),
        (0.0, 0.6, True, False, False),
        (0.0, 0.9, True, False, True),
        (0.0, 0.9, False, False, False),
        (1.0, 0.1, True, True, False),
        (1.0, None, False, True, True),
        (1.0, None, False, False, False),
        (0.5, None, False, True, False),
    ],
)
def test_two_of_three_or_long_captions_and_never_against_the_captions(
    title: float, captions: float | None, long: bool, lengths: bool, same: bool
) -> None:
    assert RULE.same(title, captions, long, lengths) == same


@pytest.mark.parametrize(
    ("left_ms", "right_ms", "alike"),
    [
        (10_000, 12_000, True),
        (10_000, 12_001, False),
        (990_000, 1_000_000, True),
        (989_999, 1_000_000, False),
    ],
)
def test_lengths_differ_by_two_seconds_or_one_percent(left_ms: int, right_ms: int, alike: bool) -> None:
    assert RULE.lengths(left_ms, right_ms) == RULE.lengths(right_ms, left_ms) == alike


def test_groups_are_transitive_and_named_by_the_first() -> None:
    # 0 and 2 share a title, 2 and 3 half of their captions; 1 has neither.
    base = np.arange(SLOTS, dtype=np.uint16)
    half = np.where(np.arange(SLOTS) < 40, base, base + 1000)
    prints = Fingerprints(
        np.array([0, 1, 2, 2, 3]),
        [TITLE, TITLE, TITLE, "en", "en"],
        np.full(5, 50),
        np.stack([base + 3000, base + 5000, base + 3000, base, half]).astype(np.uint16),
    )
    found = find_same([5000, 5000, 5500, 5000], prints, RULE)
    assert found.original.tolist() == [0, 1, 0, 0]
    assert found.share.tolist() == [1.0, 0.0, 1.0, 0.625]

"""Signatures depend on a text alone, and estimate what two texts share."""

import numpy as np

from multihowto.adapters import minhash
from multihowto.captions.signatures import SLOTS, shares


def test_a_signature_depends_on_its_text_and_seed_alone() -> None:
    texts = [f"step {number} of the bread, mix it" for number in range(20_000)]
    texts[7000] = "long " * 100_000
    made, counts = minhash.signatures(texts, 3, "en")
    assert made.shape == (20_000, SLOTS)
    assert made.dtype == np.uint16
    assert counts.tolist() == [len(text) - 2 for text in texts]
    for place in (0, 6999, 7000, 7001, 8192, 19_999):
        alone, _ = minhash.signatures([texts[place]], 3, "en")
        assert np.array_equal(alone[0], made[place])
    other, _ = minhash.signatures(texts[:1], 3, "de")
    assert shares(np.stack([made[0], other[0]]), np.array([0]), np.array([1]))[0] < 0.1


def test_it_estimates_what_two_texts_share() -> None:
    # 400 n-grams in each of which 200 are common to both: a third of the 600.
    walk = "".join(chr(0x4E00 + place) for place in range(603))
    made, _ = minhash.signatures([walk[:403], walk[200:]], 4, "x")
    assert abs(float(shares(made, np.array([0]), np.array([1]))[0]) - 1 / 3) < 0.2


def test_no_text_and_texts_too_short_have_no_ngrams() -> None:
    assert minhash.signatures([], 3, "en")[0].shape == (0, SLOTS)
    assert minhash.signatures(["", "ab", "abc"], 3, "en")[1].tolist() == [0, 0, 1]


def test_signatures_stay_what_they_are() -> None:
    """Tables that are kept stay comparable; if rensa signs otherwise, the stages' versions have to be raised."""
    made, _ = minhash.signatures(["thankyouforwatching"], 3, "en")
    assert made[0, :6].tolist() == [60659, 19180, 26396, 7591, 17514, 46363]

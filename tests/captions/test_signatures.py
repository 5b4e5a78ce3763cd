"""Near texts are found as comparing all with all finds them, in bounded work, and no chain makes unlike texts one."""

import math
import random
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from captions.near_texts import LETTERS, jaccard, ngrams, texts
from multihowto.adapters.minhash import signatures
from multihowto.captions.fingerprints import plain
from multihowto.captions.signatures import SLOTS, components, groups, of_characters, pairs, shares

LEAST = 0.8


def near_by_all_with_all(sets: list[frozenset[str]], least: float) -> dict[tuple[int, int], float]:
    """Every pair that shares at least `least`, none missed: such a pair has one of its rarest n-grams in common."""
    often = Counter(gram for one in sets for gram in one)
    having: dict[str, list[int]] = defaultdict(list)
    found: dict[tuple[int, int], float] = {}
    for number, one in enumerate(sets):
        rarest = sorted(one, key=lambda gram: (often[gram], gram))[
            : len(one) - math.ceil(least * len(one)) + 1
        ]
        for other in {other for gram in rarest for other in having[gram]}:
            if (share := jaccard(one, sets[other])) >= least:
                found[other, number] = share
        for gram in rarest:
            having[gram].append(number)
    return found


def test_what_is_near_among_5000_is_what_all_with_all_says() -> None:
    said = sorted({plain(text) for text in texts(5000)})
    sets = [ngrams(text) for text in said]
    true = near_by_all_with_all(sets, LEAST)
    made, counts = signatures(said, 3, "en")
    long = [number for number, count in enumerate(counts) if count >= 6]
    found = {(long[a], long[b]) for a, b in pairs(made[long], LEAST).tolist()}
    sure = {pair for pair, share in true.items() if share >= 0.9 and {*pair} <= {*long}}
    assert len(true) > 300
    assert len(sure) > 50
    # Around the least share the estimate decides either way (its deviation is 0.04); far from it, it is right.
    assert len(found & sure) >= 0.98 * len(sure)
    assert len(found & true.keys()) >= 0.8 * len(found)
    assert all(jaccard(sets[a], sets[b]) > LEAST - 0.16 for a, b in found)


def test_a_giant_bucket_costs_what_it_is_long() -> None:
    same = np.zeros((3000, SLOTS), np.uint16)
    assert len(pairs(same, LEAST)) == len(same) - 1
    assert set(groups(same, LEAST).tolist()) == {0}


def test_no_chain_makes_unlike_texts_one() -> None:
    chance = random.Random(1)
    walk = "".join(chance.choices(LETTERS, k=400))
    windows = [walk[begin : begin + 60] for begin in range(0, 340, 3)]
    made, _ = signatures(windows, 3, "en")
    linked, label = components(len(made), pairs(made, LEAST)), groups(made, LEAST)
    assert len(set(linked.tolist())) < 5, "each is near to the next"
    moved = np.flatnonzero(label != np.arange(len(label)))
    assert len(moved) > 60
    assert shares(made, moved, label[moved]).min() >= LEAST
    assert set(label[label].tolist()) == set(label.tolist()), "a first one is its own first one"
    assert all(jaccard(ngrams(windows[a]), ngrams(windows[b])) > 0.6 for a, b in enumerate(label))


@given(st.lists(st.text("ab漢", max_size=9), max_size=6), st.integers(1, 4))
def test_ngrams_are_hashed_as_one_by_one(some: list[str], length: int) -> None:
    hashes, offsets = of_characters(some, length, "en")
    assert len(offsets) == len(some) + 1
    known: dict[str, int] = {}
    for number, text in enumerate(some):
        grams = [text[place : place + length] for place in range(len(text) - length + 1)]
        mine = hashes[int(offsets[number]) : int(offsets[number + 1])].tolist()
        assert len(mine) == len(grams)
        for gram, value in zip(grams, mine, strict=True):
            assert known.setdefault(gram, value) == value
    assert len(set(known.values())) == len(known)


@given(st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=20))
def test_components_are_those_of_a_search(edges: list[tuple[int, int]]) -> None:
    found = components(12, np.array(edges, np.int64).reshape(-1, 2))
    for start in range(12):
        seen, todo = {start}, [start]
        while todo:
            here = todo.pop()
            for pair in edges:
                if here in pair:
                    todo += {*pair} - seen
                    seen |= {*pair}
        assert found[start] == min(seen)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_texts_are_no_special_case(count: int) -> None:
    made = np.arange(count * SLOTS, dtype=np.uint16).reshape(count, SLOTS)
    assert pairs(made, LEAST).shape == (0, 2)
    assert groups(made, LEAST).tolist() == list(range(count))

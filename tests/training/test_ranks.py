"""Ranks against a naive implementation, and against all orders in which ties may fall."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from multihowto.errors import ConfigError
from multihowto.training import ranks as ranks_module
from multihowto.training.ranks import Ranks, both_ways


def ranks_of(better: int, tied_wrong: int, tied_right: int) -> Ranks:
    return Ranks(*(np.array([value]) for value in (better, tied_wrong, tied_right)))


def test_an_item_without_ties_has_its_plain_rank() -> None:
    alone = ranks_of(3, 0, 1)
    assert alone.expected().tolist() == [4.0]
    assert [alone.hits(k).tolist() for k in (1, 3, 4, 5)] == [[0.0], [0.0], [1.0], [1.0]]


def test_all_equal_is_chance_not_first() -> None:
    # a model that says the same of all 100: rank 50.5, R@1 0.01, R@10 0.1
    constant = ranks_of(0, 99, 1)
    assert constant.expected().tolist() == [50.5]
    assert constant.hits(1)[0] == pytest.approx(0.01)
    assert constant.hits(10)[0] == pytest.approx(0.1)


@given(st.integers(0, 3), st.integers(0, 3), st.integers(1, 3), st.integers(1, 8))
def test_ties_are_averaged_over_every_order(better: int, wrong: int, right: int, k: int) -> None:
    orders = list(permutations([False] * wrong + [True] * right))
    firsts = [better + order.index(True) + 1 for order in orders]
    ranks = ranks_of(better, wrong, right)
    assert ranks.expected()[0] == pytest.approx(float(Fraction(sum(firsts), len(firsts))))
    assert ranks.hits(k)[0] == pytest.approx(sum(first <= k for first in firsts) / len(firsts))


def naive(scores: list[list[float]], left: list[int], right: list[int]) -> list[tuple[int, int, int]]:
    found = []
    for row, mine in zip(scores, left, strict=True):
        best = max(score for score, other in zip(row, right, strict=True) if other == mine)
        better = sum(score > best for score in row)
        tied = [other == mine for score, other in zip(row, right, strict=True) if score == best]
        found.append((better, tied.count(False), tied.count(True)))
    return found


DIRECTIONS = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, 0.8, 0], [0, 0.6, 0.8], [-1, 0, 0]])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 4)), min_size=1, max_size=12), st.data())
def test_both_ways_equals_the_naive_way(items: list[tuple[int, int]], data: st.DataObject) -> None:
    a, left = DIRECTIONS[[item[0] for item in items]], [item[1] for item in items]
    right = sorted(set(left)) + data.draw(st.lists(st.integers(0, 7), max_size=6))
    b = DIRECTIONS[data.draw(st.lists(st.integers(0, 5), min_size=len(right), max_size=len(right)))]
    there, back = both_ways(a, b, np.array(left), np.array(right))
    scores = (a.double() @ b.double().T).round(decimals=4)
    assert list(zip(there.better, there.tied_wrong, there.tied_right, strict=True)) == naive(
        scores.tolist(), left, right
    )
    asking = [place for place, group in enumerate(right) if group in left]
    expected = naive(scores.T[asking].tolist(), [right[place] for place in asking], left)
    assert list(zip(back.better, back.tied_wrong, back.tied_right, strict=True)) == expected


def test_tiles_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    a = torch.nn.functional.normalize(torch.randn(50, 8), dim=1)
    b = torch.nn.functional.normalize(a + 0.5 * torch.randn(50, 8), dim=1)
    whole = both_ways(a, b)
    monkeypatch.setattr(ranks_module, "ROWS", 7)
    monkeypatch.setattr(ranks_module, "COLUMNS", 11)
    for one, other in zip(whole, both_ways(a, b), strict=True):
        assert one.expected().tolist() == other.expected().tolist()
    own = (a @ b.T).diagonal()[:, None]
    assert whole[0].expected().tolist() == ((a @ b.T > own).sum(1) + 1).tolist()


def test_equal_vectors_in_different_places_are_ties() -> None:
    # matrix products may round equal columns differently by place; none may profit
    torch.manual_seed(1)
    a = torch.nn.functional.normalize(torch.randn(300, 257), dim=1)
    b = a[:1].expand(300, -1).contiguous()
    there, _ = both_ways(a, b)
    assert there.expected().tolist() == [150.5] * 300


def test_a_query_without_answer_is_refused() -> None:
    with pytest.raises(ValueError, match="query 1 has no right candidate"):
        both_ways(DIRECTIONS[:2], DIRECTIONS[:1], np.array([0, 1]), np.array([0]))


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_a_vector_that_is_no_number_is_refused_not_first(broken: float) -> None:
    good, bad = torch.eye(3), torch.eye(3)
    bad[1, 1] = broken
    for a, b in ((good, bad), (bad, good)):
        with pytest.raises(ConfigError, match="1 of 3 vectors"):
            both_ways(a, b)

"""Metrics, chance and the bootstrap against numbers that can be checked on paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multihowto.evaluation.retrieval import bootstrap, chance, compare, interval, metrics
from multihowto.training.ranks import Ranks


def test_metrics_of_plain_ranks() -> None:
    # ranks 1, 2, 6, 11
    found = metrics(Ranks(np.array([0, 1, 5, 10]), np.zeros(4, np.int64), np.ones(4, np.int64)))
    assert (found.queries, found.r1, found.r5, found.r10, found.median_rank) == (4, 0.25, 0.5, 0.75, 4.0)
    assert found.mean_rank == 20 / 4


def test_ties_count_by_their_share() -> None:
    # first of two tied: half a hit; first of four tied behind three: R@5 is two places of four
    found = metrics(Ranks(np.array([0, 3]), np.array([1, 3]), np.array([1, 1])))
    assert (found.r1, found.r5, found.r10) == (0.25, 0.75, 1.0)
    assert found.median_rank == (1.5 + 5.5) / 2


@pytest.mark.parametrize(
    ("candidates", "right", "r1", "r5", "r10", "median"),
    [
        (100, 1, 0.01, 0.05, 0.1, 50.5),
        (3, 1, 1 / 3, 1, 1, 2),
        # two right of four: first at 1 with 1/2, at 2 with 1/3, at 3 with 1/6
        (4, 2, 0.5, 1, 1, 1.5),
        # two right of ten: none among the first five with (8*7*6*5*4)/(10*9*8*7*6) = 2/9; at rank 3: 1 - 42/90 > 1/2
        (10, 2, 0.2, 7 / 9, 1, 3),
    ],
)
def test_chance(candidates: int, right: int, r1: float, r5: float, r10: float, median: float) -> None:
    found = chance(candidates, right)
    shares = [found.r1, found.r5, found.r10]
    assert shares == pytest.approx([r1, r5, r10])
    assert found.median_rank == median


@given(st.integers(1, 60))
def test_chance_is_what_a_constant_model_reaches(candidates: int) -> None:
    constant = Ranks(np.zeros(1, np.int64), np.array([candidates - 1]), np.ones(1, np.int64))
    for name in ("r1", "r5", "r10", "median_rank", "mean_rank"):
        assert getattr(metrics(constant), name) == pytest.approx(getattr(chance(candidates), name))


def test_chance_of_queries_with_more_right_answers_than_others() -> None:
    # three candidates; one right: ranks 1, 2, 3; two right: rank 1 with 2/3, rank 2 with 1/3
    found = chance(3, np.array([1, 2]))
    assert [found.r1, found.r5, found.mean_rank] == pytest.approx([(1 / 3 + 2 / 3) / 2, 1, (2 + 4 / 3) / 2])
    # the first right one is at 1 for half of all queries
    assert found.median_rank == 1.5


def test_chance_among_many_is_soon_known() -> None:
    found = chance(1_000_000, 3)
    assert found.mean_rank == pytest.approx(1_000_001 / 4)
    # of each query's three, all are behind a share x with (1 - x)**3
    assert found.median_rank == pytest.approx(1_000_000 * (1 - 0.5 ** (1 / 3)), rel=1e-4)


def test_bootstrap_by_groups_equals_drawing_the_rows() -> None:
    draw = np.random.default_rng(1)
    values, groups = draw.random((40, 2)), draw.integers(0, 7, 40)
    values[draw.random((40, 2)) < 0.3] = np.nan
    found = bootstrap(values, 50, 3, groups)
    again = np.random.Generator(np.random.Philox(3))
    for mean in found:
        rows = np.concatenate([np.flatnonzero(groups == group) for group in again.integers(0, 7, 7)])
        assert mean == pytest.approx(np.nanmean(values[rows], axis=0))


def test_bootstrap_of_equal_values_is_that_value() -> None:
    samples = bootstrap(np.full((5, 2), 0.3), draws=20, seed=0)
    assert samples.shape == (20, 2)
    assert list(interval(samples[:, 0], 0.95)) == pytest.approx([0.3, 0.3])


def test_bootstrap_has_the_standard_error_of_a_share() -> None:
    values = np.repeat([[0.0], [1.0]], 50, axis=0)
    samples = bootstrap(values, draws=4000, seed=1)[:, 0]
    # a share of 1/2 of 100 has a standard error of 0.05
    assert samples.std() == pytest.approx(0.05, rel=0.05)
    assert list(interval(samples, 0.95)) == pytest.approx([0.4, 0.6], abs=0.015)
    assert np.array_equal(samples, bootstrap(values, draws=4000, seed=1)[:, 0])


def test_groups_come_and_stay_away_together() -> None:
    values = np.repeat([[0.0], [1.0]], 50, axis=0)
    groups = np.repeat([0, 1], 50)
    # two groups: both the first, one of each, both the second
    assert set(bootstrap(values, 200, 0, groups)[:, 0].tolist()) == {0.0, 0.5, 1.0}


def test_missing_values_are_left_out() -> None:
    values = np.array([[1.0, np.nan], [1.0, np.nan], [1.0, 0.0]])
    samples = bootstrap(values, 100, 0)
    assert (samples[:, 0] == 1).all()
    there = ~np.isnan(samples[:, 1])
    assert 0 < there.sum() < 100
    assert (samples[there, 1] == 0).all()


def test_comparing_a_run_with_itself_finds_nothing() -> None:
    samples = bootstrap(np.random.default_rng(0).random((30, 1)), 500, 0)[:, 0]
    found = compare(samples, samples, 0.0, 0.95)
    assert (found.low, found.high, found.p) == (0, 0, 1)


def test_comparing_finds_what_is_there_and_its_sign() -> None:
    draw = np.random.default_rng(0)
    first = draw.random((200, 1))
    both = bootstrap(np.hstack([first, first + 0.1 + 0.01 * draw.normal(size=(200, 1))]), 999, 0)
    better = compare(both[:, 0], both[:, 1], 0.1, 0.95)
    assert better.p == pytest.approx(2 / 1000)
    assert 0.09 < better.low < better.high < 0.11
    worse = compare(both[:, 1], both[:, 0], -0.1, 0.95)
    assert [worse.low, worse.high, worse.p] == pytest.approx([-better.high, -better.low, better.p])


def test_paired_samples_are_surer_than_unpaired() -> None:
    draw = np.random.default_rng(3)
    hard = draw.random((100, 1))
    both = bootstrap(np.hstack([hard, hard + 0.02]), 500, 0)
    assert (both[:, 1] - both[:, 0]).std() < 0.01 * both[:, 0].std()

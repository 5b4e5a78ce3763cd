"""Retrieval metrics and their intervals against tests/training/plain_reference.py."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import permutations, product

import numpy as np
import pytest
import torch

from evaluation.runs_made import run
from multihowto.evaluation import retrieval
from multihowto.evaluation.comparison import Settings, compare_runs
from multihowto.evaluation.runs import make_answers
from multihowto.training.ranks import Ranks, both_ways
from training import plain_reference as plain
from training.plain_reference import Array

# every product of two of these is exact in float32 too, and many are equal
EXACT = np.array(
    [
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 0, -1],
        [0.5, 0.5, 0.5, 0.5],
        [0.5, -0.5, 0.5, -0.5],
        [-0.5, 0.5, 0.5, 0.5],
    ]
)


def ranked(texts: Array, videos: Array, owner: Sequence[int]) -> tuple[Ranks, Ranks]:
    """As the program ranks them: text to video, and video to text."""
    a, b = (torch.from_numpy(one.astype(np.float32)) for one in (texts, videos))
    return both_ways(a, b, np.array(owner), np.arange(len(videos)))


def check(texts: Array, videos: Array, owner: Sequence[int]) -> None:
    ways = (plain.text_to_video, plain.video_to_text)
    for found, way in zip(ranked(texts, videos, owner), ways, strict=True):
        expected = plain.measures(*way(texts, videos, owner))
        metrics = asdict(retrieval.metrics(found))
        assert metrics.pop("queries") == len(way(texts, videos, owner)[0])
        assert metrics == pytest.approx(expected, abs=1e-9)


def owners(draw: np.random.Generator, texts: int, videos: int) -> list[int]:
    """A video of each text, where every video has one text at least."""
    return [*range(videos), *draw.integers(0, videos, texts - videos).tolist()]


@pytest.mark.parametrize(("texts", "videos"), [(1, 1), (2, 2), (7, 7), (9, 4), (40, 13), (6, 1)])
@pytest.mark.parametrize("ties", [False, True])
def test_metrics_both_ways(texts: int, videos: int, ties: bool) -> None:
    for seed in range(10):
        draw = np.random.default_rng(seed)
        owner = owners(draw, texts, videos)
        if ties:
            check(EXACT[draw.integers(0, 6, texts)], EXACT[draw.integers(0, 6, videos)], owner)
        else:
            a, b = (draw.normal(size=(number, 5)) for number in (texts, videos))
            lengths = [np.linalg.norm(one, axis=1, keepdims=True) for one in (a, b)]
            check(a / lengths[0], b / lengths[1], owner)


@pytest.mark.parametrize(("texts", "videos"), [(2, 2), (12, 12), (15, 5)])
def test_metrics_of_equal_scores(texts: int, videos: int) -> None:
    owner = owners(np.random.default_rng(0), texts, videos)
    check(np.repeat(EXACT[:1], texts, axis=0), np.repeat(EXACT[3:4], videos, axis=0), owner)


@pytest.mark.parametrize("scores", [[3, 3, 3, 3], [1, 2, 2, 2, 0], [5, 2, 2, 2, 2, 7], [4, 4, 1, 1]])
def test_the_reference_is_the_mean_over_all_orders(scores: list[float]) -> None:
    for right in product([False, True], repeat=len(scores)):
        if not any(right):
            continue
        firsts = []
        for order in permutations(range(len(scores))):
            inside = sorted(order, key=lambda item: -scores[item])  # stable: equal scores keep the order
            firsts.append(1 + min(place for place, item in enumerate(inside) if right[item]))
        one, its = np.array([scores], dtype=np.float64), np.array([right])
        assert plain.ranks(one, its)[0] == pytest.approx(np.mean(firsts))
        for k in (1, 2, 5):
            assert plain.chance_within(one, its, k)[0] == pytest.approx(
                np.mean([first <= k for first in firsts])
            )


def test_the_percentile_interval_over_queries() -> None:
    values, level, number, seed = np.random.default_rng(1).random(17), 0.9, 101, 5
    found = retrieval.interval(retrieval.bootstrap(values[:, None], number, seed)[:, 0], level)
    assert found == pytest.approx(
        plain.percentile_interval(list(values), drawn(17, number, seed), level), abs=1e-9
    )


def drawn(queries: int, draws: int, seed: int) -> list[list[int]]:
    """The queries of each draw: by the program's generator, so that only the generator is shared."""
    draw = np.random.Generator(np.random.Philox(seed))
    return [draw.integers(0, queries, queries).tolist() for _ in range(draws)]


def test_two_runs_side_by_side() -> None:
    settings = Settings(draws=300, level=0.8, seed=3)
    queries = 8
    runs, shares = {}, {}
    for place, name in enumerate(("first", "second")):
        draw = np.random.default_rng(place)
        texts, videos = EXACT[draw.integers(0, 6, queries)], EXACT[draw.integers(0, 6, queries)]
        ranks = ranked(texts, videos, range(queries))[0]
        names, one = [str(query) for query in range(queries)], np.ones(queries, dtype=np.int64)
        runs[name] = run(name, {"en": make_answers(names, np.arange(queries), one, queries, [ranks])})
        shares[name] = plain.chance_within(*plain.text_to_video(texts, videos, range(queries)), 1)
    lines = {line.system: line for line in compare_runs(runs, (), settings).lines}

    draws = drawn(queries, settings.draws, settings.seed)
    for name, values in shares.items():
        low, high = plain.percentile_interval(list(values), draws, settings.level)
        assert (lines[name].low, lines[name].high) == pytest.approx((low, high), abs=1e-9)
    differences = shares["second"] - shares["first"]
    against = lines["second"].against
    assert against is not None
    assert against.difference == pytest.approx(plain.mean(list(differences)), abs=1e-9)
    low, high = plain.percentile_interval(list(differences), draws, settings.level)
    assert (against.low, against.high) == pytest.approx((low, high), abs=1e-9)
    signed = [abs(sum(differences * signs)) for signs in product([-1, 1], repeat=queries)]
    assert against.p == pytest.approx(np.mean([one >= abs(sum(differences)) - 1e-9 for one in signed]))

"""Curves and retrieval: every seed is shown, recipes stand side by side, and what is no number is a gap."""

import json
from pathlib import Path

import pytest

from multihowto.errors import ConfigError
from multihowto.report.retrieval import as_points, as_score, plot, read_evaluation, scores_of
from multihowto.report.runs import in_order, learning, panels, read_runs
from multihowto.storage import Store
from report.runs_written import EPOCHS, RECIPES, SEEDS, evaluation, write_runs

TONES = [("demo-mp<script>", "first"), ("demo-mmp", "second")]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(str(tmp_path / "store"))
    write_runs(store)
    return store


def test_mp_comes_before_mmp() -> None:
    assert in_order(["demo-mmp", "demo-mp"]) == ["demo-mp", "demo-mmp"]


def test_every_seed_of_every_recipe_is_read_in_order(store: Store) -> None:
    runs = read_runs(store)
    assert [(run.recipe, run.seed) for run in runs] == [
        (recipe, seed) for recipe in reversed(RECIPES) for seed in SEEDS
    ]
    assert all(len(run.epochs) == EPOCHS for run in runs)
    assert {run.tone for run in runs} == {"first", "second"}


def test_curves_by_hand(store: Store) -> None:
    loss, pivot, others = panels(read_runs(store), "en")
    # 4, 3, 2, 1 below a top of 4, over 4 epochs
    assert loss.curves[0].path == "M0 0L33.333 25L66.667 50L100 75"
    # seed 10 has diverged in the last epoch: the line ends before it
    assert loss.curves[2].path == "M0 0L33.333 25L66.667 50"
    assert loss.down[0] == (100.0, "0")
    # seed 2 validated nothing
    assert pivot.curves[1].path == ""
    assert pivot.curves[0].points == pytest.approx((0, 0.1, 0.2, 0.3))
    assert others.curves[0].points == pytest.approx((0, 0.1, 0.2, 0.3))
    assert loss.epochs == EPOCHS


def test_the_retrieval_chart_by_hand(store: Store) -> None:
    found = read_evaluation(store)
    assert found is not None
    drawn = plot(list(scores_of(found)), "r1", TONES)
    assert [row.language for row in drawn.rows] == ["en", "de", "zh", "others"]
    assert drawn.across[-1] == (100.0, "40 %")
    english = drawn.rows[0]
    assert [mark.tone for mark in english.marks] == ["first", "second"]
    first, second = english.marks
    assert (first.x, first.x_low, first.x_high) == (50.0, 37.5, 75.0)
    assert second.x_seeds == (70.0, 75.0, 80.0)
    assert english.x_chance == 3.125
    assert drawn.rows[-1].marks[1].score.value == 0.2
    # R@10 has no interval, so its line has no length
    mark = plot(list(scores_of(found)), "r10", TONES).rows[0].marks[0]
    assert mark.score.low is None
    assert mark.x == mark.x_low == mark.x_high


def test_all_seeds_are_reported_and_stale_ones_are_named(store: Store) -> None:
    found = learning(store, "en")
    assert [(language, recipe) for language, recipe, _ in found["table"]] == [
        (language, recipe) for language in ("en", "de", "zh", "others") for recipe, _ in TONES
    ]
    assert found["stale"] == [("demo-mmp", 7), ("demo-mp<script>", 7)]
    assert len(found["table"][0][2]["r1"].seeds) == len(SEEDS)


def test_without_runs_there_is_nothing(tmp_path: Path) -> None:
    found = learning(Store(str(tmp_path)), "en")
    assert found["runs"] == found["panels"] == found["plots"] == found["table"] == []


@pytest.mark.parametrize("text", ["{", "[1]", '{"phase": 1}', "\xff"])
def test_a_file_that_training_did_not_write_is_named(store: Store, text: str) -> None:
    store.files.write_bytes("runs/demo-mmp/seed-1/metrics.jsonl", text.encode("latin-1"))
    with pytest.raises(
        ConfigError, match=r"runs/demo-mmp/seed-1/metrics\.jsonl is not what `multihowto train`"
    ):
        learning(store, "en")


def test_a_file_that_evaluation_did_not_write_is_named(store: Store) -> None:
    values = evaluation()
    del values["chance"]
    for text in ("{", json.dumps(values)):
        store.files.write_bytes("runs/evaluation.json", text.encode())
        with pytest.raises(ConfigError, match="is not what `multihowto evaluate` writes"):
            learning(store, "en")


def test_numbers_as_people_read_them() -> None:
    assert as_score(0.3456, "r1") == "34.6 %"
    assert as_score(4.5, "median_rank") == "4.5"
    assert (as_points(0.123), as_points(-0.011)) == ("+12.3", "\u22121.1")

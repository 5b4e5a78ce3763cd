"""Curves and retrieval: every seed is shown, recipes stand side by side, and what is no number is a gap."""

import json
from pathlib import Path
from typing import Any

import pytest

from multihowto.errors import ConfigError
from multihowto.report.page import environment
from multihowto.report.retrieval import as_points, as_score, plot, read_evaluation, scores_of
from multihowto.report.runs import by_language, diagnostics, in_order, learning, panels, read_runs
from multihowto.storage import Store
from report.runs_written import EPOCHS, RECIPES, SEEDS, epoch, evaluation, write_runs

TONES = [("demo-mp<script>", "first"), ("demo-mmp", "second")]


HUGE = '{"phase": "p", "epoch": 0, "validation": {}, "loss": {"total": 1' + "0" * 400 + "}}"


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


def test_curves_have_the_colours_of_the_legend_whatever_else_lies_there(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    write_runs(store)
    store.files.write_bytes("runs/cache/0123.npy", b"outputs of a text encoder")
    store.files.write_bytes("runs/another/old/0123-seed-1/metrics.jsonl", b"")
    shown = learning(store, "en")
    assert {(run.tone, run.recipe) for run in shown["runs"]} == set(shown["legend"])
    assert shown["legend"] == list(zip(("first", "second"), reversed(RECIPES), strict=True))


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


def one_run(tmp_path: Path, *lines: dict[str, Any]) -> Store:
    store = Store(str(tmp_path / "one"))
    text = "".join(json.dumps(line) + "\n" for line in lines)
    store.files.write_bytes("runs/demo-mp/seed-1/metrics.jsonl", text.encode())
    return store


def test_what_else_was_measured_by_hand(tmp_path: Path) -> None:
    lies = {"alignment": 1.0, "uniformity": -2.0, "video_uniformity": -3.5}
    first, second = epoch(1, 0), epoch(1, 1)
    for line, uniformity in ((first, -1.0), (second, -2.0)):
        line["loss"] |= {"cross": 0.0, "gradient_norm": 3.0}
        line |= {"learning_rate": 2e-4, "video_norm": 8.0, "text_norm": 4.0, "temperature": 0.1}
        line |= {"cross_accuracy": 0.5, "cross_accuracy_without_text": 0.25}
        line["validation"] = {"de": {"queries": 3.0, "r1": 0.5} | lies | {"uniformity": uniformity}}
    runs = read_runs(one_run(tmp_path, first, second))
    assert [panel.id for panel in diagnostics(runs)] == [
        "inter", "cross", "gradient", "rate", "temperature", "video-norm", "text-norm", "cross-with",
        "cross-without", "video-uniformity",
    ]  # fmt: skip
    aligned, spread = by_language(runs)
    assert (aligned.title, spread.title) == ("Alignment: German", "Uniformity: German")
    # from -1 to -2, below a top of 0
    assert spread.curves[0].path == "M0 50L100 100"
    assert (spread.down[0], spread.down[-1]) == ((100.0, "-2"), (0.0, "0"))


def section(store: Store) -> str:
    text = (
        '{% import "charts.html.j2" as charts_of with context %}{% include "training.html.j2" with context %}'
    )
    return environment().from_string(text).render(learning=learning(store, "en"))


def test_the_page_says_nothing_of_what_a_run_has_not(tmp_path: Path) -> None:
    bare = {"phase": "p", "epoch": 0, "loss": {"total": 1.0}, "validation": {}}
    assert "<details>" in section(one_run(tmp_path, bare))
    assert "What else" not in section(one_run(tmp_path, bare))
    assert "How the vectors" not in section(one_run(tmp_path, bare))
    hostile = {"<b>": {"queries": 1.0, "r1": 0.5, "alignment": 1.0}}
    page = section(one_run(tmp_path, bare | {"temperature": 0.1, "validation": hostile}))
    assert "What else was measured" in page and "Alignment: &lt;b&gt;" in page and "<b>" not in page


@pytest.mark.parametrize("value", ["5e-324", "1e308", "-1e308", "1e999", "NaN"])
def test_no_number_breaks_the_drawing(tmp_path: Path, value: str) -> None:
    bare = {"phase": "p", "epoch": 0, "loss": {"total": "X"}, "validation": {}}
    store = one_run(tmp_path, bare)
    name = "runs/demo-mp/seed-1/metrics.jsonl"
    store.files.write_bytes(name, json.dumps(bare).replace('"X"', value).encode())
    assert 'class="curve' not in section(store) or value == "5e-324"


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


@pytest.mark.parametrize("text", ["{", "[1]", '{"phase": 1}', "\xff", HUGE])
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

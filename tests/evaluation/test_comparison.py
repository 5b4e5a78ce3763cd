"""Runs side by side: differences, intervals and p-values by hand; chance and published numbers where they belong."""

import numpy as np
import pytest

from evaluation.runs_made import answers, run
from multihowto.errors import ConfigError
from multihowto.evaluation.comparison import Comparison, Line, Settings, compare_runs
from multihowto.evaluation.published import Published
from multihowto.evaluation.retrieval import permutation


def line(found: Comparison, system: str, language: str) -> Line:
    """The only line of a system in a language."""
    [its] = [one for one in found.lines if (one.system, one.language) == (system, language)]
    return its


def published(system: str, language: str, value: float, certainty: str = "low") -> Published:
    return Published("test", system, "text_to_video", language, "r1", value, certainty, "a paper")


def test_the_paired_test_by_hand() -> None:
    # of three differences of 1, all signs: |sum| is 3 in 2 of 8
    assert permutation(np.array([1.0, 0, 1, 0, 1]), 100, 0) == 2 / 8
    # 1 and -1: |sum| >= 0 always
    assert permutation(np.array([1.0, -1.0]), 100, 0) == 1
    # 2, 1: |sum| >= 3 in 2 of 4
    assert permutation(np.array([2.0, 1.0]), 100, 0) == 0.5
    assert permutation(np.zeros(5), 100, 0) == 1
    # twenty of one sign: 2 of 2**20, less than the draws can show
    assert permutation(np.ones(20), 999, 0) == 1 / 1000


def test_drawn_signs_agree_with_all_signs() -> None:
    values = np.array([3.0, -1, 2, 2, -1, 1, 1, 2, 0.5, -2, 1])
    exact = permutation(values, 2**11, 0)
    assert permutation(values, 2**11 - 1, 5) == pytest.approx(exact, abs=0.03)


def test_a_run_is_compared_query_by_query() -> None:
    first = run("first", {"en": answers([0, 0, 1, 1, 1])})
    second = run("second", {"en": answers([0, 0, 0, 0, 0])})
    found = compare_runs({"first": first, "second": second}, [], Settings(draws=500))
    its = line(found, "second", "en")
    assert its.metrics["r1"] == 1
    assert its.against is not None
    assert its.against.difference == pytest.approx(0.6)
    # three queries differ, all one way: 2 of 8 signs
    assert its.against.p == 2 / 8
    assert its.against.low is not None and its.against.high is not None
    # resamples of 0, 0, 1, 1, 1: a share of 0.6 with a standard error of 0.22
    assert 0 <= its.against.low < 0.6 < its.against.high <= 1
    assert line(found, "first", "en").against is None


def test_groups_are_swapped_together() -> None:
    groups = [0, 0, 0, 1, 1]
    first = run("first", {"en": answers([1, 1, 1, 0, 0], groups=groups)})
    second = run("second", {"en": answers([0, 0, 0, 0, 0], groups=groups)})
    against = line(compare_runs({"first": first, "second": second}, []), "second", "en").against
    # one group differs: both signs are as far from nothing
    assert against is not None and against.p == 1


def test_each_language_counts_the_same_in_the_mean() -> None:
    first = run("first", {"en": answers([0, 0, 0, 0]), "de": answers([0, 1]), "zh": answers([1])})
    found = compare_runs({"first": first}, [])
    assert line(found, "first", "mean").metrics["r1"] == pytest.approx((1 + 0.5 + 0) / 3)
    assert line(found, "first", "mean without en").metrics["r1"] == pytest.approx(0.25)
    assert line(found, "first", "mean").metrics["queries"] == 7
    assert [one.language for one in found.lines if one.system == "first"] == [
        "en", "de", "zh", "mean", "mean without en",
    ]  # fmt: skip


def test_the_means_difference_is_the_mean_of_the_differences() -> None:
    first = run("first", {"en": answers([0, 0, 1, 1]), "de": answers([1, 1])})
    second = run("second", {"en": answers([0, 0, 0, 1]), "de": answers([0, 1])})
    against = line(compare_runs({"first": first, "second": second}, []), "second", "mean").against
    assert against is not None
    assert against.difference == pytest.approx((0.25 + 0.5) / 2)
    # query 0 of de and query 2 of en are of different groups: signs ++ and -- of 4
    assert against.p == 0.5


def test_runs_on_other_queries_are_shown_but_not_tested() -> None:
    first, other = run("first", {"en": answers([0, 1])}), run("other", {"en": answers([0])}, digest="other")
    found = compare_runs({"first": first, "other": other}, [])
    against = line(found, "other", "en").against
    assert against is not None
    assert (against.difference, against.low, against.p) == (0.5, None, None)
    assert found.notes == (
        "other answered other queries, or among other candidates, than first: its differences are not tested",
    )


def test_a_digest_that_lies_is_found() -> None:
    first, second = run("first", {"en": answers([0, 1])}), run("second", {"en": answers([0, 1, 2])})
    with pytest.raises(ConfigError, match="second has the digest of first, but other queries"):
        compare_runs({"first": first, "second": second}, [])


def test_chance_and_published_numbers_stand_beside() -> None:
    numbers = [
        published("paper", "en", 0.2, "high"),
        published("paper", "de", 0.1, "high"),
        published("no", "fr", 0.9),
    ]
    first = run("first", {"en": answers([0, 1]), "de": answers([0, 1])})
    found = compare_runs({"first": first}, numbers)
    chance, paper = line(found, "chance", "en"), line(found, "paper", "en")
    assert [chance.metrics["r1"], chance.metrics["mean_rank"]] == pytest.approx([0.01, 50.5])
    assert (paper.metrics, paper.certainty, paper.kind) == ({"r1": 0.2}, "high", "published")
    assert paper.against is not None
    assert paper.against.difference == pytest.approx(-0.3)
    assert paper.against.p is None
    assert line(found, "paper", "mean").metrics["r1"] == pytest.approx(0.15)
    assert not [one for one in found.lines if one.language == "fr"]


def test_a_published_mean_is_shown_only_if_it_is_of_the_same_languages() -> None:
    numbers = [published("cells", "en", 0.2), published("cells", "de", 0.1), published("only", "mean", 0.3)]
    both = run("both", {"en": answers([0, 1]), "de": answers([0, 1])})
    assert line(compare_runs({"both": both}, numbers), "only", "mean").metrics == {"r1": 0.3}
    more = run("more", {**both.text_to_video, "zh": answers([0, 1])})
    assert not [one for one in compare_runs({"more": more}, numbers).lines if one.system == "only"]


def test_another_metric_is_tested_if_asked() -> None:
    first, second = run("first", {"en": answers([5, 0])}), run("second", {"en": answers([4, 0])})
    found = compare_runs({"first": first, "second": second}, [], Settings("r5"))
    against = line(found, "second", "en").against
    assert against is not None and against.difference == 0.5
    assert line(found, "second", "en").low == 1


def test_no_runs_are_a_mistake() -> None:
    with pytest.raises(ConfigError, match="no run to compare"):
        compare_runs({}, [])

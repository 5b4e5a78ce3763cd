"""A run's file: what is written comes back, and what no evaluation could have written is refused with its place."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.runs_made import answers, run
from multihowto.errors import ConfigError
from multihowto.evaluation.runs import encode, read_run


def test_a_run_comes_back_as_it_was(tmp_path: Path) -> None:
    written = run("mmp", {"en": answers([0, 4, 9, 99], [0, 0, 10, 99]), "de": answers([1], [2])})
    (tmp_path / "a.run.json").write_bytes(encode(written))
    assert read_run(tmp_path / "a.run.json") == written


def test_a_run_of_a_recipe_with_the_longest_name_of_a_file_comes_back(tmp_path: Path) -> None:
    written = run("r" * 250 + " linear", {"en": answers([0])})
    (tmp_path / "a.run.json").write_bytes(encode(written))
    assert read_run(tmp_path / "a.run.json") == written


def test_metrics_are_made_again_from_the_counts() -> None:
    its = answers([0, 4, 9, 99], [0, 0, 10, 99])
    assert its.hits(1).tolist() == [1, 0.5, 0, 0]
    found = its.metrics()
    # seed 1: ranks 1, 5, 10, 100; seed 2: 1, 1, 11, 100
    assert (found.queries, found.r1, found.r5, found.r10) == (4, 0.375, 0.5, 0.625)
    assert found.median_rank == (7.5 + 6) / 2
    assert found.mean_rank == (116 / 4 + 113 / 4) / 2


def good() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encode(run("mmp", {"en": answers([0, 4, 9, 99])})))
    return found


def change(*path: str | int, to: object) -> dict[str, Any]:
    """The good run with one place changed."""
    found = good()
    at: Any = found
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return found


EN = ("text_to_video", "en")
SEED = (*EN, "seeds", 0)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (change("multihowto_run", to=2), r"\$.multihowto_run"),
        (change("name", to=""), r"\$.name"),
        (change("benchmark", to="[/red]"), r"\$.benchmark"),
        (change("more", to=1), "unknown field `more`"),
        (change("seeds", to=[]), "`seeds` names each seed once"),
        (change("seeds", to=[0, 1]), "en: 1 seeds, where the run has 2"),
        (change("text_to_video", to={}), "`text_to_video` has no language"),
        (change("text_to_video", to={"<b>": good()["text_to_video"]["en"]}), "matching regex"),
        (change(*EN, "queries", to=["q0", "q0", "q2", "q3"]), "a name of its own"),
        (change(*EN, "right", to=[1, 1, 1]), "4 queries, but 3 right"),
        (change(*EN, "groups", to=[0, 1, 2, -3]), r"groups\[3\]"),
        (change(*EN, "candidates", to=10**12), "candidates"),
        (change(*SEED, "better", to=[0, 4, 9]), r"4 queries, but 3 seeds\[0\].better"),
        (change(*SEED, "better", to=[0, 4, 9, 100]), "counts more than 100 candidates"),
        (change(*SEED, "tied_wrong", to=[100, 0, 0, 0]), "counts more than 100 candidates"),
        (change(*SEED, "tied_right", to=[2, 1, 1, 1]), "counts more than 100 candidates"),
        (change(*SEED, "tied_right", to=[0, 1, 1, 1]), "tied_right"),
        (change(*SEED, "better", to=[0, 4, 9, 10**30]), "better"),
        (change(*SEED, "better", to=[0.5, 4, 9, 1]), "better"),
    ],
)
def test_what_no_evaluation_wrote_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    path = tmp_path / "a.run.json"
    path.write_text(json.dumps(changed))
    with pytest.raises(ConfigError, match=message) as error:
        read_run(path)
    assert str(error.value).startswith(f"{path} is not a run as `multihowto evaluate` writes it: ")


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[" * 100_000, b"null", b'{"multihowto_run": NaN}'])
def test_what_is_no_run_at_all_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.run.json"
    path.write_bytes(data)
    with pytest.raises(ConfigError, match="is not a run"):
        read_run(path)


def test_a_file_that_is_not_there_says_who_writes_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"No such file.*`multihowto evaluate` writes runs/RECIPE/"):
        read_run(tmp_path / "a.run.json")


@given(st.lists(st.integers(0, 99), min_size=1, max_size=30))
def test_hits_and_metrics_agree(better: list[int]) -> None:
    its = answers(better)
    assert its.metrics().r5 == pytest.approx(float(np.mean(its.hits(5))))

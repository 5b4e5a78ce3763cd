"""Published numbers: the shipped list says how sure it is, agrees with itself, and mistakes are found by line."""

from pathlib import Path

import numpy as np
import pytest

from multihowto.errors import ConfigError
from multihowto.evaluation.published import read_published

HEAD = "benchmark,system,direction,language,metric,value,certainty,source\n"
ROW = "vatex,MMP,text_to_video,en,r1,44.4,medium,a paper\n"


def test_the_shipped_means_are_the_means_of_their_cells() -> None:
    found = read_published()
    means = [one for one in found if one.language == "mean"]
    checked = 0
    for mean in means:
        cells = [one.value for one in found if one[:2] == mean[:2] and one.language != "mean"]
        if cells:
            assert len(cells) == 9
            # as printed, with one decimal of a percent
            assert abs(np.mean(cells) - mean.value) < 0.0005 + 1e-9, mean
            checked += 1
    assert checked == 9


def test_the_shipped_numbers_say_how_sure_they_are() -> None:
    by_system = {(one.benchmark, one.system): one.certainty for one in read_published()}
    assert by_system["msrvtt-1k-a", "XLM-R-MMP"] == "recalled"
    assert by_system["msrvtt-1k-a", "MCLIP4VLA"] == "read"
    assert by_system["msrvtt-1k-a", "C2KD"] == "medium"
    assert by_system["vatex", "MMP, English only"] == "medium"
    assert by_system["multi30k-task1", "MMP"] == "low"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROW.replace("44.4", "nan"), "line 2: the value of r1 is a number, 0 to 100; got 'nan'"),
        (ROW.replace("44.4", "144"), "line 2: the value of r1"),
        (ROW.replace("44.4", "x"), "line 2: the value of r1"),
        (ROW.replace("r1,44.4", "median_rank,0.5"), "line 2: the value of median_rank is a number, 1 to inf"),
        (ROW.replace("medium", "sure"), "line 2: certainty 'sure' is none of read, high"),
        (ROW.replace("text_to_video", "t2v"), "line 2: direction 't2v' is none of"),
        (ROW.replace("r1", "map"), "line 2: metric 'map' is none of"),
        (ROW.replace("MMP", " "), "line 2: system is empty"),
        (ROW.replace("a paper", ""), "line 2: source is empty"),
        (ROW + ROW.replace("44.4", "44.5"), "line 3: a row before it gives this number too"),
        ("vatex,MMP\n", "line 2: too few columns"),
    ],
)
def test_mistakes_are_found_by_line(tmp_path: Path, rows: str, message: str) -> None:
    path = tmp_path / "published.csv"
    path.write_text(HEAD + rows)
    with pytest.raises(ConfigError, match=message):
        read_published(path)

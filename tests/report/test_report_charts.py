"""Where marks are, by numbers that can be checked on paper."""

import pytest

from multihowto.report import charts
from multihowto.report.charts import Column, Part, Slice


def test_stacked_bars_share_one_scale() -> None:
    first, second = charts.stacked(
        [("en", {"asr": 30, "manual": 10}), ("de", {"manual": 20, "new": 0})], ["manual", "asr"]
    )
    assert first.parts == (Part("manual", 10, 0.0, 25.0), Part("asr", 30, 25.0, 75.0))
    assert second.parts == (Part("manual", 20, 0.0, 50.0),)
    assert (first.total, second.total) == (40, 20)


def test_an_unknown_part_comes_last_and_nothing_is_lost() -> None:
    [bar] = charts.stacked([("en", {"new": 3, "manual": 1})], ["manual"])
    assert [part.name for part in bar.parts] == ["manual", "new"]
    assert sum(part.count for part in bar.parts) == bar.total
    assert charts.stacked([], ["manual"]) == []


def test_a_histogram_stands_on_its_line_and_ends_below_its_top() -> None:
    drawn = charts.histogram(
        [("a", {"kept": 3, "left out": 1}), ("b", {})], ("kept", "left out"), [(0, "0"), (2, "2")]
    )
    assert drawn.columns == (
        Column("a", 4, 10.0, 45.0, (Slice("kept", 3, 45.0, 135.0), Slice("left out", 1, 0.0, 45.0))),
        Column("b", 0, 55.0, 45.0, ()),
    )
    assert drawn.across == ((10.0, "0"), (100.0, "2"))
    assert drawn.down == ((180.0, "0"), (135.0, "1"), (90.0, "2"), (45.0, "3"), (0.0, "4"))


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (0, []),
        (4, [0, 1, 2, 3, 4]),
        (89, [0, 25, 50, 75, 100]),
        (0.36, [0, 0.1, 0.2, 0.3, 0.4]),
        (2185, [0, 1000, 2000, 3000]),
        (1, [0, 0.25, 0.5, 0.75, 1]),
    ],
)
def test_ticks_are_round_and_reach_the_top(most: float, expected: list[float]) -> None:
    assert charts.ticks(most) == expected


def test_lengths_become_bins_of_a_round_width() -> None:
    bins, marks = charts.columns_of({(20, True): 5, (21, True): 2, (21, False): 1, (24, True): 4}, 0.25)
    assert bins == [
        ("5 to 5.25 s", {"kept": 5}),
        ("5.25 to 5.5 s", {"kept": 2, "left out": 1}),
        ("5.5 to 5.75 s", {}),
        ("5.75 to 6 s", {}),
        ("6 to 6.25 s", {"kept": 4}),
        ("6.25 to 6.5 s", {}),
    ]
    assert marks[0] == (0.0, "5 s")


@pytest.mark.parametrize("longest", [40, 4000, 400_000])
def test_far_lengths_are_counted_in_the_last_bin(longest: int) -> None:
    steps = {(step, True): 10 for step in range(20, 60)} | {(longest, False): 1}
    bins, _ = charts.columns_of(steps, 0.25)
    assert len(bins) <= charts.MAX_COLUMNS
    assert sum(sum(counts.values()) for _, counts in bins) == 10 * 40 + 1
    if longest > 60:
        assert bins[-1][0].endswith("and more")
        assert bins[-1][1]["left out"] == 1
    assert charts.columns_of({}, 0.25) == ([], [])

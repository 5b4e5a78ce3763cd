"""The numbers equal a count row by row, and no table is ever read whole."""

from collections import Counter
from collections.abc import Sequence

import pyarrow as pa

from multihowto.report.distributions import BINS, STEP_MS, distributions
from multihowto.report.funnel import funnel, splits
from multihowto.report.numbers import TableNumbers, language_numbers, selection_numbers, table_numbers
from multihowto.report.page import page
from multihowto.storage import Store


class Shardwise(Store):
    """A store that refuses to read a table whole."""

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        raise AssertionError(f"{table} was read whole")


def test_no_table_is_read_whole(hostile: Store, hostile_page: str) -> None:
    assert page(Shardwise(hostile.root), 0, 20_000_000) == hostile_page


def test_language_numbers_equal_a_count_row_by_row(hostile: Store) -> None:
    captions = hostile.read("captions").to_pylist()
    tracks = {row["caption_id"]: row["track_detected"] for row in hostile.read("languages").to_pylist()}
    kept = [row for row in hostile.read("selection").to_pylist() if row["keep"]]
    found = language_numbers(hostile)
    assert [one.captions for one in found] == sorted((one.captions for one in found), reverse=True)
    assert {one.language for one in found} == {row["language"] for row in captions}
    for one in found:
        mine = [row for row in captions if row["language"] == one.language]
        assert one.captions == len(mine)
        assert one.by_origin == Counter(row["origin"] for row in mine)
        assert one.by_method == Counter(row["method"] for row in mine)
        assert one.agreeing == sum(tracks[row["caption_id"]] == one.language for row in mine)
        assert one.passing == sum(one.language in row["languages"] for row in kept)


def test_selection_numbers_equal_a_count_row_by_row(hostile: Store) -> None:
    rows = hostile.read("selection").to_pylist()
    kept, why_not = selection_numbers(hostile)
    assert kept == Counter(row["split"] for row in rows if row["keep"])
    assert why_not == Counter(reason for row in rows for reason in row["why_not"])


def test_distributions_equal_a_count_row_by_row(hostile: Store) -> None:
    found = distributions(hostile)
    captions = hostile.read("captions").to_pylist()
    everything = captions + hostile.read("translations").to_pylist()
    assert found.captions == Counter((row["language"], row["origin"]) for row in everything)
    assert found.scores == Counter(
        (row["method"], min(BINS - 1, int(row["score"] * BINS))) for row in captions
    )
    keep = {row["clip_id"]: row["keep"] for row in hostile.read("selection").to_pylist()}
    clips = hostile.read("clips").to_pylist()
    lengths = {row["clip_id"]: row["end_ms"] - row["start_ms"] for row in clips}
    assert found.durations == Counter((length // STEP_MS, keep[clip]) for clip, length in lengths.items())
    assert found.kept_ms == sum(length for clip, length in lengths.items() if keep[clip])


def numbers(table: str, rows_in: int, rows_out: int, reasons: dict[str, int]) -> TableNumbers:
    return TableNumbers(table, 1, rows_in, sum(reasons.values()), rows_out, rows_in, rows_out, reasons, {})


def test_the_funnel_by_hand() -> None:
    tables = [
        numbers("sources", 200, 180, {"bad_id": 15, "excluded": 5}),
        numbers("videos", 180, 90, {"private": 90}),
        numbers("clips", 90, 1000, {"no_pivot_captions": 10}),
        numbers("captions", 1000, 5000, {}),
        numbers("languages", 5000, 5000, {}),
        numbers("selection", 1000, 1000, {}),
    ]
    steps = funnel(
        tables, {"train": 600, "test": 150}, {"too_short": 200, "few_languages": 100}, {"too_short": "short"}
    )
    assert [step.table for step in steps] == ["sources", "videos", "clips", "captions", "selection"]
    assert [(step.given, step.used, step.left_out) for step in steps] == [
        (200, 180, 20),
        (180, 90, 90),
        (90, 80, 10),
        (1000, 1000, 0),
        (1000, 750, 250),
    ]
    assert [(step.before, step.after) for step in steps] == [
        (100.0, 90.0),
        (90.0, 45.0),
        (45.0, 40.0),
        (100.0, 100.0),
        (100.0, 75.0),
    ]
    assert [(one.code, one.share, one.final) for one in steps[0].reasons] == [
        ("bad_id", 100.0, True),
        ("excluded", 33.333, True),
    ]
    assert steps[-1].reasons[0].meaning == "short"
    train, test = splits({"test": 150, "train": 600}, 75.0)
    assert (train.name, train.x, train.width, test.x, test.width) == ("train", 0.0, 60.0, 60.0, 15.0)


def test_table_numbers_add_up(hostile: Store) -> None:
    for one in table_numbers(hostile):
        assert one.used + one.rejected == one.rows_in
        if one.table != "translations":
            assert one.rows_out == hostile.read(one.table).num_rows

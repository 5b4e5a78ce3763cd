"""What the selection is measured on, and how lengths of languages are."""

from pathlib import Path

import pyarrow.feather
import pytest

import row_select
from multihowto import tables
from multihowto.stages.select_clips import SelectClips
from ours import select
from text_lengths import measure


def test_the_material_has_all_that_the_selection_reads(tmp_path: Path) -> None:
    made = row_select.shard(2)
    views = (*SelectClips.reads, *SelectClips.optional)
    assert set(made) == {view.table.name for view in views}
    assert made["captions"].num_rows == 2 * 100 * 9
    decided = SelectClips().run(
        {view.table.name: made[view.table.name].select(view.columns) for view in views}, {}
    )
    kept = sum(decided.rows["keep"].to_pylist())
    assert 0 < kept < decided.rows.num_rows == 200


def test_the_work_can_be_done_again(tmp_path: Path) -> None:
    made = row_select.shard(1)
    for name, rows in made.items():
        pyarrow.feather.write_feather(rows, tmp_path / f"{name}.arrow")
    (tmp_path / "select.json").write_text(str(list(made)).replace("'", '"'))
    work = select.prepare(tmp_path)
    work()
    work()


def test_lengths_are_compared_over_what_all_languages_have() -> None:
    said = {"en": {1: "abcd", 2: "ab", 3: "x" * 99}, "de": {1: "abcdef", 2: "abc"}}
    assert measure(said) == pytest.approx({"en": 1, "de": 1.5})


def test_every_table_of_the_material_is_one_of_the_store() -> None:
    assert set(row_select.shard(1)) <= set(tables.TABLES)

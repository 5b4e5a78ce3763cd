"""Search where it is used otherwise than it was meant: other clips, strange queries, what is not there."""

import re
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from learning_toys import CLIP_MS, quiet, write_rows
from multihowto import tables
from multihowto.cli.search import search as command
from multihowto.errors import ConfigError
from multihowto.searching.trained import open_trained
from multihowto.storage import Store

from .lab import Toy, copy, found


def test_clips_longer_than_any_that_it_was_trained_on_are_cut(toy: Toy, tmp_path: Path) -> None:
    mine = copy(toy, tmp_path / "store")
    rows = mine.store.read("clips").to_pylist()
    longer = [row | {"end_ms": row["end_ms"] + CLIP_MS} for row in rows]
    write_rows(mine.store, tables.CLIPS, pa.Table.from_pylist(longer, schema=tables.CLIPS.schema))
    expected = {hit.clip_id: hit.score for hit in found(toy, "en1", 100)}
    assert {hit.clip_id: hit.score for hit in found(mine, "en1", 100)} == pytest.approx(expected, abs=1e-6)


def test_a_query_of_100_kilobytes_and_one_in_an_unseen_script(toy: Toy) -> None:
    for query in ("en3 " * 25_000, "x" * 100_000, "ህይወት ᚠᚢᚦ 𐎠𐎡", "\u202e", "\0"):
        hits = found(toy, query, 3)
        assert [hit.rank for hit in hits] == [1, 2, 3]
        assert all(np.isfinite(hit.score) for hit in hits)


def test_a_store_that_is_not_there_or_empty_and_a_model_that_is_not_fetched_are_said(
    toy: Toy, tmp_path: Path
) -> None:
    def absent(name: str) -> Path:
        raise ConfigError(f"no {name} here")

    words = [str(toy.recipe), "en1", "--root"]
    with pytest.raises(ConfigError, match="there is no store at"):
        CliRunner().invoke(command, [*words, str(tmp_path / "no")], catch_exceptions=False)
    empty = Store(str(tmp_path / "empty"))
    empty.create("toy", 1, ["clips"])
    with pytest.raises(ConfigError, match="recipe toy is not trained"):
        CliRunner().invoke(command, [*words, empty.root], catch_exceptions=False)
    shutil.copytree(Path(toy.store.root) / "runs", tmp_path / "empty" / "runs")
    with pytest.raises(ConfigError, match="lacks selected clips or their features"):
        CliRunner().invoke(command, [*words, empty.root], catch_exceptions=False)
    named = tmp_path / "toy.yaml"
    named.write_text(re.sub("encoder: [^,]+,", "encoder: xlm-roberta-base,", toy.recipe.read_text()))
    with pytest.raises(ConfigError, match="no xlm-roberta-base here"):
        open_trained(toy.store, str(named), absent, quiet)

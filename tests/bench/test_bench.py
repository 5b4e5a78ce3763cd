"""The benchmark's harness: turns, medians, targets, what it writes; and that the bare references are bare."""

import ast
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import material
import run
import timed
from harness import HERE, Bench, Row, Took, machine, row, run_command, run_timed
from multihowto import digests, tables

BARE = sorted((HERE / "bare").glob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("path", BARE, ids=lambda path: path.stem)
def test_a_bare_reference_is_short_and_knows_only_its_library(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 30
    ours = {file.stem for file in HERE.glob("*.py")} | {"multihowto", "ours", "bare"}
    assert not set(imported(path)) & ours
    subject = path.stem.partition("_")[0]
    assert any((HERE / "ours" / f"{name}.py").is_file() for name in (path.stem, subject))


def a_row(name: str, value: float, reference: float, target: float) -> Row:
    return Row(name, value, "s", reference, target, cpu_s=value, reference_cpu_s=reference)


@pytest.mark.parametrize(
    ("name", "value", "reference", "target", "met"),
    [
        ("cli.start_s", 0.4, 0.01, 0.5, True),
        ("cli.start_s", 0.6, 0.5, 0.5, False),
        ("lid.ratio", 2.4, 2.0, 1.3, True),
        ("lid.ratio", 1.0, 0.5, 1.3, False),
    ],
)
def test_a_target_is_held_against_the_ratio_or_the_value(
    name: str, value: float, reference: float, target: float, met: bool
) -> None:
    found = a_row(name, value, reference, target).as_json()
    assert list(found) == ["name", "value", "unit", "reference", "ratio", "target", "met"]
    assert found["ratio"] == value / reference
    assert found["met"] is met


def test_works_take_turns_and_rows_are_medians(tmp_path: Path) -> None:
    order: list[str] = []
    said: list[str] = []

    def work(name: str, cpu_s: float) -> Took:
        order.append(name)
        return Took(wall_s=len(order), cpu_s=cpu_s)

    bench = Bench(3, tmp_path, said.append)
    works = {"ours": lambda: work("ours", 6.0), "bare": lambda: work("bare", 4.0)}
    took = bench.take_turns("a.ratio", works)
    assert order == ["ours", "bare"] * 3
    assert len(said) == 3
    found = row("a.ratio", took, 2.0, "cpu_s", each=2)
    assert (found.value, found.reference, found.ratio, found.unit) == (3.0, 2.0, 1.5, "CPU-s each")
    assert row("a_s", took, 2.0, "wall_s").value == 3.0
    assert bench.measurements == {"a.ratio": took}


def test_a_missed_target_is_shown_and_written(tmp_path: Path) -> None:
    rows = [a_row("a.ratio", 3.0, 1.0, 2.0), a_row("b_s", 1.0, 1.0, 2.0)]
    head, missed, met = run.lines(rows)
    assert head.split()[:2] == ["name", "value"]
    assert "MISSED" in missed
    assert "MISSED" not in met
    bench = Bench(1, tmp_path, print, {"a.ratio": {"ours": [Took(3.0, 2.0)]}})
    run.write(tmp_path / "build" / "bench.json", bench, rows, machine())
    written = json.loads((tmp_path / "build" / "bench.json").read_text())
    assert [one["met"] for one in written["rows"]] == [False, True]
    assert written["measurements"] == {"a.ratio": {"ours": [[3.0, 2.0]]}}
    assert {"cores", "python", "versions"} <= set(written["machine"])


def test_rows_are_chosen_by_name_or_beginning() -> None:
    assert run.chosen([]) == list(run.ROWS)
    assert run.chosen(["store"]) == ["store.write_ratio", "store.read_ratio"]
    assert run.chosen(["lid.ratio", "cli"]) == ["cli.start_s", "lid.ratio"]
    with pytest.raises(ValueError, match=r"there are: cli\.start_s"):
        run.chosen(["speed"])


def test_cpu_seconds_count_children() -> None:
    spin = "import time\nwhile time.process_time() < 0.2: pass"
    took = run_command([sys.executable, "-c", spin])
    assert took.cpu_s >= 0.15
    assert took.wall_s > 0
    with pytest.raises(RuntimeError, match="ended with 3"):
        run_command([sys.executable, "-c", "raise SystemExit(3)"])
    wall_s, cpu_s = timed.measure(lambda: time.sleep(0.2))
    assert wall_s >= 0.2
    assert cpu_s < 0.2


def test_material_is_a_shard_as_the_runner_has_it(tmp_path: Path) -> None:
    rows = material.captions(videos=3, clips=4)
    assert rows.schema.equals(tables.CAPTIONS.schema)
    assert rows.num_rows == 3 * 4 * 9
    assert len(set(rows["caption_id"].to_pylist())) == rows.num_rows
    assert list(digests.video_slices(rows)) == material.video_ids(3)
    assert rows.equals(material.captions(videos=3, clips=4))
    assert len(set(rows["text"].to_pylist())) > 0.9 * rows.num_rows


def test_store_rows_run_on_small_material(tmp_path: Path) -> None:
    import pyarrow.feather

    pyarrow.feather.write_feather(material.captions(videos=2, clips=2), tmp_path / "rows.arrow")
    for module in ("store_write", "store_read"):
        for side in ("ours", "bare"):
            assert run_timed(f"{side}.{module}", tmp_path).cpu_s >= 0
    assert (tmp_path / "bare.parquet").is_file()
    assert (tmp_path / "store" / "tables" / "captions" / "00000.parquet").is_file()


def test_the_machine_is_told_without_its_name() -> None:
    facts = machine()
    assert facts["cores"] >= 1
    assert set(facts["versions"]) >= {"multihowto", "pyarrow", "yt-dlp"}

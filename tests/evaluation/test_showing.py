"""A comparison as Markdown, as a picture and on the terminal: every number is there, and names cannot do harm."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

from evaluation.runs_made import answers, run
from multihowto.cli.compare import compare
from multihowto.errors import ConfigError
from multihowto.evaluation.comparison import Comparison, compare_runs
from multihowto.evaluation.published import Published
from multihowto.evaluation.runs import encode
from multihowto.evaluation.showing import columns, markdown, rows, svg

HOSTILE = "a|b<script>*\n\x1b[31m&"


@pytest.fixture
def found() -> Comparison:
    first = run(HOSTILE, {"en": answers([0, 1, 1]), "de": answers([1, 1, 1])})
    second = run("second", {"en": answers([0, 0, 9]), "de": answers([1, 1, 0])})
    paper = Published("test", "paper", "text_to_video", "en", "r1", 0.2, "low", "somewhere")
    return compare_runs({HOSTILE: first, "second": second}, [paper])


def test_a_row_says_all(found: Comparison) -> None:
    [row] = [row for row in rows(found, "text_to_video") if row[:2] == ["en", "second"]]
    shown = dict(zip(columns(found), row, strict=True))
    assert (shown["queries"], shown["R@1"], shown["R@10"], shown["MedR"]) == ("3", "66.7", "100.0", "1.0")
    assert (shown["MeanR"], shown["p"]) == ("4.0", "1.0000")
    assert shown["difference"] == "+33.3"
    [paper] = [row for row in rows(found, "text_to_video") if row[1] == "paper"]
    assert paper[2:8] == ["low", "", "20.0", "", "", ""]


def test_markdown_holds_every_row_and_no_markup_from_names(found: Comparison) -> None:
    text = markdown(found)
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len(table) == 2 + len(found.lines)
    heads = table[0].replace("\\|", "").count("|")
    assert all(line.replace("\\|", "").count("|") == heads for line in table)
    assert "<script" not in text
    assert "a\\|b&lt;script&gt;\\*" in text
    assert "low: from memory, low confidence" in text


def test_the_picture_is_well_formed_and_marks_every_line(found: Comparison) -> None:
    root = ET.fromstring(svg(found))
    name = "{http://www.w3.org/2000/svg}"
    circles = list(root.iter(f"{name}circle"))
    assert len(circles) == sum(line.kind != "chance" for line in found.lines)
    assert [one.get("fill") for one in circles].count("#ffffff") == 1
    assert not list(root.iter(f"{name}script"))
    across = [float(one.get("cx") or "nan") for one in circles]
    assert all(300 <= x <= 860 for x in across)


def test_a_picture_of_nothing_found_is_well_formed() -> None:
    found = compare_runs({"bad": run("bad", {"en": answers([50])})}, [])
    ET.fromstring(svg(found))
    ET.fromstring(svg(found, "video_to_text"))


def test_compare_prints_and_writes(tmp_path: Path) -> None:
    paths = [str(tmp_path / "a.run.json"), str(tmp_path / "b.run.json")]
    both = {"en": answers([0, 1, 1]), "zh": answers([1, 1, 1])}
    (tmp_path / "a.run.json").write_bytes(encode(run("first", both, benchmark="vatex")))
    (tmp_path / "b.run.json").write_bytes(encode(run("first", both, benchmark="vatex")))
    written = [str(tmp_path / "out.md"), str(tmp_path / "out.svg")]
    words = [*paths, "--draws", "50", "--markdown", written[0], "--svg", written[1]]
    shown = CliRunner().invoke(compare, words, catch_exceptions=False)
    assert shown.exit_code == 0
    assert "MMP, English only" in shown.output
    assert "44.4" in shown.output
    assert f"first ({paths[1]})" in Path(written[0]).read_text().replace("\\_", "_")
    ET.parse(written[1])
    as_json = CliRunner().invoke(compare, [paths[0], "--json"], catch_exceptions=False)
    found = json.loads(as_json.output)
    assert found["benchmark"] == "vatex"
    assert {line["kind"] for line in found["lines"]} == {"run", "chance", "published"}
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.run.json", "b.run.json", "out.md", "out.svg",
    ]  # fmt: skip


def test_mistakes_are_said(tmp_path: Path) -> None:
    path = tmp_path / "a.run.json"
    path.write_bytes(encode(run("first", {"en": answers([0])})))
    with pytest.raises(ConfigError, match=r"nothing is published on 'nix'; there are numbers on: .*vatex"):
        CliRunner().invoke(compare, [str(path), "--published", "nix"], catch_exceptions=False)
    with pytest.raises(ConfigError, match="give the name of a file in a folder that is there"):
        CliRunner().invoke(
            compare, [str(path), "--svg", str(tmp_path / "no" / "a.svg")], catch_exceptions=False
        )

"""`multihowto report STORE --html` as a user meets it."""

import subprocess
import sys
from pathlib import Path

import pytest

from multihowto.storage import Store


def report(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "multihowto", "report", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_page_is_written_beside_the_tables_and_named(hostile: Store, hostile_page: str) -> None:
    done = report(hostile.root, "--html")
    assert done.returncode == 0, done.stderr
    assert hostile.files.local is not None
    path = hostile.files.local / "report.html"
    assert done.stdout.startswith(f"{path} (")
    assert path.read_text(encoding="utf-8") == hostile_page
    assert sorted(one.name for one in hostile.files.local.iterdir() if "part" in one.name) == []


def test_where_to_and_how_much(hostile: Store, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    done = report(hostile.root, "--html", str(path), "--media-mb", "0", "--seed", "3")
    assert done.returncode == 0, done.stderr
    assert "base64," not in path.read_text(encoding="utf-8")
    assert path.stat().st_size < 1_000_000


def test_the_terminal_report_is_as_it_was(hostile: Store) -> None:
    done = report(hostile.root)
    assert done.returncode == 0, done.stderr
    for words in ("rows in = used + left out", "left out", "captions", "kept: train"):
        assert words in done.stdout
    assert "html" not in done.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere", "--html"], "there is no store at nowhere"),
        (
            ["{store}", "--html", "no/such/folder/page.html"],
            "give the name of a file in a folder that is there",
        ),
        (["{store}", "--html", "."], "give the name of a file"),
        (["{store}", "--html", "--media-mb", "-1"], "-1 is not in the range"),
    ],
)
def test_mistakes_are_said_in_words(hostile: Store, words: list[str], message: str) -> None:
    done = report(*(word.format(store=hostile.root) for word in words))
    assert done.returncode == 2
    assert message in done.stderr

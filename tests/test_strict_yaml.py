"""YAML that is read strictly: dates are words, and whatever is wrong is said with its line."""

from pathlib import Path
from typing import Any

import pytest

from multihowto import strict_yaml
from multihowto.errors import ConfigError


def read(folder: Path, text: str) -> Any:
    path = folder / "it.yaml"
    path.write_text(text, encoding="utf-8")
    return strict_yaml.read(path)


@pytest.mark.parametrize(
    "date", ["2024-13-45", "2024-02-30", "2024-01-01", "2024-01-01 25:61:61", "2024-1-1T0:0:0Z"]
)
def test_dates_stay_words(tmp_path: Path, date: str) -> None:
    assert read(tmp_path, f"made: {date}\n") == {"made": date}


def test_booleans_of_yaml_1_2(tmp_path: Path) -> None:
    assert read(tmp_path, "[off, no, yes, on, n, true, False]") == [
        "off",
        "no",
        "yes",
        "on",
        "n",
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("!!int many", "line 2: 'many' is no int"),
        ("!!int ''", "line 2: '' is no int"),
        ("0x_", "line 2: '0x_' is no int"),
        ("!!float much", "line 2: 'much' is no float"),
        ("!!bool maybe", "line 2: 'maybe' is no bool"),
        ("[1, {b: [!!int many]}]", "line 2: 'many' is no int"),
        ("!!timestamp 2024-01-01", "it is not YAML: .*timestamp"),
        ("!!timestamp soon", "it is not YAML: .*timestamp"),
        ("{[1]: 2}", "found unhashable key"),
        ("&x [*x, {b: *x}]", "it is not YAML: .*recursive"),
        ("[" * 5000 + "]" * 5000, "nested too deeply"),
        ("\x07", "it is not YAML"),
        ("{b: 1, b: 2}", "line 2: 'b' is set twice"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, value: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read(tmp_path, f"first: 1\na: {value}\n")

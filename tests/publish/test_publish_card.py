"""The card says what is in the folder, and what comes from outside does nothing in it."""

import pyarrow.parquet as pq

from multihowto.publish import Published
from multihowto.publish.card import license_of, outside, size_category

from .lab import CONTACT, OPEN, header, paths


def test_the_card_lists_what_is_there_and_says_what_the_columns_mean(published: Published) -> None:
    folder, head = published.folder, header(published.folder)
    assert [config["config_name"] for config in head["configs"]] == list(published.rows)
    matched = [
        path.relative_to(folder).as_posix()
        for config in head["configs"]
        for data in config["data_files"]
        for path in folder.glob(data["path"])
    ]
    assert sorted([*matched, "README.md", "numbers.json"]) == sorted(paths(folder))
    assert matched and set(head["language"]) == {name for name in published.rows if len(name) == 2}
    assert (head["license"], head["size_categories"]) == ("other", ["n<1K"])
    body = (folder / "README.md").read_text(encoding="utf-8")
    for config, splits in published.files.items():
        schema = pq.read_schema(folder / next(iter(splits.values()))[0])
        for field in schema:
            row = f"| `{field.name}` | "
            assert row in body and field.metadata[b"meaning"].decode().replace("|", "\\|") in body
        for split, files in splits.items():
            rows = sum(pq.read_metadata(folder / file).num_rows for file in files)
            assert rows == published.rows[config][split]
    assert f"<{CONTACT}>" in body and "`machine_translated`" in body


def test_what_comes_from_outside_does_nothing_in_the_card(published: Published) -> None:
    body = (published.folder / "README.md").read_text(encoding="utf-8")
    assert "script&#62;alert" in body and "script>" not in body
    assert "](javascript" not in body and "\u202e" not in body and "w" * 300 not in body
    assert header(published.folder)["license"] == "other" and "\nlicense: mit" not in body
    line = next(line for line in body.splitlines() if "alert" in line and "toy" not in line)
    assert line.count("|") == 3


def test_words_of_the_card_by_hand() -> None:
    assert [size_category(rows) for rows in (0, 999, 1000, 136_000_000)] == [
        "n<1K",
        "n<1K",
        "1K<n<10K",
        "100M<n<1B",
    ]
    assert license_of(["CC-BY-4.0", "cc-by-4.0"]) == "cc-by-4.0"
    assert [license_of(names) for names in (["CC-BY-4.0", None], [], [None], [OPEN], ["GPL-2.0"])] == [
        "other"
    ] * 5
    assert outside("a|b\n*c* é中\u202e") == "a&#124;b\\u000a&#42;c&#42; é中\\u202e".replace("\\u", "&#92;u")

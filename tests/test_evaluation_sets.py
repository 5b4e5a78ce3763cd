"""Lists of evaluation sets: what they hold, what is wrong with them, and the one that is shipped."""

import csv
from pathlib import Path

import pytest

from demo_plan import LANGUAGES
from multihowto.checksums import of_file
from multihowto.errors import ConfigError
from multihowto.manifests import shipped
from multihowto.manifests.evaluation import EvaluationSet, Listed, read_evaluation, read_listed
from small_demo import REPOSITORY


def write_sets(folder: Path, lists: dict[str, str]) -> Path:
    """sets.csv and a list for each set."""
    lines = ["name,file,sha256,from"]
    for name, content in lists.items():
        path = folder / f"{name}.csv"
        path.write_text(content, encoding="utf-8")
        lines.append(f"{name},{path.name},{of_file(path)},nowhere")
    (folder / "sets.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    return folder / "sets.csv"


def test_sets_are_read_with_their_lists(tmp_path: Path) -> None:
    path = write_sets(
        tmp_path,
        {"ids": "video_id,language,text\nabc,,\n", "texts": 'text,video_id,language\n"mix, it", x1 ,en\n'},
    )
    ids, texts = read_evaluation(path)
    assert ids == EvaluationSet("ids", tmp_path / "ids.csv")
    assert list(read_listed(ids)) == [Listed("abc", "", "")]
    assert list(read_listed(texts)) == [Listed("x1", "en", "mix, it")]


def test_no_set_is_allowed(tmp_path: Path) -> None:
    assert read_evaluation(write_sets(tmp_path, {})) == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty: its first line names the columns name, file, sha256"),
        ("name,file\n", "line 1: the first line names the columns name, file, sha256, each once"),
        ("name,name,file,sha256\n", "line 1: the first line"),
        ("name,file,sha256\na,b\n", "line 2: 2 columns are too few"),
        ("name,file,sha256\nA B,x.csv,0\n", "line 2: each set needs a name of its own"),
        ("name,file,sha256\na,x.csv,0\n", "line 2: there is no file .*x.csv: put the list of a there"),
        ("name,file,sha256\na,sets.csv,0\n", "line 2: .*sets.csv has the SHA-256 [0-9a-f]{64}, not '0'"),
        ('name,file,sha256\n"a,b,c\n', "line 2 cannot be read"),
    ],
)
def test_a_mistake_in_the_list_is_said(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "sets.csv").write_text(content)
    with pytest.raises(ConfigError, match=message):
        read_evaluation(tmp_path / "sets.csv")


def test_a_name_comes_once(tmp_path: Path) -> None:
    path = write_sets(tmp_path, {"a": "video_id,language,text\n"})
    path.write_text(path.read_text() + path.read_text().splitlines()[1] + "\n")
    with pytest.raises(ConfigError, match="line 3: each set needs a name of its own"):
        read_evaluation(path)


def test_a_list_that_was_changed_is_refused(tmp_path: Path) -> None:
    path = write_sets(tmp_path, {"a": "video_id,language,text\nabc,,\n"})
    (tmp_path / "a.csv").write_text("video_id,language,text\nabd,,\n")
    with pytest.raises(ConfigError, match="write its hash into the list"):
        read_evaluation(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (",en,", "line 2: neither a video_id nor a text"),
        (",,mix it", "line 2: a text needs its language"),
        ('"x', "line 2 cannot be read"),
    ],
)
def test_a_row_that_says_nothing_is_said(tmp_path: Path, row: str, message: str) -> None:
    [one] = read_evaluation(write_sets(tmp_path, {"a": f"video_id,language,text\n{row}\n"}))
    with pytest.raises(ConfigError, match=message):
        list(read_listed(one))


def test_the_shipped_set_is_the_demos_test_split() -> None:
    folder = shipped("manifests") / "evaluation"
    sets = {one.name: one for one in read_evaluation(folder / "sets.csv")}
    listed = list(read_listed(sets["demo-test"]))
    with (shipped("manifests") / "videos" / "demo.csv").open() as file:
        videos = [row["video_id"] for row in csv.DictReader(file) if row["split"] == "test"]
    with (REPOSITORY / "demo" / "captions.csv").open(encoding="utf-8") as file:
        concepts = [row for row in csv.DictReader(file) if row["split"] == "test"]
    assert [row.video_id for row in listed if row.video_id] == videos
    assert [(row.language, row.text) for row in listed if row.text] == [
        (language, concept[language]) for concept in concepts for language in LANGUAGES
    ]
    # The README says what each shipped set is, and where the public ones come from.
    assert all(f"`{name}`" in (folder / "README.md").read_text(encoding="utf-8") for name in sets)

"""Captions that an evaluation set has are named, with how: by id, by another upload, by words in nine languages."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from multihowto import tables
from multihowto.errors import ConfigError
from multihowto.kept import KeptFiles
from multihowto.stage import World
from multihowto.stages.find_overlaps import FindOverlaps
from multihowto.storage import Store
from test_evaluation_sets import write_sets

SETS = {
    "ids": "video_id,language,text\nheld,,\n",
    "texts": "video_id,language,text\n"
    + "\n".join(
        f',{language},"{text}"'
        for language, text in {
            "en": "A man mixes the flour with sugar, and then he bakes it.",
            "de": "Ein Mann mischt das Mehl mit dem Zucker",
            "fr": "Un homme mélange la farine avec le sucre",
            "ru": "Мужчина смешивает муку с сахаром и маслом",
            "es": "Un hombre mezcla la harina con el azúcar",
            "cs": "Muž míchá mouku s cukrem a máslem",
            "sw": "Mwanamume anachanganya unga na sukari kwenye bakuli",
            "zh": "一个男人把面粉和糖混合在碗里",
            "vi": "Một người đàn ông trộn bột với đường",
        }.items()
    )
    + "\n,en,Mix the flour.\n,en,Thank you\n",
}


def world(folder: Path, lists: Mapping[str, str] = SETS) -> World:
    (folder / "evaluation").mkdir()
    write_sets(folder / "evaluation", dict(lists))
    return World(KeptFiles(Store(str(folder / "store")), 1), folder, folder, {})


def find(
    world: World, said: Sequence[tuple[str, str, str]], same: Mapping[str, list[str]] | None = None
) -> list[dict[tuple[str, str], float]]:
    """For each caption (video, language, text), the sets that have it, and how."""
    captions = [
        {"caption_id": f"{video}:{number}", "video_id": video, "language": language, "text": text}
        for number, (video, language, text) in enumerate(said)
    ]
    reuploads = [{"video_id": video, "same_ids": (same or {}).get(video, [])} for video, _, _ in said]
    views = {view.table.name: view.schema for view in FindOverlaps.reads}
    stage = FindOverlaps()
    made = stage.run(
        {
            "captions": pa.Table.from_pylist(captions, schema=views["captions"]),
            "reuploads": pa.Table.from_pylist(reuploads, schema=views["reuploads"]),
        },
        stage.open(world),
    )
    assert made.rows.schema.equals(tables.OVERLAPS.schema)
    assert not made.rejects
    return [
        {(one["name"], one["by"]): round(one["share"], 3) for one in row["sets"]}
        for row in made.rows.to_pylist()
    ]


def test_by_id_and_by_another_upload(tmp_path: Path) -> None:
    said = [("held", "en", "x"), ("again", "en", "x"), ("free", "en", "x")]
    assert find(world(tmp_path), said, {"again": ["a", "held"], "free": ["again"]}) == [
        {("ids", "id"): 1.0},
        {("ids", "reupload"): 1.0},
        {},
    ]


@pytest.mark.parametrize(
    ("language", "text", "share"),
    [
        ("en", "so a man mixes the FLOUR with sugar and then", 0.833),
        ("de", "Ein Mann mischt das Mehl", 1.0),
        ("fr", "un homme mélange la farine, avec le beurre", 0.75),
        ("ru", "мужчина смешивает муку с сахаром", 1.0),
        ("es", "un hombre mezcla la harina", 1.0),
        ("cs", "muž míchá mouku s cukrem", 1.0),
        ("sw", "mwanamume anachanganya unga na sukari", 1.0),
        ("zh", "一个男人把面粉和糖，混合", 1.0),
        ("vi", "một người đàn ông trộn", 1.0),
    ],
)
def test_by_words_in_nine_languages(tmp_path: Path, language: str, text: str, share: float) -> None:
    assert find(world(tmp_path), [("v", language, text)]) == [{("texts", "text"): share}]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "a man mixes the flour with sugar"),
        ("en", "a man mixes the sugar with flour"),
        ("en", "thank you"),
        ("en", "mix the dough"),
        ("en", "then he bakes it"),
        ("zh", "面粉和糖"),
        ("en", ""),
        ("en", "one two three four a man mixes the flour five six seven"),
    ],
)
def test_other_languages_few_words_and_small_shares_are_none(
    tmp_path: Path, language: str, text: str
) -> None:
    assert find(world(tmp_path), [("v", language, text)]) == [{}]


def test_few_words_are_compared_as_a_whole(tmp_path: Path) -> None:
    assert find(world(tmp_path), [("v", "en", "mix the FLOUR")]) == [{("texts", "text"): 1.0}]


def test_without_sets_nothing_is_found(tmp_path: Path) -> None:
    assert find(world(tmp_path, {}), [("held", "en", "a man mixes the flour with sugar")]) == [{}]


def test_a_list_that_was_changed_stops_the_stage(tmp_path: Path) -> None:
    made = world(tmp_path)
    (tmp_path / "evaluation" / "ids.csv").write_text("video_id,language,text\n")
    with pytest.raises(ConfigError, match="SHA-256"):
        find(made, [])


def test_the_manifest_is_part_of_what_decides_the_result() -> None:
    assert FindOverlaps.manifests == ("evaluation",)
    assert FindOverlaps().evaluation == "evaluation/sets.csv"

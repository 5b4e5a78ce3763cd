"""Videos that were uploaded again are found by title, length and captions; series and hostile titles are not."""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pytest

from captions.near_texts import LETTERS, changed
from multihowto import tables
from multihowto.kept import KeptFiles
from multihowto.stage import World
from multihowto.stages.find_reuploads import MOST_SAME, FindReuploads
from multihowto.storage import Store

SPEECH = random.Random(7)
WORDS = ["".join(SPEECH.choices(LETTERS, k=SPEECH.randint(2, 9))) for _ in range(3000)]


class Video(NamedTuple):
    """A video and what is said in it, by language."""

    video_id: str
    title: str
    duration_ms: int
    said: dict[str, str]
    split: str | None = None


def speech(seed: int, words: int = 300) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def score(*shards: Sequence[Video], stage: FindReuploads | None = None) -> dict[str, dict[str, Any]]:
    stage = stage or FindReuploads()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = World(KeptFiles(Store(name), 1), folder, folder, {})
        sketches = pa.concat_tables([stage.sketch(inputs(videos), None) for videos in shards])
        made = stage.score(sketches, world)
    assert made.schema.equals(tables.REUPLOADS.schema)
    return {row["video_id"]: row for row in made.to_pylist()}


def inputs(videos: Sequence[Video]) -> dict[str, pa.Table]:
    views = {view.table.name: view.schema for view in FindReuploads.reads}
    rows = [{"video_id": one.video_id, "title": one.title, "duration_ms": one.duration_ms} for one in videos]
    tracks = [
        {
            "track_id": f"{one.video_id}/{language}",
            "video_id": one.video_id,
            "language": language,
            "cues": cues(text),
        }
        for one in videos
        for language, text in one.said.items()
    ]
    return {
        "videos": pa.Table.from_pylist(rows, schema=views["videos"]),
        "tracks": pa.Table.from_pylist(tracks, schema=views["tracks"]),
        "sources": pa.Table.from_pylist(
            [{"video_id": one.video_id, "split": one.split} for one in videos], schema=views["sources"]
        ),
    }


def cues(text: str) -> list[dict[str, Any]]:
    """Cues of seven words."""
    words = text.split()
    return [
        {"start_ms": place, "end_ms": place + 1, "text": " ".join(words[place : place + 7]), "words": []}
        for place in range(0, len(words), 7)
    ]


ALONE = {"split": None, "score": 0.0}
FIRST = Video("b", "How to bake a simple bread", 300_000, {"en": speech(1), "de": speech(2)})
AGAIN = Video("a", "BAKE IT YOURSELF (full)", 299_000, {"en": "hi all " + speech(1)})
OTHER = Video("c", "How to bake a simple bread", 300_000, {"en": speech(3)})


def test_the_same_captions_and_length_are_the_same_video() -> None:
    found = score([FIRST, AGAIN, OTHER])
    assert found["a"]["original_id"] == found["b"]["original_id"] == "a"
    assert (found["b"]["copies"], found["b"]["same_ids"], found["a"]["same_ids"]) == (2, ["a"], ["b"])
    assert found["a"]["score"] > 0.9
    # The same title and length with other words: a series, not another upload.
    assert found["c"] == {"video_id": "c", "original_id": "c", "copies": 1, "same_ids": []} | ALONE


@pytest.mark.parametrize("shards", [[[FIRST], [AGAIN], [OTHER]], [[OTHER, AGAIN], [], [FIRST]]])
def test_the_order_of_shards_and_rows_changes_nothing(shards: list[list[Video]]) -> None:
    assert score(*shards) == score([FIRST, AGAIN, OTHER])


@pytest.mark.parametrize(
    ("fixed", "split"),
    [
        (("train", "test", "validation"), "test"),
        ((None, "train", "validation"), "validation"),
        ((None, "train", None), "train"),
        ((None, None, None), None),
    ],
)
def test_the_strictest_split_that_the_manifest_fixes_is_of_all_copies_in_any_shard(
    fixed: tuple[str | None, ...], split: str | None
) -> None:
    third = AGAIN._replace(video_id="z")
    copies = [one._replace(split=its) for one, its in zip((FIRST, AGAIN, third), fixed, strict=True)]
    found = score([copies[2]], [copies[0], OTHER._replace(split="test")], [copies[1]])
    assert {found[video]["split"] for video in "abz"} == {split}
    assert found["c"]["split"] == "test"


def test_short_titles_and_captions_say_nothing() -> None:
    pair = [Video(name, "Bread at 11", 60_000, {"en": "slice"}) for name in "ab"]
    assert [row["copies"] for row in score(pair).values()] == [1, 1]
    assert [row["copies"] for row in score(pair, stage=FindReuploads(fewest=2)).values()] == [2, 2]


def test_captions_that_were_recognised_anew_are_still_alike() -> None:
    heard = changed(random.Random(1), FIRST.said["en"], 20)
    assert score([FIRST, AGAIN._replace(said={"en": heard})])["b"]["copies"] == 2


def test_captions_alone_do_if_they_are_long() -> None:
    longer = AGAIN._replace(duration_ms=400_000)
    assert score([FIRST, longer])["b"]["copies"] == 2
    few = [one._replace(said={"en": speech(1, 40)}) for one in (FIRST, longer)]
    assert score(few)["b"]["copies"] == 1


def test_title_and_length_do_if_no_language_is_common() -> None:
    french = FIRST._replace(video_id="f", title="HOW TO bake a simple bread!", said={"fr": speech(4)})
    assert score([FIRST, french])["f"]["original_id"] == "b"
    assert score([FIRST, french._replace(duration_ms=310_000)])["f"]["copies"] == 1
    untitled = [one._replace(title="Video 1") for one in (FIRST, french)]
    assert score(untitled)["f"]["copies"] == 1


def test_chinese_captions_are_compared() -> None:
    chance = random.Random(3)
    said = "".join(chr(0x4E00 + chance.randrange(800)) for _ in range(300))
    pair = [one._replace(title=one.video_id, said={"zh": said}) for one in (FIRST, AGAIN)]
    assert score(pair)["b"]["copies"] == 2


def test_hostile_titles_are_cut_and_large_groups_are_bounded() -> None:
    title = "buy now " * 1250
    many = [Video(f"v{number:05d}", title + str(number), 60_000, {}) for number in range(MOST_SAME + 50)]
    found = score(many[:7], many[7:])
    assert {row["original_id"] for row in found.values()} == {"v00000"}
    assert {row["copies"] for row in found.values()} == {MOST_SAME + 50}
    assert {len(row["same_ids"]) for row in found.values()} == {MOST_SAME}
    assert all(row["video_id"] not in row["same_ids"] for row in found.values())


def test_a_video_without_title_and_captions_is_alone() -> None:
    empty = [Video(name, "", 0, {}) for name in "ab"]
    assert [row["copies"] for row in score(empty).values()] == [1, 1]

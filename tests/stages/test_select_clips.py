"""The one decision, rule by rule."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from multihowto import tables
from multihowto.build import Order, StageEnds, build
from multihowto.kept import KeptFiles
from multihowto.pipeline import load
from multihowto.selecting.rules import OF_CAPTIONS, WHY_NOT, WHY_NOT_LANGUAGE
from multihowto.stage import World
from multihowto.stages.select_clips import SelectClips
from multihowto.storage import Store
from small_demo import Demo

TEXTS = {
    "en": "now we put the flour and the butter into the bowl",
    "de": "jetzt geben wir das Mehl und die Butter in die Schüssel",
    "fr": "maintenant on met la farine et le beurre dans le bol",
    "zh": "现在我们把面粉和黄油放进碗里",
}


def lid(language: str, **changes: Any) -> dict[str, Any]:
    good = {"detected": language, "score": 0.9, "track_detected": language, "track_score": 0.9}
    return good | changes


def caption(video: str, language: str, **changes: Any) -> dict[str, Any]:
    """A caption that passes, but for the changes."""
    mine = {"caption_id": f"{video}:1/{language}", "clip_id": f"{video}:1", "video_id": video}
    return mine | {"language": language, "text": TEXTS[language], "score": 1.0} | changes


def inputs(
    captions: list[dict[str, Any]],
    languages: dict[str, dict[str, Any]] | None = None,
    end_ms: int = 5000,
    license: str | None = None,
    split: str | dict[str, str | None] | None = "train",
    **others: list[dict[str, Any]],
) -> dict[str, pa.Table]:
    """One clip a video; `languages` replaces what is found of captions, by language."""
    videos = sorted({row["video_id"] for row in captions})
    found = [
        {"caption_id": row["caption_id"], "video_id": row["video_id"]}
        | (languages or {}).get(row["language"], lid(row["language"]))
        for row in captions
    ]
    rows: dict[str, list[dict[str, Any]]] = {
        "clips": [
            {"clip_id": f"{video}:1", "video_id": video, "start_ms": 0, "end_ms": end_ms} for video in videos
        ],
        "captions": captions,
        "languages": found,
        "videos": [{"video_id": video, "license": license} for video in videos],
        "sources": [
            {"video_id": video, "split": split[video] if isinstance(split, dict) else split}
            for video in videos
        ],
        **others,
    }
    views = {view.table.name: view for view in (*SelectClips.reads, *SelectClips.optional)}
    return {name: pa.Table.from_pylist(its, schema=views[name].schema) for name, its in rows.items()}


def decide(
    given: dict[str, pa.Table], words: Mapping[str, Sequence[str]] | None = None, **settings: Any
) -> Any:
    """The decision of each video, by its id."""
    made = SelectClips(**settings).run(given, words or {})
    assert made.rows.schema.equals(tables.SELECTION.schema)
    made.rows.validate(full=True)
    return {row["video_id"]: row for row in made.rows.to_pylist()}


def de(given: dict[str, pa.Table], **settings: Any) -> list[str]:
    """The rules that the German caption of a clip fails; the others pass."""
    row = decide(given, **settings)["v"]
    assert {one["language"] for one in row["failed"]} <= {"de"}
    assert ("de" in row["languages"]) == (not row["failed"])
    return [one["code"] for one in row["failed"]]


def with_de(**changes: Any) -> dict[str, pa.Table]:
    return inputs([caption("v", "de", **changes), caption("v", "en"), caption("v", "fr")])


def test_a_good_clip_is_kept_with_its_languages() -> None:
    row = decide(inputs([caption("v", language) for language in ("zh", "fr", "en", "de")]))["v"]
    assert row == {
        "clip_id": "v:1",
        "video_id": "v",
        "keep": True,
        "why_not": [],
        "languages": ["de", "en", "fr", "zh"],
        "failed": [],
        "split": "train",
    }


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, []),
        ({"track_detected": "fr", "track_score": 0.99}, ["track_language"]),
        ({"track_detected": "fr", "track_score": 0.5}, []),
        ({"detected": "fr", "score": 0.99}, ["language"]),
        ({"detected": "fr", "score": 0.9}, []),
        ({"detected": "und", "score": 1.0}, []),
    ],
)
def test_language_rules(changes: dict[str, Any], failed: list[str]) -> None:
    assert (
        de(inputs([caption("v", name) for name in ("de", "en", "fr")], {"de": lid("de", **changes)}))
        == failed
    )


@pytest.mark.parametrize(
    ("changes", "settings", "failed"),
    [
        ({"score": 0.4}, {}, ["alignment"]),
        ({"score": 0.4}, {"min_alignment": 0.3}, []),
        ({"text": "... !"}, {"max_ratio": 9, "min_density": 0}, ["few_words"]),
        ({}, {"min_words": 12}, ["few_words"]),
        ({}, {"min_words": 11}, []),
        ({}, {"max_words": 10}, ["many_words"]),
        ({"text": TEXTS["de"] + " und so weiter" * 12}, {"max_repetition": 1}, ["length_ratio", "dense"]),
        ({"text": "ja"}, {"min_density": 0}, ["length_ratio"]),
        ({"text": "danke schön euch " * 4}, {}, ["repetition"]),
        ({"text": "danke schön euch " * 4}, {"max_repetition": 0.9}, []),
        ({}, {"min_density": 10}, ["sparse"]),
        ({}, {"max_density": 9}, ["dense"]),
    ],
)
def test_rules_for_texts(changes: dict[str, Any], settings: dict[str, Any], failed: list[str]) -> None:
    row = decide(with_de(**changes), **settings)["v"]
    assert [one["code"] for one in row["failed"] if one["language"] == "de"] == failed


def duplicate(language: str, **changes: int) -> dict[str, Any]:
    counts = {"in_video": 1, "in_videos": 1, "near_videos": 1} | changes
    return {"caption_id": f"v:1/{language}", "video_id": "v", **counts}


@pytest.mark.parametrize(
    ("measure", "most", "code"),
    [("in_video", 3, "said_again"), ("in_videos", 20, "common"), ("near_videos", 50, "nearly_common")],
)
def test_what_is_said_too_often(measure: str, most: int, code: str) -> None:
    for count, failed in ((most, []), (most + 1, [code])):
        given = inputs(
            [caption("v", "de"), caption("v", "en"), caption("v", "fr")],
            duplicates=[duplicate("de", **{measure: count}), duplicate("en"), duplicate("fr")],
        )
        assert de(given) == failed


def overlap(language: str, by: str | None = None, share: float = 1.0) -> dict[str, Any]:
    sets = (
        []
        if by is None
        else [{"name": "other", "by": "text", "share": 0.1}, {"name": "set", "by": by, "share": share}]
    )
    return {"caption_id": f"v:1/{language}", "video_id": "v", "sets": sets}


def test_an_evaluation_sets_text_leaves_train() -> None:
    captions = [caption("v", "de"), caption("v", "en"), caption("v", "fr")]
    for share, failed in ((0.6, []), (0.8, ["evaluation_text"])):
        found = [overlap("de", "text", share), overlap("en"), overlap("fr")]
        assert de(inputs(captions, overlaps=found)) == failed
        assert de(inputs(captions, overlaps=found, split="test")) == []
    unknown = [overlap("en"), overlap("fr")]
    assert de(inputs(captions, overlaps=unknown)) == ["evaluation_text"]


@pytest.mark.parametrize("by", ["id", "reupload"])
def test_an_evaluation_sets_video_leaves_train_whole(by: str) -> None:
    captions = [caption("v", "de"), caption("v", "en")]
    found = [overlap("de", by), overlap("en", by)]
    assert decide(inputs(captions, overlaps=found))["v"]["why_not"] == ["evaluation_video"]
    assert decide(inputs(captions, overlaps=found, split="validation"))["v"]["keep"]


def test_what_is_not_kept_says_every_rule_that_it_fails() -> None:
    def why(*given: Any, **changes: Any) -> Any:
        return decide(inputs(*given, **changes))["v"]["why_not"]

    both = [caption("v", "en"), caption("v", "de")]
    assert why([caption("v", "en"), caption("v", "de", score=0.4)]) == ["few_languages"]
    assert why([caption("v", "de"), caption("v", "fr")]) == ["pivot_language"]
    assert why([caption("v", "en", text="good")], end_ms=500) == ["too_short", "few_languages"]
    assert decide(inputs(both, end_ms=61_000), min_density=0)["v"]["why_not"] == ["too_long"]
    found = {code for given in ([caption("v", "en")],) for code in why(given)}
    assert (
        found
        < set(WHY_NOT)
        == {
            *("too_short", "too_long", "pivot_language", "few_languages"),
            *("license", "listed_word", "evaluation_video"),
        }
    )
    assert set(WHY_NOT_LANGUAGE) == {limit.code for limit in OF_CAPTIONS}


def test_every_limit_is_a_setting() -> None:
    names = set(SelectClips.__dataclass_fields__)
    assert {limit.setting for limit in OF_CAPTIONS} <= names


@pytest.mark.parametrize(
    ("license", "settings", "keep"),
    [
        (None, {}, True),
        (None, {"unlicensed": False}, False),
        ("Any", {"unlicensed": False}, True),
        ("CC BY", {"licenses": ("cc by", "CC0")}, True),
        ("all rights reserved", {"licenses": ("cc by",)}, False),
        (None, {"licenses": ("cc by",)}, True),
        (None, {"licenses": ("cc by",), "unlicensed": False}, False),
    ],
)
def test_licences(license: str | None, settings: dict[str, Any], keep: bool) -> None:
    row = decide(inputs([caption("v", "de"), caption("v", "en")], license=license), **settings)["v"]
    assert (row["keep"], row["why_not"]) == (keep, [] if keep else ["license"])


def test_a_listed_word_leaves_out_the_clip(tmp_path: Path) -> None:
    (tmp_path / "words.csv").write_text("word,language\nBUTTER,de\nbut,en\nein,fr\n黄油,zh\n")
    world = World(KeptFiles(Store(str(tmp_path)), 1), tmp_path, tmp_path, {})
    tools = SelectClips(words="words.csv").open(world)
    assert SelectClips().open(world) == {}
    for language, keep in (("de", False), ("zh", False), ("fr", True)):
        row = decide(inputs([caption("v", "en"), caption("v", language)]), tools)["v"]
        assert (row["keep"], row["why_not"]) == (keep, [] if keep else ["listed_word"])


def reupload(video: str, original: str, split: str | None = None) -> dict[str, Any]:
    return {"video_id": video, "original_id": original, "split": split}


def test_copies_are_in_one_split() -> None:
    videos = [f"v{number:03}" for number in range(100)]
    captions = [caption(video, language) for video in videos for language in ("en", "de")]
    copies = [reupload(video, videos[number // 2 * 2]) for number, video in enumerate(videos)]
    given = inputs(captions, split=None, reuploads=copies)
    row = decide(given, validation=0.3, test=0.3)
    found = [row[video]["split"] for video in videos]
    assert found[::2] == found[1::2]
    assert set(found) == {"train", "validation", "test"}
    alone = decide(inputs(captions, split=None), validation=0.3, test=0.3)
    assert [alone[video]["split"] for video in videos[::2]] == found[::2]


def test_a_copy_of_a_fixed_video_goes_with_it() -> None:
    """Of the copies a test's may lie in another shard: each row of `reuploads` says what one of all fixes."""
    captions = [caption(video, language) for video in "abc" for language in ("en", "de")]
    copies = [reupload("a", "a", "test"), reupload("b", "a", "test"), reupload("c", "c", "train")]
    row = decide(inputs(captions, split={"a": "train", "b": None, "c": "train"}, reuploads=copies))
    assert [row[video]["split"] for video in "abc"] == ["test", "test", "train"]


def test_a_changed_threshold_makes_the_selection_anew_and_nothing_else(demo: Demo, tmp_path: Path) -> None:
    shutil.copytree(demo.store.root, tmp_path / "store")
    shutil.copy(demo.pipeline.parent / "videos.csv", tmp_path)
    path, text = tmp_path / "demo.yaml", demo.pipeline.read_text()
    assert "      test: 0\n" in text
    path.write_text(text.replace("      test: 0\n", "      test: 0\n      min_ms: 59999\n"))
    store = Store(str(tmp_path / "store"))
    kept = pc.sum(store.read("selection")["keep"]).as_py()
    events = list(build(load(str(path)), store, Order(executor="here")))
    ended = {event.stage: event for event in events if isinstance(event, StageEnds)}
    statuses = {name: {report.status for report in end.reports.values()} for name, end in ended.items()}
    assert statuses.pop("select_clips") == {"made"}
    assert set(statuses) > {"download_videos", "align_captions", "identify_language"}
    assert set(map(frozenset, statuses.values())) == {frozenset({"unchanged"})}
    assert not any(end.total("ran") for name, end in ended.items() if name != "select_clips")
    assert pc.sum(store.read("selection")["keep"]).as_py() < kept

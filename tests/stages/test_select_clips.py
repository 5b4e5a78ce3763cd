"""The one decision, rule by rule."""

from typing import Any

import pyarrow as pa
import pytest

from multihowto import tables
from multihowto.stages.select_clips import WHY_NOT, SelectClips

GOOD = {"detected": "en", "score": 0.9, "track_detected": "en", "track_score": 0.9}


def lid(language: str, **changes: Any) -> dict[str, Any]:
    return GOOD | {"detected": language, "track_detected": language} | changes


def run(
    captions: dict[str, dict[str, Any]],
    scores: dict[str, float] | None = None,
    split: str | None = "train",
    end_ms: int = 5000,
) -> dict[str, Any]:
    clip = {"clip_id": "v:1", "video_id": "v", "start_ms": 0, "end_ms": end_ms}
    rows = [
        {
            "caption_id": f"v:1/{name}",
            "clip_id": "v:1",
            "video_id": "v",
            "language": name,
            "score": (scores or {}).get(name, 1.0),
        }
        for name in captions
    ]
    found = [{"caption_id": f"v:1/{name}", "video_id": "v", **values} for name, values in captions.items()]
    contents = ([clip], rows, found, [{"video_id": "v", "split": split}])
    inputs = {
        view.table.name: pa.Table.from_pylist(values, schema=view.schema)
        for view, values in zip(SelectClips.reads, contents, strict=True)
    }
    made = SelectClips().run(inputs, None)
    assert made.rows.schema.equals(tables.SELECTION.schema)
    [row] = made.rows.to_pylist()
    return dict(row)


def test_a_good_clip_is_kept_with_its_languages() -> None:
    row = run({"en": lid("en"), "de": lid("de"), "sw": lid("sw")})
    assert (row["keep"], row["why_not"], row["languages"], row["split"]) == (
        True,
        [],
        ["de", "en", "sw"],
        "train",
    )


@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ({}, True),
        ({"track_detected": "fr", "track_score": 0.99}, False),
        ({"track_detected": "fr", "track_score": 0.5}, True),
        ({"detected": "fr", "score": 0.99}, False),
        ({"detected": "fr", "score": 0.9}, True),
        ({"detected": "und", "score": 0.0}, True),
    ],
)
def test_language_rules(changes: dict[str, Any], passes: bool) -> None:
    row = run({"en": lid("en"), "de": lid("de", **changes)})
    assert ("de" in row["languages"]) == passes


def test_what_is_not_kept_says_every_rule_that_it_fails() -> None:
    assert run({"en": lid("en"), "de": lid("de")}, {"de": 0.4})["why_not"] == ["few_languages"]
    assert run({"de": lid("de"), "fr": lid("fr")})["why_not"] == ["pivot_language"]
    assert run({"en": lid("en")}, end_ms=500)["why_not"] == ["too_short", "few_languages"]
    assert run({"en": lid("en"), "de": lid("de")}, end_ms=61_000)["why_not"] == ["too_long"]
    assert set(WHY_NOT) == {"too_short", "too_long", "pivot_language", "few_languages"}


def test_an_open_split_is_fixed_by_the_id() -> None:
    stage = SelectClips(validation=0.1, test=0.2)
    splits = [stage.split_of(f"video{number}") for number in range(5000)]
    assert splits == [stage.split_of(f"video{number}") for number in range(5000)]
    assert abs(splits.count("test") - 1000) < 100
    assert abs(splits.count("validation") - 500) < 80
    assert run({"en": lid("en")}, split=None)["split"] in ("train", "validation", "test")

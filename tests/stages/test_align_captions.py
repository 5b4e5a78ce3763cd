"""Each clip's text in each language: twins of the pivot's cues, or cues by largest overlap."""

from typing import Any

import pyarrow as pa

from multihowto import tables
from multihowto.stages.align_captions import AlignCaptions
from track_rows import track_row, track_table

EN = "WEBVTT\n\n00:00.000 --> 00:05.000\none\n\n00:05.000 --> 00:10.000\ntwo\n"
DE = "WEBVTT\n\n00:00.000 --> 00:05.000\neins\n\n00:05.000 --> 00:10.000\nzwei\n"
FR = "WEBVTT\n\n00:00.500 --> 00:02.500\nun\n\n00:02.500 --> 00:05.500\net un\n\n00:05.500 --> 00:10.500\ndeux\n"


def run(bodies: dict[str, str]) -> list[dict[str, Any]]:
    tracks = [track_row("v", language, body) for language, body in bodies.items()]
    clips = [
        {"clip_id": "v:1", "video_id": "v", "start_ms": 0, "end_ms": 5000, "first_cue": 0, "last_cue": 0},
        {
            "clip_id": "v:2",
            "video_id": "v",
            "start_ms": 5000,
            "end_ms": 10_000,
            "first_cue": 1,
            "last_cue": 1,
        },
    ]
    inputs = {
        "clips": pa.Table.from_pylist(clips, schema=tables.CLIPS.schema),
        "tracks": track_table(tracks, "language", "tag", "kind", "cues"),
    }
    rows: list[dict[str, Any]] = AlignCaptions().run(inputs, None).rows.to_pylist()
    return rows


def texts(rows: list[dict[str, Any]], language: str) -> list[tuple[str, str, float]]:
    return [
        (row["text"], row["method"], round(row["score"], 3)) for row in rows if row["language"] == language
    ]


def test_twins_and_largest_overlap() -> None:
    rows = run({"de": DE, "en": EN, "fr": FR})
    assert texts(rows, "en") == [("one", "pivot", 1.0), ("two", "pivot", 1.0)]
    assert texts(rows, "de") == [("eins", "shared_timeline", 1.0), ("zwei", "shared_timeline", 1.0)]
    # 500 to 5500 against 0 to 5000: 4500 of 5500; 5500 to 10500 against 5000 to 10000: likewise
    assert texts(rows, "fr") == [("un et un", "largest_overlap", 0.818), ("deux", "largest_overlap", 0.818)]
    assert len({row["caption_id"] for row in rows}) == 6
    assert rows[0]["caption_id"] == "v:1/de"

"""Each clip's text in each language: twins of the pivot's cues, or by a timeline of its own."""

from typing import Any

import pyarrow as pa

from multihowto.captions.forming import Span
from multihowto.stages.align_captions import AlignCaptions
from multihowto.stages.match_timelines import MatchTimelines
from track_rows import track_row, track_table

EN = "WEBVTT\n\n00:00.000 --> 00:05.000\none\n\n00:05.000 --> 00:10.000\ntwo\n"
DE = "WEBVTT\n\n00:00.000 --> 00:05.000\neins\n\n00:05.000 --> 00:10.000\nzwei\n"
FR = "WEBVTT\n\n00:00.500 --> 00:02.500\nun\n\n00:02.500 --> 00:05.500\net un\n\n00:05.500 --> 00:10.500\ndeux\n"


def run(bodies: dict[str, str]) -> list[dict[str, Any]]:
    tracks = [track_row("v", language, body) for language, body in bodies.items()]
    clips = [
        {"clip_id": "v:1", "video_id": "v", **Span(0, 5000, 0, 0)._asdict()},
        {"clip_id": "v:2", "video_id": "v", **Span(5000, 10_000, 1, 1)._asdict()},
    ]
    read = track_table(tracks, "language", "tag", "kind", "cues")
    inputs = {
        "clips": pa.Table.from_pylist(clips, schema=AlignCaptions.reads[0].schema),
        "tracks": read,
        "timelines": MatchTimelines().run({"tracks": read}, None).rows,
    }
    rows: list[dict[str, Any]] = AlignCaptions().run(inputs, None).rows.to_pylist()
    return rows


def texts(rows: list[dict[str, Any]], language: str) -> list[tuple[str, str, float]]:
    return [
        (row["text"], row["method"], round(row["score"], 3)) for row in rows if row["language"] == language
    ]


def test_twins_and_a_timeline_of_its_own() -> None:
    rows = run({"de": DE, "en": EN, "fr": FR})
    assert texts(rows, "en") == [("one", "pivot", 1.0), ("two", "pivot", 1.0)]
    assert texts(rows, "de") == [("eins", "shared_timeline", 1.0), ("zwei", "shared_timeline", 1.0)]
    assert [row[:2] for row in texts(rows, "fr")] == [("un et un", "own_timeline"), ("deux", "own_timeline")]
    assert len({row["caption_id"] for row in rows}) == 6
    assert rows[0]["caption_id"] == "v:1/de"

"""Rows of table `tracks`, read from caption files."""

from typing import Any

import pyarrow as pa

from multihowto import tables
from multihowto.captions import formats


def track_row(video_id: str, language: str, body: str, kind: str = "manual") -> dict[str, Any]:
    """The row of a WebVTT file that is in the language that it says."""
    cues = formats.read(body, "vtt")
    return {
        "track_id": f"{video_id}/{language}",
        "video_id": video_id,
        "language": language,
        "labelled": language,
        "tag": language,
        "kind": kind,
        "format": "vtt",
        "script": None,
        "verdict": "keep",
        "score": 1.0,
        "cues": [{**cue._asdict(), "words": [word._asdict() for word in cue.words]} for cue in cues],
        "removed": [],
        "problems": [],
    }


def track_table(rows: list[dict[str, Any]], *columns: str) -> pa.Table:
    """Rows as a stage reads them."""
    return pa.Table.from_pylist(rows, schema=tables.TRACKS.only(*columns).schema)

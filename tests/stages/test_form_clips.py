"""Clips from the pivot's cues, and why a video has none."""

from typing import Any

import pyarrow as pa
import pytest

from multihowto import tables
from multihowto.stages.form_clips import FormClips
from track_rows import track_row, track_table

VTT = """WEBVTT

00:00.000 --> 00:05.000
cut the bread

00:05.000 --> 00:07.000
butter it

00:09.000 --> 00:15.000
eat
"""


def run(tracks: list[str], missing: list[dict[str, str]] | None = None, **settings: Any) -> Any:
    video = {"video_id": "v", "duration_ms": 15_000, "missing": missing or []}
    rows = [track_row("v", language, VTT) for language in tracks]
    inputs = {
        "videos": pa.Table.from_pylist([video], schema=FormClips.reads[0].schema),
        "tracks": track_table(rows, "language", "cues"),
    }
    return FormClips(**settings).run(inputs, None)


def test_a_short_cue_grows_towards_the_shorter_span() -> None:
    made = run(["en"])
    assert made.rows.schema.equals(tables.CLIPS.schema)
    assert made.rows.select(["clip_id", "first_cue", "last_cue"]).to_pylist() == [
        {"clip_id": "v:00000000-00005000", "first_cue": 0, "last_cue": 0},
        {"clip_id": "v:00000000-00007000", "first_cue": 0, "last_cue": 1},
        {"clip_id": "v:00009000-00015000", "first_cue": 2, "last_cue": 2},
    ]


def test_widen_keeps_the_cue_and_widens_its_time() -> None:
    spans = run(["en"], method="widen").rows.select(["start_ms", "end_ms"]).to_pylist()
    assert {"start_ms": 3500, "end_ms": 8500} in spans


@pytest.mark.parametrize(
    ("tracks", "missing", "code", "detail"),
    [
        (["fr", "de"], [], "no_pivot_captions", "no en cue; tracks: de, fr"),
        ([], [], "no_pivot_captions", "no en cue; tracks: none"),
        (
            ["de"],
            [{"language": "en", "tag": "en-GB", "code": "server_error"}],
            "server_error",
            "its en track en-GB is missing",
        ),
    ],
)
def test_why_there_is_no_clip(tracks: Any, missing: Any, code: str, detail: str) -> None:
    made = run(tracks, missing)
    [reject] = made.rejects
    assert (reject.key, reject.code, made.rows.num_rows) == ("v", code, 0)
    assert detail in reject.detail


def test_a_pivot_without_clips_is_not_called_missing() -> None:
    lost = {"language": "en", "tag": "en-GB", "code": "server_error"}
    [reject] = run(["de", "en"], [lost], min_words=50).rejects
    assert (reject.code, reject.key) == ("no_pivot_captions", "v")
    assert reject.detail == "no cue of its en track makes a clip: none of 50 words within the video"

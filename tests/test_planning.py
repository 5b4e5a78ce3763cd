"""What a plan says, worked out by hand; and what it says of a store that is half built."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from multihowto import pipeline, planning, tables
from multihowto.build import Order, build
from multihowto.contract import close
from multihowto.planning import HOWTO100M_S, Measured, estimates, make_plan, wanted
from multihowto.storage import Store
from small_demo import Demo

TEXT = """
manifest: v.csv
shards: 4
stages:
  - scatter_sources
  - download_videos{}
"""
VIDEOS = "video_id,rank\ndQw4w9WgXc0,1\ndQw4w9WgXc1,x\ndQw4w9WgXc2,2\ndQw4w9WgXc0,3\ndQw4w9WgXc3,4\nbad\n"


def loaded(folder: Path, settings: str = "") -> pipeline.Pipeline:
    (folder / "v.csv").write_text(VIDEOS)
    (folder / "exclusions.csv").write_text("video_id,reason\ndQw4w9WgXc3,asked\n")
    (folder / "p.yaml").write_text(TEXT.format(settings))
    return pipeline.load(str(folder / "p.yaml"))


def numbers(made: pipeline.Pipeline, videos: int, known: Measured) -> dict[str, Any]:
    return {one.name: (one.whole, one.left) for one in estimates(made, videos, known)}


def test_before_anything_is_known_the_worst_is_said_and_nothing_is_invented(tmp_path: Path) -> None:
    found = numbers(loaded(tmp_path), 1000, Measured())
    assert found["videos"] == (1000, 1000)
    assert found["requests for pages"] == found["requests for media files"] == (1000, 1000)
    assert found["requests for caption files"] == (9000, 9000)
    assert found["hours of asking, one address"] == (
        12.5,
        12.5,
    )  # nine files at 5 s are slower than a page at 15 s
    assert found["days of asking, 10 addresses"][0] == pytest.approx(1000 * 45 / 86_400 / 10)
    assert found["GB of media"] == (None, None)
    assert found["hours of asking, pages alone"][0] == pytest.approx(1000 * 15 / 3600)
    assert found["days of asking, 1 address"][0] == pytest.approx(1000 * 45 / 86_400)
    assert found["hours of video"][0] == pytest.approx(1000 * HOWTO100M_S / 3600)
    assert pytest.approx(396.8, abs=0.1) == HOWTO100M_S


def test_what_was_measured_counts(tmp_path: Path) -> None:
    known = Measured(200, 100, 7, tracks=2.0, duration_s=60.0, media_bytes=4e6, seconds={})
    found = numbers(loaded(tmp_path), 1000, known)
    assert found["videos"] == (1000, 800)
    assert found["videos for build --retry"] == (7, 7)
    assert found["requests for pages"] == (1000, 800)
    assert found["requests for caption files"] == (
        1000,
        800,
    )  # half the videos are there, with two tracks each
    assert found["requests for media files"] == (500, 400)
    assert found["hours of asking, one address"][1] == pytest.approx(800 * 15 / 3600)
    assert found["GB of media"] == (pytest.approx(2.0), pytest.approx(1.6))
    assert found["hours of video"] == (pytest.approx(500 / 60), pytest.approx(400 / 60))


def test_a_length_of_nothing_is_not_a_length(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    store.create("p", 1, ["videos"])
    texts = {name: "x" for name in ("url", "site", "title", "tool")}
    rows: list[dict[str, Any]] = [
        {"video_id": f"v{length_ms}", "duration_ms": length_ms, "tracks": [], "missing": [], **texts}
        for length_ms in (0, 60_000)
    ]
    for count, mean_s, basis in (
        (1, None, planning._HOWTO100M),
        (2, 60.0, "measured here: 1.0 minutes a video"),
    ):
        table = pa.Table.from_pylist(rows[:count], schema=tables.VIDEOS.schema)
        stamp, accounts = close("recipe", "how", table, [])
        store.write_shard(tables.VIDEOS, 0, table, accounts, stamp)
        known = planning.measure(store)
        assert known.duration_s == mean_s
        hours = [one for one in estimates(loaded(tmp_path), 60, known) if one.name == "hours of video"]
        assert hours[0].basis.startswith(basis)


def test_only_what_the_pipeline_does_is_counted(tmp_path: Path) -> None:
    text_only = numbers(loaded(tmp_path, ": {media: none}"), 10, Measured())
    assert not {"requests for media files", "GB of media"} & text_only.keys()
    unhurried = numbers(loaded(tmp_path, ": {pacing: 'off'}"), 10, Measured())
    assert not [name for name in unhurried if "asking" in name]
    assert "requests for media files" in unhurried


def test_times_of_stages_are_those_of_the_ledger(demo: Demo) -> None:
    made = pipeline.load(str(demo.pipeline))
    known = planning.measure(demo.store)
    assert known.accounted == demo.store.read("sources").num_rows
    assert known.tracks is not None and 1 < known.tracks <= 9
    assert known.seconds["form_clips"] > 0
    found = {
        one.name: one
        for one in estimates(made, 100, known._replace(accounted=100, seconds={"form_clips": 36.0}))
    }
    share = known.rows / 100
    hours = found["hours of form_clips, one worker"]
    assert hours.whole == pytest.approx(share)
    assert (hours.left, hours.basis) == (0.0, "measured here: 36 s a video")


def test_rows_that_are_left_out_are_shown_by_line(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    found = wanted(loaded(tmp_path), store, shown=2)
    assert found.videos == 2
    assert found.left_out == {"bad_number": 1, "duplicate_id": 1, "excluded": 1, "bad_row": 1}
    assert [(one.key, one.code) for one in found.first] == [
        ("line 3", "bad_number"),
        ("dQw4w9WgXc0", "duplicate_id"),
    ]
    assert found.first[1].detail == "line 5; first in line 2"
    assert not (tmp_path / "store").exists()


def test_shards_that_are_left(tmp_path: Path) -> None:
    made = loaded(tmp_path)
    only_first = replace(made, stages={"scatter_sources": made.stages["scatter_sources"]})
    store = Store(str(tmp_path / "store"))
    assert make_plan(made, store).shards_left == {"scatter_sources": 4, "download_videos": 4}
    list(build(only_first, store, Order(executor="here")))
    assert make_plan(made, store).shards_left == {"scatter_sources": 0, "download_videos": 4}


def run(*words: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "multihowto", *words], capture_output=True, text=True, check=True
    ).stdout


def test_the_commands(tmp_path: Path) -> None:
    loaded(tmp_path)
    place = ["--root", str(tmp_path / "store")]
    shown = run("plan", str(tmp_path / "p.yaml"), *place)
    assert "requests for pages" in shown and "one a video" in shown
    assert "not known before some are built" in shown
    assert "bad_number 1" in shown
    told = json.loads(run("plan", str(tmp_path / "p.yaml"), *place, "--json"))
    assert (told["videos"], told["shards_left"]["download_videos"]) == (2, 4)
    assert told["estimates"][0] == {
        "name": "videos",
        "whole": 2,
        "left": 2,
        "basis": "the manifest, less those that the store has an answer for",
    }
    checked = run("check", str(tmp_path / "p.yaml"), "--manifest")
    assert "v.csv: 6 rows: in order 2, bad_number 1, duplicate_id 1, excluded 1, bad_row 1" in checked
    assert "  line 3: bad_number: rank of dQw4w9WgXc1 is 'x'" in checked
    assert "  line 7: bad_row: 1 columns, where the header has 2" in checked
    assert "  a build leaves these rows out" in checked
    assert not (tmp_path / "store").exists()

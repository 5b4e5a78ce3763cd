"""What a plan says, worked out by hand; and what it says of a store that is half built."""

import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from multihowto import checksums, pipeline, planning, tables
from multihowto.build import Order, build
from multihowto.contract import close
from multihowto.manifests import shard_of
from multihowto.planning import HOWTO100M_S, Left, Measured, estimates, make_plan, wanted
from multihowto.stage import Stage
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


def numbers(made: pipeline.Pipeline, videos: int, known: Measured, left: int | None = None) -> dict[str, Any]:
    to_do = Left(videos if left is None else left)
    return {one.name: (one.whole, one.left) for one in estimates(made, videos, to_do, known)}


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
    found = numbers(loaded(tmp_path), 1000, known, left=800)
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
        hours = [
            one for one in estimates(loaded(tmp_path), 60, Left(60), known) if one.name == "hours of video"
        ]
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
    to_do = Left(0, again={"form_clips": 50})
    found = {
        one.name: one
        for one in estimates(made, 100, to_do, known._replace(accounted=100, seconds={"form_clips": 36.0}))
    }
    share = known.rows / 100
    hours = found["hours of form_clips, one worker"]
    assert hours.whole == pytest.approx(share)
    assert (hours.left, hours.basis) == (0.5, "measured here: 36 s a video")


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
    assert make_plan(made, store).left.shards == {"scatter_sources": 4, "download_videos": 4}
    list(build(only_first, store, Order(executor="here")))
    assert make_plan(made, store).left.shards == {"scatter_sources": 0, "download_videos": 4}


LONG = [f"dQw4w9WgX{number:02d}" for number in range(12)]
SHARDS = 4
LATER = "\n  - read_tracks"


def answered(folder: Path, videos: Iterable[str], settings: str = LATER) -> tuple[pipeline.Pipeline, Store]:
    """A store of a pipeline with a video for each of LONG, in which some have an answer."""
    loaded(folder)
    (folder / "v.csv").write_text("\n".join(["video_id", *LONG, ""]))
    (folder / "p.yaml").write_text(TEXT.format(settings))
    made, store = pipeline.load(str(folder / "p.yaml")), Store(str(folder / "store"))
    first = replace(made, stages={"scatter_sources": made.stages["scatter_sources"]})
    list(build(first, store, Order(executor="here")))
    answer(made, store, videos)
    return made, store


def answer(made: pipeline.Pipeline, store: Store, videos: Iterable[str]) -> None:
    """Writes a row of `videos`, and accounts in later tables, for each of some videos, in place of what is there."""
    hows, videos = made.fingerprints(), list(videos)
    texts = {name: "x" for name in ("url", "site", "title", "tool", "media_path", "media_sha256")}
    for shard in sorted({shard_of(video, SHARDS) for video in videos}):
        ids = sorted(video for video in videos if shard_of(video, SHARDS) == shard)
        rows = [{"video_id": v, "duration_ms": 1000, "tracks": [], "missing": [], **texts} for v in ids]
        for name, values in (("download_videos", rows), ("read_tracks", []), ("extract_features", [])):
            if name in made.stages:
                write(store, made.stages[name], shard, hows[name], values, ids)


def write(store: Store, stage: Stage, shard: int, how: str, rows: list[Any], ids: list[str]) -> None:
    """Writes a shard as the runner does."""
    inputs = [store.stamp(view.table.name, shard) for view in stage.reads]
    recipe = checksums.of_values(how, [stamp.content for stamp in inputs if stamp is not None])
    nothing: dict[str, Any] = {"input_hash": bytes(16), "rows_in": 1, "rejects": [], "flaws": []}
    table = pa.Table.from_pylist(rows, schema=stage.writes.schema)
    stamp, accounts = close(recipe, how, table, [{"video_id": video, **nothing} for video in ids])
    store.write_shard(stage.writes, shard, table, accounts, stamp)


def test_left_are_those_without_an_answer_by_id(tmp_path: Path) -> None:
    """A store whose answers are of videos that the manifest does not have has no answer for those that it has."""
    made, store = answered(tmp_path, LONG)
    assert make_plan(made, store).left == Left(0, {name: 0 for name in made.stages}, {}, ())
    answer(made, store, [*LONG[:5], *(f"other-{number}" for number in range(100))])
    assert make_plan(made, store).left.videos == len(LONG) - 5


def test_a_stage_of_other_settings_has_all_to_make_again(tmp_path: Path) -> None:
    _, store = answered(tmp_path, LONG)
    for settings, left, again in (
        (": {pacing: 'off'}" + LATER, 12, 0),
        (LATER + ": {leave: [tags]}", 0, 12),
        (": {pacing: 'off'}" + LATER + ": {leave: [tags]}", 12, 0),
    ):
        (tmp_path / "p.yaml").write_text(TEXT.format(settings))
        found = make_plan(pipeline.load(str(tmp_path / "p.yaml")), store).left
        assert (found.videos, found.again.get("read_tracks", 0), found.notes) == (left, again, ())
        assert found.shards["read_tracks" if again else "download_videos"] == SHARDS


def test_a_changed_manifest_changes_what_is_left(tmp_path: Path) -> None:
    made, store = answered(tmp_path, LONG)
    (tmp_path / "v.csv").write_text("\n".join(["video_id", *LONG[1:], "dQw4w9WgXyz", ""]))
    found = make_plan(made, store).left
    moved = len({shard_of(video, SHARDS) for video in (LONG[0], "dQw4w9WgXyz")})
    assert found.videos == 1 and found.shards == dict.fromkeys(made.stages, moved)
    [note] = found.notes
    assert "the manifest is read anew" in note and "1 videos come, 1 go" in note


def test_what_a_build_would_refuse_is_said(tmp_path: Path) -> None:
    """Features are gone, and so is the media that they came from."""
    delete = ": {retention: delete_after_features}\n  - extract_features"
    made, store = answered(tmp_path, LONG, delete)
    assert make_plan(made, store).left.notes == ()
    shard, table = shard_of(LONG[0], SHARDS), made.stages["extract_features"].writes
    (tmp_path / "store" / "tables" / table.name / f"{shard:05d}.parquet").unlink()
    [note] = make_plan(made, store).left.notes
    assert note.startswith(f"a build would be refused: shard {shard} of {table.name} is missing or damaged")
    shown = run("plan", str(tmp_path / "p.yaml"), "--root", store.root)
    assert "a build would be refused" in shown
    told = json.loads(run("plan", str(tmp_path / "p.yaml"), "--root", store.root, "--json"))
    assert told["notes"] == [note]


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
        "basis": "the manifest, less those that the store has an answer for by these settings",
    }
    checked = run("check", str(tmp_path / "p.yaml"), "--manifest")
    assert "v.csv: 6 rows: in order 2, bad_number 1, duplicate_id 1, excluded 1, bad_row 1" in checked
    assert "  line 3: bad_number: rank of dQw4w9WgXc1 is 'x'" in checked
    assert "  line 7: bad_row: 1 columns, where the header has 2" in checked
    assert "  a build leaves these rows out" in checked
    assert not (tmp_path / "store").exists()

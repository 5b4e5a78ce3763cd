"""The story of a clip: every part of it, and what is said if there is no such clip."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from multihowto import tables
from multihowto.cli import cli
from multihowto.contract import close
from multihowto.errors import ConfigError
from multihowto.explaining import known, story
from multihowto.explaining.decision import why_this_split
from multihowto.files import Files
from multihowto.manifests import shard_of
from multihowto.rejects import REASONS
from multihowto.report.drift import tells_drift
from multihowto.storage import Store
from small_demo import Demo


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["explain", *words], catch_exceptions=True)


def told(store: Store, id: str, pipeline: str) -> dict[str, Any]:
    """The story as --json has it."""
    done = run(store.root, id, "--pipeline", pipeline, "--json")
    assert done.exit_code == 0, done.exception
    return dict(json.loads(done.stdout))


@pytest.fixture
def store(demo: Demo, tmp_path: Path) -> Store:
    """A copy that may be changed."""
    shutil.copytree(demo.store.root, tmp_path / "copy")
    return Store(str(tmp_path / "copy"))


def first_clip(store: Store) -> str:
    return str(min(row["clip_id"] for row in store.read("selection").to_pylist() if row["keep"]))


def write(store: Store, table: tables.Table, rows: list[dict[str, Any]]) -> None:
    """The rows of one video as a table of the store; other rows of the shard are gone."""
    settings = store.require()
    shard = shard_of(rows[0]["video_id"], settings["shards"])
    made = pa.Table.from_pylist(rows, schema=table.schema)
    store.write_shard(table, shard, made, *reversed(close("by hand", "by hand", made, [])))
    store.create(
        settings["pipeline"], settings["shards"], list(dict.fromkeys([*settings["tables"], table.name]))
    )


def test_the_story_goes_from_the_manifest_to_the_decision(demo: Demo) -> None:
    clip = first_clip(demo.store)
    done = run(demo.store.root, clip, "--pipeline", str(demo.pipeline))
    assert done.exit_code == 0, done.exception
    found = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")]
    order = ["manifest", "video", "tracks", "timelines", "clip", "captions", "decision"]
    assert [line for line in found if line in order] == order
    video = demo.store.read_video("videos", clip.split(":")[0]).to_pylist()[0]
    [source] = demo.store.read_video("sources", video["video_id"]).to_pylist()
    for words in (source["url"], repr(video["title"]), video["license"] or "none stated", video["tool"]):
        assert words in done.stdout
    ledger = (Files(demo.store.root).read_bytes("ledger.jsonl") or b"").decode()
    [at] = [
        notes[video["video_id"]]
        for line in ledger.splitlines()
        if video["video_id"] in (notes := json.loads(line).get("notes", {}))
    ]
    assert f"fetched at {at} from" in done.stdout
    assert "fixed by the manifest" in done.stdout
    assert "alignment" in done.stdout and "min_alignment, at least 0.5" in done.stdout


def test_it_is_told_to_machines_too(demo: Demo) -> None:
    clip = first_clip(demo.store)
    found = told(demo.store, clip, str(demo.pipeline))
    assert found["clip"]["cues"] and found["clip"]["clip_id"] == clip
    captions = {row["language"]: row for row in found["captions"]}
    rules = {rule["code"]: rule for rule in found["decision"]["rules"]}
    assert {language: row["score"] for language, row in captions.items()} == pytest.approx(
        rules["alignment"]["values"]
    )
    assert rules["too_short"]["values"] == {"clip": found["clip"]["end_ms"] - found["clip"]["start_ms"]}
    broken = {(name, code) for code, rule in rules.items() for name in rule["broken"] if name in captions}
    assert broken == {(one["language"], one["code"]) for one in found["decision"]["failed"]}
    one = told(demo.store, f"{clip}/en", str(demo.pipeline))
    assert [row["language"] for row in one["captions"]] == ["en"]
    assert set({rule["code"]: rule for rule in one["decision"]["rules"]}["few_words"]["values"]) == {"en"}


def test_no_limit_is_told_that_did_not_decide(demo: Demo, tmp_path: Path) -> None:
    other = tmp_path / "demo.yaml"
    text = demo.pipeline.read_text().replace("      test: 0", "      test: 0\n      min_ms: 5")
    other.write_text(text)
    shutil.copy(demo.pipeline.parent / "videos.csv", tmp_path)
    done = run(demo.store.root, first_clip(demo.store), "--pipeline", str(other))
    assert f"{other} has other settings than those that made this selection" in done.stdout
    assert "min_alignment" not in done.stdout
    nowhere = run(demo.store.root, first_clip(demo.store), "--pipeline", "nowhere.yaml")
    assert nowhere.exit_code == 0 and "no pipeline 'nowhere.yaml'" in nowhere.stdout


def test_a_whole_video_lists_its_clips(demo: Demo) -> None:
    clip = first_clip(demo.store)
    done = run(demo.store.root, clip.split(":")[0])
    assert clip in done.stdout and "kept, in " in done.stdout and "decision\n" not in done.stdout


def test_a_rejected_video_says_why_and_what_to_do(demo: Demo) -> None:
    for id in ("bad-404", "bad-404:00000000-00001000"):
        done = run(demo.store.root, id)
        assert done.exit_code == 0
        assert f"videos: bad-404: not_found: {REASONS['not_found'].meaning}; what to do: none" in done.stdout
    assert "it has no clips at all" in done.stdout


def test_the_nearest_clips_stand_for_one_that_is_not_there(demo: Demo) -> None:
    video = first_clip(demo.store).split(":")[0]
    clips = demo.store.read_video("clips", video).sort_by("start_ms")["clip_id"].to_pylist()
    found = told(demo.store, f"{video}:00000000-00000001", str(demo.pipeline))
    assert found["no such clip"]["nearest"] == clips[:5]
    last = told(demo.store, f"{video}:99990000-99999999", str(demo.pipeline))
    assert last["no such clip"]["nearest"] == clips[::-1][:5]
    assert f"the nearest are: {clips[0]}" in run(demo.store.root, f"{video}:00000000-00000001").stdout


@pytest.mark.parametrize("id", ["../etc", "a b", "", "x:1-2", "v:00000000-00000001/../x", "x" * 65])
def test_what_is_no_id_says_what_one_is(demo: Demo, id: str) -> None:
    with pytest.raises(ConfigError, match="is no id: give a video"):
        known(demo.store, id)


def test_a_video_of_which_nothing_is_known(demo: Demo) -> None:
    with pytest.raises(ConfigError, match="has nothing of the video 'nobody'"):
        known(demo.store, "nobody")


def test_only_one_shard_is_read(demo: Demo, store: Store) -> None:
    clip = first_clip(store)
    mine = f"{shard_of(clip.split(':')[0], 3):05d}.parquet"
    for path in Path(store.root).glob("*/*/*.parquet"):
        if path.name != mine:
            path.write_bytes(b"broken")
    assert told(store, clip, str(demo.pipeline))["decision"]["rules"]


def test_scores_of_other_stages_are_told(demo: Demo, store: Store) -> None:
    clip = first_clip(store)
    video = clip.split(":")[0]
    upload = {"video_id": video, "original_id": "another", "copies": 3, "same_ids": [], "score": 0.9}
    ids = [row["caption_id"] for row in store.read_video("captions", video).to_pylist()]
    counts = {"video_id": video, "in_video": 2, "in_videos": 7, "near_videos": 9, "near_id": "near"}
    sets = [{"name": "a-set", "by": "text", "share": 0.75}]
    write(store, tables.REUPLOADS, [upload])
    write(store, tables.DUPLICATES, [{"caption_id": id, **counts} for id in ids])
    write(store, tables.OVERLAPS, [{"caption_id": id, "video_id": video, "sets": sets} for id in ids])
    done = run(store.root, clip)
    assert "one of 3 uploads of another, 90% of its words alike" in done.stdout
    assert f"{clip}/en: a-set, by text, 75%" in done.stdout
    assert "the same for all 3 uploads of another" in done.stdout
    found = {section.name: section.data for section in story(known(store, f"{clip}/en"), str(demo.pipeline))}
    assert [row["in_videos"] for row in found["said elsewhere"]] == [7]


def test_hostile_text_is_shown_and_not_obeyed(store: Store) -> None:
    clip = first_clip(store)
    video = clip.split(":")[0]
    [row] = store.read_video("videos", video).to_pylist()
    write(store, tables.VIDEOS, [row | {"title": "a\x1b[31m", "license": "CC\x07\ndecision\n  kept\u202e"}])
    done = run(store.root, clip)
    assert not set("\x1b\x07\u202e") & set(done.stdout)
    assert "\\u001b" in done.stdout or "\\x1b" in done.stdout
    assert "CC\\u0007\\ndecision\\n" in done.stdout


@pytest.mark.parametrize(
    ("cues", "seconds", "kind", "score", "tells"),
    [
        (3, 20, "own", 0.9, False),
        (100, 10, "own", 0.9, False),
        (12, 39, "own", 0.9, False),
        (12, 41, "own", 0.9, True),
        (100, 300, "own", 0.9, True),
        (100, 300, "own", 0.0, False),
        (0, 0, "own", 0.9, False),
        (1, 1, "shared", 1.0, True),
    ],
)
def test_a_drift_is_told_where_cues_are_enough(
    cues: int, seconds: float, kind: str, score: float, tells: bool
) -> None:
    """Twice 200 ms x sqrt(12 / n) over the span is less than 1 %: of 12 cues from 40 s on."""
    assert tells_drift({"kind": kind, "score": score}, cues, round(1000 * seconds)) == tells


def test_a_drift_of_a_few_cues_is_unknown(store: Store, demo: Demo) -> None:
    clip = first_clip(store)
    video = clip.split(":")[0]
    tracks = store.read_video("tracks", video).to_pylist()
    timelines = store.read_video("timelines", video).to_pylist()
    write(store, tables.TIMELINES, [row | {"kind": "own", "drift": 0.0123} for row in timelines])
    write(store, tables.TRACKS, [row | {"cues": row["cues"][:1]} for row in tracks])
    assert {row["drift"] for row in told(store, clip, str(demo.pipeline))["timelines"]} == {None}
    shown = run(store.root, clip).stdout
    assert "unknown" in shown and "1.23%" not in shown


@pytest.mark.parametrize(
    ("split", "fixed", "why"),
    [
        (None, None, "the same for all 2 uploads of o, by a hash of that id"),
        ("train", "train", "the same for all 2 uploads of o, fixed by the manifest for one of them"),
        (
            "test",
            "train",
            "fixed by the manifest for one of them, of this one train: a test's copy is never trai",
        ),
        (
            "test",
            None,
            "fixed by the manifest for one of them, of this one no split: a test's copy is never tr",
        ),
    ],
)
def test_it_says_which_split_won_among_copies(
    store: Store, split: str | None, fixed: str | None, why: str
) -> None:
    video = first_clip(store).split(":")[0]
    [source] = store.read_video("sources", video).to_pylist()
    write(store, tables.SOURCES, [source | {"split": fixed}])
    upload = {
        "video_id": video,
        "original_id": "o",
        "copies": 2,
        "same_ids": ["o"],
        "split": split,
        "score": 1.0,
    }
    write(store, tables.REUPLOADS, [upload])
    assert why in why_this_split(known(store, video))


@pytest.mark.parametrize("change", ["gone", "another type"])
def test_a_table_of_another_version_is_named_with_its_column_and_the_cure(store: Store, change: str) -> None:
    clip = first_clip(store)
    for path in Path(store.root).glob("tables/captions/*.parquet"):
        rows = pq.read_table(path)
        others = rows.drop_columns("score")
        if change != "gone":
            others = others.append_column("score", pa.array([["x"]] * rows.num_rows))
        pq.write_table(others.replace_schema_metadata(rows.schema.metadata), path)
    commands = [
        ["explain", store.root, clip],
        ["show", store.root, clip],
        ["show", store.root, clip.split(":")[0]],
    ]
    page = str(Path(store.root).parent / "report.html")
    for words in [*commands, ["sample", store.root], ["report", store.root, "--html", page]]:
        done = CliRunner().invoke(cli, words)
        assert isinstance(done.exception, ConfigError), (words, done.exception)
        assert "table captions of" in str(done.exception) and "no column score" in str(done.exception)
        cure = f"`multihowto build PIPELINE --root {store.root}` with this version makes it anew"
        assert cure in str(done.exception)

"""Row build.noop_s: how long `multihowto build` takes to see that there is nothing to do."""

import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

import material
from harness import Bench, Row, multihowto, row, run, run_command
from multihowto import pipeline as pipelines
from multihowto import tables
from multihowto.contract import close
from multihowto.kept import KeptFiles
from multihowto.manifests import shard_of, shipped
from multihowto.pipeline import load
from multihowto.runner import Plan, Task, plan
from multihowto.spread import run_scatter
from multihowto.stage import World
from multihowto.storage import Store

TARGET_S = 3.0
SHARDS = 500
VIDEOS = 1000
CUES = 6


def noop_s(bench: Bench) -> Row:
    """The whole command on 500 shards of the demo's stages, against Python alone."""
    path = _write_pipeline(bench.folder)
    store = str(bench.folder / "noop")
    build = multihowto("build", str(path), "--root", store)
    bench.say(f"build.noop_s: making a store of {SHARDS} shards")
    _write_downloads(path, Store(store))
    run(build)
    last = run(build)
    if last.count("nothing to do") != len(load(str(path)).stages):
        raise RuntimeError(f"the build had something to do:\n{last}")
    works = {
        "ours": lambda: run_command(build),
        "bare": lambda: run_command([sys.executable, "-c", "pass"]),
    }
    return row("build.noop_s", bench.take_turns("build.noop_s", works), TARGET_S, "wall_s")


def _write_pipeline(folder: Path) -> Path:
    """The demo's pipeline with more shards and another manifest."""
    rows = [f"{video},http://127.0.0.1:1/{video}" for video in material.video_ids(VIDEOS)]
    (folder / "videos.csv").write_text("\n".join(["video_id,url", *rows, ""]))
    text = (shipped("pipelines") / "demo.yaml").read_text(encoding="utf-8")
    path = folder / "noop.yaml"
    text = text.replace("videos/demo.csv", "videos.csv").replace("shards: 8", f"shards: {SHARDS}")
    path.write_text(text, encoding="utf-8")
    return path


def _write_downloads(path: Path, store: Store) -> None:
    """Fills the first two tables, so that a build has nothing to download and makes the others."""
    loaded = pipelines.load(str(path))
    world = World(KeptFiles(store, SHARDS), loaded.manifest, path.parent, {})
    hows = loaded.fingerprints()
    scatter, download = (Task(n, s, hows[n], store, world) for n, s in list(loaded.stages.items())[:2])
    store.create(loaded.name, SHARDS, [stage.writes.name for stage in loaded.stages.values()])
    run_scatter(scatter, range(SHARDS), SHARDS)
    shards: dict[int, list[str]] = {shard: [] for shard in range(SHARDS)}
    for video in material.video_ids(VIDEOS):
        shards[shard_of(video, SHARDS)].append(video)
    for shard, videos in shards.items():
        _write_shard(download, shard, videos)


def _write_shard(task: Task, shard: int, videos: Sequence[str]) -> None:
    """One shard of table `videos`, as if its videos had been downloaded."""
    todo = plan(task, shard)
    assert isinstance(todo, Plan)
    draw, words = random.Random(shard), material.phrases()
    rows = pa.Table.from_pylist(
        [_video(video, draw, words) for video in sorted(videos)], schema=tables.VIDEOS.schema
    )
    accounts = [
        {"video_id": video, "input_hash": bytes(16), "rows_in": 1, "rejects": [], "flaws": []}
        for video in videos
    ]
    stamp, full = close(todo.recipe, task.how, rows, accounts)
    task.store.write_shard(tables.VIDEOS, shard, rows, full, stamp)


def _video(video: str, draw: random.Random, words: dict[str, list[str]]) -> dict[str, Any]:
    """A row of table `videos` with a short track in every language."""
    tracks = [
        {
            "language": language,
            "tag": language,
            "kind": "manual",
            "format": "vtt",
            "body": material.track(draw, words[language], CUES),
        }
        for language in sorted(words)
    ]
    texts = {"url": f"http://127.0.0.1:1/{video}", "site": "html5", "title": video, "tool": "bench"}
    return {"video_id": video, **texts, "duration_ms": 5000 * CUES, "tracks": tracks, "missing": []}


ROWS = {"build.noop_s": noop_s}

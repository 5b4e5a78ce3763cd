"""What the tests of publishing share: stores that are changed by hand, and what is in a folder."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from multihowto import checksums, tables
from multihowto.contract import close
from multihowto.manifests import find
from multihowto.publish import Published, Settings, write_folder
from multihowto.stages import STAGES
from multihowto.storage import Store
from small_demo import Demo

OPEN = "Creative Commons Attribution license (reuse allowed)"


HOSTILE = (
    "<script>alert(1)</script> | [x](javascript:1) \u202e\n# no\n---\nlicense: mit `$x$` " + "w" * 10_000
)


CONTACT = "removal@example.org"


FEATURES = tables.FEATURES_EFFICIENTNET_LITE0


COMMAND = """
from multihowto import cli
from multihowto.cli.publish import publish
cli.cli.add_command(publish)
cli.main()
"""


LOAD = """
import json, sys
from datasets import get_dataset_config_names, load_dataset
folder, cache = sys.argv[1:]
found = {}
for name in get_dataset_config_names(folder):
    splits = load_dataset(folder, name=name, cache_dir=cache)
    found[name] = {split: [
        {key: [len(value), len(value[0])] if key == "features" else value for key, value in row.items()} for row in rows
    ] for split, rows in splits.items()}
json.dump(found, sys.stdout)
"""


def change(store: Store, table: tables.Table, edit: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Rewrites rows of a table behind the back of its stamps."""
    for shard in store.shards_of(table.name):
        stamp = store.stamp(table.name, shard)
        assert stamp is not None
        rows = [edit(row) for row in store.read_shard(table, shard).to_pylist()]
        accounts = store.read_accounts(table.name, shard)
        store.write_shard(table, shard, pa.Table.from_pylist(rows, schema=table.schema), accounts, stamp)


def add(store: Store, table: tables.Table, make: Callable[[int], list[dict[str, Any]]]) -> None:
    """Writes a table by hand, as a stage would."""
    stage = next((stage for stage in STAGES.values() if stage.writes is table), None)
    for shard in store.shards_of("selection"):
        rows = sorted(make(shard), key=lambda row: (row["video_id"], row[table.key]))
        stamps = [store.stamp(view.table.name, shard) for view in (stage.reads if stage else ())]
        recipe = checksums.of_values("by hand", [stamp.content for stamp in stamps if stamp])
        accounts = [
            {"video_id": video, "input_hash": b"\0" * 16, "rows_in": 1, "rejects": [], "flaws": []}
            for video in {row["video_id"] for row in rows}
        ]
        made = pa.Table.from_pylist(rows, schema=table.schema)
        stamp, accounted = close(recipe, "by hand", made, accounts)
        store.write_shard(table, shard, made, accounted, stamp)
    settings = store.require()
    names = list(dict.fromkeys([*settings["tables"], table.name]))
    store.create(settings["pipeline"], settings["shards"], names)


def translated(store: Store, shard: int) -> list[dict[str, Any]]:
    """Swahili from English where a clip has none, Spanish from what passes nowhere; German beside any caption, too."""
    there = {row["caption_id"] for row in store.read_shard(tables.CAPTIONS, shard).to_pylist()}
    return [
        {
            "caption_id": f"{row['clip_id']}/{language}/mt",
            "clip_id": row["clip_id"],
            "video_id": row["video_id"],
            "language": language,
            "text": f"{language} of {row['clip_id']}",
            "origin": "machine_translated",
            "source_language": source,
            "model": "toy",
            "model_license": HOSTILE if language == "sw" else "MIT",
            "score": -0.5,
        }
        for row in store.read_shard(tables.CLIPS, shard).to_pylist()
        for language, source in (("sw", "en"), ("de", "en"), ("es", "xx"))
        if language == "de" or f"{row['clip_id']}/{language}" not in there
    ]


def features(store: Store, shard: int) -> list[dict[str, Any]]:
    """1,000 features of each video, two a second: more than a row may hold."""
    return [
        {
            "block_id": f"{row['video_id']}:000000",
            "video_id": row["video_id"],
            "start_ms": 0,
            "step_ms": 500,
            "network": "toy",
            "features": [[float(number % 7)] * 1280 for number in range(1000)],
        }
        for row in store.read_shard(tables.VIDEOS.only("url"), shard).to_pylist()
    ]


def copied(demo: Demo, folder: Path) -> Store:
    shutil.copytree(demo.store.root, folder)
    return Store(str(folder))


def publish(
    store: Store, out: Path, exclusions: Path | None = None, settings: Settings | None = None
) -> Published:
    listed = exclusions or find("exclusions.csv")
    return write_folder(store, "org/name", out, CONTACT, listed, settings or Settings())


def run(
    code: str, *words: str, env: dict[str, str] | None = None, warnings: str = "error"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", warnings, "-c", code, *words],
        capture_output=True,
        text=True,
        env=os.environ | (env or {}),
    )


def header(folder: Path) -> dict[str, Any]:
    _, head, _ = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    found: dict[str, Any] = yaml.safe_load(head)
    return found


def paths(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def contents(folder: Path) -> dict[str, bytes]:
    return {path: (folder / path).read_bytes() for path in paths(folder)}

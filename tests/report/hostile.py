"""A store whose titles and captions attack the page, with every origin, split, and machine translations."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from multihowto import tables
from multihowto.storage import Stamp, Store
from report.runs_written import write_runs

TITLE = "</script><script>window.alert('title')</script><img src=x onerror=\"alert('img')\"> & \u202egnp.exe"
CAPTION = "<b onclick=alert(1)>bold</b> <!-- <script>alert('caption')</script> \u2028 {{ 7 * 7 }} & café Ⅷ"
LONG = "x" * 10_000
TURNED = "safe \u202edlrow\u2066 \u200fend"
CHINESE = "把锤子放在桌子上"
MODEL = "toy <model>"
MODEL_LICENSE = 'MIT" onload="alert(3)'
SPLITS = ("train", "train", "validation", "test")
ORIGIN_OF = {"de": "asr", "cs": "auto_translated"}


def hostile_store(clean: Store, root: Path) -> Store:
    """A copy of a small store, rewritten."""
    assert clean.files.local is not None
    shutil.copytree(clean.files.local, root)
    store = Store(str(root))
    settings = store.require()
    clips = sorted(store.read("clips", ["clip_id"])["clip_id"].to_pylist())
    videos = list(dict.fromkeys(clip.split(":")[0] for clip in clips))
    first, clip = videos[0], clips[0]
    texts = {f"{clip}/en": CAPTION, f"{clip}/de": LONG, f"{clip}/fr": TURNED, f"{clip}/zh": CHINESE}

    def video(row: dict[str, Any]) -> dict[str, Any]:
        mine = {"title": TITLE, "license": "CC <BY> 4.0", "channel": TITLE, "url": "javascript:alert(4)"}
        return row | (mine if row["video_id"] == first else {})

    def caption(row: dict[str, Any]) -> dict[str, Any]:
        text = texts.get(row["caption_id"], row["text"])
        return row | {"text": text, "origin": ORIGIN_OF.get(row["language"], row["origin"])}

    def selected(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"split": SPLITS[videos.index(row["video_id"])]}

    _rewrite(store, tables.VIDEOS, video)
    _rewrite(store, tables.CAPTIONS, caption)
    _rewrite(store, tables.SELECTION, selected)
    _translate(store)
    write_runs(store)
    store.create(settings["pipeline"], settings["shards"], [*settings["tables"], "translations"])
    return store


def _rewrite(store: Store, table: tables.Table, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    for shard in store.shards_of(table.name):
        rows = [change(row) for row in store.read_shard(table, shard).to_pylist()]
        stamp = store.stamp(table.name, shard)
        assert stamp is not None
        accounts = store.read_accounts(table.name, shard)
        store.write_shard(table, shard, pa.Table.from_pylist(rows, schema=table.schema), accounts, stamp)


def _translate(store: Store) -> None:
    """A translation for every caption that is missing."""
    languages = sorted(set(store.read("captions", ["language"])["language"].to_pylist()))
    for shard in store.shards_of("clips"):
        there = set(store.read_shard(tables.CAPTIONS.only(), shard)["caption_id"].to_pylist())
        rows = [
            {
                "caption_id": f"{clip['clip_id']}/{language}",
                "clip_id": clip["clip_id"],
                "video_id": clip["video_id"],
                "language": language,
                "text": f"translated into {language}",
                "origin": "machine_translated",
                "source_language": "en",
                "model": MODEL,
                "model_license": MODEL_LICENSE,
                "score": -0.25,
            }
            for clip in store.read_shard(tables.CLIPS.only(), shard).to_pylist()
            for language in languages
            if f"{clip['clip_id']}/{language}" not in there
        ]
        made = pa.Table.from_pylist(rows, schema=tables.TRANSLATIONS.schema)
        store.write_shard(
            tables.TRANSLATIONS,
            shard,
            made,
            tables.ACCOUNTS.empty_table(),
            Stamp("toy", "toy", "toy", 0, made.num_rows, 0),
        )

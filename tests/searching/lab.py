"""A toy store whose videos have pages and media, and a run that has learnt what the toy's words look like."""

import shutil
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from learning_toys import CLIP_MS, make_encoder, make_store, quiet, write_recipe, write_rows
from multihowto import tables
from multihowto.searching.search import Hit, search
from multihowto.searching.trained import Trained, open_trained
from multihowto.storage import Store
from multihowto.training import recipe as recipes
from multihowto.training.keeping import RECIPE
from multihowto.training.material import folder_of, prepare
from multihowto.training.train import train

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e"
VIDEOS = 10


@dataclass(frozen=True)
class Toy:
    """A store, the file of its recipe, and the run."""

    store: Store
    recipe: Path

    def open(self, asked: str = "") -> Trained:
        return open_trained(self.store, asked or str(self.recipe), refuse, quiet)


def refuse(name: str) -> Path:
    raise AssertionError(f"{name} is not to be fetched")


def video(number: int) -> dict[str, Any]:
    """A video's row: some on YouTube, some with media, one of own footage; some titles are hostile."""
    name = f"v{number:02d}"
    media = number in (1, 3, 7)
    row: dict[str, Any] = dict.fromkeys(tables.VIDEOS.schema.names)
    return row | {
        "video_id": name,
        "url": "" if number == 2 else f"https://www.youtube.com/watch?v={name}",
        "site": "youtube",
        "title": HOSTILE if number % 2 else f"title {number}",
        "license": "CC-BY-4.0" if number % 2 else None,
        "duration_ms": 3 * CLIP_MS,
        "media_path": f"media/00000/{name}.mp4" if media else None,
        "tracks": [],
        "missing": [],
        "tool": "toy",
    }


def add_pages(store: Store) -> None:
    """The tables sources and videos, and the media of three videos, one of which is gone."""
    rows = [video(number) for number in range(VIDEOS)]
    write_rows(store, tables.VIDEOS, pa.Table.from_pylist(rows, schema=tables.VIDEOS.schema))
    empty: dict[str, Any] = dict.fromkeys(tables.SOURCES.schema.names)
    asked = [empty | {"video_id": row["video_id"], "url": row["url"] or "file:x"} for row in rows]
    write_rows(store, tables.SOURCES, pa.Table.from_pylist(asked, schema=tables.SOURCES.schema))
    for name in ("v01", "v07"):
        store.files.write_bytes(f"media/00000/{name}.mp4", b"not really")


def make_toy(folder: Path, epochs: int = 60) -> Toy:
    """Makes the store and trains the run, in some seconds."""
    path = write_recipe(folder / "toy.yaml", make_encoder(folder / "encoder"), freeze_below=2)
    text = path.read_text().replace("epochs: 2", "epochs: 1").replace("epochs: 3", f"epochs: {epochs}")
    text = text.replace("width: 16", "width: 64").replace("dropout: 0.1", "dropout: 0.0")
    path.write_text(text.replace("checkpoint_every_s: 0", "checkpoint_every_s: 1000"))
    store = make_store(folder / "store", videos=VIDEOS)
    add_pages(store)
    recipe = recipes.load(str(path))
    material = prepare(recipe, store, quiet)
    # without validation clips, so that the last epoch is kept, not the one that is best for words it never saw
    seen = replace(material, clips=replace(material.clips, split_of=material.clips.split_of * 0))
    train(recipe, store, 1, quiet, seen)
    # as runs were before they kept their recipe: what is asked for is the file's
    (folder / "store" / folder_of(recipe, 1) / RECIPE).unlink()
    return Toy(store, path)


def nobody(shard: int) -> Collection[str]:
    return ()


def found(toy: Toy, query: str, number: int = 3, language: str | None = None) -> list[Hit]:
    return search(toy.open(), toy.store, query, number, language, nobody, quiet)


def copy(toy: Toy, folder: Path) -> Toy:
    shutil.copytree(toy.store.root, folder)
    return Toy(Store(str(folder)), toy.recipe)

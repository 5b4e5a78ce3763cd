"""The Python face: open a store, read tables and joins, iterate clips."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.storage import Store


@dataclass(frozen=True, slots=True)
class Clip:
    """One clip: its place in its video, whether it is kept, and what is said in each language."""

    clip_id: str
    video_id: str
    start_ms: int
    end_ms: int
    texts: Mapping[str, str]
    """Caption by language code."""
    keep: bool | None
    """None until `select_clips` has run."""
    split: str | None


def open_store(root: str) -> Store:
    """Opens the store at a folder or URI. ConfigError if there is none."""
    store = Store(str(root))
    store.require()
    return store


def clips(
    store: Store,
    language: str | None = None,
    split: str | None = None,
    kept: bool = True,
    translations: bool = False,
) -> Iterator[Clip]:
    """The clips of a store, in the order of its shards; by default those that `select_clips` keeps.

    `language` asks for clips that have a caption in it, `split` for one of train, validation, test. With
    `translations`, a machine's text stands where a clip has no caption.
    """
    said_in = (tables.TRANSLATIONS, tables.CAPTIONS) if translations else (tables.CAPTIONS,)
    for shard in store.shards_of("clips"):
        selected = _rows_by_clip(store, shard, "selection")
        texts: dict[str, dict[str, str]] = {}
        for table in said_in:
            if store.stamp(table.name, shard) is not None:
                for row in store.read_shard(table.only("clip_id", "language", "text"), shard).to_pylist():
                    texts.setdefault(row["clip_id"], {})[row["language"]] = row["text"]
        for row in store.read_shard(tables.CLIPS, shard).to_pylist():
            choice = selected.get(row["clip_id"], {})
            said = texts.get(row["clip_id"], {})
            if (kept and choice.get("keep") is False) or (language is not None and language not in said):
                continue
            if split is not None and choice.get("split") != split:
                continue
            yield Clip(
                row["clip_id"],
                row["video_id"],
                row["start_ms"],
                row["end_ms"],
                said,
                choice.get("keep"),
                choice.get("split"),
            )


def _rows_by_clip(store: Store, shard: int, table: str) -> dict[str, dict[str, Any]]:
    if store.stamp(table, shard) is None:
        return {}
    return {row["clip_id"]: row for row in store.read_shard(tables.TABLES[table], shard).to_pylist()}


def search(store: Store, words: str, language: str | None = None) -> pa.Table:
    """Captions that contain the words, whatever the case, with their clips' times."""
    captions = store.join("captions", "clips")
    hit = pc.match_substring(captions["text"], words, ignore_case=True)
    if language is not None:
        hit = pc.and_(hit, pc.equal(captions["language"], language))
    return captions.filter(hit)

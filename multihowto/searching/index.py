"""Unit vectors of a store's clips, shard by shard, kept beside the run that made them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import safetensors
import safetensors.numpy

from multihowto import checksums, tables
from multihowto.errors import ConfigError
from multihowto.searching.trained import POSITIONS, Trained
from multihowto.storage import Store
from multihowto.training.data import Only, read_some
from multihowto.training.embedding import embed_videos
from multihowto.training.ragged import Floats, Ints

SELECTION = tables.SELECTION.only("keep")


@dataclass(frozen=True)
class ShardVectors:
    """The clips of a shard that can be found."""

    shard: int
    rows: pa.Table
    """clip_id and video_id, (n,)."""
    vectors: Floats
    """(n, width) half floats."""


def shards_to_embed(trained: Trained, store: Store) -> list[int]:
    """Shards whose vectors are not kept, or were made of other features, clips or weights."""
    kept = set(store.files.names(f"{trained.folder}/clips"))
    return [shard for shard in _shards(trained, store) if _name(trained, store, shard) not in kept]


def embed_shards(trained: Trained, store: Store, shards: list[int], say: Callable[[str], None]) -> None:
    """Makes and keeps the vectors of some shards; memory is bound by the clips and features of one."""
    for done, shard in enumerate(shards, 1):
        vectors, places = _embed(trained, store, shard)
        name, folder = _name(trained, store, shard), f"{trained.folder}/clips"
        for old in store.files.names(folder):
            if old.startswith(f"{shard:05d}-"):
                store.files.remove(f"{folder}/{old}")
        data = safetensors.numpy.save({"vectors": vectors, "places": places})
        store.files.write_bytes(f"{folder}/{name}", data)
        say(f"clips embedded: shard {shard} ({done:,} of {len(shards):,}), {len(places):,} clips")


def shard_vectors(trained: Trained, store: Store, say: Callable[[str], None]) -> Iterator[ShardVectors]:
    """Shard by shard what can be found; a file that cannot be read is made again."""
    for shard in _shards(trained, store):
        rows = _kept_clips(store, shard)
        found = _load(trained, store, shard, rows.num_rows)
        if found is None:
            embed_shards(trained, store, [shard], say)
            found = _load(trained, store, shard, rows.num_rows)
        if found is not None:
            yield ShardVectors(shard, rows.take(pa.array(found[1])), found[0])


def _shards(trained: Trained, store: Store) -> list[int]:
    """Shards that have all that a clip's vector is made of. ConfigError if there is none."""
    names = (tables.CLIPS.name, trained.recipe.features)
    there = [set(store.shards_of(name)) for name in names]
    found = [
        shard for shard in store.shards_of(SELECTION.table.name) if all(shard in shards for shards in there)
    ]
    if not found:
        raise ConfigError(
            f"the store {store.root} lacks selected clips or their {trained.recipe.features}: `multihowto build` it "
            "with a pipeline that makes them"
        )
    return found


def _name(trained: Trained, store: Store, shard: int) -> str:
    """A file's name that says what its vectors were made of."""
    names = (tables.CLIPS.name, SELECTION.table.name, trained.recipe.features)
    contents = [stamp.content for name in names if (stamp := store.stamp(name, shard)) is not None]
    key = checksums.of_values(trained.content, trained.recipe.identity(), contents)
    return f"{shard:05d}-{key}.safetensors"


def _kept_clips(store: Store, shard: int) -> pa.Table:
    rows = store.read_shard(SELECTION, shard)
    return rows.filter(rows["keep"]).select(["clip_id", "video_id"]).sort_by("clip_id").combine_chunks()


def _embed(trained: Trained, store: Store, shard: int) -> tuple[Floats, Ints]:
    """Vectors of the shard's clips that have features, and their places among its kept clips."""
    longest = len(trained.model.state_dict()[POSITIONS])  # the model knows no later position
    clips = read_some(
        store, trained.recipe, Only(shards=[shard], languages=(trained.recipe.pivot,), longest=longest)
    )
    if not len(clips.clip_ids):
        return np.zeros((0, trained.recipe.model.width), np.float16), np.zeros(0, np.int64)
    everyone = np.arange(len(clips.clip_ids))
    vectors = embed_videos(trained.model, clips, everyone).numpy().astype(np.float16)
    ids = _kept_clips(store, shard)["clip_id"].combine_chunks()
    places = pc.index_in(pa.array(clips.clip_ids), value_set=ids)
    return vectors, places.to_numpy().astype(np.int64)


def _load(trained: Trained, store: Store, shard: int, kept: int) -> tuple[Floats, Ints] | None:
    """The kept vectors of a shard; None if they are not there, or damaged."""
    data = store.files.read_bytes(f"{trained.folder}/clips/{_name(trained, store, shard)}")
    try:
        found = safetensors.numpy.load(data or b"")
    except safetensors.SafetensorError:
        return None
    vectors, places = (found.get(name, np.zeros(0)) for name in ("vectors", "places"))
    fits = vectors.shape == (len(places), trained.recipe.model.width) and places.ndim == 1
    if not fits or places.dtype != np.int64 or ((places < 0) | (places >= kept)).any():
        return None
    return vectors, places

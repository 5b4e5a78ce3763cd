"""The clips of a store whose vectors are nearest to a text's, with what a person wants to see of them."""

import heapq
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.errors import ConfigError
from multihowto.manifests import shard_of
from multihowto.report.labels import shown, web_url
from multihowto.sampling import at_second
from multihowto.searching.index import ShardVectors, embed_shards, shard_vectors, shards_to_embed
from multihowto.searching.trained import Trained
from multihowto.storage import Store
from multihowto.training.ragged import Floats

AT_ONCE = 16_384
"""Clips whose vectors are 32-bit floats at the same time."""
_TIMES = tables.CLIPS.only("start_ms", "end_ms")
_VIDEO = tables.VIDEOS.only("url", "title", "license", "media_path")
_TEXTS = (
    tables.CAPTIONS.only("clip_id", "language", "text"),
    tables.TRANSLATIONS.only("clip_id", "language", "text"),
)
Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Found:
    """A clip and its cosine with the query; the greater is the better, ties go to the smaller id."""

    score: float
    clip_id: str
    video_id: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A clip that was found; its texts are harmless for people, not for HTML."""

    rank: int
    score: float
    clip_id: str
    video_id: str
    start_ms: int
    end_ms: int
    title: str
    link: str
    """To the second on the site; empty if there is none."""
    license: str
    """As the site states it; empty if it states none."""
    language: str
    """Of the caption; empty if there is none."""
    caption: str
    media_path: str
    """Of the media, from the store's root; empty if none is known."""


def search(
    trained: Trained,
    store: Store,
    query: str,
    number: int,
    language: str | None,
    taken_down: Callable[[int], Collection[str]],
    say: Said,
) -> list[Hit]:
    """The `number` best clips for a text, best first; captions in `language`, else in the pivot.

    `taken_down` gives the videos of a shard that must not be shown. Vectors of clips that are not kept yet are made
    first, while the store is held. ConfigError if the query is empty or the store lacks what is needed.
    """
    if not query.strip():
        raise ConfigError("the query is empty: say what the clip shows, in any language")
    vector = trained.embed(query)
    missing = shards_to_embed(trained, store)
    if missing:
        with store.files.lock("search"):
            embed_shards(trained, store, missing, say)
    best: list[Found] = []
    for here in shard_vectors(trained, store, say):
        if here.rows.num_rows:
            found = _best(here, vector, number, taken_down(here.shard))
            best = heapq.nsmallest(number, [*best, *found], key=_order)
    return _hits(store, best, [language or trained.recipe.pivot, trained.recipe.pivot])


def _order(found: Found) -> tuple[float, str]:
    return (-found.score, found.clip_id)


def _best(here: ShardVectors, vector: Floats, number: int, gone: Collection[str]) -> list[Found]:
    """The best clips of a shard, and those that tie with the last of them; none of a video that is gone."""
    begins = range(0, len(here.vectors), AT_ONCE)
    scores = np.concatenate([here.vectors[i : i + AT_ONCE].astype(np.float32) @ vector for i in begins])
    hidden = pc.is_in(here.rows["video_id"], value_set=pa.array(sorted(gone), pa.string()))
    scores[hidden.to_numpy(zero_copy_only=False) | ~np.isfinite(scores)] = -np.inf
    least = np.partition(scores, -number)[-number] if number < len(scores) else -np.inf
    places = np.flatnonzero((scores >= least) & (scores > -np.inf))
    rows = here.rows.take(pa.array(places)).to_pylist()
    return [Found(float(scores[place]), **row) for place, row in zip(places, rows, strict=True)]


def _hits(store: Store, best: Sequence[Found], languages: Sequence[str]) -> list[Hit]:
    """What is shown of each; a shard is read once."""
    shards = store.require()["shards"]
    by_shard: dict[int, list[Found]] = {}
    for one in best:
        by_shard.setdefault(shard_of(one.video_id, shards), []).append(one)
    hits: dict[str, Hit] = {}
    ranks = {one.clip_id: rank for rank, one in enumerate(best, 1)}
    for shard, ones in by_shard.items():
        clips = [one.clip_id for one in ones]
        times = {row["clip_id"]: row for row in _rows(store, _TIMES, shard, "clip_id", clips)}
        videos = {
            row["video_id"]: row
            for row in _rows(store, _VIDEO, shard, "video_id", [one.video_id for one in ones])
        }
        captions = _captions(store, shard, clips, languages)
        for one in ones:
            said = captions.get(one.clip_id, ("", ""))
            video = videos.get(one.video_id, {})
            hits[one.clip_id] = _hit(ranks[one.clip_id], one, times[one.clip_id], video, said)
    return [hits[one.clip_id] for one in best]


def _rows(
    store: Store, view: tables.View, shard: int, key: str, wanted: Collection[str]
) -> list[dict[str, Any]]:
    """Some rows of a shard; none if it is not there."""
    if store.stamp(view.table.name, shard) is None:
        return []
    rows = store.read_shard(view, shard)
    found: list[dict[str, Any]] = rows.filter(
        pc.is_in(rows[key], pa.array(sorted(set(wanted)), pa.string()))
    ).to_pylist()
    return found


def _captions(
    store: Store, shard: int, clips: Collection[str], languages: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Of each clip the language and text of the caption in the first of these languages that it has."""
    found: dict[tuple[str, str], str] = {}
    for view in _TEXTS:
        for row in _rows(store, view, shard, "clip_id", clips):
            found.setdefault((row["clip_id"], row["language"]), row["text"])
    return {
        clip: next((code, found[clip, code]) for code in languages if (clip, code) in found)
        for clip in clips
        if any((clip, code) in found for code in languages)
    }


def _hit(
    rank: int, one: Found, times: Mapping[str, Any], video: Mapping[str, Any], said: tuple[str, str]
) -> Hit:
    start = times["start_ms"]
    return Hit(
        rank=rank,
        score=one.score,
        clip_id=one.clip_id,
        video_id=one.video_id,
        start_ms=start,
        end_ms=times["end_ms"],
        title=shown(video.get("title")),
        link=at_second(web_url(video.get("url")), start // 1000),
        license=shown(video.get("license")),
        language=said[0],
        caption=shown(said[1]),
        media_path=video.get("media_path") or "",
    )

"""One shard's kept clips: where their features are, and what is said in them.

All tables of a store have a video's rows in the same shard, so that nothing is looked for in another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.storage import Store, look_up
from multihowto.training.ragged import Floats, Ints


@dataclass(frozen=True)
class Wanted:
    """What is read of every shard."""

    features: tables.Table
    languages: tuple[str, ...]
    splits: tuple[str, ...]
    translations: bool


@dataclass(frozen=True)
class Said:
    """Captions of the shard's clips."""

    texts: pa.Array
    pairs: Ints
    """Number of the clip times the number of languages, plus the language's."""


@dataclass(frozen=True)
class ShardClips:
    """n kept clips, in no order."""

    clip_ids: pa.Array
    splits: pa.Array
    video_of: Ints
    """(n,) number of the video."""
    videos: int
    first: Ints
    """(n,) the first of the shard's feature rows that overlaps the clip."""
    count: Ints
    """(n,) so many rows overlap it."""
    step_ms: int
    """The longest time from one feature to the next; 0 without features."""
    said: Said
    translated: Said


def read_shard(store: Store, shard: int, wanted: Wanted) -> tuple[ShardClips, Floats]:
    """A shard's kept clips and the feature rows (rows, width) of their videos, video after video, in order of time."""
    rows = _read(store, tables.SELECTION.only("keep", "languages", "split"), shard)
    rows = rows.filter(
        pc.and_(rows["keep"], pc.is_in(rows["split"], value_set=pa.array(wanted.splits, pa.string())))
    )
    rows = look_up(rows, _read(store, tables.CLIPS.only("start_ms", "end_ms"), shard), tables.CLIPS)
    # one that is missing in `clips` lasts no time, so no feature overlaps it
    rows = rows.combine_chunks()
    videos = pc.unique(rows["video_id"]).sort()
    video_of = pc.index_in(rows["video_id"], value_set=videos).to_numpy().astype(np.int64)
    view = wanted.features.only("start_ms", "step_ms", "features")
    features, place = _features(
        _read(store, view, shard) if len(videos) else view.schema.empty_table(), videos
    )
    first, count = place.of(video_of, *(_times(rows[name]) for name in ("start_ms", "end_ms")))
    said, translated = _texts(store, shard, rows, wanted)
    step_ms = int(place.step_ms.max(initial=0))
    found = ShardClips(
        rows["clip_id"].combine_chunks(),
        rows["split"].combine_chunks(),
        video_of,
        len(videos),
        first,
        count,
        step_ms,
        said,
        translated,
    )
    return found, features


def _read(store: Store, view: tables.View, shard: int) -> pa.Table:
    """A shard's rows; none if the shard is not there."""
    if shard not in store.shards_of(view.table.name):
        return view.schema.empty_table()
    return store.read_shard(view, shard)


def _times(column: pa.ChunkedArray) -> Ints:
    times: Ints = pc.fill_null(column, 0).to_numpy().astype(np.int64)
    return times


@dataclass(frozen=True)
class _Place:
    """Whose feature rows are, and of which time; sorted by both."""

    video: Ints
    start_ms: Ints
    step_ms: Ints

    def of(self, video_of: Ints, start_ms: Ints, end_ms: Ints) -> tuple[Ints, Ints]:
        """Of each clip the first row that overlaps it, and how many do."""
        # one number that grows with video, then with time: every clip is found by one search
        key, clip_key = self.video << 34, video_of << 34
        first = np.searchsorted(key + self.start_ms + self.step_ms, clip_key + start_ms, side="right")
        end = np.searchsorted(key + self.start_ms, clip_key + end_ms, side="left")
        return first.astype(np.int64), np.maximum(0, end - first).astype(np.int64)


def _features(rows: pa.Table, videos: pa.Array) -> tuple[Floats, _Place]:
    """Feature rows of some videos, without a copy if the shard has no others."""
    wanted = pc.is_in(rows["video_id"], value_set=videos)
    if not pc.all(wanted, min_count=0).as_py():  # a filter copies: features are large
        rows = rows.filter(wanted)
    width = rows.schema.field("features").type.value_type.list_size
    none = np.zeros(0, np.int64)
    if not rows.num_rows:
        return np.zeros((0, width), np.float16), _Place(none, none, none)
    lists = rows["features"].combine_chunks()
    lengths = pc.list_value_length(lists).to_numpy().astype(np.int64)
    flat = lists.flatten().flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
    number = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    video = np.repeat(pc.index_in(rows["video_id"], value_set=videos).to_numpy().astype(np.int64), lengths)
    step_ms = np.repeat(_times(rows["step_ms"]), lengths)
    start_ms = np.repeat(_times(rows["start_ms"]), lengths) + number * step_ms
    order = np.lexsort((start_ms, video))
    if (np.diff(order) == 1).all():
        return flat, _Place(video, start_ms, step_ms)
    return flat[order], _Place(video[order], start_ms[order], step_ms[order])


def _texts(store: Store, shard: int, clips: pa.Table, wanted: Wanted) -> tuple[Said, Said]:
    """Captions that pass, and machine translations where there is none."""
    languages = wanted.languages
    passing = _pairs(
        pc.take(clips["clip_id"], pc.list_parent_indices(clips["languages"])),
        pc.list_flatten(clips["languages"]),
        clips,
        languages,
    )
    said = _read(store, tables.CAPTIONS.only("clip_id", "language", "text"), shard)
    pairs = _pairs(said["clip_id"], said["language"], clips, languages)
    good = np.isin(pairs, passing[passing >= 0])
    captions = _said(said, pairs, good)
    extra = tables.TRANSLATIONS.only("clip_id", "language", "text")
    rows = _read(store, extra, shard) if wanted.translations else extra.schema.empty_table()
    extra_pairs = _pairs(rows["clip_id"], rows["language"], clips, languages)
    return captions, _said(rows, extra_pairs, (extra_pairs >= 0) & ~np.isin(extra_pairs, captions.pairs))


Good: TypeAlias = np.ndarray[tuple[int], np.dtype[np.bool_]]


def _said(rows: pa.Table, pairs: Ints, good: Good) -> Said:
    # offsets of 64 bits: many shards' texts become one array
    texts = rows["text"].filter(pa.array(good)).cast(pa.large_string())
    return Said(texts.combine_chunks(), pairs[good])


def _pairs(clip_ids: pa.Array, codes: pa.Array, clips: pa.Table, languages: Sequence[str]) -> Ints:
    """Clip and language as one number; -1 if either is not among those."""
    clip = pc.fill_null(pc.index_in(clip_ids, value_set=clips["clip_id"].combine_chunks()), -1)
    code = pc.fill_null(pc.index_in(codes, value_set=pa.array(languages, pa.string())), -1)
    clip_number, code_number = clip.to_numpy().astype(np.int64), code.to_numpy().astype(np.int64)
    pair = clip_number * len(languages) + code_number
    return np.where((clip_number >= 0) & (code_number >= 0), pair, -1)

"""A shard of the store -> the rows that are published of it, each with the split that it goes into."""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.publish.columns import PUBLISHED_VIDEOS, TEXTS, side_by_side
from multihowto.publish.settings import Settings
from multihowto.storage import Store

_SPLIT = tables.SELECTION.schema.field("split")
_FROM_CAPTIONS = {"score": "alignment_score"}
_FROM_TRANSLATIONS = {"score": "translation_score"}


@dataclass(frozen=True)
class Chosen:
    """What is published of a shard: its kept clips, and the ids of captions that pass."""

    clips: pa.Table
    """clip_id, video_id, split."""
    passing: pa.Array
    excluded: Collection[str]
    """Videos that have kept clips but are taken down."""


def choose(store: Store, shard: int, excluded: Collection[str]) -> Chosen:
    """The kept clips of videos that are not excluded."""
    rows = store.read_shard(tables.SELECTION.only("keep", "languages", "split"), shard)
    rows = rows.filter(rows["keep"])
    videos = set(pc.unique(rows["video_id"]).to_pylist())
    gone = pc.is_in(rows["video_id"], value_set=pa.array(sorted(excluded), pa.string()))
    rows = rows.filter(pc.invert(gone)).combine_chunks()
    languages = rows["languages"].combine_chunks()
    clips = rows["clip_id"].combine_chunks().take(pc.list_parent_indices(languages))
    passing = pc.binary_join_element_wise(clips, pc.list_flatten(languages), "/")
    return Chosen(rows.select(["clip_id", "video_id", "split"]), passing, videos & set(excluded))


def texts(store: Store, shard: int, chosen: Chosen) -> pa.Table:
    """Captions that pass and translations of captions that pass, with clip times, licence, language and split.

    Sorted by video, clip and language.
    """
    shape = pa.schema([tables.CAPTIONS.schema.field("language"), *TEXTS])
    said = store.read_shard(tables.CAPTIONS, shard)
    said = said.filter(pc.is_in(said["caption_id"], value_set=chosen.passing))
    parts = [
        _shaped(said, shape, _FROM_CAPTIONS),
        _shaped(_translations(store, shard, chosen), shape, _FROM_TRANSLATIONS),
    ]
    rows = pa.concat_tables(parts).sort_by(
        [(name, "ascending") for name in ("video_id", "clip_id", "language")]
    )
    spans = store.read_shard(tables.CLIPS.only("start_ms", "end_ms"), shard)
    videos = store.read_shard(tables.VIDEOS.only("license"), shard)
    rows = beside(rows, "clip_id", spans, ("start_ms", "end_ms"))
    rows = beside(rows, "clip_id", chosen.clips, ("split",))
    return beside(rows, "video_id", videos, ("license",))


def languages(store: Store, shard: int, chosen: Chosen) -> set[str]:
    """Languages that a shard's published texts are in."""
    said = {caption.rsplit("/", 1)[1] for caption in chosen.passing.to_pylist()}
    return said | set(_translations(store, shard, chosen)["language"].to_pylist())


def _translations(store: Store, shard: int, chosen: Chosen) -> pa.Table:
    """Translations of kept clips whose source passes, in languages that no caption holds."""
    if not store.has("translations") or store.stamp("translations", shard) is None:
        return tables.TRANSLATIONS.empty()
    rows = store.read_shard(tables.TRANSLATIONS, shard)
    source = pc.binary_join_element_wise(rows["clip_id"], rows["source_language"], "/")
    said = pc.binary_join_element_wise(rows["clip_id"], rows["language"], "/")
    taken = pc.is_in(said, value_set=chosen.passing)
    return rows.filter(pc.and_not(pc.is_in(source, value_set=chosen.passing), taken))


def _shaped(rows: pa.Table, shape: pa.Schema, renamed: Mapping[str, str]) -> pa.Table:
    """The columns of a schema, found under their own or their old names; nulls for those that are not there."""
    rows = rows.rename_columns([renamed.get(name, name) for name in rows.column_names])
    return pa.table(
        [
            rows[field.name] if field.name in rows.column_names else pa.nulls(rows.num_rows, field.type)
            for field in shape
        ],
        names=shape.names,
    )


def beside(rows: pa.Table, key: str, other: pa.Table, names: Sequence[str]) -> pa.Table:
    """Puts columns of another table beside the rows, found by a key; replaces columns of the same name."""
    where = pc.index_in(rows[key], value_set=other[key].combine_chunks())
    for name in names:
        found = other[name].combine_chunks().take(where.combine_chunks())
        place = rows.schema.get_field_index(name)
        rows = rows.append_column(name, found) if place < 0 else rows.set_column(place, name, found)
    return rows


def wide(chosen: Chosen, rows: pa.Table, languages: Sequence[str]) -> pa.Table:
    """One row a clip, one column a language and one for its origin."""
    clips = chosen.clips
    clips = beside(clips, "clip_id", rows, ("start_ms", "end_ms", "license"))
    for language in languages:
        mine = rows.filter(pc.equal(rows["language"], language)).select(["clip_id", "text", "origin"])
        mine = mine.rename_columns(["clip_id", language, f"{language}_origin"])
        clips = beside(clips, "clip_id", mine, (language, f"{language}_origin"))
    translated = rows.filter(rows["model_license"].is_valid()).select(["clip_id", "model_license"])
    licenses: dict[str, set[str]] = {}
    for clip, license in zip(*(column.to_pylist() for column in translated.columns), strict=True):
        licenses.setdefault(clip, set()).add(license)
    found = [sorted(licenses.get(clip, ())) for clip in clips["clip_id"].to_pylist()]
    clips = clips.append_column("model_licenses", pa.array(found, pa.list_(pa.string())))
    return clips.select([*side_by_side(languages).names, "split"])


def videos(
    store: Store, shard: int, chosen: Chosen, rows: pa.Table, settings: Settings
) -> list[dict[str, Any]]:
    """The published videos as dicts: the published columns, and `split`, `tool`, `media_path`, `media_sha256`."""
    clips = Counter(chosen.clips["video_id"].to_pylist())
    said = _languages(rows)
    splits = dict(zip(*(chosen.clips[name].to_pylist() for name in ("video_id", "split")), strict=True))
    known = {
        row["video_id"]: row
        for row in store.read_shard(
            tables.SOURCES.only("category_1", "category_2", "task_id", "rank"), shard
        ).to_pylist()
    }
    view = tables.VIDEOS.only(
        "url",
        "title",
        "channel",
        "license",
        "spoken_language",
        "duration_ms",
        "media_path",
        "media_sha256",
        "tool",
    )
    found = []
    for row in store.read_shard(view, shard).to_pylist():
        video = row["video_id"]
        if video in clips:
            if not settings.is_open(row["license"]):
                row |= {"title": None, "channel": None}
            row |= {
                "clips": clips[video],
                "languages": said.get(video, []),
                "split": splits[video],
                "media": None,
            }
            found.append(known[video] | row)
    return found


def video_table(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Published videos as a table."""
    return pa.Table.from_pylist(list(rows), schema=pa.schema([*PUBLISHED_VIDEOS, _SPLIT]))


def _languages(rows: pa.Table) -> dict[str, list[str]]:
    """Languages of each video's texts, sorted."""
    pairs = rows.group_by(["video_id", "language"]).aggregate([])
    found: dict[str, list[str]] = {}
    for video, language in sorted(
        zip(*(pairs[name].to_pylist() for name in ("video_id", "language")), strict=True)
    ):
        found.setdefault(video, []).append(language)
    return found


def features(store: Store, shard: int, chosen: Chosen, table: tables.Table, most_bytes: int) -> pa.Table:
    """The feature blocks of published videos, none above a size, with their splits."""
    rows = store.read_shard(table, shard)
    rows = rows.filter(pc.is_in(rows["video_id"], value_set=chosen.clips["video_id"].combine_chunks()))
    return beside(cut_blocks(rows, most_bytes), "video_id", chosen.clips, ("split",))


def cut_blocks(rows: pa.Table, most_bytes: int) -> pa.Table:
    """Cuts blocks of features that are larger than so many bytes; a piece begins at a whole second if it can."""
    rows = rows.combine_chunks()
    array = pa.concat_arrays(rows["features"].chunks or [pa.array([], rows.schema.field("features").type)])
    most = max(1, most_bytes // (array.type.value_type.list_size * 2))
    lengths = pc.list_value_length(array).to_pylist()
    if max(lengths, default=0) <= most:
        return rows
    where, starts_ms, offsets = list[int](), list[int](), [0]
    times = zip(lengths, *(rows[name].to_pylist() for name in ("start_ms", "step_ms")), strict=True)
    for row, (length, start_ms, step_ms) in enumerate(times):
        a_second = 1000 // math.gcd(1000, step_ms)
        size = most // a_second * a_second or most
        for begin in range(0, length, size):
            where.append(row)
            starts_ms.append(start_ms + begin * step_ms)
            offsets.append(offsets[-1] + min(size, length - begin))
    cut = rows.take(pa.array(where)).set_column(
        rows.schema.get_field_index("features"),
        rows.schema.field("features"),
        pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), array.flatten(), type=array.type),
    )
    ids = [
        f"{video}:{start // 1000:06d}"
        for video, start in zip(cut["video_id"].to_pylist(), starts_ms, strict=True)
    ]
    for name, values in (("start_ms", pa.array(starts_ms, pa.int32())), ("block_id", pa.array(ids))):
        cut = cut.set_column(cut.schema.get_field_index(name), cut.schema.field(name), values)
    return cut

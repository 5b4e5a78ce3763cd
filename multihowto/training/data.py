"""The store's kept clips as flat arrays, and which captions an epoch draws."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from multihowto import checksums, tables
from multihowto.errors import ConfigError
from multihowto.manifests import SPLITS, find, meant, read_languages
from multihowto.storage import Store, look_up
from multihowto.training.ragged import Floats, Ints
from multihowto.training.recipe import Phase, Recipe, languages_of

TABLES = ("clips", "selection", "captions")


@dataclass(frozen=True)
class Clips:
    """n kept clips in order of their ids, with their captions in L languages and their videos' features."""

    clip_ids: list[str]
    video_of: Ints
    """(n,) number of the video."""
    split_of: Ints
    """(n,) index into manifests.SPLITS."""
    first: Ints
    """(n,) first row of `features` that overlaps the clip."""
    count: Ints
    """(n,) so many rows overlap it; at least 1."""
    features: Floats
    """(rows, width) half floats: all videos', one after the other."""
    languages: tuple[str, ...]
    texts: list[str]
    """Distinct captions."""
    text_of: Ints
    """(n, L) index into `texts`; -1 where there is no caption."""
    translated: npt.NDArray[np.bool_]
    """(n, L) whether a machine translated it."""
    digest: str
    """Hash of all that was read."""
    without_features: int
    """Kept clips that are left out because no feature overlaps them."""

    def of_split(self, split: str) -> Ints:
        """Numbers of the clips in a split."""
        return np.flatnonzero(self.split_of == SPLITS.index(split))

    def columns(self, languages: Sequence[str]) -> list[int]:
        """Places of languages in `text_of`."""
        return [self.languages.index(code) for code in languages]


def read_clips(store: Store, recipe: Recipe) -> Clips:
    """Reads what a recipe trains on. ConfigError if a table is not built or no clip is left."""
    features = _check_tables(store, recipe)
    languages = read_languages(find("languages.csv"))
    chosen = store.read("selection", ["clip_id", "video_id", "keep", "languages", "split"])
    chosen = chosen.filter(chosen["keep"]).sort_by("clip_id")
    times = store.read("clips", ["clip_id", "video_id", "start_ms", "end_ms"])
    chosen = look_up(chosen, times, tables.CLIPS)
    rows, first, count, video_of = _features(store, features, chosen, recipe.model.max_video_s)
    seen = np.flatnonzero(count > 0)
    if not len(seen):
        raise ConfigError(f"the store {store.root} has no kept clip with features in {features.name}")
    texts, text_of, translated = _texts(store, chosen, languages, recipe.translations)
    return Clips(
        clip_ids=chosen["clip_id"].take(seen).to_pylist(),
        video_of=video_of[seen],
        split_of=np.array([SPLITS.index(split) for split in chosen["split"].to_pylist()], dtype=np.int64)[
            seen
        ],
        first=first[seen],
        count=count[seen],
        features=rows,
        languages=languages,
        texts=texts,
        text_of=text_of[seen],
        translated=translated[seen],
        digest=digest_of(store, (*TABLES, "translations", features.name)),
        without_features=chosen.num_rows - len(seen),
    )


def _check_tables(store: Store, recipe: Recipe) -> tables.Table:
    """The features' table; every table that is needed must be there."""
    store.require()
    known = [name for name in tables.TABLES if name.startswith("features_")]
    if recipe.features not in known:
        raise ConfigError(f"no table {recipe.features!r} of features; {meant(recipe.features, known)}")
    for name in (*TABLES, recipe.features):
        if not store.shards_of(name):
            raise ConfigError(
                f"the store {store.root} has no table {name} yet: `multihowto build` it with a pipeline that makes it"
            )
    return tables.TABLES[recipe.features]


def digest_of(store: Store, names: Sequence[str]) -> str:
    stamps = {(name, shard): store.stamp(name, shard) for name in names for shard in store.shards_of(name)}
    contents = [[*key, stamp.content] for key, stamp in stamps.items() if stamp is not None]
    return checksums.of_values(contents)


def _features(
    store: Store, table: tables.Table, chosen: pa.Table, max_video_s: int
) -> tuple[Floats, Ints, Ints, Ints]:
    """All feature rows, and for each clip its first row, how many overlap it, and the number of its video."""
    videos = pc.unique(chosen["video_id"]).sort()
    video_of = pc.index_in(chosen["video_id"], value_set=videos).to_numpy().astype(np.int64)
    blocks = [_blocks(store.read_shard(table, shard), videos) for shard in store.shards_of(table.name)]
    rows = np.concatenate([block[0] for block in blocks])
    video, start_ms, step_ms = (np.concatenate([block[part] for block in blocks]) for part in (1, 2, 3))
    order = np.lexsort((start_ms, video))
    if (np.diff(order) != 1).any():
        rows, video, start_ms, step_ms = rows[order], video[order], start_ms[order], step_ms[order]
    # one number that grows with video, then with time: every clip is found by one search
    key = video << 34
    clip_key = video_of << 34
    first = np.searchsorted(key + start_ms + step_ms, clip_key + chosen["start_ms"].to_numpy(), side="right")
    end = np.searchsorted(key + start_ms, clip_key + chosen["end_ms"].to_numpy(), side="left")
    step = int(step_ms.max(initial=1))
    count = np.clip(end - first, 0, max(1, max_video_s * 1000 // step))
    return rows, first.astype(np.int64), count.astype(np.int64), video_of


def _blocks(shard: pa.Table, videos: pa.Array) -> tuple[Floats, Ints, Ints, Ints]:
    """A shard's feature rows, and each row's video, start and step; videos without kept clips are left out."""
    wanted = pc.is_in(shard["video_id"], value_set=videos)
    if not pc.all(wanted, min_count=0).as_py():  # a filter copies: features are large
        shard = shard.filter(wanted)
    shard = shard.combine_chunks()
    lists = shard["features"].combine_chunks() if shard.num_rows else shard.schema.field("features").type
    width = shard.schema.field("features").type.value_type.list_size
    if not shard.num_rows:
        return np.zeros((0, width), np.float16), *(np.zeros(0, np.int64) for _ in range(3))  # type: ignore[return-value]
    lengths = pc.list_value_length(lists).to_numpy().astype(np.int64)
    flat = lists.flatten().flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
    place = np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    video = pc.index_in(shard["video_id"], value_set=videos).to_numpy().astype(np.int64)
    step = shard["step_ms"].to_numpy().astype(np.int64)
    start = np.repeat(shard["start_ms"].to_numpy().astype(np.int64), lengths) + place * np.repeat(
        step, lengths
    )
    return flat, np.repeat(video, lengths), start, np.repeat(step, lengths)


def _texts(
    store: Store, chosen: pa.Table, languages: tuple[str, ...], translations: bool
) -> tuple[list[str], Ints, npt.NDArray[np.bool_]]:
    """Distinct texts, each clip's text by language, and whether it is a translation."""
    columns = ["clip_id", "video_id", "language", "text"]
    passing = _pairs(
        pc.take(chosen["clip_id"], pc.list_parent_indices(chosen["languages"])),
        pc.list_flatten(chosen["languages"]),
        chosen,
        languages,
    )
    said = store.read("captions", columns)
    pairs = _pairs(said["clip_id"], said["language"], chosen, languages)
    good = np.isin(pairs, passing[passing >= 0])
    said, pairs = said.filter(pa.array(good)), pairs[good]
    extra = store.read("translations", columns) if translations else said.slice(0, 0)
    extra_pairs = _pairs(extra["clip_id"], extra["language"], chosen, languages)
    new = (extra_pairs >= 0) & ~np.isin(extra_pairs, pairs)
    column = pa.chunked_array(
        [*said["text"].chunks, *extra.filter(pa.array(new))["text"].chunks], pa.string()
    )
    codes = column.combine_chunks().dictionary_encode()
    text_of = np.full(chosen.num_rows * len(languages), -1, dtype=np.int64)
    translated = np.zeros(len(text_of), dtype=np.bool_)
    text_of[np.concatenate([pairs, extra_pairs[new]])] = codes.indices.to_numpy()
    translated[extra_pairs[new]] = True
    shape = (chosen.num_rows, len(languages))
    return codes.dictionary.to_pylist(), text_of.reshape(shape), translated.reshape(shape)


def _pairs(clip_ids: pa.Array, codes: pa.Array, chosen: pa.Table, languages: tuple[str, ...]) -> Ints:
    """Clip and language as one number; -1 if either is not among those."""
    clip = pc.fill_null(pc.index_in(clip_ids, value_set=chosen["clip_id"].combine_chunks()), -1)
    code = pc.fill_null(pc.index_in(codes, value_set=pa.array(languages, pa.string())), -1)
    clip_number, code_number = clip.to_numpy().astype(np.int64), code.to_numpy().astype(np.int64)
    pair = clip_number * len(languages) + code_number
    return np.where((clip_number >= 0) & (code_number >= 0), pair, -1)


def derive(*values: int | str) -> int:
    """A seed, 0 to 2**63 - 1, that depends on all values: each step has its own, so a resumed run needs no other."""
    digest = hashlib.blake2b(json.dumps(values).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


@dataclass(frozen=True)
class Epoch:
    """What one epoch goes through, step by step."""

    clips: list[Ints]
    """Numbers of clips of each step."""
    texts: list[Ints]
    """(clips, captions) numbers of texts of each step."""
    candidates: list[Ints]
    """(clips, k) numbers of further texts that may fit, -1 where there are fewer; k is 0 without candidates."""


def plan_epoch(clips: Clips, phase: Phase, seed: int, epoch: int) -> Epoch:
    """Order and captions of an epoch: a function of seed, phase and epoch. ConfigError if too few clips are there."""
    draw = np.random.Generator(np.random.Philox(derive(seed, phase.name, epoch)))
    codes = languages_of(phase, clips.languages)
    texts = texts_of(clips, phase)
    usable = (clips.split_of == SPLITS.index("train")) & ((texts >= 0).sum(1) >= phase.captions)
    order = draw.permutation(len(usable))
    order = order[usable[order]]
    if phase.clips == "one_per_video":
        order = order[np.sort(np.unique(clips.video_of[order], return_index=True)[1])]
    if len(order) < 2:
        raise ConfigError(
            f"phase {phase.name}: {len(order)} train clips have captions in its languages; 2 at least"
        )
    weights = np.array([phase.weights.get(code, 1.0) for code in codes])
    columns = _sample(texts[order], weights, phase.captions, draw)
    sampled = np.take_along_axis(texts[order], columns, axis=1)
    others = nearest(clips, order, texts, columns[:, 0], phase.candidates - 1)
    steps = -(-len(order) // phase.batch_size)
    return Epoch(*(np.array_split(one, steps) for one in (order, sampled, others)))


def texts_of(clips: Clips, phase: Phase) -> Ints:
    """(n, languages of the phase) numbers of the texts that a phase may draw; -1 where there is none."""
    columns = clips.columns(languages_of(phase, clips.languages))
    texts = clips.text_of[:, columns]
    return texts if phase.translations else np.where(clips.translated[:, columns], -1, texts)


def _sample(texts: Ints, weights: npt.NDArray[np.float64], captions: int, draw: np.random.Generator) -> Ints:
    """Of each row so many different columns that are there (not -1), by their weights.

    The least of exponential waits, each with its weight as rate: weighted sampling without replacement (Efraimidis and
    Spirakis 2006).
    """
    wait = np.where(texts >= 0, -np.log1p(-draw.random(texts.shape)) / weights, np.inf)
    return np.argsort(wait, axis=1, kind="stable")[:, :captions]


def nearest(clips: Clips, order: Ints, texts: Ints, column: Ints, wanted: int) -> Ints:
    """For clips by number, texts (clips, wanted) in the same column of the clips of their video nearest in time; or -1.

    Time is counted in feature rows. A video's clips follow one another in time; three times as many as are wanted are
    looked at on either side, since some lack the language.
    """
    if not wanted:
        return np.zeros((len(order), 0), dtype=np.int64)
    reach = 3 * wanted
    shifts = np.array([shift for shift in range(-reach, reach + 1) if shift])
    places = order[:, None] + shifts
    inside = np.clip(places, 0, len(texts) - 1)
    found = np.where(
        (places == inside) & (clips.video_of[inside] == clips.video_of[order][:, None]),
        texts[inside, column[:, None]],
        -1,
    )
    middle = 2 * clips.first + clips.count
    away = np.where(found >= 0, np.abs(middle[inside] - middle[order][:, None]), np.iinfo(np.int64).max)
    picked = np.argsort(away, axis=1, kind="stable")[:, :wanted]
    return np.take_along_axis(found, picked, axis=1)

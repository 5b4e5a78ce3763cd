"""The store's kept clips as flat arrays, and which captions an epoch draws."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from multihowto import checksums, tables
from multihowto.errors import ConfigError
from multihowto.manifests import SPLITS, find, meant, read_languages
from multihowto.storage import Store
from multihowto.training.ragged import Floats, Ints, Strings, longer
from multihowto.training.recipe import Phase, Recipe, languages_of
from multihowto.training.shard import Said, ShardClips, Wanted, read_shard

TABLES = ("clips", "selection", "captions")


@dataclass(frozen=True)
class Clips:
    """n kept clips in order of their ids, with their captions in L languages and their videos' features."""

    clip_ids: Sequence[str]
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
    texts: Sequence[str]
    """Distinct captions."""
    text_of: Ints
    """(n, L) index into `texts`; -1 where there is no caption."""
    translated: npt.NDArray[np.bool_]
    """(n, L) whether a machine translated it."""
    digest: str
    """Hash of the store's tables; empty if only some shards were read."""
    without_features: int
    """Kept clips that are left out because no feature overlaps them."""

    def of_split(self, split: str) -> Ints:
        """Numbers of the clips in a split."""
        return np.flatnonzero(self.split_of == SPLITS.index(split))

    def columns(self, languages: Sequence[str]) -> list[int]:
        """Places of languages in `text_of`."""
        return [self.languages.index(code) for code in languages]


@dataclass(frozen=True)
class Only:
    """What of a store is read."""

    splits: tuple[str, ...] = SPLITS
    shards: Iterable[int] | None = None
    """None: all."""
    languages: tuple[str, ...] | None = None
    """None: all of languages.csv."""
    longest: int | None = None
    """So many features of a clip at most; None: as many as `max_video_s` are, by the longest step that is read."""


def read_clips(store: Store, recipe: Recipe) -> Clips:
    """Reads what a recipe trains on. ConfigError if a table is not built or no clip is left."""
    clips = read_some(store, recipe, Only())
    if not len(clips.clip_ids):
        raise ConfigError(f"the store {store.root} has no kept clip with features in {recipe.features}")
    return clips


def read_some(store: Store, recipe: Recipe, only: Only) -> Clips:
    """As `read_clips`, a part of it, shard after shard; no clip may be left. ConfigError if a table is not built."""
    table = check_tables(store, recipe)
    languages = only.languages or read_languages(find("languages.csv"))
    wanted = Wanted(table, languages, only.splits, recipe.translations)
    shards = store.shards_of("selection") if only.shards is None else only.shards
    features: Floats = np.zeros((0, table.schema.field("features").type.value_type.list_size), np.float16)
    parts, begins = [], []
    for shard in shards:
        part, rows = read_shard(store, shard, wanted)
        begins.append(len(features))
        features = longer(features, rows)
        parts.append(part)
    step_ms = max([part.step_ms for part in parts], default=0)
    most = only.longest or most_features(recipe, step_ms)
    names = (*TABLES, "translations", table.name)
    digest = digest_of(store, names) if only.shards is None else ""
    return _join(parts, begins, features, languages, most, digest)


def most_features(recipe: Recipe, step_ms: int) -> int:
    """So many features of a clip are seen."""
    return max(1, recipe.model.max_video_s * 1000 // (step_ms or 1))


def _join(
    parts: list[ShardClips],
    begins: list[int],
    features: Floats,
    languages: tuple[str, ...],
    most: int,
    digest: str,
) -> Clips:
    """The clips of some shards as one, in order of their ids; those without features are left out."""
    clip_ids = pa.chunked_array([part.clip_ids.cast(pa.large_string()) for part in parts], pa.large_string())
    splits = pa.chunked_array([part.splits for part in parts], pa.string())
    order = pc.sort_indices(clip_ids).to_numpy().astype(np.int64)
    count = _joined([part.count for part in parts])
    seen = order[count[order] > 0]
    videos = np.cumsum([0, *(part.videos for part in parts)])
    texts, text_of, translated = _texts(parts, len(languages))
    return Clips(
        clip_ids=Strings(clip_ids.combine_chunks().take(pa.array(seen))),
        video_of=_joined([part.video_of + begin for part, begin in zip(parts, videos, strict=False)])[seen],
        split_of=pc.index_in(splits, value_set=pa.array(SPLITS)).to_numpy().astype(np.int64)[seen],
        first=_joined([part.first + begin for part, begin in zip(parts, begins, strict=True)])[seen],
        count=np.minimum(count, most)[seen],
        features=features,
        languages=languages,
        texts=texts,
        text_of=text_of[seen],
        translated=translated[seen],
        digest=digest,
        without_features=len(order) - len(seen),
    )


def _texts(parts: list[ShardClips], languages: int) -> tuple[Strings, Ints, npt.NDArray[np.bool_]]:
    """Distinct texts, each clip's text by language, and whether it is a translation."""
    begins = np.cumsum([0, *(len(part.count) * languages for part in parts)])

    def pairs(said: list[Said]) -> Ints:
        return _joined([one.pairs + begin for one, begin in zip(said, begins, strict=False)])

    said, translations = [part.said for part in parts], [part.translated for part in parts]
    column = pa.chunked_array([one.texts for one in (*said, *translations)], pa.large_string())
    codes = column.combine_chunks().dictionary_encode()
    by_machine = pairs(translations)
    text_of = np.full(begins[-1], -1, dtype=np.int64)
    translated = np.zeros(len(text_of), dtype=np.bool_)
    text_of[np.concatenate([pairs(said), by_machine])] = codes.indices.to_numpy()
    translated[by_machine] = True
    return Strings(codes.dictionary), text_of.reshape(-1, languages), translated.reshape(-1, languages)


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, np.int64), *parts])


def check_tables(store: Store, recipe: Recipe) -> tables.Table:
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
    """Hash of what some tables hold, by the stamps of their shards: no row is read."""
    stamps = {(name, shard): store.stamp(name, shard) for name in names for shard in store.shards_of(name)}
    contents = [[*key, stamp.content] for key, stamp in stamps.items() if stamp is not None]
    return checksums.of_values(contents)


def derive(*values: int | str) -> int:
    """A seed, 0 to 2**63 - 1, that depends on all values: each step has its own, so a resumed run needs no other."""
    digest = hashlib.blake2b(json.dumps(values).encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 1


@dataclass(frozen=True)
class Epoch:
    """What one epoch, or a group of its shards, goes through, step by step."""

    clips: list[Ints]
    """Numbers of clips of each step."""
    texts: list[Ints]
    """(clips, captions) numbers of texts of each step."""
    candidates: list[Ints]
    """(clips, k) numbers of further texts that may fit, -1 where there are fewer; k is 0 without candidates."""


@dataclass(frozen=True)
class Group:
    """Shards that are in memory together."""

    number: int
    """In its epoch."""
    shards: tuple[int, ...]
    steps: int
    """Known before the features are read; a batch is smaller where clips turn out to have none."""


def plan_epoch(clips: Clips, phase: Phase, seed: int, epoch: int, group: Group | None = None) -> Epoch:
    """Order and captions of an epoch, or of a group of it: a function of seed, phase, epoch and group.

    ConfigError if too few clips are there.
    """
    draw = np.random.Generator(
        np.random.Philox(derive(seed, phase.name, epoch, *([group.number] if group else [])))
    )
    codes = languages_of(phase, clips.languages)
    texts = texts_of(clips, phase)
    usable = (clips.split_of == SPLITS.index("train")) & ((texts >= 0).sum(1) >= phase.captions)
    order = draw.permutation(len(usable))
    order = order[usable[order]]
    if phase.clips == "one_per_video":
        order = order[np.sort(np.unique(clips.video_of[order], return_index=True)[1])]
    steps = group.steps if group else -(-len(order) // phase.batch_size)
    check_enough(phase, len(order), max(2, steps))
    weights = np.array([phase.weights.get(code, 1.0) for code in codes])
    columns = _sample(texts[order], weights, phase.captions, draw)
    sampled = np.take_along_axis(texts[order], columns, axis=1)
    others = nearest(clips, order, texts, columns[:, 0], phase.candidates - 1)
    return Epoch(*(np.array_split(one, steps) for one in (order, sampled, others)))


def check_enough(phase: Phase, clips: int, least: int = 2) -> None:
    """ConfigError if there are fewer clips to train on than that."""
    if clips < least:
        raise ConfigError(
            f"phase {phase.name}: {clips} train clips have captions in its languages and features; {least} at least"
        )


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

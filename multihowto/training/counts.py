"""How much there is to train on, shard by shard, without a look at features or captions."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.manifests import find, read_languages
from multihowto.storage import Store
from multihowto.training.data import TABLES, check_tables, most_features
from multihowto.training.ragged import Ints
from multihowto.training.recipe import Phase, Recipe, languages_of

Flags = npt.NDArray[np.bool_]
_SELECTION = tables.SELECTION.only("keep", "languages", "split")
_TRANSLATIONS = tables.TRANSLATIONS.only("clip_id", "language")


@dataclass(frozen=True)
class Counts:
    """What of a store can be trained on."""

    shards: Ints
    """(n,) shards that have every table."""
    usable: dict[str, Ints]
    """By phase, (n,) clips that an epoch goes through: of videos that have features, with captions enough."""
    videos: Ints
    """(n,) videos that have features and kept clips of the train split."""
    held_videos: int
    """Those of the other splits."""
    without_features: int
    """Kept clips of the train split whose videos have no features."""
    longest: int
    """So many features of a clip are seen, by the step of the first features that are there."""


def count_shards(store: Store, recipe: Recipe) -> Counts:
    """Counts all shards, column by column. ConfigError if a table is not built."""
    table = check_tables(store, recipe)
    languages = read_languages(find("languages.csv"))
    shards = sorted(set.intersection(*(set(store.shards_of(name)) for name in (*TABLES, table.name))))
    usable: dict[str, list[int]] = {phase.name: [] for phase in recipe.phases}
    videos, held, without, step_ms = [], 0, 0, 0
    for shard in shards:
        kept = store.read_shard(_SELECTION, shard)
        kept = kept.filter(kept["keep"])
        rows = kept.filter(pc.is_in(kept["video_id"], value_set=_seen(store, table.name, shard)))
        train = rows.filter(pc.equal(rows["split"], "train")).combine_chunks()
        without += pc.sum(pc.equal(kept["split"], "train"), min_count=0).as_py() - train.num_rows
        said, translated = _said(store, shard, train, languages, recipe.translations)
        for phase in recipe.phases:
            usable[phase.name].append(_usable(train["video_id"], said, translated, phase, languages))
        videos.append(pc.count_distinct(train["video_id"]).as_py())
        held += pc.count_distinct(rows["video_id"]).as_py() - videos[-1]
        if not step_ms and rows.num_rows:
            step_ms = pc.max(store.read_shard(table.only("step_ms"), shard)["step_ms"]).as_py()
    by_phase = {name: np.array(its, dtype=np.int64) for name, its in usable.items()}
    most = most_features(recipe, step_ms)
    return Counts(np.array(shards, dtype=np.int64), by_phase, np.array(videos), held, without, most)


def _seen(store: Store, features: str, shard: int) -> pa.Array:
    """Videos that have features, by the account beside the shard, which is small."""
    accounts = store.read_accounts(features, shard, ["video_id", "rows_out"])
    return accounts.filter(pc.greater(accounts["rows_out"], 0))["video_id"].combine_chunks()


def _said(
    store: Store, shard: int, clips: pa.Table, languages: tuple[str, ...], translations: bool
) -> tuple[Flags, Flags]:
    """(clips, languages) where a caption passes, and where a machine translation is."""
    said, translated = (np.zeros((clips.num_rows, len(languages)), dtype=np.bool_) for _ in range(2))
    _mark(said, pc.list_parent_indices(clips["languages"]), pc.list_flatten(clips["languages"]), languages)
    if translations and shard in store.shards_of("translations"):
        rows = store.read_shard(_TRANSLATIONS, shard)
        clip = pc.index_in(rows["clip_id"], value_set=clips["clip_id"].combine_chunks())
        _mark(translated, clip, rows["language"], languages)
    return said, translated


def _mark(flags: Flags, clips: pa.Array, codes: pa.Array, languages: tuple[str, ...]) -> None:
    """Sets the flags of clips by number and languages by code; what is not known is passed over."""
    column = pc.fill_null(pc.index_in(codes, value_set=pa.array(languages, pa.string())), -1).to_numpy()
    clip = pc.fill_null(clips, -1).to_numpy()
    known = (column >= 0) & (clip >= 0)
    flags[clip[known], column[known]] = True


def _usable(
    videos: pa.ChunkedArray, said: Flags, translated: Flags, phase: Phase, languages: tuple[str, ...]
) -> int:
    """Clips of a shard that an epoch of a phase goes through."""
    columns = [languages.index(code) for code in languages_of(phase, languages)]
    there = said[:, columns] | (translated[:, columns] & phase.translations)
    enough = there.sum(1) >= phase.captions
    if phase.clips == "all":
        return int(enough.sum())
    return int(pc.count_distinct(videos.filter(pa.array(enough))).as_py())

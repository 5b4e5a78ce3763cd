"""Counts from a store's accounts and tables; every count adds up, or says where it does not."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from multihowto.storage import Store


@dataclass(frozen=True, slots=True)
class TableNumbers:
    """What went into a table and what came out; rows_in are rows of the first table that its stage reads."""

    table: str
    shards: int
    rows_in: int
    rejected: int
    rows_out: int
    videos_in: int
    videos_out: int
    reasons: Mapping[str, int]
    flaws: Mapping[str, int]
    """Parts that are missing of rows that are there, by reason."""

    @property
    def used(self) -> int:
        """Input rows that came back as rows."""
        return self.rows_in - self.rejected


@dataclass(frozen=True, slots=True)
class LanguageNumbers:
    """One language's captions."""

    language: str
    captions: int
    by_origin: Mapping[str, int]
    by_method: Mapping[str, int]
    agreeing: int
    """Captions whose whole track was found to be in the language."""
    passing: int
    """Kept clips in which this language passes."""


def table_numbers(store: Store) -> list[TableNumbers]:
    """The numbers of each table that the store has, in the order of the pipeline."""
    return [_of_table(store, name) for name in store.require()["tables"] if store.shards_of(name)]


def _of_table(store: Store, table: str) -> TableNumbers:
    shards = store.shards_of(table)
    accounts = pa.concat_tables([store.read_accounts(table, shard) for shard in shards])
    reasons, flaws = (
        Counter(pc.struct_field(pc.list_flatten(accounts[what]), "code").to_pylist())
        for what in ("rejects", "flaws")
    )
    return TableNumbers(
        table=table,
        shards=len(shards),
        rows_in=pc.sum(accounts["rows_in"]).as_py() or 0,
        rejected=reasons.total(),
        rows_out=pc.sum(accounts["rows_out"]).as_py() or 0,
        videos_in=accounts.num_rows,
        videos_out=pc.sum(pc.greater(accounts["rows_out"], 0)).as_py() or 0,
        reasons=dict(reasons.most_common()),
        flaws=dict(flaws.most_common()),
    )


def language_numbers(store: Store) -> list[LanguageNumbers]:
    """The numbers of each language, most captions first; none before `align_captions` has run."""
    captions = store.read("captions", ["caption_id", "video_id", "language", "origin", "method"]).to_pylist()
    found = store.read("languages", ["caption_id", "track_detected"])
    detected = dict(zip(found["caption_id"].to_pylist(), found["track_detected"].to_pylist(), strict=True))
    selection = store.read("selection", ["keep", "languages"]).to_pylist()
    passing = Counter(language for row in selection if row["keep"] for language in row["languages"])
    groups: dict[str, list[dict[str, str]]] = {}
    for row in captions:
        groups.setdefault(row["language"], []).append(row)
    numbers = [
        LanguageNumbers(
            language=language,
            captions=len(rows),
            by_origin=dict(Counter(row["origin"] for row in rows)),
            by_method=dict(Counter(row["method"] for row in rows)),
            agreeing=sum(detected.get(row["caption_id"]) == language for row in rows),
            passing=passing[language],
        )
        for language, rows in groups.items()
    ]
    return sorted(numbers, key=lambda one: (-one.captions, one.language))


def selection_numbers(store: Store) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Kept clips by split, and why the others are not kept (a clip may fail several rules)."""
    rows = store.read("selection", ["keep", "why_not", "split"]).to_pylist()
    kept = Counter(row["split"] for row in rows if row["keep"])
    why_not = Counter(reason for row in rows for reason in row["why_not"])
    return dict(kept.most_common()), dict(why_not.most_common())


def gaps(store: Store, numbers: list[TableNumbers], first_inputs: Mapping[str, str]) -> list[str]:
    """Tables that do not account for every row of the table they are made of: work that is not done yet."""
    by_table = {one.table: one for one in numbers}
    found = []
    for table in store.require()["tables"]:
        source = by_table.get(first_inputs.get(table, ""))
        accounted = by_table[table].rows_in if table in by_table else 0
        if source is not None and source.rows_out != accounted:
            found.append(f"{table} accounts for {accounted:,} of {source.rows_out:,} rows of {source.table}")
    return found

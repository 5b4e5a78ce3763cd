"""Counts from a store's accounts and tables; every count adds up, or says where it does not."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
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
    """Summed shard by shard, so that memory does not grow with the table."""
    shards = store.shards_of(table)
    sums: Counter[str] = Counter()
    left_out: dict[str, Counter[str]] = {"rejects": Counter(), "flaws": Counter()}
    for shard in shards:
        accounts = store.read_accounts(table, shard)
        for what, codes in left_out.items():
            codes.update(counted(pc.struct_field(pc.list_flatten(accounts[what]), "code")))
        sums["videos_in"] += accounts.num_rows
        sums["videos_out"] += pc.sum(pc.greater(accounts["rows_out"], 0)).as_py() or 0
        for column in ("rows_in", "rows_out"):
            sums[column] += pc.sum(accounts[column]).as_py() or 0
    return TableNumbers(
        table=table,
        shards=len(shards),
        rows_in=sums["rows_in"],
        rejected=left_out["rejects"].total(),
        rows_out=sums["rows_out"],
        videos_in=sums["videos_in"],
        videos_out=sums["videos_out"],
        reasons=dict(left_out["rejects"].most_common()),
        flaws=dict(left_out["flaws"].most_common()),
    )


def counted(values: pa.ChunkedArray) -> dict[Any, int]:
    """How often each value comes, in the order of first coming."""
    return {one["values"]: one["counts"] for one in pc.value_counts(values).to_pylist()}


def grouped(rows: pa.Table, *columns: str) -> dict[tuple[Any, ...], int]:
    """How many rows there are of each combination of values in some columns."""
    groups = rows.group_by(list(columns)).aggregate([([], "count_all")])
    return {
        (*(row[name] for name in columns),): row["count_all"]
        for row in sorted(groups.to_pylist(), key=lambda row: [str(row[name]) for name in columns])
    }


def language_numbers(store: Store) -> list[LanguageNumbers]:
    """The numbers of each language, most captions first; none before `align_captions` has run."""
    origins: Counter[tuple[Any, ...]] = Counter()
    methods: Counter[tuple[Any, ...]] = Counter()
    for shard in store.shards_of("captions"):
        rows = store.read_shard(tables.CAPTIONS.only("language", "origin", "method"), shard)
        origins.update(grouped(rows, "language", "origin"))
        methods.update(grouped(rows, "language", "method"))
    agreeing = _agreeing(store)
    passing = _passing(store)
    numbers = []
    for language in {language for language, _ in origins}:
        by_origin = _of_language(origins, language)
        by_method = _of_language(methods, language)
        numbers.append(
            LanguageNumbers(
                language=language,
                captions=sum(by_origin.values()),
                by_origin=by_origin,
                by_method=by_method,
                agreeing=agreeing[language],
                passing=passing[language],
            )
        )
    return sorted(numbers, key=lambda one: (-one.captions, one.language))


def _of_language(counts: Mapping[tuple[Any, ...], int], language: str) -> dict[str, int]:
    return {value: count for (name, value), count in sorted(counts.items()) if name == language}


def _agreeing(store: Store) -> Counter[str]:
    """Captions, by language, whose whole track was found to be in it."""
    agreeing: Counter[str] = Counter()
    for shard in store.shards_of("languages"):
        rows = store.read_shard(tables.LANGUAGES.only("expected", "track_detected"), shard)
        agreeing.update(counted(rows.filter(pc.equal(rows["expected"], rows["track_detected"]))["expected"]))
    return agreeing


def _passing(store: Store) -> Counter[str]:
    """Kept clips, by language that passes in them."""
    passing: Counter[str] = Counter()
    for shard in store.shards_of("selection"):
        rows = store.read_shard(tables.SELECTION.only("keep", "languages"), shard)
        passing.update(counted(pc.list_flatten(rows.filter(rows["keep"])["languages"])))
    return passing


def selection_numbers(store: Store) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Kept clips by split, and why the others are not kept (a clip may fail several rules)."""
    kept: Counter[str] = Counter()
    why_not: Counter[str] = Counter()
    for shard in store.shards_of("selection"):
        rows = store.read_shard(tables.SELECTION.only("keep", "why_not", "split"), shard)
        kept.update(counted(rows.filter(rows["keep"])["split"]))
        why_not.update(counted(pc.list_flatten(rows["why_not"])))
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

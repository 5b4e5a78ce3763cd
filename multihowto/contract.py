"""What is held between a stage and the runner: which rows went in, which came back, and the account of both."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import digests, tables
from multihowto.errors import ConfigError, ContractError, RetryableError
from multihowto.rejects import REASONS, Reject
from multihowto.stage import Output, Stage
from multihowto.storage import Stamp, Store
from multihowto.tables import Table, View

_NONE = b"\0" * digests.SIZE


@dataclass(frozen=True)
class Inputs:
    """All rows of a shard's input tables, where each video's are, and a hash of them."""

    tables: Mapping[str, pa.Table]
    slices: Mapping[str, Mapping[str, tuple[int, int]]]
    hashes: Mapping[str, bytes]
    key: str
    first: str

    @staticmethod
    def read(reads: Sequence[View], store: Store, shard: int) -> "Inputs":
        rows = {view.table.name: store.read_shard(view, shard) for view in reads}
        slices = {name: digests.video_slices(table) for name, table in rows.items()}
        made = {name: contents(store, name, shard) for name in rows}
        first = reads[0].table
        hashes = {
            video: digests.of_parts((name, made[name].get(video, b"")) for name in rows)
            for video in slices[first.name]
        }
        return Inputs(rows, slices, hashes, first.key, first.name)

    def of(self, videos: Sequence[str]) -> Mapping[str, pa.Table]:
        """The rows of some videos, which follow each other in key order."""
        return {name: _take(self.tables[name], self.slices[name], videos) for name in self.tables}

    def keys(self, videos: Iterable[str]) -> dict[str, list[str]]:
        """The keys of the first table, by video."""
        column = self.tables[self.first].column(self.key)
        spans = self.slices[self.first]
        return {
            video: column.slice(spans[video][0], spans[video][1] - spans[video][0]).to_pylist()
            for video in videos
        }

    def accounts(self, videos: Sequence[str], made: Output) -> list[dict[str, Any]]:
        """One account a video that was run; `close` fills in what its rows are."""
        rejects, flaws = _by_key(made.rejects), _by_key(made.flaws)
        return [
            {
                "video_id": video,
                "input_hash": self.hashes[video],
                "rows_in": len(keys),
                "rejects": [entry for key in keys for entry in rejects.get(key, [])] if rejects else [],
                "flaws": [entry for key in keys for entry in flaws.get(key, [])] if flaws else [],
            }
            for video, keys in self.keys(videos).items()
        ]


def inputs_of(stage: Stage | type[Stage], store: Store) -> tuple[View, ...]:
    """The tables that a stage reads; optional ones if the store's pipeline makes them."""
    return (*stage.reads, *(view for view in stage.optional if store.has(view.table.name)))


def _by_key(rejects: Iterable[Reject]) -> dict[str, list[dict[str, str]]]:
    entries: dict[str, list[dict[str, str]]] = {}
    for reject in rejects:
        entries.setdefault(reject.key, []).append(asdict(reject))
    return entries


def _take(rows: pa.Table, slices: Mapping[str, tuple[int, int]], videos: Sequence[str]) -> pa.Table:
    parts = [
        rows.slice(start, end - start)
        for start, end in (slices[video] for video in videos if video in slices)
    ]
    return pa.concat_tables(parts).combine_chunks() if parts else rows.slice(0, 0)


def contents(store: Store, table: str, shard: int) -> dict[str, bytes]:
    """The content hash of each video that a shard accounts for."""
    accounts = store.read_accounts(table, shard, ["video_id", "content_hash"])
    return dict(zip(accounts["video_id"].to_pylist(), accounts["content_hash"].to_pylist(), strict=True))


def check(name: str, stage: Stage, inputs: Inputs, videos: Sequence[str], made: Output) -> None:
    """Raises ContractError unless the rows are of the table's schema, no key came twice, and none was lost."""
    table = stage.writes
    check_schema(name, table, made.rows)
    keys = made.rows.column(table.key)
    if pc.count_distinct(keys).as_py() != len(keys):
        twice = next(key for key, count in Counter(keys.to_pylist()).items() if count > 1)
        raise ContractError(f"{name}: the key {twice!r} comes twice in {table.name}")
    unknown = next(
        (reject.code for reject in (*made.rejects, *made.flaws) if reject.code not in REASONS), None
    )
    if unknown is not None:
        raise ContractError(f"{name}: no reject code {unknown!r} in rejects.py")
    given = {key for keys in inputs.keys(videos).values() for key in keys}
    back = made.rows.column(inputs.key if inputs.key in table.schema.names else "video_id")
    returned = set(pc.unique(back).to_pylist())
    rejected = {reject.key for reject in made.rejects}
    for wrong, what in (
        (
            set() if stage.adds_only else given - returned - rejected,
            "was lost: it came back neither as a row nor as a reject",
        ),
        ((returned | rejected) - given, "was not in the input"),
        (returned & rejected, "came back both as a row and as a reject"),
        ({flaw.key for flaw in made.flaws} - returned, "has a flaw but came back as no row"),
    ):
        if wrong:
            raise ContractError(f"{name}: {inputs.key} {min(wrong)!r} {what}")


def check_schema(name: str, table: tables.Table, rows: pa.Table) -> None:
    """Raises ContractError unless the rows have the table's columns, types and no forbidden nulls."""
    if not rows.schema.equals(table.schema, check_metadata=False):
        raise ContractError(
            f"{name} promised {table.name} as {tables.shape(table.schema)}, but made {tables.shape(rows.schema)}"
        )
    for column in rows.schema:
        if not column.nullable and rows.column(column.name).null_count:
            raise ContractError(f"{name}: column {column.name} of {table.name} may not be null")


def close(
    recipe: str, how: str, rows: pa.Table, accounts: Iterable[Mapping[str, Any]]
) -> tuple[Stamp, pa.Table]:
    """The stamp of a shard and its accounts, with the hash and number of each video's rows."""
    slices = digests.video_slices(rows)
    hashes = dict(zip(slices, digests.of_slices(rows, [end for _, end in slices.values()]), strict=True))
    full = [
        {
            **account,
            "content_hash": hashes.get(account["video_id"], _NONE),
            "rows_out": slices[account["video_id"]][1] - slices[account["video_id"]][0]
            if account["video_id"] in slices
            else 0,
        }
        for account in sorted(accounts, key=lambda account: str(account["video_id"]))
    ]
    stamp = Stamp(
        recipe=recipe,
        how=how,
        content=digests.of_parts(hashes.items()).hex(),
        videos=len(slices),
        rows=rows.num_rows,
        rejects=sum(len(account["rejects"]) for account in full),
        reject_codes=tuple(sorted({code for account in full for code in codes(account)})),
    )
    return stamp, pa.Table.from_pylist(full, schema=tables.ACCOUNTS)


def is_sound(store: Store, table: Table, shard: int) -> bool:
    """Whether a shard and its account can be read whole and hold what their stamp says."""
    try:
        rows, accounts = store.read_shard(table, shard), store.read_accounts(table.name, shard)
    except (RetryableError, ConfigError):  # damaged, or of another version
        return False
    slices = digests.video_slices(rows)
    hashes = dict(zip(slices, digests.of_slices(rows, [end for _, end in slices.values()]), strict=True))
    told = zip(accounts["video_id"].to_pylist(), accounts["content_hash"].to_pylist(), strict=True)
    stamp = store.stamp(table.name, shard)
    content = digests.of_parts(hashes.items()).hex()
    return stamp is not None and stamp.content == content and all(hashes.get(v, _NONE) == h for v, h in told)


def count(accounts: Iterable[Mapping[str, Any]], what: str) -> dict[str, int]:
    """How many rejects, or flaws, of each code."""
    return dict(Counter(entry["code"] for account in accounts for entry in account[what]))


def codes(account: Mapping[str, Any]) -> set[str]:
    return {reject["code"] for reject in (*account["rejects"], *account["flaws"])}

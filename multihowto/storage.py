"""Parquet in and out: stamped, joined by key. The only file that opens Parquet.

A store is a folder or a URI that fsspec knows:

    store.json                           format version, number of shards, the pipeline's name
    tables/<table>/<shard>.parquet       rows, sorted by video; the footer carries a `Stamp`
    accounts/<table>/<shard>.parquet     one row an input video: hashes, rows in and out, rejects
    kept/<shard>/<video_id>/             what adapters keep: site answers, caption files
    media/<shard>/<video_id>.<ending>    media files, as long as they are kept
    runs/                                what training and evaluation write
    ledger.jsonl                         when, where and how fast: what differs between equal runs
    tmp/                                 unfinished files; emptied by the next build
"""

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from multihowto import tables
from multihowto.errors import ConfigError, RetryableError
from multihowto.files import Files
from multihowto.manifests import shard_of

FORMAT = 1
LEAVING = "leaving"
"""What store.json calls the shards that videos left, while later tables may still have rows of these."""


@dataclasses.dataclass(frozen=True, slots=True)
class Stamp:
    """What a shard's footer says of it; `recipe` says how it was made, `content` what is in it."""

    recipe: str
    how: str
    content: str
    videos: int
    rows: int
    rejects: int
    reject_codes: tuple[str, ...] = ()


class Store:
    """A store at a URI: reads and writes shards, whole or not at all."""

    def __init__(self, root: str) -> None:
        """ConfigError for a URI that fsspec does not know."""
        self.files = Files(root)
        self.root = self.files.root

    def __reduce__(self) -> tuple[Any, ...]:
        return (Store, (self.root,))

    # the store as a whole

    def settings(self) -> dict[str, Any] | None:
        """What store.json holds; None if there is no store here."""
        data = self.files.read_bytes("store.json")
        if data is None:
            return None
        try:
            settings = json.loads(data)
        except ValueError:
            settings = None
        if not isinstance(settings, dict):
            raise ConfigError(
                f"{self.root}/store.json is damaged: build the same pipeline into another --root, or put it back"
            )
        if settings.get("format") != FORMAT:
            raise ConfigError(
                f"the store {self.root} has format {settings.get('format')}; this version reads {FORMAT}: "
                "use the version that wrote it, or build anew with another --root"
            )
        return settings

    def require(self) -> dict[str, Any]:
        """The store's settings; ConfigError if there is no store."""
        settings = self.settings()
        if settings is None:
            raise ConfigError(
                f"there is no store at {self.root}: `multihowto build PIPELINE --root {self.root}` makes one"
            )
        return settings

    def create(self, pipeline: str, shards: int, made: Sequence[str]) -> None:
        """Adds the tables that are made to store.json, or refuses another pipeline or number of shards."""
        settings = self.settings()
        others = [name for name in (settings or {}).get("tables", ()) if name not in made]
        wanted = (settings or {}) | {
            "format": FORMAT,
            "pipeline": pipeline,
            "shards": shards,
            "tables": [*made, *others],
        }
        for name, value in (("shards", shards), ("pipeline", pipeline)):
            if settings is not None and settings[name] != value:
                raise ConfigError(
                    f"the store {self.root} was built with {name} {settings[name]!r}, the pipeline says {value!r}: "
                    f"put {settings[name]!r} back, or use another --root"
                )
        if settings != wanted:
            self.files.write_bytes("store.json", json.dumps(wanted, indent=1, sort_keys=True).encode())

    def drop_others(self, made: Sequence[str]) -> tuple[str, ...]:
        """Removes every table, with its account, that is not among those that are made; returns the names."""
        there = {*self.files.names("tables"), *self.files.names("accounts"), *self.require()["tables"]}
        others = tuple(sorted(there.difference(made)))
        for table in others:
            self.files.remove(f"tables/{table}")
            self.files.remove(f"accounts/{table}")
        self.note("tables", list(made))
        return others

    def has(self, table: str) -> bool:
        """Whether a table is one of the store's, and not one that its pipeline no longer makes."""
        return table in self.require()["tables"]

    def note(self, name: str, value: str | list[str] | list[int] | None) -> None:
        """Writes one more entry into store.json, if it changes; None takes it away."""
        settings = self.settings() or {"format": FORMAT}
        others = {key: entry for key, entry in settings.items() if key != name}
        wanted = others if value is None else others | {name: value}
        if wanted != settings:
            self.files.write_bytes("store.json", json.dumps(wanted, indent=1, sort_keys=True).encode())

    # shards

    def stamp(self, table: str, shard: int, folder: str = "tables") -> Stamp | None:
        """What a shard's footer says; None if the shard is not there or not readable."""
        try:
            metadata = pq.read_metadata(self._open(shard_name(folder, table, shard))).metadata
            return _stamp(json.loads(metadata[b"multihowto"]))
        except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError):
            return None

    def whole_stamp(self, table: str, shard: int) -> Stamp | None:
        """The stamp of a shard whose account is there too and belongs to it."""
        stamp = self.stamp(table, shard)
        return stamp if stamp is not None and self.stamp(table, shard, "accounts") == stamp else None

    def write_shard(
        self, table: tables.Table, shard: int, rows: pa.Table, accounts: pa.Table, stamp: Stamp
    ) -> None:
        """Writes the account of a shard, then the shard: only the shard's own footer makes it done."""
        self._write_parquet(shard_name("accounts", table.name, shard), accounts, stamp)
        self._write_parquet(shard_name("tables", table.name, shard), rows, stamp, table)

    def _write_parquet(
        self, name: str, rows: pa.Table, stamp: Stamp, table: tables.Table | None = None
    ) -> None:
        metadata = {b"multihowto": json.dumps(dataclasses.asdict(stamp)).encode()}
        rows = rows.replace_schema_metadata(metadata)
        if self.files.local is not None:
            with self.files.local_file(name) as temporary:
                _write_table(rows, temporary, table)
            return
        sink = pa.BufferOutputStream()
        _write_table(rows, sink, table)
        self.files.write_bytes(name, sink.getvalue().to_pybytes())

    def read_shard(self, table: tables.Table | tables.View, shard: int) -> pa.Table:
        """A shard's rows, or some columns of them. ConfigError if another version wrote it, with other columns."""
        view = table.all() if isinstance(table, tables.Table) else table
        rows = self._read("tables", view.table.name, shard, list(view.columns))
        try:
            return rows.select(list(view.columns)).cast(view.schema)
        except (KeyError, ValueError, pa.ArrowException) as error:
            unfit = next(
                (field.name for field in view.schema if not _fits(rows, field)), view.schema.names[0]
            )
            raise ConfigError(
                f"table {view.table.name} of {self.root} has no column {unfit} as this version reads it, "
                f"since another version wrote it: `multihowto build PIPELINE --root {self.root}` with this version "
                "makes it anew"
            ) from error

    def read_accounts(self, table: str, shard: int, columns: Sequence[str] | None = None) -> pa.Table:
        """One row an input video of the stage that wrote this shard, or some columns of it."""
        return self._read("accounts", table, shard, columns)

    def read_as_written(self, table: str, shard: int) -> pa.Table:
        """A shard's rows with the columns of the version that wrote it."""
        return self._read("tables", table, shard, None)

    def _read(self, folder: str, table: str, shard: int, columns: Sequence[str] | None) -> pa.Table:
        name = shard_name(folder, table, shard)
        try:
            with pq.ParquetFile(self._open(name), page_checksum_verification=True) as file:
                return file.read(columns=columns).replace_schema_metadata(None)
        except FileNotFoundError as error:
            raise RetryableError(f"{name} of {self.root} is not there: build again") from error
        except (OSError, pa.ArrowException) as error:
            raise RetryableError(
                f"{name} of {self.root} is damaged: `multihowto build --verify` mends it"
            ) from error

    def _open(self, name: str) -> Any:
        """What pyarrow opens: a path, or a buffer of the whole remote file."""
        if self.files.local is not None:
            return self.files.path(name)
        return pa.BufferReader(self.files.fs.cat_file(self.files.path(name)))

    # tables

    def shards_of(self, table: str) -> list[int]:
        """Numbers of the shards that are there."""
        return [int(name[:5]) for name in self.files.names(f"tables/{table}") if name.endswith(".parquet")]

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A whole table, or some of its columns, over all shards. KeyError if there is no such table."""
        known = tables.TABLES[table]
        view = known.all() if columns is None else tables.View(known, tuple(columns))
        parts = [self.read_shard(view, shard) for shard in self.shards_of(table)]
        return pa.concat_tables(parts) if parts else view.schema.empty_table()

    def read_video(self, table: str, video_id: str) -> pa.Table:
        """The rows of one video in one table."""
        shard = shard_of(video_id, self.require()["shards"])
        if self.stamp(table, shard) is None:
            return tables.TABLES[table].empty()
        rows = self.read_shard(tables.TABLES[table], shard)
        return rows.filter(pc.equal(rows["video_id"], video_id))

    def read_rejects(self, table: str, video_id: str) -> list[dict[str, str]]:
        """What was left out, or is missing, of one video in a table: key, code and detail."""
        shard = shard_of(video_id, self.require()["shards"])
        if self.stamp(table, shard) is None:
            return []
        accounts = self.read_accounts(table, shard)
        mine = accounts.filter(pc.equal(accounts["video_id"], video_id)).to_pylist()
        return [reject for account in mine for reject in (*account["rejects"], *account["flaws"])]

    def join(self, first: str, *others: str) -> pa.Table:
        """A table with the columns of others beside it, each found by its own key. KeyError if the key is missing."""
        rows = self.read(first)
        for name in others:
            rows = look_up(rows, self.read(name), tables.TABLES[name])
        return rows


def look_up(rows: pa.Table, other: pa.Table, table: tables.Table) -> pa.Table:
    """Adds the columns of `other` to the rows, by its key; rows without a match get nulls."""
    if table.key not in rows.column_names:
        raise KeyError(f"cannot join {table.name}: the rows have no column {table.key!r}")
    where = pc.index_in(rows[table.key], value_set=other[table.key].combine_chunks())
    found = other.combine_chunks().take(where)
    for name in other.column_names:
        if name in (table.key, "video_id"):
            continue
        rows = rows.append_column(f"{table.name}.{name}" if name in rows.column_names else name, found[name])
    return rows


def _write_table(rows: pa.Table, sink: Any, table: tables.Table | None) -> None:
    """Writes Parquet; floats are split by byte, which lets zstd compress them, and what never repeats is plain."""
    floats, plain = (table.floats, (table.key, *table.plain)) if table else ((), ())
    repeating = [
        field.name
        for field in rows.schema
        if field.name not in (*floats, *plain) and not pa.types.is_floating(field.type)
    ]
    split = {f"{name}.list.element.list.element": "BYTE_STREAM_SPLIT" for name in floats}
    pq.write_table(
        rows,
        sink,
        compression="zstd",
        use_dictionary=repeating,
        column_encoding=split or None,
        write_page_checksum=True,
        write_statistics=["video_id"],
    )


def _fits(rows: pa.Table, field: pa.Field) -> bool:
    """Whether a column is there, of a type that becomes the field's."""
    if field.name not in rows.column_names:
        return False
    column = rows[field.name]
    try:
        column.cast(field.type)
    except pa.ArrowException:
        return False
    return field.nullable or not column.null_count


def shard_name(folder: str, table: str, shard: int) -> str:
    return f"{folder}/{table}/{shard:05d}.parquet"


def _stamp(values: dict[str, Any]) -> Stamp:
    return Stamp(**(values | {"reject_codes": tuple(values["reject_codes"])}))

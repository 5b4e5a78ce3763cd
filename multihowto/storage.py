"""Parquet in and out, local or remote: atomic, stamped, joined by key. The only file that opens Parquet.

A store is a folder or a URI that fsspec knows:

    store.json                           format version, number of shards, the pipeline's name
    tables/<table>/<shard>.parquet       rows, sorted by video; the footer carries a `Stamp`
    accounts/<table>/<shard>.parquet     one row an input video: hashes, rows in and out, rejects
    kept/<shard>/<video_id>/             what adapters keep: site answers, media
    ledger.jsonl                         when, where and how fast: what differs between equal runs
    tmp/                                 unfinished files; emptied by the next build
"""

import contextlib
import dataclasses
import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from multihowto import tables
from multihowto.errors import ConfigError, RetryableError, world_errors
from multihowto.locks import hold
from multihowto.manifests import shard_of

FORMAT = 1


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
        self.root = root.rstrip("/")
        try:
            self.fs, self.base = fsspec.core.url_to_fs(self.root)
        except (ValueError, ImportError) as error:
            raise ConfigError(f"cannot open the store {root!r}: {error}") from error
        self.local = Path(self.base) if "file" in _protocols(self.fs) else None

    def __reduce__(self) -> tuple[Any, ...]:
        return (Store, (self.root,))

    # the store as a whole

    def settings(self) -> dict[str, Any] | None:
        """What store.json holds; None if there is no store here."""
        data = self.read_bytes("store.json")
        if data is None:
            return None
        settings: dict[str, Any] = json.loads(data)
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
        """Writes store.json with the tables that are made, or refuses another pipeline or number of shards."""
        settings = self.settings()
        wanted = (settings or {}) | {
            "format": FORMAT,
            "pipeline": pipeline,
            "shards": shards,
            "tables": list(made),
        }
        for name, value in (("shards", shards), ("pipeline", pipeline)):
            if settings is not None and settings[name] != value:
                raise ConfigError(
                    f"the store {self.root} was built with {name} {settings[name]!r}, the pipeline says {value!r}: "
                    f"put {settings[name]!r} back, or use another --root"
                )
        if settings != wanted:
            self.write_bytes("store.json", json.dumps(wanted, indent=1).encode())

    def note(self, name: str, value: str | None) -> None:
        """Writes one more entry into store.json, if it changes; None takes it away."""
        settings = self.settings() or {"format": FORMAT}
        others = {key: entry for key, entry in settings.items() if key != name}
        wanted = others if value is None else others | {name: value}
        if wanted != settings:
            self.write_bytes("store.json", json.dumps(wanted, indent=1).encode())

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Holds the store for one build; a second one is refused in words. Local stores only."""
        if self.local is None:
            yield
            return
        with world_errors(f"making {self.local}"):
            self.local.mkdir(parents=True, exist_ok=True)
        with hold(self.local / "lock", self.root):
            self.sweep()
            try:
                yield
            finally:
                self.sweep()

    def sweep(self) -> None:
        """Removes unfinished files of builds that were killed; call it with the lock held."""
        if self.local is not None:
            shutil.rmtree(self.local / "tmp", ignore_errors=True)

    def scratch(self) -> Path:
        """A local folder for unfinished files, on the store's own disk where that is local."""
        if self.local is None:
            return Path(tempfile.gettempdir())
        path = self.local / "tmp"
        with world_errors(f"making {path}"):
            path.mkdir(parents=True, exist_ok=True)
        return path

    # bytes

    def path(self, name: str) -> str:
        return f"{self.base}/{name}"

    def read_bytes(self, name: str) -> bytes | None:
        """A whole file; None if it is not there."""
        try:
            return (
                Path(self.path(name)).read_bytes() if self.local else bytes(self.fs.cat_file(self.path(name)))
            )
        except FileNotFoundError:
            return None

    def write_bytes(self, name: str, data: bytes) -> None:
        """Writes a file: it is whole or not there."""
        if self.local is None:
            with world_errors(f"writing {name}"):
                self.fs.pipe_file(self.path(name), data)
            return
        with self._local_file(name) as temporary:
            temporary.write_bytes(data)

    def put(self, name: str, source: Path) -> None:
        """Moves a finished local file into the store."""
        if self.local is None:
            with world_errors(f"writing {name}"):
                self.fs.put_file(str(source), self.path(name))
            source.unlink()
            return
        with self._local_file(name) as temporary, world_errors(f"writing {name}"):
            shutil.move(source, temporary)

    def append_line(self, name: str, line: str) -> None:
        """Adds a line to a local journal; remote stores keep none."""
        if self.local is not None:
            with world_errors(f"writing {name}"), (self.local / name).open("a", encoding="utf-8") as file:
                file.write(line + "\n")

    def remove(self, name: str) -> None:
        """Removes a file or a folder, if it is there."""
        if self.local is not None:
            target = self.local / name
            if target.is_dir():
                shutil.rmtree(target)
            else:
                target.unlink(missing_ok=True)
        elif self.fs.exists(self.path(name)):
            self.fs.rm(self.path(name), recursive=True)

    def names(self, folder: str) -> list[str]:
        """Names in a folder, sorted; none if it is not there."""
        try:
            if self.local is not None:
                return sorted(os.listdir(self.local / folder))
            listed = self.fs.ls(self.path(folder), detail=False)
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name.rstrip("/").rsplit("/", 1)[-1] for name in listed)

    @contextlib.contextmanager
    def _local_file(self, name: str) -> Iterator[Path]:
        """A temporary path that becomes `name` when the block ends well."""
        temporary = self.scratch() / f"{uuid.uuid4().hex}.part"
        target = Path(self.path(name))
        with world_errors(f"writing {name}"):
            try:
                yield temporary
                target.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)

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
        if self.local is not None:
            with self._local_file(name) as temporary:
                _write_table(rows, temporary, table)
            return
        sink = pa.BufferOutputStream()
        _write_table(rows, sink, table)
        self.write_bytes(name, sink.getvalue().to_pybytes())

    def read_shard(self, table: tables.Table | tables.View, shard: int) -> pa.Table:
        """A shard's rows, or some columns of them."""
        view = table.all() if isinstance(table, tables.Table) else table
        return self._read("tables", view.table.name, shard, list(view.columns)).cast(view.schema)

    def read_accounts(self, table: str, shard: int) -> pa.Table:
        """One row an input video of the stage that wrote this shard."""
        return self._read("accounts", table, shard, None)

    def _read(self, folder: str, table: str, shard: int, columns: list[str] | None) -> pa.Table:
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
        if self.local is not None:
            return self.path(name)
        return pa.BufferReader(self.fs.cat_file(self.path(name)))

    # tables

    def shards_of(self, table: str) -> list[int]:
        """Numbers of the shards that are there."""
        return [int(name[:5]) for name in self.names(f"tables/{table}") if name.endswith(".parquet")]

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


def shard_name(folder: str, table: str, shard: int) -> str:
    return f"{folder}/{table}/{shard:05d}.parquet"


def _stamp(values: dict[str, Any]) -> Stamp:
    return Stamp(**(values | {"reject_codes": tuple(values["reject_codes"])}))


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)

"""What a table is: a name, a key column, and an Arrow schema whose columns carry their meaning."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa


def column(name: str, type: pa.DataType, meaning: str, *, nullable: bool = False) -> pa.Field:
    """A column that carries its meaning in the schema's metadata."""
    return pa.field(name, type, nullable=nullable, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Table:
    """A name, a key column, and a schema; every table also has `video_id`, which says the shard."""

    name: str
    key: str
    schema: pa.Schema
    meaning: str
    floats: tuple[str, ...] = ()
    """Columns that hold many floats: written split by byte, which compresses them."""
    plain: tuple[str, ...] = ()
    """Columns whose values hardly repeat: written without a dictionary, as the key is."""

    def only(self, *columns: str) -> "View":
        """A view of some columns; the key and `video_id` always come along."""
        unknown = [name for name in columns if name not in self.schema.names]
        if unknown:
            raise KeyError(f"table {self.name} has no column {unknown[0]!r}")
        wanted = {"video_id", self.key, *columns}
        return View(self, tuple(name for name in self.schema.names if name in wanted))

    def all(self) -> "View":
        """A view of every column."""
        return View(self, tuple(self.schema.names))

    def empty(self) -> pa.Table:
        """A table of this schema with no rows."""
        return self.schema.empty_table()


@dataclass(frozen=True)
class View:
    """Some columns of a table: what a stage reads."""

    table: Table
    columns: tuple[str, ...]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([self.table.schema.field(name) for name in self.columns])


def shape(schema: pa.Schema) -> str:
    """Names, types and nullability only: rewording a meaning changes no shape, so remakes nothing."""
    return ";".join(f"{field.name}:{field.type}:{field.nullable}" for field in schema)


def names(tables: Sequence[Table]) -> str:
    """Names in one line, for messages."""
    return ", ".join(table.name for table in tables)

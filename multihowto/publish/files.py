"""Parquet files that are written as a stream: rows are gathered into row groups, files are rolled by size."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from multihowto.manifests import SPLITS
from multihowto.publish.columns import Config
from multihowto.publish.settings import Settings


class Files:
    """The Parquet files of a folder, by configuration and split: data/<config>/<split>-00000-of-00001.parquet."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self._folder = folder
        self._settings = settings
        self._sinks: dict[tuple[str, str], _Sink] = {}

    def add(self, config: Config, rows: pa.Table) -> None:
        """Adds rows of a configuration, each to the split that its column `split` says."""
        for split in SPLITS:
            mine = rows.filter(pc.equal(rows["split"], split)).select(config.schema.names).cast(config.schema)
            if mine.num_rows:
                key = (config.name, split)
                if key not in self._sinks:
                    self._sinks[key] = _Sink(
                        self._folder / "data" / config.name, config, split, self._settings
                    )
                self._sinks[key].add(mine)
        while sum(sink.pending_bytes for sink in self._sinks.values()) > self._settings.pending_bytes:
            max(self._sinks.values(), key=lambda sink: sink.pending_bytes).flush()

    def close(self) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, tuple[str, ...]]]]:
        """Finishes all files, and returns rows and paths by configuration and split."""
        rows: dict[str, dict[str, int]] = {}
        files: dict[str, dict[str, tuple[str, ...]]] = {}
        for split in SPLITS:
            for (config, of), sink in self._sinks.items():
                if of == split:
                    paths = sink.close()
                    rows.setdefault(config, {})[split] = sink.rows
                    files.setdefault(config, {})[split] = tuple(
                        path.relative_to(self._folder).as_posix() for path in paths
                    )
        return rows, files


class _Sink:
    """The files of one split of one configuration."""

    def __init__(self, folder: Path, config: Config, split: str, settings: Settings) -> None:
        self.rows = 0
        self.pending_bytes = 0
        self._pending: list[pa.Table] = []
        self._folder, self._config, self._split, self._settings = folder, config, split, settings
        self._paths: list[Path] = []
        self._file: pa.NativeFile | None = None
        self._writer: pq.ParquetWriter | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, rows: pa.Table) -> None:
        self.rows += rows.num_rows
        self._pending.append(rows)
        self.pending_bytes += rows.nbytes
        if self.pending_bytes >= self._settings.row_group_bytes:
            self.flush()

    def flush(self) -> None:
        """Writes what waits, as one row group or as several of equal size."""
        if not self._pending:
            return
        rows = pa.concat_tables(self._pending)
        groups = max(1, round(self.pending_bytes / self._settings.row_group_bytes))
        self._pending, self.pending_bytes = [], 0
        size = -(-rows.num_rows // groups)
        for begin in range(0, rows.num_rows, size):
            self._write(rows.slice(begin, size))

    def _write(self, rows: pa.Table) -> None:
        if self._writer is None:
            path = self._folder / f"{self._split}-{len(self._paths):05d}"
            self._paths.append(path)
            self._file = pa.OSFile(str(path), "wb")
            self._writer = _writer(self._file, self._config)
        self._writer.write_table(rows, row_group_size=rows.num_rows)
        assert self._file is not None
        if self._file.tell() >= self._settings.file_bytes:
            self._end_file()

    def _end_file(self) -> None:
        if self._writer is not None and self._file is not None:
            self._writer.close()
            self._file.close()
        self._writer = self._file = None

    def close(self) -> list[Path]:
        """Ends the last file, and gives all of them their names, which say how many there are."""
        self.flush()
        self._end_file()
        return [path.rename(f"{path}-of-{len(self._paths):05d}.parquet") for path in self._paths]


def _writer(file: pa.NativeFile, config: Config) -> pq.ParquetWriter:
    """Chunks are cut by content, so that a few changed rows leave most of a file as it was for the Hub."""
    split = {f"{name}.list.element.list.element": "BYTE_STREAM_SPLIT" for name in config.floats}
    return pq.ParquetWriter(
        file,
        config.schema,
        compression="zstd",
        use_dictionary=[name for name in config.schema.names if name not in config.floats],
        column_encoding=split or None,
        use_content_defined_chunking=True,
        write_page_index=True,
    )

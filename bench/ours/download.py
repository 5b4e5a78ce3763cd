"""Stage download_videos through the runner: everything but the decoding of frames."""

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa

from multihowto import tables
from multihowto.stages.download_videos import DownloadVideos
from multihowto.storage import Store
from ours.parts import make, task, write


def prepare(folder: Path) -> Callable[[], None]:
    """Opens the worker's session with the first video; the work is all others."""
    urls = json.loads((folder / "download.json").read_text(encoding="utf-8"))["urls"]
    store = Store(tempfile.mkdtemp(dir=folder))
    download = task("download_videos", DownloadVideos(check="probe", pacing="off", allow_private=True), store)
    write(store, tables.SOURCES, _sources(urls[:1]))
    make(download)
    write(store, tables.SOURCES, _sources(urls))
    return lambda: make(download)


def _sources(urls: Sequence[str]) -> pa.Table:
    """Table `sources`, its ids taken from the addresses."""
    rows = [{"video_id": url.rpartition("/")[2], "url": url} for url in urls]
    return pa.Table.from_pylist(rows, schema=tables.SOURCES.schema).sort_by("video_id").combine_chunks()

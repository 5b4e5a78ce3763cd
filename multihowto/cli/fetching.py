"""Getting models while a person looks on."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import click

PLAIN_EVERY_S = 5.0
Say = Callable[[int, int], None]


def fetched(name: str, mirror: Path | None = None, accept_unknown: bool = False) -> Path:
    """The folder of a model, as the adapter's `fetch` finds it; how far it is goes to standard error."""
    from multihowto.adapters import models

    with _progress(name) as say:
        return models.fetch(name, say, mirror, accept_unknown)


def _progress(name: str) -> AbstractContextManager[Say]:
    return _bar(name) if sys.stderr.isatty() else _plain(name)


@contextmanager
def _plain(name: str) -> Iterator[Say]:
    """One line every few seconds, on standard error: standard output is the folder's."""
    last = time.monotonic()

    def say(done_bytes: int, total_bytes: int) -> None:
        nonlocal last
        if time.monotonic() - last > PLAIN_EVERY_S:
            last = time.monotonic()
            of = f" of {total_bytes / 1e6:,.1f}" if total_bytes else ""
            click.echo(f"{name}: {done_bytes / 1e6:,.1f}{of} MB", err=True)

    yield say


@contextmanager
def _bar(name: str) -> Iterator[Say]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task(name, total=None)

        def say(done_bytes: int, total_bytes: int) -> None:
            progress.update(bar, completed=done_bytes, total=total_bytes or None)

        yield say

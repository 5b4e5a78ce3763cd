"""What the commands share: hostile text made safe, tables, and progress on a terminal or in plain lines."""

import contextlib
import json
import sys
import threading
import time
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, is_dataclass
from typing import Any

import click

from multihowto.adapters.pacing import Pause, pauses
from multihowto.build import Event, ShardEnds, StageBegins, StageEnds
from multihowto.errors import RetryableError
from multihowto.storage import Store

PLAIN_EVERY_S = 5.0


def safe(text: str) -> str:
    """Text from outside for a terminal: control and direction characters are shown, not obeyed."""
    return "".join(
        char
        if char == "\n" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
        else f"\\u{ord(char):04x}"
        for char in text
    )


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table; numbers stand to the right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    body = [[_cell(value) for value in row] for row in rows]
    drawn = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0)
    )
    for number, name in enumerate(columns):
        right = any(isinstance(row[number], str) and row[number][:1].isdigit() for row in body)
        drawn.add_column(name, justify="right" if right else "left", header_style="dim", overflow="fold")
    for row in body:
        drawn.add_row(*(Text(value) for value in row))
    width = None if sys.stdout.isatty() else 140
    Console(width=width, highlight=False).print(drawn)
    click.echo()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return safe(str(value))


def counts(values: Iterable[tuple[str, int]]) -> str:
    """`a 3, b 1`, for messages."""
    return ", ".join(f"{name} {count:,}" for name, count in values)


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


@contextlib.contextmanager
def tell_pauses(store: Store, style: str, every_s: float = 2.0) -> Iterator[None]:
    """While the block runs, tells of each site that a worker leaves alone, since no event comes meanwhile."""
    over = threading.Event()

    def look() -> None:
        told: dict[tuple[str, str], float] = {}
        while not over.wait(every_s):
            with contextlib.suppress(OSError, RetryableError):  # it is looked at again
                for pause in pauses(store.files):
                    place = (pause.stage, pause.site)
                    if told.get(place, 0.0) <= time.time() < pause.until_s:
                        told[place] = pause.until_s
                        click.echo(json.dumps(pause_event(pause)) if style == "json" else pausing(pause))

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def pausing(pause: Pause) -> str:
    """For which site a worker waits, and how long, in one line."""
    minutes = max(1, round((pause.until_s - time.time()) / 60))
    return safe(f"{pause.stage}: {pause.site} blocks this session; next try in {minutes} min")


def pause_event(pause: Pause) -> dict[str, str]:
    """A pause as one JSON object."""
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(pause.until_s))
    return {"event": "Pause", "stage": pause.stage, "site": pause.site, "until": until}


def follow(events: Iterable[Event], style: str) -> Iterator[StageEnds]:
    """Shows a build's events as they come, in a style (bar, plain, json), and hands on the ends of its stages."""
    shows = {"bar": _bar, "plain": _plain, "json": _json}
    for event in shows[style](events):
        if isinstance(event, StageEnds):
            yield event


def _json(events: Iterable[Event]) -> Iterator[Event]:
    for event in events:
        click.echo(json.dumps(json_of(event), ensure_ascii=False))
        yield event


def json_of(event: Event) -> dict[str, Any]:
    """An event as one JSON object."""
    if isinstance(event, StageEnds):
        sums = {name: event.total(name) for name in ("videos", "ran", "copied", "removed", "rows")}
        failed = {str(shard): problem for shard, problem in event.failed().items()}
        return {
            "event": "StageEnds",
            "stage": event.stage,
            "seconds": round(event.seconds, 3),
            **sums,
            "failed": failed,
        }
    assert is_dataclass(event)
    fields = asdict(event)
    if isinstance(event, ShardEnds):
        del fields["report"]["notes"]
    return {"event": type(event).__name__, **fields}


def _plain(events: Iterable[Event]) -> Iterator[Event]:
    """One line when a stage begins, one every few seconds, one when it ends."""
    begun, done, started, last = StageBegins("", 0, 0, 0), 0, 0.0, 0.0
    for event in events:
        now = time.monotonic()
        if isinstance(event, StageBegins):
            begun, done, started, last = event, 0, now, now
            if event.stale:
                click.echo(f"{event.stage}: {event.stale} of {event.shards} shards to make")
        elif isinstance(event, ShardEnds) and event.report.status == "made":
            done += event.report.videos
            if now - last > PLAIN_EVERY_S and begun.videos:
                last = now
                rate = done / (now - started)
                left = duration(max(0, begun.videos - done) / rate) if rate else "?"
                click.echo(f"  {done:,} of {begun.videos:,} videos, {rate:.1f}/s, {left} left")
        elif isinstance(event, StageEnds):
            click.echo(ending(event))
        yield event


def _bar(events: Iterable[Event]) -> Iterator[Event]:
    """A bar for each stage, with rate and time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("videos {task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar, started, done = None, 0.0, 0
        for event in events:
            if isinstance(event, StageBegins):
                started, done = time.monotonic(), 0
                bar = progress.add_task(event.stage, total=event.videos or None, rate="")
            elif isinstance(event, ShardEnds) and event.report.status == "made" and bar is not None:
                done += event.report.videos
                rate = f"{done / max(1e-9, time.monotonic() - started):.1f}/s"
                progress.update(bar, completed=done, rate=rate)
            elif isinstance(event, StageEnds) and bar is not None:
                progress.remove_task(bar)
                progress.console.print(ending(event), markup=False, highlight=False)
            yield event


def ending(event: StageEnds) -> str:
    """What a stage did, in one line."""
    made = sum(report.status == "made" for report in event.reports.values())
    failed = len(event.failed())
    if not made and not failed:
        return f"{event.stage}: {event.total('rows'):,} rows; nothing to do"
    parts = [f"{event.total('rows'):,} rows", f"{event.total('ran'):,} videos run"]
    parts += [f"{event.total(name):,} {name}" for name in ("copied", "removed") if event.total(name)]
    for what, name in (("rejects", "rejects"), ("flaws", "parts missing")):
        codes = event.codes(what)
        if codes:
            parts.append(f"{codes.total():,} {name} ({counts(sorted(codes.items()))})")
    if failed:
        parts.append(f"{failed} shards FAILED")
    return f"{event.stage}: {'; '.join(parts)}; {duration(event.seconds)}"

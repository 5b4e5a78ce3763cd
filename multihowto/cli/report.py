"""`multihowto report`: what went in, what came out, what was left out and why."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from multihowto.errors import ConfigError

if TYPE_CHECKING:
    from multihowto.report.numbers import LanguageNumbers, TableNumbers
    from multihowto.report.tracks import TrackNumbers
    from multihowto.storage import Store

MB = 1_000_000


@click.command()
@click.argument("store", metavar="STORE")
@click.option("--json", "as_json", is_flag=True, help="The numbers as JSON, for machines.")
@click.option(
    "--html",
    "html",
    metavar="[PATH]",
    is_flag=False,
    flag_value="",
    help="Write a page that needs nothing but itself: to PATH, or to report.html in a local STORE. Goes behind STORE.",
)
@click.option("--seed", default=0, show_default=True, help="Draws the videos that the page shows.")
@click.option(
    "--media-mb",
    default=20,
    show_default=True,
    type=click.IntRange(0, 500),
    help="Media on the page, at most, in millions of bytes.",
)
def report(store: str, as_json: bool, html: str | None, seed: int, media_mb: int) -> None:
    """Report on STORE: rows in, rows out, reasons; captions a language; clips kept and why not the others."""
    from multihowto.report import numbers, tracks
    from multihowto.stages import STAGES
    from multihowto.storage import Store

    opened = Store(store)
    opened.require()
    if html is not None:
        _write_page(opened, _page_path(opened, html), seed, media_mb * MB)
        return
    by_table = numbers.table_numbers(opened)
    by_track = tracks.track_numbers(opened)
    languages = numbers.language_numbers(opened)
    kept, why_not = numbers.selection_numbers(opened)
    first_inputs = {stage.writes.name: stage.reads[0].table.name for stage in STAGES.values() if stage.reads}
    gaps = numbers.gaps(opened, by_table, first_inputs)
    if as_json:
        values = {
            "tables": [asdict(one) for one in by_table],
            "tracks": [asdict(one) for one in by_track],
            "languages": [asdict(one) for one in languages],
            "kept": kept,
            "why_not": why_not,
            "gaps": gaps,
        }
        click.echo(json.dumps(values, ensure_ascii=False, indent=1))
        return
    _print_tables(store, by_table)
    _print_left_out(by_table)
    _print_tracks(by_track)
    _print_captions(languages)
    _print_clips(kept, why_not)
    for gap in gaps:
        click.echo(f"not finished: {gap}; `multihowto build` goes on")


def _page_path(store: "Store", html: str) -> Path:
    """Where the page is to be; ConfigError if that cannot be known or is no place for a file."""
    if not html and store.files.local is None:
        raise ConfigError(
            f"{store.root} is not on this machine: say where the page is to be, --html report.html"
        )
    path = Path(html) if html or store.files.local is None else store.files.local / "report.html"
    if path.is_dir() or not path.parent.is_dir():
        raise ConfigError(f"--html {path}: give the name of a file in a folder that is there")
    return path


def _write_page(store: "Store", path: Path, seed: int, media_bytes: int) -> None:
    """Writes the page: it is whole or not there."""
    from multihowto.errors import world_errors
    from multihowto.report.page import page

    text = page(store, seed, media_bytes)
    temporary = path.with_name(f".{path.name}.part")
    with world_errors(f"writing {path}"):
        try:
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    click.echo(f"{path} ({path.stat().st_size / MB:.1f} MB)")


def _print_tables(store: str, by_table: "list[TableNumbers]") -> None:
    from multihowto.cli.screen import counts, table

    table(
        f"{store}: rows in = used + left out",
        ("table", "rows in", "used", "left out", "rows out", "videos", "why left out"),
        [
            [
                one.table,
                one.rows_in,
                one.used,
                one.rejected,
                one.rows_out,
                one.videos_out,
                counts(one.reasons.items()),
            ]
            for one in by_table
        ],
    )


def _print_left_out(by_table: "list[TableNumbers]") -> None:
    from multihowto.cli.screen import table
    from multihowto.rejects import REASONS

    rows = [
        [
            one.table,
            code,
            count,
            "no" if REASONS[code].final else "yes",
            REASONS[code].meaning,
            REASONS[code].cure,
        ]
        for one in by_table
        for code, count in one.reasons.items()
    ]
    if rows:
        table("left out", ("table", "code", "rows", "may pass", "meaning", "what to do"), rows)
    flaws = [
        [one.table, code, count, "no" if REASONS[code].final else "yes", REASONS[code].meaning]
        for one in by_table
        for code, count in one.flaws.items()
    ]
    if flaws:
        table(
            "parts missing of rows that are there", ("table", "code", "parts", "may pass", "meaning"), flaws
        )


def _print_tracks(by_track: "list[TrackNumbers]") -> None:
    from multihowto.cli.screen import counts, table

    columns = (
        "language",
        "tracks",
        "kinds",
        "formats",
        "relabelled",
        "undecided",
        "unreadable places",
        "removed",
    )
    rows = [
        [
            one.language,
            one.tracks,
            counts(one.by_kind.items()),
            counts(one.by_format.items()),
            one.relabelled,
            one.undecided,
            one.problems,
            counts(one.removed.items()),
        ]
        for one in by_track
    ]
    if rows:
        table("caption tracks", columns, rows)


def _print_captions(languages: "list[LanguageNumbers]") -> None:
    from multihowto.cli.screen import counts, table

    columns = ("language", "captions", "origin", "aligned by", "track agrees", "in kept clips")
    rows = [
        [
            one.language,
            one.captions,
            counts(one.by_origin.items()),
            counts(one.by_method.items()),
            one.agreeing,
            one.passing,
        ]
        for one in languages
    ]
    if rows:
        table("captions", columns, rows)


def _print_clips(kept: Mapping[str, int], why_not: Mapping[str, int]) -> None:
    from multihowto.cli.screen import table
    from multihowto.stages.select_clips import WHY_NOT

    rows = [[f"kept: {split}", count, ""] for split, count in kept.items()]
    rows += [[f"not kept: {code}", count, WHY_NOT[code]] for code, count in why_not.items()]
    if rows:
        table("clips", ("decision", "clips", "meaning"), rows)

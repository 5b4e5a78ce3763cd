"""`multihowto report`: what went in, what came out, what was left out and why."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from multihowto.report.numbers import LanguageNumbers, TableNumbers


@click.command()
@click.argument("store", metavar="STORE")
@click.option("--json", "as_json", is_flag=True, help="The numbers as JSON, for machines.")
def report(store: str, as_json: bool) -> None:
    """Report on STORE: rows in, rows out, reasons; captions a language; clips kept and why not the others."""
    from multihowto.report import numbers
    from multihowto.stages import STAGES
    from multihowto.storage import Store

    opened = Store(store)
    opened.require()
    by_table = numbers.table_numbers(opened)
    languages = numbers.language_numbers(opened)
    kept, why_not = numbers.selection_numbers(opened)
    first_inputs = {stage.writes.name: stage.reads[0].table.name for stage in STAGES.values() if stage.reads}
    gaps = numbers.gaps(opened, by_table, first_inputs)
    if as_json:
        values = {
            "tables": [asdict(one) for one in by_table],
            "languages": [asdict(one) for one in languages],
            "kept": kept,
            "why_not": why_not,
            "gaps": gaps,
        }
        click.echo(json.dumps(values, ensure_ascii=False, indent=1))
        return
    _print_tables(store, by_table)
    _print_left_out(by_table)
    _print_captions(languages)
    _print_clips(kept, why_not)
    for gap in gaps:
        click.echo(f"not finished: {gap}; `multihowto build` goes on")


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

"""`multihowto report`: what went in, what came out, what was left out and why."""

import json
from dataclasses import asdict

import click


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
    _print(store, by_table, languages, kept, why_not)
    for gap in gaps:
        click.echo(f"not finished: {gap}; `multihowto build` goes on")


def _print(store, by_table, languages, kept, why_not) -> None:  # type: ignore[no-untyped-def]
    from multihowto.cli.screen import counts, table
    from multihowto.rejects import REASONS
    from multihowto.stages.select_clips import WHY_NOT

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
    reasons = {code: count for one in by_table for code, count in one.reasons.items()}
    if reasons:
        rows = [
            [c, n, "no" if REASONS[c].final else "yes", REASONS[c].meaning, REASONS[c].cure]
            for c, n in reasons.items()
        ]
        table("left out", ("code", "rows", "may pass", "meaning", "what to do"), rows)
    flaws = [
        [one.table, code, n, "no" if REASONS[code].final else "yes"]
        for one in by_table
        for code, n in one.flaws.items()
    ]
    if flaws:
        table(
            "parts missing of rows that are there (a caption track, say)",
            ("table", "code", "parts", "may pass"),
            flaws,
        )
    if languages:
        table(
            "captions",
            ("language", "captions", "origin", "aligned by", "track agrees", "in kept clips"),
            [
                [
                    one.language,
                    one.captions,
                    counts(one.by_origin.items()),
                    counts(one.by_method.items()),
                    one.agreeing,
                    one.passing,
                ]
                for one in languages
            ],
        )
    if kept or why_not:
        rows = [[f"kept: {split}", count, ""] for split, count in kept.items()]
        rows += [[f"not kept: {code}", count, WHY_NOT[code]] for code, count in why_not.items()]
        table("clips", ("decision", "clips", "meaning"), rows)

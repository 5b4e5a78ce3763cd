"""`multihowto compare`: runs beside each other, beside chance, and beside published numbers."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from multihowto.errors import ConfigError, world_errors

if TYPE_CHECKING:
    from multihowto.evaluation.comparison import Comparison
    from multihowto.evaluation.runs import RunFile


@click.command()
@click.argument("runs", metavar="RUN...", nargs=-1, required=True)
@click.option(
    "--metric",
    type=click.Choice(["r1", "r5", "r10"]),
    default="r1",
    show_default=True,
    help="What is tested: the answer is the first, or among the first 5 or 10.",
)
@click.option(
    "--draws", type=click.IntRange(1, 1_000_000), default=2000, show_default=True, help="Of each test."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the draws.")
@click.option("--published", metavar="BENCHMARK", help="Whose numbers stand beside. [default: the runs' own]")
@click.option("--markdown", metavar="PATH", help="Write both directions as Markdown.")
@click.option("--svg", metavar="PATH", help="Write the picture.")
@click.option("--json", "as_json", is_flag=True, help="The numbers as JSON, for machines.")
def compare(
    runs: tuple[str, ...],
    metric: str,
    draws: int,
    seed: int,
    published: str | None,
    markdown: str | None,
    svg: str | None,
    as_json: bool,
) -> None:
    """Compare RUNs with the first of them, language by language: differences, intervals, paired tests.

    A RUN is a file that `multihowto evaluate` wrote: STORE/runs/RECIPE/test.run.json. Beside them stand chance and the
    published numbers on the same benchmark, each with how sure it is.
    """
    from multihowto import extras

    extras.require("train", "multihowto compare")
    show_runs(_load(runs), metric, draws, seed, published, markdown, svg, as_json)


def show_runs(
    runs: Mapping[str, "RunFile"],
    metric: str = "r1",
    draws: int = 2000,
    seed: int = 0,
    published: str | None = None,
    markdown: str | None = None,
    svg: str | None = None,
    as_json: bool = False,
) -> None:
    """Compares runs with the first of them, prints that, and writes it where it is asked for."""
    from multihowto.evaluation import comparison, showing
    from multihowto.evaluation.published import read_published

    numbers = read_published()
    benchmark = published or next(iter(runs.values())).benchmark
    chosen = [one for one in numbers if one.benchmark == benchmark]
    if published and not chosen:
        known = ", ".join(sorted({one.benchmark for one in numbers}))
        raise ConfigError(f"nothing is published on {published!r:.80}; there are numbers on: {known}")
    settings = comparison.Settings(metric, draws, seed=seed)  # type: ignore[arg-type]  # click has checked it
    found = comparison.compare_runs(runs, chosen, settings)
    for path, text in ((markdown, showing.markdown(found)), (svg, showing.svg(found))):
        if path:
            _write(path, text)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=1))
    else:
        _show(found)


def _show(found: "Comparison") -> None:
    from multihowto.cli.screen import safe, table
    from multihowto.evaluation import showing

    for direction, title in showing.TITLES.items():
        body = showing.rows(found, direction)
        if body:
            table(f"{title}, {found.benchmark}", showing.columns(found), body)
    for note in showing.footnotes(found):
        click.echo(safe(note))


def _load(paths: tuple[str, ...]) -> Mapping[str, "RunFile"]:
    """The runs by their names, or by name and path where two have the same."""
    from multihowto.evaluation.runs import read_run

    read = [(path, read_run(Path(path))) for path in dict.fromkeys(paths)]
    names = [run.name for _, run in read]
    return {run.name if names.count(run.name) == 1 else f"{run.name} ({path})": run for path, run in read}


def _write(path: str, text: str) -> None:
    """Writes a file: it is whole or not there."""
    target = Path(path)
    if target.is_dir() or not target.parent.is_dir():
        raise ConfigError(f"{path}: give the name of a file in a folder that is there")
    temporary = target.with_name(f".{target.name}.part")
    with world_errors(f"writing {path}"):
        try:
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)

"""`multihowto sample`: a sheet on which people judge captions, and what they found."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from multihowto.errors import ConfigError

if TYPE_CHECKING:
    from multihowto.report.precision import Precision
    from multihowto.sampling import TakenIn
    from multihowto.storage import Store


@click.command()
@click.argument("store", metavar="STORE")
@click.option(
    "-n", "number", default=100, show_default=True, type=click.IntRange(1, 10_000), help="Captions, in all."
)
@click.option(
    "--language", "languages", multiple=True, help="Only captions in it; may be given again. [default: all]"
)
@click.option("--seed", default=0, show_default=True, help="Draws the captions.")
@click.option(
    "-o",
    "sheet",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the sheet is to be; its CSV goes beside it. [default: sample.html in a local STORE]",
)
@click.option(
    "--verdicts",
    metavar="FILE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Write no sheet: take in the CSV of a judge; may be given again.",
)
def sample(
    store: str,
    number: int,
    languages: tuple[str, ...],
    seed: int,
    sheet: Path | None,
    verdicts: tuple[Path, ...],
) -> None:
    """Have people judge captions of STORE: write a sheet for a browser, or take their verdicts in.

    Captions are drawn evenly over languages and bands of the score. The report shows what the verdicts say.
    """
    from multihowto.reading import open_store
    from multihowto.sampling import take_in

    opened = open_store(store)
    if not verdicts:
        _write(opened, number, languages, seed, sheet)
        return
    if sheet is not None or languages:
        raise ConfigError("--verdicts goes without -o and --language: it takes in and writes no sheet")
    _tell(take_in(opened, verdicts))


def _write(store: "Store", number: int, languages: tuple[str, ...], seed: int, sheet: Path | None) -> None:
    from multihowto.cli.screen import counts
    from multihowto.report.precision import BANDS
    from multihowto.sampling import draw, write_sheet

    path = _sheet_path(store, sheet)
    drawn = draw(store, number, languages, seed)
    table = write_sheet(store, drawn, path)
    bands = {name: sum(one.band == place for one in drawn) for place, name in enumerate(BANDS)}
    click.echo(f"{path}: {len(drawn):,} captions; by score: {counts(bands.items())}")
    click.echo(f"open it in a browser, judge, and save; or fill in {table} in a spreadsheet. Then:")
    click.echo(f"  multihowto sample {store.root} --verdicts FILE")


def _sheet_path(store: "Store", sheet: Path | None) -> Path:
    if sheet is None and store.files.local is None:
        raise ConfigError(
            f"{store.root} is not on this machine: say where the sheet is to be, -o sample.html"
        )
    path = sheet if sheet is not None or store.files.local is None else store.files.local / "sample.html"
    assert path is not None
    if not path.parent.is_dir() or path.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"-o {path}: give the name of an .html file in a folder that is there")
    return path


def _tell(taken: "TakenIn") -> None:
    from multihowto.cli.screen import safe

    for file, line, caption in taken.unknown:
        click.echo(
            safe(f"{file}, line {line}: {caption!r:.120} is not in the store; kept, but it does not count")
        )
    if taken.again:
        click.echo(f"{taken.again:,} of the files were in the store already")
    click.echo(
        f"{taken.verdicts:,} verdicts read; the store now has {taken.now.counting:,} that count, "
        f"{taken.now.outdated:,} of texts that have changed since"
    )
    _tell_precision(taken.now)
    for one in taken.now.agreements:
        kappa = "not defined" if one.kappa is None else f"{one.kappa:.2f}"
        click.echo(
            safe(
                f"{one.judges[0]} and {one.judges[1]}: {one.same:,} of {one.both:,} alike, Cohen's kappa {kappa}"
            )
        )


def _tell_precision(now: "Precision") -> None:
    from multihowto.cli.screen import table
    from multihowto.report.precision import BANDS

    rows = [
        [
            one.language,
            BANDS[one.band],
            one.captions,
            one.judged,
            f"{one.right / one.judged:.0%} ({one.interval[0]:.0%} to {one.interval[1]:.0%})",
        ]
        for one in now.strata
        if one.judged
    ]
    rows += [
        [
            one.language or "all",
            "weighted",
            "",
            one.judged,
            f"{one.share:.0%} ({one.low:.0%} to {one.high:.0%})",
        ]
        for one in now.estimates
    ]
    if rows:
        table("measured precision", ("language", "score", "captions", "judged", "right (95 %)"), rows)

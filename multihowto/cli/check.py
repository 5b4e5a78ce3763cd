"""`multihowto check`: reads pipelines and says what is wrong, before any work."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from multihowto.pipeline import Pipeline

SHOWN = 20


@click.command()
@click.argument("pipelines", nargs=-1, required=True, metavar="PIPELINE...")
@click.option("--manifest", "read_rows", is_flag=True, help="Read the rows of the manifest too.")
def check(pipelines: tuple[str, ...], read_rows: bool) -> None:
    """Check pipelines: stages, settings, order, manifests and models.

    Each PIPELINE is a YAML file, or the name of a shipped one. Rows that are not in order are shown by line; a build
    leaves them out, so they are no error.
    """
    from multihowto.pipeline import load

    for name in pipelines:
        pipeline = load(name)
        stages = ", ".join(pipeline.stages)
        click.echo(f"{pipeline.name}: {pipeline.shards} shards, {len(pipeline.stages)} stages ({stages})")
        if read_rows:
            _show_rows(pipeline)


def _show_rows(pipeline: "Pipeline") -> None:
    """How many rows are in order, and the first of those that are not."""
    from multihowto.cli.screen import counts, safe
    from multihowto.manifests.remote import called
    from multihowto.planning import wanted
    from multihowto.rejects import REASONS
    from multihowto.storage import Store

    store = Store(f"build/{pipeline.name}")  # only its name is used: nothing is read or written
    found = wanted(pipeline, store, SHOWN)
    sums = {"in order": found.videos, **found.left_out}
    name = called(pipeline.manifest)
    shown = name if "://" in name else Path(name).name
    click.echo(f"  {shown}: {sum(sums.values()):,} rows: {counts(sums.items())}")
    for reject in found.first:
        click.echo(safe(f"  {reject.key}: {reject.code}{reject.detail and ': '}{reject.detail}"))
    more = sum(found.left_out.values()) - found.left_out.get("excluded", 0) - len(found.first)
    if more > 0:
        click.echo(f"  and {more:,} more")
    for code in dict.fromkeys(reject.code for reject in found.first):
        click.echo(f"  {code}: {REASONS[code].meaning}; {REASONS[code].cure}")
    if found.first:
        click.echo("  a build leaves these rows out")

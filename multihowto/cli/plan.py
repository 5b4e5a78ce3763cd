"""`multihowto plan`: what a build will ask for, and how long that takes."""

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from multihowto.planning import Plan


@click.command()
@click.argument("pipeline", metavar="PIPELINE")
@click.option("--root", metavar="STORE", help="Folder or URI of the store. [default: build/<pipeline>]")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for machines.")
def plan(pipeline: str, root: str | None, as_json: bool) -> None:
    """Say what building PIPELINE takes, and what is left of it, before anything is asked of a site.

    Each number stands beside where it comes from: the manifest, what the store has measured so far, or an assumption.
    """
    from multihowto.pipeline import load
    from multihowto.planning import make_plan
    from multihowto.storage import Store

    loaded = load(pipeline)
    store = Store(root or f"build/{loaded.name}")
    made = make_plan(loaded, store)
    if as_json:
        click.echo(json.dumps(_json_of(made), ensure_ascii=False))
    else:
        _show(f"{loaded.name} in {store.root}", made)


def _show(title: str, made: "Plan") -> None:
    from multihowto.cli.screen import counts, safe, table

    rows = [[one.name, _number(one.whole), _number(one.left), one.basis] for one in made.estimates]
    table(title, ("what", "in all", "left", "from"), rows)
    shards = [[stage, f"{left:,} of {made.shards:,}"] for stage, left in made.left.shards.items()]
    table("shards", ("stage", "left to make"), shards)
    if made.wanted.left_out:
        click.echo(safe(f"left out: {counts(made.wanted.left_out.items())} (check --manifest shows which)"))
    for note in made.left.notes:
        click.echo(safe(note))


def _number(value: float | None) -> str:
    """A number with as many digits as it is worth."""
    if value is None:
        return "?"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2g}"


def _json_of(made: "Plan") -> dict[str, object]:
    return {
        "videos": made.wanted.videos,
        "left_out": dict(made.wanted.left_out),
        "estimates": [one._asdict() for one in made.estimates],
        "shards": made.shards,
        "shards_left": dict(made.left.shards),
        "notes": list(made.left.notes),
    }

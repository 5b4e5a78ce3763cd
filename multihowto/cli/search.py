"""`multihowto search`: clips of a store that fit a text in any language."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from multihowto.searching.search import Hit

IDENTIFIER = "lid.176.ftz"
OTHER = "other data than the store holds now, or with another recipe or text encoder than are here now"


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("query", metavar="QUERY")
@click.option("--root", metavar="STORE", required=True, help="Folder or URI of the store.")
@click.option(
    "-n", "number", type=click.IntRange(1, 10_000), default=10, show_default=True, help="So many clips."
)
@click.option(
    "--language",
    metavar="CODE",
    help="Show captions in it. [default: the query's, if that can be told; else the pivot]",
)
@click.option(
    "-o",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The page. [default: search.html in a local STORE]",
)
@click.option("--exclusions", metavar="FILE", help="More videos to hide than the store's own list says.")
@click.option("--json", "as_json", is_flag=True, help="The clips as JSON, for machines.")
def search(
    model: str,
    query: str,
    root: str,
    number: int,
    language: str | None,
    out: Path | None,
    exclusions: str | None,
    as_json: bool,
) -> None:
    """Find the clips of a store that show what QUERY says, in any language, and write a page that plays them.

    MODEL is a run, runs/RECIPE/seed-N, or a recipe's name or file, then its first trained seed. The first search
    embeds all kept clips and keeps their vectors beside the run; videos that were taken down are never shown.
    """
    from multihowto import extras, manifests
    from multihowto.cli.fetching import fetched
    from multihowto.cli.screen import safe
    from multihowto.storage import Store

    extras.require("train", "multihowto search")
    from multihowto.publish import taken_down
    from multihowto.searching.page import write_page
    from multihowto.searching.search import search as find_clips
    from multihowto.searching.trained import open_trained

    query = query.encode("utf-8", "replace").decode()  # what is no text may come from a terminal
    store = Store(root)
    trained = open_trained(store, model, fetched, lambda line: click.echo(safe(line), err=True))
    if not trained.fits:
        click.echo(safe(f"note: {trained.folder} was trained on {OTHER}; clips may fit worse"), err=True)
    listed = taken_down.listed(store, None if exclusions is None else manifests.find(exclusions))
    hits = find_clips(
        trained,
        store,
        query,
        number,
        language or language_of(query),
        lambda shard: taken_down.in_shard(store, shard, listed),
        lambda line: click.echo(safe(line), err=True),
    )
    target = out or (store.files.local / "search.html" if store.files.local else None)
    if target is not None:
        write_page(store, target, query, trained.folder, hits)
    if as_json:
        click.echo(json.dumps([asdict(hit) for hit in hits], ensure_ascii=True, indent=1))
        return
    show(hits)
    click.echo(safe(f"a page that plays them: {target}" if target else "no page: name one with -o FILE"))


def language_of(query: str) -> str | None:
    """The language of a query; None if the identifier is not installed, not fetched yet, or cannot tell."""
    from multihowto import extras, manifests
    from multihowto.adapters import model_cache, models

    if extras.missing("language"):
        return None
    folder = models.here(manifests.model(IDENTIFIER), model_cache.cache())
    if folder is None:
        return None
    from multihowto.adapters import fasttext

    languages = manifests.read_languages(manifests.find("languages.csv"))
    [found] = fasttext.load(folder, IDENTIFIER, languages).detect([query])
    return found.language if found.language in languages else None


def show(hits: "list[Hit]") -> None:
    """Prints the clips: a line of numbers, then what it is and says."""
    from multihowto.cli.screen import safe
    from multihowto.report.sheet import clock

    for hit in hits:
        times = f"{clock(hit.start_ms)} to {clock(hit.end_ms)}"
        one_line = [" ".join(text.split()) for text in (hit.title, hit.caption)]
        click.echo(safe(f"{hit.rank:>3}  {hit.score:+.3f}  {hit.clip_id}  {times}  {one_line[0]}"))
        if one_line[1]:
            click.echo(safe(f"     {hit.language}: {one_line[1]}"))
        if hit.link:
            click.echo(safe(f"     {hit.link}"))
    if not hits:
        click.echo("no clip can be found: none is kept, or all were taken down")

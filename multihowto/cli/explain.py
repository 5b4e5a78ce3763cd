"""`multihowto explain`: the story of one clip, from its line in the manifest to the decision."""

import json

import click


@click.command()
@click.argument("store", metavar="STORE")
@click.argument("id", metavar="ID")
@click.option(
    "--pipeline", help="The pipeline that built STORE, if it is not found by the name that STORE has noted."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for machines.")
def explain(store: str, id: str, pipeline: str | None, as_json: bool) -> None:
    """Tell the story of a clip of STORE: where it comes from, what was made of it, and why it is kept or not.

    ID is a clip's (dQw4w9WgXcQ:00012000-00017000), a caption's (the same with /de), or a video's.
    """
    from multihowto.cli.screen import safe, table
    from multihowto.explaining import known, story
    from multihowto.storage import Store

    opened = Store(store)
    settings = opened.require()
    sections = list(story(known(opened, id), pipeline or str(settings["pipeline"])))
    if as_json:
        values = {section.name: section.data for section in sections}
        click.echo(json.dumps(values, ensure_ascii=True, indent=1))
        return
    for section in sections:
        click.echo(click.style(section.name, bold=True))
        for line in section.lines:
            click.echo("  " + safe(line).replace("\n", "\\n"))
        if section.rows:
            table("", section.columns, section.rows)
        elif section.lines:
            click.echo()

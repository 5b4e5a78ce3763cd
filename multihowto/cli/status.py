"""`multihowto status`: how far a store is."""

import click


@click.command()
@click.argument("store", metavar="STORE")
def status(store: str) -> None:
    """Show which shards of each table of STORE are made, and their rows."""
    from multihowto.cli.screen import table
    from multihowto.storage import Store

    opened = Store(store)
    settings = opened.require()
    rows = []
    for name in settings["tables"]:
        stamps = [
            stamp for shard in opened.shards_of(name) if (stamp := opened.stamp(name, shard)) is not None
        ]
        sums = [sum(getattr(stamp, field) for stamp in stamps) for field in ("videos", "rows", "rejects")]
        rows.append([name, f"{len(stamps)} of {settings['shards']}", *sums])
    title = f"{store}: pipeline {settings['pipeline']}, {settings['shards']} shards"
    table(title, ("table", "shards", "videos", "rows", "rejects"), rows)

"""`multihowto check`: reads pipelines and says what is wrong, before any work."""

from pathlib import Path

import click


@click.command()
@click.argument("pipelines", nargs=-1, required=True, metavar="PIPELINE...")
@click.option("--manifest", "read_rows", is_flag=True, help="Read the rows of the manifest too.")
def check(pipelines: tuple[str, ...], read_rows: bool) -> None:
    """Check pipelines: stages, settings, order, manifests and models.

    Each PIPELINE is a YAML file, or the name of a shipped one.
    """
    from multihowto.pipeline import load

    for name in pipelines:
        pipeline = load(name)
        stages = ", ".join(pipeline.stages)
        click.echo(f"{pipeline.name}: {pipeline.shards} shards, {len(pipeline.stages)} stages ({stages})")
        if read_rows:
            click.echo(f"  {_rows(pipeline.manifest)}")


def _rows(manifest: Path) -> str:
    from collections import Counter

    from multihowto.cli.screen import counts
    from multihowto.manifests import read_videos
    from multihowto.rejects import Reject

    found = Counter(row.code if isinstance(row, Reject) else "in order" for row in read_videos(manifest))
    return f"{manifest.name}: {found.total():,} rows: {counts(found.most_common())}"

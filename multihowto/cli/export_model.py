"""`multihowto export-model`: writes a trained run as a model repository of the Hugging Face Hub, and uploads it."""

import json
from pathlib import Path

import click


@click.command("export-model")
@click.argument("model", metavar="MODEL")
@click.option("--root", metavar="STORE", required=True, help="Folder or URI of the store.")
@click.option("--to", required=True, metavar="ORG/NAME", help="The model repository.")
@click.option(
    "--contact", required=True, metavar="URL|MAIL", help="Where people ask for removal; in the card."
)
@click.option(
    "--license", default="other", show_default=True, metavar="ID", help="That you give the weights."
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="[default: the run's folder/export]"
)
@click.option("--upload", is_flag=True, help="Upload the folder, too. [default: only write it]")
@click.option("--public", is_flag=True, help="Let everybody see the repository. [default: private]")
@click.option("--json", "as_json", is_flag=True, help="What was written as JSON, for machines.")
def export_model(
    model: str,
    root: str,
    to: str,
    contact: str,
    license: str,
    out: Path | None,
    upload: bool,
    public: bool,
    as_json: bool,
) -> None:
    """Export a trained run as a folder that loads in five lines, without multihowto.

    MODEL is a run, runs/RECIPE/seed-N, or a recipe's name or file, then its first trained seed. The folder holds
    config.json, model.safetensors, the tokenizer, modeling_mmp.py and a card with licences and results.
    """
    from multihowto import extras
    from multihowto.cli.fetching import fetched
    from multihowto.cli.screen import safe
    from multihowto.storage import Store

    extras.require("train", "multihowto export-model")
    if upload:
        extras.require("hub", "an upload")
    from multihowto.publish.model_repository import write_model
    from multihowto.searching.trained import open_trained

    store = Store(root)
    trained = open_trained(store, model, fetched, lambda line: click.echo(safe(line), err=True))
    if out is None and store.files.local is None:
        raise click.UsageError(f"{store.root} is not on this machine: name a folder with --out")
    target = out or Path(store.files.path(f"{trained.folder}/export"))
    written = write_model(store, trained, fetched, to, target, contact, license)
    where = None
    if upload:
        from multihowto.adapters import hub

        where = hub.upload(written.folder, to, public, "model")
    if as_json:
        values = {"folder": str(written.folder), "bytes": written.bytes, "difference": written.difference}
        click.echo(json.dumps(values | {"uploaded": where}))
        return
    click.echo(safe(f"{written.folder}: {written.bytes / 1e6:,.1f} MB"))
    click.echo(
        f"loaded and compared on {written.texts} texts: it differs from the run by {written.difference:.1e}"
    )
    click.echo(safe(f"uploaded: {where}" if where else "nothing was uploaded; --upload does it"))

"""`multihowto models`: which models there are, and getting them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from multihowto.manifests import Model


@click.group()
def models() -> None:
    """List, fetch and find the models that stages and recipes name.

    They are named in manifests/models.toml, with licences and checksums, and kept in $MULTIHOWTO_CACHE or the user's
    cache folder. MULTIHOWTO_MODELS names folders that are looked into before any network is used.
    """


@models.command("list")
def list_models() -> None:
    """List the models: what for, under which licence, from where, and whether they are here."""
    from multihowto import manifests
    from multihowto.adapters.model_cache import cache
    from multihowto.adapters.models import here
    from multihowto.cli.screen import table

    known = manifests.read_models(manifests.find("models.toml")).values()
    rows = [
        [
            model.name,
            model.task,
            model.license,
            _source(model),
            _size(model),
            here(model, cache()) is not None,
        ]
        for model in known
    ]
    table("models", ("model", "task", "licence", "source", "size", "here"), rows)


@models.command()
@click.argument("name", metavar="NAME")
@click.option("--from", "mirror", type=click.Path(path_type=Path), metavar="FOLDER", help=(
    "Take the files from this folder (NAME/FILE, or the wheel itself) and ask nobody else."
))  # fmt: skip
@click.option(
    "--accept-unknown", is_flag=True, help="Use files of which models.toml has no checksum, as they are now."
)
def fetch(name: str, mirror: Path | None, accept_unknown: bool) -> None:
    """Fetch the model NAME, check it, and print its folder; a broken download goes on where it was."""
    from multihowto import manifests
    from multihowto.adapters import models as adapter
    from multihowto.adapters.model_cache import cache
    from multihowto.cli.fetching import fetched
    from multihowto.cli.screen import safe

    folder = fetched(name, mirror, accept_unknown)
    for path, seen in adapter.unknown(manifests.model(name), cache()).items():
        commit = f", commit {seen.revision}" if seen.revision else ""
        click.echo(
            safe(f"accepted without a known checksum: {path}: SHA-256 {seen.sha256}{commit}"), err=True
        )
    click.echo(safe(str(folder)))


@models.command()
@click.argument("name", metavar="NAME")
def path(name: str) -> None:
    """Print the folder of the model NAME, and nothing else; exit status 2 if it is not here."""
    from multihowto import manifests
    from multihowto.adapters.model_cache import cache
    from multihowto.adapters.models import here
    from multihowto.errors import ConfigError

    folder = here(manifests.model(name), cache())
    if folder is None:
        raise ConfigError(f"the model {name} is not here, or not whole: `multihowto models fetch {name}`")
    click.echo(folder)


def _source(model: "Model") -> str:
    """Where a model comes from, in a few words."""
    from multihowto.manifests import Address, Hub, Wheel

    words = []
    for source in model.sources:
        if isinstance(source, Wheel):
            words.append(f"wheel {source.package} {source.revision}")
        elif isinstance(source, Address):
            words.append(source.url)
        elif isinstance(source, Hub):
            words.append(f"hub {source.repository}")
        else:
            words.append("shipped")
    return ", ".join(words)


def _size(model: "Model") -> str:
    """Size of a model's files; empty if models.toml does not know it of all."""
    sizes = [file.bytes for file in model.files]
    known = [size for size in sizes if size is not None]
    return f"{sum(known) / 1e6:,.1f} MB" if len(known) == len(sizes) else ""

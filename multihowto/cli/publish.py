"""`multihowto publish`: writes the folder for the Hugging Face Hub, and uploads it."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from multihowto.publish import Published
    from multihowto.storage import Store


@click.command()
@click.argument("store", metavar="STORE")
@click.option("--to", required=True, metavar="ORG/NAME", help="The dataset repository.")
@click.option(
    "--contact", required=True, metavar="URL|MAIL", help="Where people ask for removal; in the card."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="[default: STORE/publish]")
@click.option("--dry-run", is_flag=True, help="Write the folder, upload nothing.")
@click.option("--public", is_flag=True, help="Let everybody see the repository. [default: private]")
@click.option("--exclusions", metavar="FILE", help="More videos to leave out than the store's own list says.")
@click.option("--with-media", is_flag=True, help="Copy the media of videos whose licence is open.")
@click.option(
    "--open-license", multiple=True, metavar="TEXT", help="Take only these licences of videos for open ones."
)
@click.option("--json", "as_json", is_flag=True, help="The counts as JSON, for machines.")
def publish(
    store: str,
    to: str,
    contact: str,
    out: Path | None,
    dry_run: bool,
    public: bool,
    exclusions: str | None,
    with_media: bool,
    open_license: tuple[str, ...],
    as_json: bool,
) -> None:
    """Publish STORE as a dataset on the Hugging Face Hub: ids, captions and features, by language and split.

    Clips that are kept, captions that pass, and a card that says what is in it. The token is huggingface_hub's own
    (HF_TOKEN, or `hf auth login`).
    """
    from multihowto import extras, manifests
    from multihowto.publish import OPEN_LICENSES, Settings, write_folder
    from multihowto.storage import Store

    if not dry_run:
        extras.require("hub", "an upload")
    opened = Store(store)
    settings = Settings(with_media=with_media, open_licenses=open_license or OPEN_LICENSES)
    said = (lambda done, total: None) if as_json else progress()
    listed = None if exclusions is None else manifests.find(exclusions)
    published = write_folder(opened, to, out or default_folder(opened), contact, listed, settings, said)
    where = None
    if not dry_run:
        from multihowto.adapters import hub

        where = hub.upload(published.folder, to, public)
    if as_json:
        click.echo(json.dumps(as_values(published, where), ensure_ascii=False))
    else:
        show(published)
        click.echo(
            f"uploaded: {where}" if where else f"nothing was uploaded; the folder is {published.folder}"
        )


def default_folder(store: "Store") -> Path:
    """STORE/publish; a store that is elsewhere has no such folder."""
    if store.files.local is None:
        raise click.UsageError(f"{store.root} is not on this machine: name a folder with --out")
    return store.files.local / "publish"


def progress() -> Callable[[int, int], None]:
    """Prints a line every few seconds."""
    from multihowto.cli.screen import PLAIN_EVERY_S, duration

    started = last = time.monotonic()

    def say(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > PLAIN_EVERY_S:
            last = now
            click.echo(
                f"  {done:,} of {total:,} shards, {duration((now - started) / done * (total - done))} left"
            )

    return say


def show(published: "Published") -> None:
    """Prints what is in the folder, and what was left out."""
    from multihowto.cli.screen import safe, table
    from multihowto.manifests import SPLITS

    body = [
        [name, *(by_split.get(split, 0) for split in SPLITS), sum(map(len, published.files[name].values()))]
        for name, by_split in published.rows.items()
    ]
    table(f"{published.folder}: {published.bytes / 1e6:,.1f} MB", ("configuration", *SPLITS, "files"), body)
    counts = published.counts
    for video, reason in sorted(counts.excluded.items()):
        click.echo(safe(f"left out: {video}, listed as excluded: {reason}"))
    if counts.media or counts.media_missing:
        click.echo(
            f"media: {counts.media:,} files copied, {len(counts.media_missing):,} not in the store or not whole"
        )


def as_values(published: "Published", where: str | None) -> dict[str, object]:
    """What was published, as one JSON object."""
    counts = published.counts
    return {
        "folder": str(published.folder),
        "uploaded": where,
        "rows": published.rows,
        "files": published.files,
        "bytes": published.bytes,
        "excluded": counts.excluded,
        "media": counts.media,
        "media_missing": counts.media_missing,
    }

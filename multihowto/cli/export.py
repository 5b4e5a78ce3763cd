"""`multihowto export`: subtitle files of a store."""

from pathlib import Path

import click


@click.command()
@click.argument("store", metavar="STORE")
@click.option("--vtt", is_flag=True, required=True, help="Write WebVTT files.")
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write into. [default: export in a local STORE]",
)
def export(store: str, vtt: bool, folder: Path | None) -> None:
    """Write subtitles of STORE: a folder a video, a file a language, playable beside the media.

    Tracks are written as they are said, cleaned; languages without a track get the machine's translation, with a note
    that says so. Media files that the store keeps are linked beside them, not copied.
    """
    from multihowto import extras
    from multihowto.errors import ConfigError
    from multihowto.exporting import export_vtt
    from multihowto.reading import open_store

    extras.require("youtube", "export --vtt")
    opened = open_store(store)
    if folder is None and opened.files.local is None:
        raise ConfigError(f"{store} is not on this machine: say where the files are to be, --to FOLDER")
    target = folder if folder is not None or opened.files.local is None else opened.files.local / "export"
    assert target is not None
    videos = files = media = 0
    for one in export_vtt(opened, target):
        videos, files, media = videos + 1, files + len(one.languages), media + one.with_media
    click.echo(f"{target}: {files:,} files of {videos:,} videos, {media:,} with the media beside them")

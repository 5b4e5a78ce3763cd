"""A page that plays what was found: one HTML file; only media that lie in the store are fetched."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from multihowto import __version__
from multihowto.errors import ConfigError, world_errors
from multihowto.report.labels import language_names, shown
from multihowto.report.page import environment, policy, read_ours
from multihowto.report.samples import MEDIA_TYPES
from multihowto.report.sheet import clock
from multihowto.searching.search import Hit
from multihowto.storage import Store

TEMPLATE = Path(__file__).parent / "page.html.j2"


def write_page(store: Store, path: Path, query: str, model: str, hits: Sequence[Hit]) -> None:
    """Writes the page; it is whole or not there. ConfigError if something else than a page of ours is at `path`."""
    _refuse_others(path)
    folder = path.resolve().parent
    if not folder.is_dir():
        raise ConfigError(f"{path}: there is no folder {folder}; make it, or name another page with -o FILE")
    media = {hit.clip_id: media_url(store, hit, folder) for hit in hits}
    temporary = path.with_name(f".{path.name}.part")
    with world_errors(f"writing {path}"):
        try:
            temporary.write_text(page(query, model, hits, media), encoding="utf-8")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def page(query: str, model: str, hits: Sequence[Hit], media: Mapping[str, str]) -> str:
    """The page as HTML; `media` are relative URLs by clip, empty where the site must play it."""
    style = read_ours("page.css", "sheet.css")
    template = environment().from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        query=shown(query),
        model=shown(model),
        hits=hits,
        media=media,
        clock=clock,
        names={code: name for code, (name, _) in language_names().items()},
        version=__version__,
        policy=policy(style, "", "'self' file:"),
        style=Markup(style),  # noqa: S704 - our own file
    )


def media_url(store: Store, hit: Hit, folder: Path) -> str:
    """Where a clip's media plays from, seen from a folder, as a relative URL with its times; empty if nowhere."""
    parts = hit.media_path.split("/")
    if store.files.local is None or {"", ".", ".."} & set(parts):
        return ""
    path = store.files.local / hit.media_path
    if parts[-1].rsplit(".", 1)[-1] not in MEDIA_TYPES or not path.is_file():
        return ""
    relative = quote(Path(os.path.relpath(path.resolve(), folder)).as_posix())
    return f"{relative}#t={hit.start_ms / 1000:.3f},{hit.end_ms / 1000:.3f}"


def _refuse_others(path: Path) -> None:
    """A page of ours may be written again; nothing else is overwritten."""
    if not path.exists():
        return
    mark = b'<meta name="generator" content="multihowto '
    with world_errors(f"reading {path}"):
        ours = path.is_file() and mark in path.read_bytes()[:4096]
    if not ours:
        raise ConfigError(f"{path} is there, and no search wrote it: name another page with -o FILE")

"""`multihowto show`: one video's rows in every table, or one clip's captions in every language."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

SHOWN = 12

if TYPE_CHECKING:
    from multihowto.storage import Store


@click.command()
@click.argument("store", metavar="STORE")
@click.argument("id", metavar="ID")
def show(store: str, id: str) -> None:
    """Show what STORE knows of a video (ID like dQw4w9WgXcQ) or of a clip (ID like dQw4w9WgXcQ:00012000-00017000)."""
    from multihowto.errors import ConfigError
    from multihowto.manifests import ID
    from multihowto.storage import Store

    opened = Store(store)
    opened.require()
    video_id = id.split(":")[0]
    if not ID.fullmatch(video_id):
        raise ConfigError(f"{id!r} is neither a video id nor a clip id")
    found = _show_clip(opened, id) if ":" in id else _show_video(opened, id)
    if not found:
        raise ConfigError(f"the store {store} has nothing of {id!r}")


def _show_video(store: "Store", video_id: str) -> bool:
    from multihowto import tables
    from multihowto.cli.screen import safe, table

    found = False
    for name, known in tables.TABLES.items():
        rows = store.read_video(name, video_id)
        for reject in store.read_rejects(name, video_id):
            found = True
            click.echo(safe(f"{name}: left out: {reject['code']} ({reject['key']}): {reject['detail']}\n"))
        if rows.num_rows == 1:
            table(
                f"{name}: {known.meaning}",
                ("column", "value"),
                [[k, _short(v)] for k, v in rows.to_pylist()[0].items()],
            )
        elif rows.num_rows:
            columns = [column for column in rows.column_names if column != "video_id"]
            table(
                f"{name}: {known.meaning}",
                columns,
                [[_short(row[c]) for c in columns] for row in rows.to_pylist()],
            )
        found |= rows.num_rows > 0
    return found


def _show_clip(store: "Store", clip_id: str) -> bool:
    from multihowto.cli.screen import safe, table

    video_id = clip_id.split(":")[0]
    clips = [row for row in store.read_video("clips", video_id).to_pylist() if row["clip_id"] == clip_id]
    if not clips:
        return False
    captions = [
        row for row in store.read_video("captions", video_id).to_pylist() if row["clip_id"] == clip_id
    ]
    found = {row["caption_id"]: row for row in store.read_video("languages", video_id).to_pylist()}
    rows: list[list[str]] = []
    for row in captions:
        lid = found.get(row["caption_id"], {})
        rows.append(
            [
                row["language"],
                row["text"],
                row["origin"],
                row["method"],
                f"{row['score']:.2f}",
                lid.get("detected", ""),
            ]
        )
    for row in store.read_video("translations", video_id).to_pylist():
        if row["clip_id"] == clip_id:
            method = f"{row['model']} from {row['source_language']}"
            score = f"log-probability {row['score']:.2f}"
            rows.append([row["language"], row["text"], row["origin"], method, score, ""])
    start, end = clips[0]["start_ms"] / 1000, clips[0]["end_ms"] / 1000
    table(
        f"{clip_id}: {start:.2f} s to {end:.2f} s",
        ("language", "text", "origin", "method", "score", "detected"),
        rows,
    )
    for row in store.read_video("selection", video_id).to_pylist():
        if row["clip_id"] == clip_id:
            decision = "kept" if row["keep"] else f"not kept: {', '.join(row['why_not'])}"
            click.echo(safe(f"{decision}; split {row['split']}; passing: {', '.join(row['languages'])}"))
    return True


def _entry(entry: Mapping[str, Any]) -> str:
    """An entry of a list: caption files by their names, cues by their beginning, all others as they are."""
    if "body" in entry:
        return f"{entry['tag']} ({entry['kind']} {entry['format']}, {len(entry['body']):,} characters)"
    if "start_ms" in entry:
        return f"{entry['start_ms'] / 1000:.2f} s {entry['text'][:40]!r}"
    return " ".join(map(str, entry.values()))


def _short(value: object) -> str:
    """A value in a line; of long lists the beginning."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        shown = ", ".join(map(_entry, value[:SHOWN]))
        return shown if len(value) <= SHOWN else f"{shown}, ... {len(value):,} in all"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
    return text if len(text) <= 200 else f"{text[:199]}…"

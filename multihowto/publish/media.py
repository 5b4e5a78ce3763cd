"""Copies the media of videos whose licence allows it."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from multihowto.manifests import ID
from multihowto.publish.settings import Counts, Settings
from multihowto.storage import Store

PIECE_BYTES = 1 << 20


def add_media(
    store: Store, folder: Path, rows: list[dict[str, Any]], settings: Settings, counts: Counts
) -> None:
    """Copies media into media/<two hex digits>/ and says in each row where; only if asked for and allowed."""
    if not settings.with_media:
        return
    for row in rows:
        if not settings.is_open(row["license"]):
            continue
        name = media_name(row["video_id"], row["media_path"])
        if name is not None and _copy(store, row, folder / name):
            row["media"] = name
            counts.media += 1
        else:
            counts.media_missing.append(row["video_id"])


def media_name(video_id: str, media_path: str | None) -> str | None:
    """Where a video's media goes; None if there is none. At most 256 folders, so that none gets too full."""
    suffix = re.search(r"\.[a-z0-9]{1,5}$", media_path or "")
    if suffix is None or not ID.fullmatch(video_id):
        return None
    folder = hashlib.blake2b(video_id.encode(), digest_size=1).hexdigest()
    return f"media/{folder}/{video_id}{suffix[0]}"


def _copy(store: Store, row: Mapping[str, Any], target: Path) -> bool:
    """Copies one file piece by piece; False, and no file, if it is not there or is not what the table says."""
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    try:
        with (
            store.files.fs.open(store.files.path(row["media_path"]), "rb") as source,
            target.open("wb") as file,
        ):
            while piece := source.read(PIECE_BYTES):
                digest.update(piece)
                file.write(piece)
    except FileNotFoundError:
        return False
    if digest.hexdigest() != row["media_sha256"]:
        target.unlink()
        return False
    return True

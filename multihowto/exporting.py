"""Subtitle files of a store: a folder a video, a WebVTT file a language, the media file beside them."""

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from multihowto import tables
from multihowto.adapters.webvtt import write_vtt
from multihowto.captions.cues import Cue, clip_overlaps, normalise
from multihowto.errors import ConfigError, world_errors
from multihowto.manifests import ID
from multihowto.storage import Store

LIST = "multihowto-export.json"
"""The file that says which folders are ours: those of videos that are gone from the store are removed by it."""


class Exported(NamedTuple):
    """A video whose folder is written."""

    video_id: str
    languages: tuple[str, ...]
    with_media: bool


def export_vtt(store: Store, folder: Path) -> Iterator[Exported]:
    """Writes `folder`/ID/ID.LANGUAGE.vtt for every caption track, and for translations where there is none.

    The media file, if the store keeps it on this disk, stands beside them under the same name, so that players find
    both. Folders of videos that left the store since the last time are removed. ConfigError for a folder that holds
    anything else.
    """
    before = _before(folder)
    written: list[str] = []
    with world_errors(f"writing {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        for shard in store.shards_of(tables.TRACKS.name):
            for video_id, files in _files(store, shard).items():
                _note(folder, {*before, *written, video_id})
                media = _media(store, shard).get(video_id)
                written.append(video_id)
                yield _write(folder / video_id, video_id, files, media)
        for gone in before - set(written):
            _clear(folder / gone)
        _note(folder, set(written))


def _before(folder: Path) -> set[str]:
    """The videos that were exported to a folder before."""
    if not folder.exists():
        return set()
    try:
        listed = json.loads((folder / LIST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        listed = []
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{folder / LIST} cannot be read ({error}): remove it, or export elsewhere"
        ) from error
    if not isinstance(listed, list) or not all(isinstance(one, str) and ID.fullmatch(one) for one in listed):
        raise ConfigError(f"{folder / LIST} is no list of video ids: remove it, or export elsewhere")
    ids = set(listed)
    strange = {path.name for path in folder.iterdir() if not path.name.startswith(".")} - ids - {LIST}
    if strange:
        raise ConfigError(f"{folder} holds other files ({min(strange)} is one): name a folder of its own")
    return ids


def _note(folder: Path, ids: set[str]) -> None:
    """Notes which folders are ours, before they are made: whole or not there."""
    part = folder / f".{LIST}.part"
    part.write_text(json.dumps(sorted(ids)), encoding="utf-8")
    part.replace(folder / LIST)


def _files(store: Store, shard: int) -> dict[str, dict[str, str]]:
    """The subtitle files of a shard's videos, by language."""
    files: dict[str, dict[str, str]] = {}
    for row in store.read_shard(tables.TRACKS.only("language", "kind", "cues"), shard).to_pylist():
        cues = [Cue(cue["start_ms"], cue["end_ms"], cue["text"]) for cue in row["cues"]]
        files.setdefault(row["video_id"], {})[row["language"]] = write_vtt(cues)
    for (video_id, language), (cues, note) in _translated(store, shard).items():
        if video_id in files:
            files[video_id].setdefault(language, write_vtt(cues, note))
    return files


def _translated(store: Store, shard: int) -> dict[tuple[str, str], tuple[list[Cue], str]]:
    """What was translated by machine, at the times of its clips, and by which model."""
    if store.stamp(tables.TRANSLATIONS.name, shard) is None:
        return {}
    clips = store.read_shard(tables.CLIPS.only("start_ms", "end_ms"), shard).to_pylist()
    times = {clip["clip_id"]: (clip["start_ms"], clip["end_ms"]) for clip in clips}
    found: dict[tuple[str, str], tuple[list[Cue], str]] = {}
    for row in store.read_shard(tables.TRANSLATIONS, shard).to_pylist():
        note = f"translated by machine from {row['source_language']}: {row['model']} ({row['model_license']})"
        cues, _ = found.setdefault((row["video_id"], row["language"]), ([], note))
        cues.append(Cue(*times[row["clip_id"]], row["text"]))
    return {key: (clip_overlaps(normalise(cues)), note) for key, (cues, note) in found.items()}


def _media(store: Store, shard: int) -> dict[str, Path]:
    """Media files of a shard that are on this disk."""
    if store.files.local is None:
        return {}
    rows = store.read_shard(tables.VIDEOS.only("media_path"), shard).to_pylist()
    paths = {row["video_id"]: store.files.local / row["media_path"] for row in rows if row["media_path"]}
    return {video_id: path for video_id, path in paths.items() if path.is_file()}


def _clear(folder: Path) -> None:
    """Removes what an export wrote for a video; other people's files stay."""
    ours = re.compile(rf"{re.escape(folder.name)}\.(?:[a-z]{{2,3}}\.vtt|[a-z0-9]{{1,5}})")
    for path in folder.iterdir() if folder.is_dir() and not folder.is_symlink() else ():
        if ours.fullmatch(path.name):
            path.unlink()
    with contextlib.suppress(OSError):  # it is not there, or holds other files
        folder.rmdir()


def _write(folder: Path, video_id: str, files: Mapping[str, str], media: Path | None) -> Exported:
    """Writes a video's folder anew."""
    if not ID.fullmatch(video_id):  # a store that somebody else has made
        raise ConfigError(f"{video_id!r:.80} is no video id: the store is broken")
    _clear(folder)
    folder.mkdir(exist_ok=True)
    for language, text in files.items():
        (folder / f"{video_id}.{language}.vtt").write_text(text, encoding="utf-8")
    linked = False
    if media is not None:
        with contextlib.suppress(OSError):  # another disk, or one that knows no links
            os.link(media, folder / f"{video_id}{media.suffix}")
            linked = True
    return Exported(video_id, tuple(sorted(files)), linked)

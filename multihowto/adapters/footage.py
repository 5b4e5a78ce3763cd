"""Takes in own footage: a video file of a folder, and the subtitle and info files beside it. Opens no connection."""

import errno
import hashlib
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import multihowto
from multihowto.adapters.caption_body import decode_caption
from multihowto.adapters.media_check import Check, MediaFacts, check_media
from multihowto.adapters.site_messages import Refused, Verdict
from multihowto.adapters.youtube_records import Fetched, Kept, Missing, Track, parse_record
from multihowto.captions.formats import sniff
from multihowto.captions.tracks import Offer, choose, language_of
from multihowto.errors import RetryableError, world_errors
from multihowto.manifests.folders import Footage, digest_of, in_folder, media_digest, of_address, read_side
from multihowto.rejects import Reject

KINDS = ("manual", "asr", "auto_translated")
"""Words that a subtitle file's name may hold; the first is what one without such a word is."""

_MOST_LISTED = 1000
"""Folders whose names a worker remembers."""
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}


@dataclass(frozen=True)
class Options:
    """The settings of `import_folder`, and the codes of its languages."""

    languages: tuple[str, ...]
    language: str = ""
    license: str | None = None
    media: Literal["link", "copy", "none"] = "link"
    max_duration_s: int = 3600
    max_bytes: int = 50_000_000_000
    deadline_s: int = 3600
    check: Check = "decode"
    need_captions: bool = True


class Folder:
    """One a worker: a folder of own footage, of which nothing is ever changed."""

    def __init__(self, kept: Kept, root: Path, options: Options) -> None:
        self._kept = kept
        self._root = root.resolve()
        self._options = options
        self._listed: dict[Path, dict[str, Footage]] = {}

    def fetch(self, video_id: str, url: str) -> Fetched | Reject:
        """The row of the video that a url of `read_folder` names, or why there is none.

        Raises RetryableError if the file, or one beside it, is no longer what was listed.
        """
        relative, listed = of_address(url)
        with world_errors(f"importing {relative!a}"):
            footage = self._find(relative)
            made = self._import(video_id, footage)
            if digest_of(footage) != listed:
                raise self._changed(relative)
        return made

    def _find(self, relative: str) -> Footage:
        """The file and what lies beside it; a folder is listed once."""
        place = self._root / relative
        folder = place.parent
        if folder not in self._listed:
            if not folder.is_dir() or folder.resolve() != folder:
                raise self._changed(relative)
            if len(self._listed) >= _MOST_LISTED:
                self._listed.clear()
            self._listed[folder] = in_folder(folder)
        footage = self._listed[folder].get(place.name)
        if footage is None or not place.is_file() or place.is_symlink():
            raise self._changed(relative)
        return footage

    def _changed(self, relative: str) -> RetryableError:
        self._listed.clear()
        return RetryableError(
            f"{relative!a}, or a file beside it, changed after the folder was listed: build again"
        )

    def _import(self, video_id: str, footage: Footage) -> Fetched | Reject:
        """Side files first, since they cost least."""
        try:
            tracks, missing = self._tracks(footage)
            facts = self._facts(video_id, footage.media)
        except Refused as refused:
            return Reject(video_id, refused.verdict.code, refused.verdict.detail)
        info = _read_info(footage.info)
        has_file = self._options.media != "none"
        ending = footage.media.suffix.lower()
        return Fetched(
            video_id=video_id,
            url="",
            site="folder",
            title=_text(info.get("title"), 500) or _text(footage.media.stem, 500) or video_id,
            channel=_text(info.get("channel") or info.get("uploader"), 200) or None,
            license=self._options.license or _text(info.get("license"), 200) or None,
            spoken_language=_text(info.get("language"), 40) or None,
            duration_ms=facts["duration_ms"],
            width=facts["width"],
            height=facts["height"],
            frames=facts["frames"],
            media_path=self._kept.media_path(video_id, ending) if has_file else None,
            media_bytes=facts["bytes"] if has_file else None,
            media_sha256=facts["sha256"] if has_file else None,
            tracks=tracks,
            missing=missing,
            tool=f"multihowto {multihowto.__version__}",
        )

    def _tracks(self, footage: Footage) -> tuple[tuple[Track, ...], tuple[Missing, ...]]:
        """One track a language; what could not be read in languages that got none. Raises Refused."""
        tracks, missing = list[Track](), list[Missing]()
        offers = choose(list(self._offers(footage)), KINDS)
        for language, tried in itertools.groupby(offers, key=lambda offer: offer.language):
            found = list(tried)
            read = (_read_track(footage.media.parent, offer) for offer in found)
            track = next((one for one in read if one is not None), None)
            if track is None:
                missing += {Missing(language, offer.tag, "bad_captions") for offer in found}
            else:
                tracks.append(track)
        if self._options.need_captions and not tracks:
            raise _no_tracks(footage, missing)
        return tuple(sorted(tracks)), tuple(sorted(missing))

    def _offers(self, footage: Footage) -> Iterator[Offer]:
        """The subtitle files in a wanted language, as their names have it."""
        for path in footage.captions:
            words, kind = path.stem.removeprefix(footage.media.stem).strip(".").split("."), KINDS[0]
            if words[-1].lower() in KINDS:
                kind = words.pop().lower()
            tag = ".".join(words) or self._options.language
            language = language_of(tag, self._options.languages) if tag else None
            if language is not None:
                yield Offer(language, _text(tag, 40), kind, path.suffix[1:].lower(), path.name)

    def _facts(self, video_id: str, media: Path) -> dict[str, Any]:
        """What is measured in the file, which the store has by then if it is to have it. Raises Refused."""
        _refuse_large(media.stat().st_size, self._options)
        settings = f"{media_digest(media)} {self._options.check} {self._options.media}"
        facts = parse_record(self._kept.read(video_id, "media.json"))
        has_file = self._options.media != "none"
        if facts.get("settings") != settings or (has_file and not self._has(video_id, facts)):
            facts = self._take(video_id, media, settings)
        _refuse_long(facts["duration_ms"], self._options)
        return facts

    def _has(self, video_id: str, facts: dict[str, Any]) -> bool:
        return bool(self._kept.media_size(video_id, facts["ending"]) == facts["bytes"])

    def _take(self, video_id: str, media: Path, settings: str) -> dict[str, Any]:
        """Measures the file, or what the store will have of it, which is then moved in."""
        if self._options.media == "none":
            return self._save(video_id, self._measure(media), settings)
        with tempfile.TemporaryDirectory(prefix="media-", dir=self._kept.scratch) as folder:
            path = Path(folder) / f"media{media.suffix.lower()}"
            bring(media, path, self._options.media == "copy")
            facts = self._measure(path)
            # Something first: only a video of which something is kept takes its media along when it goes. The facts
            # last: a kill before them must not give an older file of the same size for this one.
            self._kept.write(video_id, "media.json", b"{}")
            self._kept.put_media(video_id, facts["ending"], path)
            return self._save(video_id, facts, settings)

    def _save(self, video_id: str, facts: dict[str, Any], settings: str) -> dict[str, Any]:
        data = json.dumps(facts | {"settings": settings}, sort_keys=True)
        self._kept.write(video_id, "media.json", data.encode("ascii"))
        return facts

    def _measure(self, path: Path) -> dict[str, Any]:
        """The file's facts; its length is looked at before its frames are decoded. Raises Refused."""
        found = _checked(path, self._options, "probe")
        _refuse_long(found.duration_ms, self._options)
        if self._options.check == "decode":
            found = _checked(path, self._options, "decode")
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return {
            "ending": path.suffix.lower(),
            "bytes": path.stat().st_size,
            "sha256": sha256,
            "duration_ms": found.duration_ms,
            "width": found.width,
            "height": found.height,
            "frames": found.frames,
        }


def bring(source: Path, target: Path, copy: bool, link: Callable[[Path, Path], None] = os.link) -> None:
    """Makes a new name of a file, or a copy where that is wanted or the file systems differ. Raises OSError."""
    if not copy:
        try:
            link(source, target)
            return
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
    shutil.copyfile(source, target, follow_symlinks=False)


def _checked(path: Path, options: Options, check: Check) -> MediaFacts:
    found = check_media(path, options.deadline_s, check)
    if isinstance(found, Verdict):
        raise Refused(found.code, found.detail)
    return found


def _refuse_large(size: int, options: Options) -> None:
    if size > options.max_bytes:
        raise Refused("too_large", f"{size} bytes, more than max_bytes, {options.max_bytes}")


def _refuse_long(duration_ms: int, options: Options) -> None:
    if duration_ms > 1000 * options.max_duration_s:
        raise Refused(
            "too_long", f"{duration_ms / 1000:g} s, more than max_duration_s, {options.max_duration_s}"
        )


def _read_track(folder: Path, offer: Offer) -> Track | None:
    """The track in a subtitle file, by what it holds rather than its ending; None if it is something else."""
    data = read_side(folder / offer.url)
    text = decode_caption(data, None) if data is not None else None
    format = sniff(text) if text is not None else None
    return Track(offer.language, offer.tag, offer.kind, format, text) if format and text else None


def _no_tracks(footage: Footage, missing: Sequence[Missing]) -> Refused:
    """Why there is not one track."""
    if missing:
        tags = ", ".join(one.tag for one in missing)
        return Refused("bad_captions", f"no subtitle file can be read: {tags}")
    names = ", ".join(_text(path.name, 60) for path in footage.captions[:3])
    wanted = f"{_text(footage.media.stem, 60)}.LANGUAGE.vtt"
    return Refused(
        "no_captions",
        f"none of {names} names a wanted language: say {wanted}, or set language"
        if names
        else f"no subtitle file {wanted} beside it",
    )


def _read_info(path: Path | None) -> dict[str, Any]:
    """What yt-dlp's info file says; nothing if it is something else."""
    try:
        info = json.loads((path and read_side(path)) or b"{}")
    except (ValueError, RecursionError):
        return {}
    return info if isinstance(info, dict) else {}


def _text(value: object, most: int) -> str:
    """A string in one line of printable signs, at most so many; empty for what is none."""
    text = value[: 2 * most] if isinstance(value, str) else ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:most]

"""The media step of a download: one file, whole, measured, and moved in."""

import hashlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multihowto.adapters.media_check import check_media
from multihowto.adapters.site_messages import Refused, Verdict
from multihowto.adapters.web_guard import Budget
from multihowto.adapters.youtube_info import for_download
from multihowto.adapters.youtube_records import Job

if TYPE_CHECKING:
    from multihowto.adapters.youtube_session import Session


class Expired(Exception):
    """The media address of a kept record is no longer served: the page must be asked again."""


def fetch_media(
    job: Job, session: "Session", budget: Budget, record: dict[str, Any], may_expire: bool
) -> dict[str, Any]:
    """The facts of the video's file, which is kept by then.

    Raises Expired instead of the site's refusal if `may_expire`, Refused if the file is not to be had.
    """
    settings = job.options.media_digest()
    facts = job.load("media.json", settings)
    if facts and _is_done(job, facts):
        _refuse_large(job, facts)
        return facts
    folder = Path(tempfile.mkdtemp(prefix=f"media-{job.video_id}-", dir=job.kept.scratch))
    try:
        path = _download(job, session, budget, record, folder, may_expire)
        facts = _facts(job, path)
        # The facts last: they say that the file has been there, whatever becomes of it.
        job.kept.put_media(job.video_id, facts["ending"], path)
        job.save("media.json", facts, settings)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return facts


def is_served(job: Job, session: "Session", budget: Budget, record: dict[str, Any]) -> bool:
    """Whether the video's file comes once more; it is not kept. Raises Refused if it does not."""
    with tempfile.TemporaryDirectory(prefix=f"media-{job.video_id}-", dir=job.kept.scratch) as folder:
        return _once(job, session, budget, record, Path(folder) / "first").stat().st_size > 0


def _is_done(job: Job, facts: dict[str, Any]) -> bool:
    """Whether the file is there, or was and may have been deleted on purpose."""
    there = job.kept.media_size(job.video_id, facts["ending"])
    return there == facts["bytes"] or (there is None and job.options.retention == "delete_after_features")


def _download(
    job: Job, session: "Session", budget: Budget, record: dict[str, Any], folder: Path, may_expire: bool
) -> Path:
    """The downloaded file, of the length that the server promised."""
    try:
        path = _once(job, session, budget, record, folder / "first")
    except Refused as refused:
        if refused.status in (403, 404, 410) and may_expire:
            raise Expired from refused
        if _promised(session, record) == 0:
            raise Refused("bad_media", "the server sends an empty file") from refused
        if refused.status != 416:
            raise
        path = _once(job, session, budget, record, folder / "second")  # a complete part gives 416 for ever
    _refuse_short(session, record, path)
    return path


def _once(job: Job, session: "Session", budget: Budget, record: dict[str, Any], folder: Path) -> Path:
    """One attempt, in a folder of its own."""
    folder.mkdir()
    with session.step(budget):
        path = session.download(for_download(record, job.video_id), folder)
    return path


def _refuse_short(session: "Session", record: dict[str, Any], path: Path) -> None:
    """A file in one piece must be as long as the server said."""
    promised, size = _promised(session, record), path.stat().st_size
    if promised is not None and size != promised:
        raise Refused("truncated", f"{size} of {promised} bytes came")


def _promised(session: "Session", record: dict[str, Any]) -> int | None:
    """The length in bytes that the server gave for a file in one piece; None for others."""
    only = record["formats"][0] if len(record["formats"]) == 1 else {}
    whole = only.get("protocol") in (None, "http", "https") and not only.get("fragments")
    return session.lengths.get(only.get("url", "")) if whole else None


def _facts(job: Job, path: Path) -> dict[str, Any]:
    """What is measured in the file; raises Refused if it is no whole video or too large."""
    found = check_media(path, job.options.deadline_s, job.options.check)
    if isinstance(found, Verdict):
        raise Refused(found.code, found.detail)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    ending = path.suffix if re.fullmatch(r"\.[a-z0-9]{1,5}", path.suffix) else ".bin"
    facts = {
        "ending": ending,
        "bytes": path.stat().st_size,
        "sha256": sha256,
        "duration_ms": found.duration_ms,
        "width": found.width,
        "height": found.height,
        "frames": found.frames,
    }
    _refuse_large(job, facts)
    return facts


def _refuse_large(job: Job, facts: dict[str, Any]) -> None:
    """The limits hold for what was measured, whatever the site said before."""
    limits = job.options
    if facts["bytes"] > limits.max_bytes:
        raise Refused("too_large", f"larger than max_bytes, {limits.max_bytes}")
    if facts["duration_ms"] > 1000 * limits.max_duration_s:
        length_s = facts["duration_ms"] / 1000
        raise Refused("too_long", f"{length_s:g} s, more than max_duration_s, {limits.max_duration_s}")

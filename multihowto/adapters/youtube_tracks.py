"""The caption step of a download: one file after another, each asked for once."""

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multihowto.adapters.caption_body import decode_caption
from multihowto.adapters.site_messages import Refused, Verdict
from multihowto.adapters.web_guard import Budget
from multihowto.adapters.youtube_records import Job, Missing, Track
from multihowto.captions.formats import sniff
from multihowto.captions.tracks import language_of
from multihowto.errors import SessionBlocked

if TYPE_CHECKING:
    from multihowto.adapters.youtube_session import Session

# When there is no track at all, the failure that may pass counts before the final one.
_ORDER = ("unreachable", "server_error", "captions_withheld", "bad_captions", "no_captions")
_AS = {"forbidden": "captions_withheld", "private_address": "bad_captions", "tool_outdated": "bad_captions"}


def fetch_tracks(
    job: Job, session: "Session", budget: Budget, record: dict[str, Any]
) -> tuple[tuple[Track, ...], tuple[Missing, ...]]:
    """The tracks, sorted by language, and those that failed or were held back.

    A track that fails never costs the video the others; raises Refused if captions are needed and none came.
    """
    tracks: list[Track] = []
    failures = {place: _HELD_BACK for place in _held_back(job, record)}
    for offer in record["offers"]:
        result = _track(job, session, budget, record["site"], offer)
        if isinstance(result, Track):
            tracks.append(result)
        else:
            failures[offer["language"], offer["tag"]] = result
    if job.options.need_captions and not tracks:
        raise _none(list(failures.values()), held_back=record["held_back"] is not None)
    missing = (Missing(*place, verdict.code) for place, verdict in failures.items())
    return tuple(sorted(tracks)), tuple(sorted(missing))


def _held_back(job: Job, record: dict[str, Any]) -> list[tuple[str, str]]:
    """Language and tag of wanted tracks that the site holds back."""
    known = job.options.languages
    found = [(language_of(tag, known), tag) for tag in record["held_back"] or ()]
    return [(language, tag) for language, tag in found if language is not None]


_HELD_BACK = Verdict("captions_withheld", "the site holds captions back from this session (PO token)")


def _none(failures: list[Verdict], held_back: bool) -> Refused:
    """Why there is not one track."""
    reasons = [Verdict(_AS.get(one.code, one.code), one.detail) for one in failures]
    reasons += [_HELD_BACK] if held_back else []
    reasons.sort(key=lambda one: _ORDER.index(one.code) if one.code in _ORDER else len(_ORDER))
    if reasons and reasons[0].code in _ORDER:
        return Refused(reasons[0].code, reasons[0].detail)
    return Refused("no_captions", reasons[0].detail if reasons else "no track in a wanted language")


def _track(job: Job, session: "Session", budget: Budget, site: str, offer: dict[str, Any]) -> Track | Verdict:
    """One track, kept or fetched; why not, if it failed now or before."""
    stem = f"track.{offer['language']}.{re.sub('[^A-Za-z0-9_-]', '_', offer['tag'])[:40]}.{offer['kind']}"
    kept = job.kept.read(job.video_id, f"{stem}.{offer['format']}")
    failed = None if kept or job.fresh else job.kept.read(job.video_id, f"{stem}.failed")
    if failed:
        return Verdict(**json.loads(failed))
    text = kept.decode("utf-8") if kept else _fetch(job, session, budget, site, offer)
    if isinstance(text, Verdict):
        failure = json.dumps({"code": text.code, "detail": text.detail}, sort_keys=True)
        job.kept.write(job.video_id, f"{stem}.failed", failure.encode("ascii"))
        return text
    if not kept:
        job.kept.write(job.video_id, f"{stem}.{offer['format']}", text.encode("utf-8"))
    return Track(offer["language"], offer["tag"], offer["kind"], str(sniff(text)), text)


def _fetch(job: Job, session: "Session", budget: Budget, site: str, offer: dict[str, Any]) -> str | Verdict:
    """The text of a caption file, or why there is none; 429 on a translation does not block the session."""
    job.pace.wait("captions", job.site)
    try:
        data, charset = _body(job, session, budget, site, offer)
    except SessionBlocked:
        if offer["kind"] != "auto_translated":
            raise
        return Verdict("captions_withheld", "HTTP 429 on a translated track")
    except Refused as refused:
        if refused.verdict.code == "timed_out":
            raise
        return refused.verdict
    text = decode_caption(data, charset)
    if text is None or sniff(text) is None:
        return Verdict(
            "bad_captions", "the caption file is something else" if data else "the caption file is empty"
        )
    return text


def _body(
    job: Job, session: "Session", budget: Budget, site: str, offer: dict[str, Any]
) -> tuple[bytes, str | None]:
    """The bytes of a caption file and its declared charset."""
    if not offer["hls"]:
        with session.step(budget):
            body = session.caption(offer["url"], impersonate=site == "youtube")
        return body
    prefix = f"track-{job.video_id}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=job.kept.scratch) as folder, session.step(budget):
        body = session.playlist_caption(offer["url"], Path(folder))
    return body

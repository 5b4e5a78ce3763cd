"""The caption step of a download: one file after another, each asked for once."""

import hashlib
import itertools
import json
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multihowto.adapters.caption_body import decode_caption
from multihowto.adapters.site_messages import AUTOMATIC, Refused, Verdict
from multihowto.adapters.web_guard import Budget
from multihowto.adapters.youtube_records import Job, Missing, Track, parse_record
from multihowto.adapters.youtube_retries import ask_again
from multihowto.captions.formats import sniff
from multihowto.captions.tracks import language_of
from multihowto.errors import SessionBlocked
from multihowto.rejects import REASONS

if TYPE_CHECKING:
    from multihowto.adapters.youtube_session import Session

# When there is no track at all, the failure that may pass counts before the final one.
_ORDER = ("unreachable", "server_error", "captions_withheld", "opted_out", "bad_captions", "no_captions")
_AS = {"forbidden": "captions_withheld", "private_address": "bad_captions", "tool_outdated": "bad_captions"}


def fetch_tracks(
    job: Job, session: "Session", budget: Budget, record: dict[str, Any]
) -> tuple[tuple[Track, ...], tuple[Missing, ...]]:
    """The tracks, sorted by language; then what was held back, and what failed in languages that got no track.

    A language that got its second choice misses nothing that another try could bring, since the first failed for
    good; what is held back may come another day. A track that fails never costs the video the others; raises
    Refused if captions are needed and none came.
    """
    tracks: list[Track] = []
    failures = {place: _HELD_BACK for place in _held_back(job, record)}
    for _, offers in itertools.groupby(record["offers"], key=lambda offer: offer["language"]):
        track, failed = _first(job, session, budget, record["site"], offers)
        if track is None:
            failures |= failed
        else:
            tracks.append(track)
    if job.options.need_captions and not tracks:
        raise _none(list(failures.values()), _any_held_back(job, record))
    missing = (Missing(*place, verdict.code) for place, verdict in failures.items())
    return tuple(sorted(tracks)), tuple(sorted(missing))


def _first(
    job: Job, session: "Session", budget: Budget, site: str, offers: Iterable[dict[str, Any]]
) -> tuple[Track | None, dict[tuple[str, str], Verdict]]:
    """The first track that comes, of offers in one language, and what failed before it, by language and tag.

    What fails for good hands over to the next offer; what may pass does not, for the best track may still come.
    """
    failed: dict[tuple[str, str], Verdict] = {}
    for offer in offers:
        result = _track(job, session, budget, site, offer)
        if isinstance(result, Track):
            return result, failed
        failed[offer["language"], offer["tag"]] = result
        if not REASONS[result.code].final:
            break
    return None, failed


def _held_back(job: Job, record: dict[str, Any]) -> list[tuple[str, str]]:
    """Language and tag of wanted manual tracks that the site holds back."""
    known = job.options.languages if "manual" in job.options.kinds else ()
    found = [(language_of(tag, known), tag) for tag in record["held_back"] or ()]
    return [(language, tag) for language, tag in found if language is not None]


def _any_held_back(job: Job, record: dict[str, Any]) -> bool:
    """Whether something is held back that may be a wanted track; of automatic ones the languages are not told."""
    automatic = any(kind != "manual" for kind in job.options.kinds)
    return bool(_held_back(job, record)) or (automatic and AUTOMATIC in (record["held_back"] or ()))


_HELD_BACK = Verdict("captions_withheld", "the site holds captions back from this session (PO token)")


def _none(failures: list[Verdict], any_held_back: bool) -> Refused:
    """Why there is not one track."""
    reasons = [Verdict(_AS.get(one.code, one.code), one.detail) for one in failures]
    reasons += [_HELD_BACK] if any_held_back else []
    reasons.sort(key=lambda one: _ORDER.index(one.code) if one.code in _ORDER else len(_ORDER))
    if reasons and reasons[0].code in _ORDER:
        return Refused(reasons[0].code, reasons[0].detail)
    return Refused("no_captions", reasons[0].detail if reasons else "no track in a wanted language")


def _track(job: Job, session: "Session", budget: Budget, site: str, offer: dict[str, Any]) -> Track | Verdict:
    """One track, kept or fetched; why not, if it failed now or before."""
    name = f"track.{offer['language']}.{_as_name(offer['tag'])}.{offer['kind']}.{offer['format']}"
    kept = _kept_text(job.kept.read(job.video_id, name))
    failed = None if kept or job.fresh else _kept_verdict(job.kept.read(job.video_id, f"{name}.failed"))
    if failed:
        return failed
    text = kept or _fetch(job, session, budget, site, offer)
    if isinstance(text, Verdict):
        failure = json.dumps({"code": text.code, "detail": text.detail}, sort_keys=True)
        job.kept.write(job.video_id, f"{name}.failed", failure.encode("ascii"))
        return text
    if not kept:
        job.kept.write(job.video_id, name, text.encode("utf-8"))
    return Track(offer["language"], offer["tag"], offer["kind"], str(sniff(text)), text)


def _kept_text(data: bytes | None) -> str | None:
    """The text of a kept track; None if it is not there, or was damaged, for then it is fetched again."""
    try:
        text = (data or b"").decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if sniff(text) is not None else None


def _kept_verdict(data: bytes | None) -> Verdict | None:
    """Why a track did not come; None if that is not kept, or was damaged, for then it is asked for again."""
    record = parse_record(data)
    return Verdict(record["code"], str(record.get("detail"))) if record.get("code") in REASONS else None


def _as_name(tag: str) -> str:
    """A site's tag as a part of a file's name; two tags have two names."""
    safe = re.fullmatch("[A-Za-z0-9_-]{1,40}", tag) is not None
    return tag if safe else f"_{hashlib.sha256(tag.encode()).hexdigest()[:16]}"


def _fetch(job: Job, session: "Session", budget: Budget, site: str, offer: dict[str, Any]) -> str | Verdict:
    """The text of a caption file, or why there is none; 429 on a translation does not block the session."""
    job.pace.wait("captions", job.site)
    try:
        data, charset = _body(job, session, budget, site, offer)
    except SessionBlocked as error:
        if offer["kind"] != "auto_translated" or error.site:
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


def _file(session: "Session", budget: Budget, site: str, url: str) -> tuple[bytes, str | None]:
    """The bytes of a caption file in one piece, and its declared charset."""
    with session.step(budget):
        body = session.caption(url, impersonate=site == "youtube")
    return body


def _body(
    job: Job, session: "Session", budget: Budget, site: str, offer: dict[str, Any]
) -> tuple[bytes, str | None]:
    """The bytes of a caption file and its declared charset."""
    if not offer["hls"]:
        return ask_again(job, session, budget, lambda: _file(session, budget, site, offer["url"]))
    prefix = f"track-{job.video_id}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=job.kept.scratch) as folder, session.step(budget):
        body = session.playlist_caption(offer["url"], Path(folder))
    return body

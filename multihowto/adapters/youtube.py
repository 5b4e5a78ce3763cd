"""Downloads videos and captions from YouTube and other sites, through yt-dlp.

A page, each caption file and the media file are asked for until they come, which is once as a rule: what came is
kept under the video's id, and a killed shard goes on from there. yt-dlp and PyAV are imported when the first `Site`
is made.
"""

import os
import shutil
import time
import urllib.parse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from multihowto.adapters.pacing import Off, Pace, Polite
from multihowto.adapters.site_messages import Refused, missing_languages
from multihowto.adapters.web_address import Resolve, resolve_host
from multihowto.adapters.web_guard import Budget
from multihowto.adapters.youtube_info import digest_info
from multihowto.adapters.youtube_media import Expired, fetch_media, is_served
from multihowto.adapters.youtube_options import Options
from multihowto.adapters.youtube_records import Fetched, Job, Kept, Missing, Track
from multihowto.adapters.youtube_retries import ask_again
from multihowto.adapters.youtube_tracks import fetch_tracks
from multihowto.errors import ConfigError, RetryableError, SessionBlocked
from multihowto.rejects import Reject

if TYPE_CHECKING:
    from yt_dlp.networking.common import RequestHandler

    from multihowto.adapters.youtube_session import Session

__all__ = ["Fetched", "Kept", "Missing", "Options", "Site", "Track"]

# Own settings: so many videos in a row without an answer, of one site and of all, are no matter of the videos.
_GONE_AFTER = 5
_ALL_GONE_AFTER = 25
_STALE_S = 86_400
_YOUTUBE_HOSTS = ("youtube.com", "youtu.be", "youtube-nocookie.com")


class Site:
    """One a worker: owns one yt-dlp session and uses it for one video after another.

    Raises ConfigError if yt-dlp is not installed. `pace`, `resolve`, `handlers` (yt-dlp request handlers
    that answer before the network) and `robots` (where each origin's robots.txt is kept) are for tests.
    """

    def __init__(
        self,
        kept: Kept,
        options: Options,
        pace: Pace | None = None,
        resolve: Resolve = resolve_host,
        handlers: Sequence["RequestHandler"] = (),
        robots: Path | None = None,
    ) -> None:
        self._kept = kept
        self._options = options
        self._pace = pace or (Polite(session=_known_by()) if options.pacing == "polite" else Off())
        self._session = _open_session(options, resolve, handlers, robots)
        self._unreached: dict[str, tuple[Job, dict[str, Any]]] = {}
        self._served: Job | None = None
        _sweep(kept.scratch)

    def close(self) -> None:
        """Ends the session's connections."""
        self._session.close()
        self._session.guard.close()

    def fetch(self, video_id: str, url: str) -> Fetched | Reject:
        """The video's row, or why it is not to be had; a verdict once reached is given again unasked.

        Raises SessionBlocked if the site refuses us rather than the video, RetryableError if the disk is
        full, the store fails, or five videos of one site in a row, or 25 of all, found no connection.
        """
        job = Job(video_id, url, _site_of(url), self._kept, self._options, self._pace)
        try:
            known = job.load("reject.json", job.options.digest())
            if known:
                return Reject(video_id, known["code"], known["detail"])
            return self._fetch(job)
        except Refused as refused:
            return self._reject(job, refused)
        except SessionBlocked as error:
            # One with a site is our own pace's, which knows of the block already.
            raise error if error.site else self._pace.block(job.site, error.pause_s, str(error)) from error
        except OSError as error:
            raise RetryableError(
                f"files of {video_id} cannot be kept: {error.strerror or type(error).__name__}"
            ) from error

    def _fetch(self, job: Job) -> Fetched:
        """Page, captions, media: each from what is kept, else from the site."""
        budget = self._session.begin()
        record = job.load("info.json", job.options.digest())
        if record is None:
            job = replace(job, fresh=True)
            record = self._ask_page(job, budget)
        tracks, missing = fetch_tracks(job, self._session, budget, record)
        facts: dict[str, Any] = {}
        if job.options.wants_media:
            self._pause_before_media(job)
            may_expire = not job.fresh or record["site"] == "youtube"
            try:
                facts = fetch_media(job, self._session, budget, record, may_expire)
            except Expired:
                record = self._ask_page(job, budget)
                facts = self._fetch_fresh(job, budget, record)
            if record["site"] == "youtube":
                self._served = job
        self._reached(job)
        return _row(job, record, facts, tracks, missing)

    def _fetch_fresh(self, job: Job, budget: Budget, record: dict[str, Any]) -> dict[str, Any]:
        """The facts of the video's file, its page just asked; YouTube's 403 is about us if another gets it too."""
        try:
            return fetch_media(job, self._session, budget, record, may_expire=False)
        except Refused as refused:
            if refused.status != 403 or record["site"] != "youtube":
                raise
            if not self._serves_another(job):
                said = "HTTP 403 on the media file, also after asking for the page again"
                raise SessionBlocked(said) from refused
            said = "HTTP 403 on the media file, while another video's is served"
            raise Refused("forbidden", said, 403) from refused

    def _serves_another(self, job: Job) -> bool:
        """Whether YouTube still serves the media of the last video whose media came; asks for it once more."""
        other = self._served
        if other is None or other.video_id == job.video_id:
            return False
        job.pace.wait("video", job.site)
        budget = self._session.begin()
        try:
            return is_served(other, self._session, budget, self._page(other, budget))
        except Refused:
            return False

    def _ask_page(self, job: Job, budget: Budget) -> dict[str, Any]:
        """Asks the site for the page, and keeps what matters of the answer."""
        from multihowto.adapters.youtube_session import TOOL

        job.pace.wait("video", job.site)
        record = ask_again(job, self._session, budget, lambda: self._page(job, budget))
        record |= {"tool": TOOL, "held_back": missing_languages(self._session.log.debugs)}
        job.note_time()
        job.save("info.json", record, job.options.digest())
        return record

    def _page(self, job: Job, budget: Budget) -> dict[str, Any]:
        """What matters of the site's answer about a page."""
        with self._session.step(budget):
            record = digest_info(self._session.extract(job.url), job.options)
            record["formats"] = self._session.sanitize_info({"list": record["formats"]})["list"]
        return record

    def _pause_before_media(self, job: Job) -> None:
        """Asks for no file of a site that meanwhile blocks another worker."""
        if job.load("media.json", job.options.media_digest()) is None:
            job.pace.pause(job.site, 0)

    def _reject(self, job: Job, refused: Refused) -> Reject:
        """Keeps a verdict; those of a site that did not answer wait until it is known whether it is gone."""
        from multihowto.adapters.youtube_session import TOOL

        verdict = refused.verdict
        kept = {"code": verdict.code, "detail": verdict.detail, "tool": TOOL}
        if verdict.code == "unreachable" and not self._session.answers:
            self._unreached[job.video_id] = (job, kept)
            self._stop_if_gone(job)
        else:
            self._reached(job)
            job.save("reject.json", kept, job.options.digest())
        return Reject(job.video_id, verdict.code, verdict.detail)

    def _reached(self, job: Job) -> None:
        """If the site was asked, it answered: those that did not before are unreachable indeed."""
        if not self._session.answers:
            return
        job.pace.answered(job.site)
        for job, kept in self._unreached.values():
            job.save("reject.json", kept, job.options.digest())
        self._unreached.clear()

    def _stop_if_gone(self, job: Job) -> None:
        """Ends the shard if a site, or the network, is gone; five sites that are gone may well be five dead sites."""
        silent = [unreached.site for unreached, _ in self._unreached.values()]
        one_site = silent.count(job.site) >= _GONE_AFTER
        if not one_site and len(silent) < _ALL_GONE_AFTER:
            return
        self._unreached.clear()
        parts = urllib.parse.urlsplit(job.url)
        place = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        raise RetryableError(
            f"{_GONE_AFTER} videos of one site in a row found no connection: the network or {place} seems to be gone"
            if one_site
            else f"{_ALL_GONE_AFTER} videos in a row found no connection: the network seems to be gone"
        )


def _open_session(
    options: Options, resolve: Resolve, handlers: Sequence["RequestHandler"], robots: Path | None
) -> "Session":
    """The session, or the line that installs yt-dlp."""
    try:
        from multihowto.adapters.youtube_session import Session
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "yt_dlp":
            raise
        raise ConfigError("yt-dlp is not installed: pip install 'multihowto[youtube]'") from error
    return Session(options, resolve, handlers, robots)


def _known_by() -> str:
    """What a site knows this session by, besides its address: cookies and proxies."""
    names = ("MULTIHOWTO_COOKIES", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
    return "\n".join(os.environ.get(name, "") for name in names)


def _site_of(url: str) -> str:
    """The name under which requests to a site are counted together."""
    try:
        host = (urllib.parse.urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
    return "youtube.com" if any(host == one or host.endswith(f".{one}") for one in _YOUTUBE_HOSTS) else host


def _sweep(scratch: Path) -> None:
    """Removes what killed workers left in the scratch folder a day ago or earlier."""
    scratch.mkdir(parents=True, exist_ok=True)
    for folder in (*scratch.glob("media-*"), *scratch.glob("track-*")):
        if folder.is_dir() and folder.stat().st_mtime < time.time() - _STALE_S:
            shutil.rmtree(folder, ignore_errors=True)


def _row(
    job: Job,
    record: dict[str, Any],
    facts: dict[str, Any],
    tracks: tuple[Track, ...],
    missing: tuple[Missing, ...],
) -> Fetched:
    """The row of a video whose steps are all done."""
    return Fetched(
        video_id=job.video_id,
        url=job.url,
        site=record["site"],
        title=record["title"] or job.video_id,
        channel=record["channel"],
        license=record["license"],
        spoken_language=record["spoken_language"],
        duration_ms=facts.get("duration_ms", record["duration_ms"]),
        width=facts.get("width"),
        height=facts.get("height"),
        frames=facts.get("frames"),
        media_path=job.kept.media_path(job.video_id, facts["ending"]) if facts else None,
        media_bytes=facts.get("bytes"),
        media_sha256=facts.get("sha256"),
        tracks=tracks,
        missing=missing,
        tool=record["tool"],
        fetched_at=job.fetched_at(),
    )

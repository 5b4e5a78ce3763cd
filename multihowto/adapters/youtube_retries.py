"""What is asked again at once: a page or a caption file that failed in a way that often passes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from multihowto.adapters.site_messages import Refused
from multihowto.adapters.web_guard import Budget
from multihowto.adapters.youtube_records import Job

if TYPE_CHECKING:
    from multihowto.adapters.youtube_session import Session

T = TypeVar("T")

_PAUSES_S = (1.0, 4.0)
"""An own setting: before the second and the third time."""
_BROKE = ("connection reset", "the connection broke in the middle")


def ask_again(job: Job, session: "Session", budget: Budget, ask: Callable[[], T]) -> T:
    """What `ask` returns, which is called up to three times within the video's time.

    Media are not asked for through this: yt-dlp itself tries those again.
    """
    for pause_s in _PAUSES_S:
        try:
            return ask()
        except Refused as refused:
            wished_s = refused.retry_after_s if refused.status == 503 else None
            seconds = pause_s if wished_s is None else wished_s
            if not _often_passes(refused, session) or seconds >= budget.left_s:
                raise
            with budget.spend():
                job.pace.pause(job.site, seconds)
    return ask()


def _often_passes(refused: Refused, session: "Session") -> bool:
    """Whether a server failed, or a connection broke; where nothing answers at all, nobody is asked again."""
    code, status = refused.verdict.code, refused.status
    if status is not None:
        return status == 408 or (status >= 500 and code == "server_error")
    if code == "unreachable":
        return session.answers > 0 or refused.verdict.detail in _BROKE
    return code == "server_error"

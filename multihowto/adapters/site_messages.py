"""What a failed download means: from yt-dlp's exceptions and messages to a code, without importing yt-dlp."""

import datetime
import email.utils
import errno
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn

from multihowto.errors import MultihowtoError, RetryableError, SessionBlocked
from multihowto.manifests import bare_url

SESSION = "session_blocked"
DISK_FULL = "disk_full"
"""Two verdicts that are no reject codes: they are about us, not about the video."""
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """A code of rejects.py (or `SESSION`, `DISK_FULL`) and one clean line about it."""

    code: str
    detail: str


class Refused(MultihowtoError):
    """The video is not to be had; caught inside the adapters and turned into a `Reject`."""

    def __init__(
        self, code: str, detail: str, status: int | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.verdict = Verdict(code, detail)
        self.status = status
        self.retry_after_s = retry_after_s


AUTOMATIC = "(automatic)"
"""Stands among the tags of held back tracks for automatic ones, whose tags nobody tells."""

SESSION_TEXTS = (
    "not a bot",
    "content isn't available, try again later",
    "rate-limited by youtube",
    "captcha",
    "http error 429",
    "all player responses are invalid. your ip is likely being blocked",
)

"""What a message about the session holds: these are looked for before all others."""

TEXTS: tuple[tuple[str, str], ...] = (
    ("private_address", r"leads to a private address"),
    ("geo_blocked", r"in your country|from your location"),
    ("private", r"private video|video is private"),
    ("drm", r"drm protected|drm protection"),
    ("paid", r"requires payment|music premium"),
    ("members_only", r"members-only|available to this channel's members"),
    ("age_restricted", r"confirm your age|inappropriate for some users|age-restricted"),
    ("forbidden", r"only available for registered users|sign in if you've been granted access"),
    ("not_yet", r"premieres in|live event will begin|currently live|begin in a few moments"),
    (
        "removed",
        r"removed by the uploader|account.{0,80}terminated|uploader has closed|removed for violating",
    ),
    (
        "removed",
        r"copyright claim|copyright grounds|copyright removal request|legal complaint|no longer available",
    ),
    ("not_found", r"video unavailable|video is unavailable|recording is not available"),
    ("unsupported", r"unsupported url|no connection adapters|no video could be found|is not a valid url"),
    (
        "tool_outdated",
        r"requested format is not available|no video formats found|signature extraction failed",
    ),
    ("tool_outdated", r"n challenge|please report this issue"),
    ("server_error", r"http error (?:5\d\d|409|416|423|425)"),
    (
        "unreachable",
        r"giving up after|read timed out|did not get any data blocks|bytes read, \d+ more expected",
    ),
    (
        "unreachable",
        r"timed out|connection (?:refused|reset|aborted)|failed to resolve|name or service not known",
    ),
    ("not_found", r"http error (?:404|410)"),
    ("forbidden", r"http error (?:401|403)"),
)
"""Codes and patterns of messages; the first that is found decides, so the special ones stand before the general."""
_PATTERNS = tuple((code, re.compile(pattern)) for code, pattern in TEXTS)

STATUSES = {401: "forbidden", 402: "paid", 403: "forbidden", 404: "not_found", 408: "unreachable"}
STATUSES |= {409: "server_error", 410: "not_found", 416: "server_error", 423: "server_error"}
STATUSES |= {425: "server_error", 429: SESSION, 451: "removed"}

_URL = re.compile(r"\b([a-z][a-z0-9+.-]*)://([^\s'\"<>]*)", re.IGNORECASE)
_SECRET = re.compile(
    r"(?i)\b((?:set-)?cookies?|authorization|bearer|token|po_token|pot|password|passwd|secret|sig|signature|key"
    r"|SID|HSID|SSID|APISID|SAPISID|__Secure-[\w-]+|LOGIN_INFO|VISITOR_INFO1_LIVE)(\s*[=:]\s*|\s+(?=[\w-]{16,}))"
    r"(?:bearer\s+|basic\s+)?[^\s,;'\")]+(?:;\s*[\w-]+=[^\s,;'\")]+)*"
)
_NOISE = re.compile(
    r"\x1b\[[0-9;]*[A-Za-z]"
    r"|^(?:ERROR|WARNING):\s*"
    r"|;? ?please report this issue on .*"
    r"|\(caused by .*"
    r"| Use --[\w-]+ .*"
    r"|<?[\w.]+ object at 0x[0-9a-f]+>?:?",
    re.IGNORECASE | re.DOTALL,
)
_FAILED = re.compile(r"HTTP Error (408|5[0-9]{2})\b")
_IDENT = re.compile(r"^\[[\w:+.-]+\] \S+: ")


def clean_detail(text: str) -> str:
    """One line of at most 200 characters with no control characters, query strings, passwords or tokens."""
    text = _NOISE.sub("", text.replace("\u2019", "'"))
    text = _SECRET.sub(r"\1 hidden", _URL.sub(lambda url: bare_url(url[0]), text))
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= 200 else line[:197] + "..."


def verdict_of(error: BaseException, warnings: Iterable[str] = ()) -> Verdict:
    """What an exception of yt-dlp means; `warnings` are the lines that it logged on the way."""
    warnings = list(warnings)
    chain = list(_chain(error))
    if any(isinstance(link, OSError) and link.errno in (errno.ENOSPC, errno.EDQUOT) for link in chain):
        return Verdict(DISK_FULL, "disk full")
    status = status_of(error)
    if status == 429 or _is_session([str(error), *warnings]):
        return Verdict(SESSION, clean_detail(_message(chain)))
    known = _by_type(list(_chain(error, explicit=True))) or _by_text(_message(chain))
    if known is None or known.code == "tool_outdated":
        # YouTube's player failed: yt-dlp warns, goes on, and finds nothing.
        failed = next((found for line in warnings if (found := _FAILED.search(line))), None)
        known = Verdict("server_error", f"HTTP {failed[1]}") if failed else known
    return known or Verdict("tool_outdated", clean_detail(_message(chain)))


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an exception, if there is one."""
    for link in _chain(error, explicit=True):
        status = _status(link)
        if status is not None:
            return status
    return None


def _status(link: BaseException) -> int | None:
    """The status of an HTTPError; urllib3 and requests have classes of that name that have none."""
    status = getattr(link, "status", None)
    return status if "HTTPError" in _names(link) and isinstance(status, int) else None


def retry_after_of(error: BaseException) -> float | None:
    """The pause that a failing answer wishes, at most a day; None if it wishes none that can be read."""
    for link in _chain(error, explicit=True):
        if _status(link) is not None:
            headers = getattr(getattr(link, "response", None), "headers", None) or {}
            return _pause_of(str(headers.get("Retry-After") or "").strip())
    return None


def _pause_of(text: str) -> float | None:
    """The seconds of a Retry-After, which are written as such or as a date."""
    if re.fullmatch("[0-9]{1,99}", text):
        return min(float(text), _DAY_S)
    try:
        moment = email.utils.parsedate_to_datetime(text[:100])
        left_s = moment.replace(tzinfo=moment.tzinfo or datetime.UTC).timestamp() - time.time()
    except (ValueError, OverflowError):
        return None
    return min(left_s, _DAY_S) if left_s > 0 else None


def raise_verdict(
    verdict: Verdict, status: int | None = None, retry_after_s: float | None = None
) -> NoReturn:
    """Raises what a verdict stands for: our error for our troubles, `Refused` for the video's."""
    if verdict.code == SESSION:
        raise SessionBlocked(verdict.detail, pause_s=retry_after_s)
    if verdict.code == DISK_FULL:
        raise RetryableError("disk full while downloading: free space and run again")
    raise Refused(verdict.code, verdict.detail, status, retry_after_s)


def missing_languages(debug: Iterable[str]) -> list[str] | None:
    """Tags of manual tracks held back for want of a PO token; None if nothing was held back.

    Of automatic tracks yt-dlp tells only how many: `AUTOMATIC` stands for them all.
    """
    lines = [line for line in debug if "because a PO token was not provided" in line]
    if not lines:
        return None
    text = " ".join(lines)
    found = re.findall(r"Subtitles for these languages are missing: ([^.]*)\.", text)
    manual = {tag.strip() for tags in found for tag in tags.split(",") if tag.strip()}
    return sorted(manual | ({AUTOMATIC} if "Automatic captions for" in text or not manual else set()))


def _is_session(lines: Iterable[str]) -> bool:
    """Whether a line speaks of the session; URLs are left out, for their words are anybody's."""
    texts = [_URL.sub("", line.replace("\u2019", "'")).lower() for line in lines]
    return any(mark in text for text in texts for mark in SESSION_TEXTS)


def _by_text(message: str) -> Verdict | None:
    """The verdict of the first pattern that the message holds."""
    text = _URL.sub("", message.replace("\u2019", "'")).lower()
    for code, pattern in _PATTERNS:
        if pattern.search(text):
            broke = code == "unreachable"
            return Verdict(code, "the connection broke and stayed broken" if broke else clean_detail(message))
    return None


def _by_type(chain: list[BaseException]) -> Verdict | None:
    """The verdict of the exceptions themselves, where their type says enough."""
    for link in chain:
        names = _names(link)
        if "PrivateAddress" in names:
            return Verdict("private_address", clean_detail(str(link)))
        if "GeoRestrictedError" in names:
            return _geo(getattr(link, "countries", None), str(getattr(link, "orig_msg", link)))
        if "UnsupportedError" in names:
            return Verdict("unsupported", "yt-dlp finds no video on the page")
        status = _status(link)
        if status is not None:
            return _by_status(status, bool(getattr(link, "redirect_loop", False)))
    return _by_transport(chain)


def _geo(countries: Iterable[str] | None, message: str) -> Verdict:
    """`geo_blocked`, with the countries that may see the video if the site names them."""
    return Verdict(
        "geo_blocked", clean_detail(f"only in {', '.join(sorted(countries))}" if countries else message)
    )


def _by_status(status: int, redirect_loop: bool) -> Verdict:
    """The verdict of an HTTP status."""
    if redirect_loop or status >= 500 or status < 400:
        return Verdict("server_error", "too many redirects" if redirect_loop else f"HTTP {status}")
    return Verdict(STATUSES.get(status, "forbidden"), f"HTTP {status}")


_CONNECTION_WORDS = (
    ("gaierror", "the host's name cannot be resolved"),
    ("NameResolutionError", "the host's name cannot be resolved"),
    ("ConnectionRefusedError", "connection refused"),
    ("IncompleteRead", "the connection broke in the middle"),
    ("ConnectionResetError", "connection reset"),
    ("RemoteDisconnected", "connection reset"),
    ("TimeoutError", "no answer in time"),
)


def _by_transport(chain: list[BaseException]) -> Verdict | None:
    """`unreachable`, in words that are the same in equal runs, if a connection failed."""
    names: set[str] = set().union(*(_names(link) for link in chain))
    if not {"TransportError", "URLError", "ContentTooShortError"} & names:
        return None
    words = (words for kind, words in _CONNECTION_WORDS if kind in names)
    return Verdict("unreachable", next(words, "the connection failed"))


def _message(chain: list[BaseException]) -> str:
    """What the innermost extractor error says, without the site's and the video's names."""
    for link in reversed(chain):
        said: object = getattr(link, "orig_msg", None)
        if said and "ExtractorError" in _names(link):
            return str(said)
    return _IDENT.sub("", _NOISE.sub("", str(chain[0])))


def _names(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def _chain(error: BaseException, explicit: bool = False) -> Iterator[BaseException]:
    """The exception and those behind it, each once; `explicit` leaves out what merely happened before."""
    seen: list[BaseException] = []
    queue: list[object] = [error]
    while queue and len(seen) < 30:
        link = queue.pop(0)
        if not isinstance(link, BaseException) or any(link is other for other in seen):
            continue
        seen.append(link)
        yield link
        info = getattr(link, "exc_info", None)
        queue += [
            info[1] if isinstance(info, tuple) and len(info) == 3 else None,
            getattr(link, "cause", None),
        ]
        queue += [getattr(link, "reason", None), link.__cause__, *link.args]
        if not explicit:
            queue.append(link.__context__)

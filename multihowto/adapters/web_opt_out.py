"""What a site's owner says about being collected: robots.txt (RFC 9309), and two headers of an answer.

A robots.txt is asked for once a day and machine: its answer is kept in a folder that all workers share.
"""

import contextlib
import hashlib
import os
import re
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from multihowto.adapters.own_folder import default_folder, open_own, own_folder
from multihowto.adapters.site_messages import clean_detail
from multihowto.adapters.web_address import port_of
from multihowto.errors import ConfigError

if TYPE_CHECKING:
    from protego import Protego

AGENT = "multihowto"
ROBOTS_BYTES = 500 * 1024
"""RFC 9309, 2.5: as much of a robots.txt as must be read; the rest is not."""

_DAY_S = 86_400  # RFC 9309, 2.4
_KNOWN = 256
_NO = ("noai", "noimageai")
_AGENT_LINE = re.compile(r"\s*user[- ]?agent(?:\s*:|\s)\s*([*]|[a-z_-]*)", re.IGNORECASE)


Fetch = Callable[[str], bytes]
"""Returns the start of the file at a URL, empty if there is none; raises if that cannot be known."""


class OptOut:
    """One a worker: asks each origin's robots.txt before the first request to it."""

    def __init__(self, folder: Path | None = None, now: Callable[[], float] = time.time) -> None:
        self._folder = folder or default_folder("robots")
        self._now = now
        self._known: dict[str, tuple[float, Protego]] = {}

    def against_url(self, url: str, fetch: Fetch) -> str | None:
        """Why the owner does not want this http(s) URL to be asked for, or None; raises what `fetch` raises."""
        parts = urllib.parse.urlsplit(url)
        origin = f"{parts.scheme.lower()}://{(parts.hostname or '').rstrip('.')}:{port_of(url)}"
        known = self._known.get(origin)
        if known is None or not self._fresh(known[0]):
            known = self._learn(origin, lambda: fetch(f"{parts.scheme}://{parts.netloc}/robots.txt"))
        refused = not known[1].can_fetch(url, AGENT)
        return clean_detail(f"robots.txt disallows {parts.path or '/'}") if refused else None

    def _learn(self, origin: str, fetch: Callable[[], bytes]) -> tuple[float, "Protego"]:
        """When an origin was asked, and its rules: as kept by any worker, else as fetched now."""
        kept = self._load(origin)
        if kept is None:
            kept = self._now(), fetch()
            self._save(origin, *kept)
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[origin] = kept[0], rules_of(kept[1])
        return self._known[origin]

    def _fresh(self, asked_s: float) -> bool:
        """Whether an answer still counts; one from the future (a clock set back) does not."""
        return asked_s <= self._now() < asked_s + _DAY_S

    def _file(self, origin: str) -> Path:
        return self._folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:24]}.txt"

    def _load(self, origin: str) -> tuple[float, bytes] | None:
        """What is kept of an origin, if it is no older than a day; what cannot be read is not there.

        Raises ConfigError where another user may have put it.
        """
        try:
            own_folder(self._folder)
            with open(open_own(self._file(origin), os.O_RDONLY), "rb") as file:
                head = file.readline(1000).decode("ascii").split()
                asked_s, body = float(head[1]), file.read(ROBOTS_BYTES)
        except (OSError, ValueError, IndexError):
            return None
        return (asked_s, body) if self._fresh(asked_s) and head[0] == origin else None

    def _save(self, origin: str, asked_s: float, body: bytes) -> None:
        """Keeps an answer, whole or not at all; without a place to keep it, it is asked for again next time."""
        path = self._file(origin)
        with contextlib.suppress(OSError):
            own_folder(self._folder)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                try:
                    file.write(f"{origin} {asked_s:.6f}\n".encode() + body)
                    file.flush()
                    os.replace(file.name, path)
                except OSError:
                    os.unlink(file.name)


def rules_of(body: bytes) -> "Protego":
    """The rules of a robots.txt that are about us or everybody; whatever else it holds is no rule.

    Groups of other agents become one, for a file of many agents with many rules each would fill the memory.
    """
    try:
        from protego import Protego
    except ModuleNotFoundError:
        raise ConfigError("protego is not installed: pip install 'multihowto[youtube]'") from None
    return Protego.parse("\n".join(map(_ours, body.decode("utf-8-sig", "replace").splitlines())))


def _ours(line: str) -> str:
    """A line of a robots.txt; one that names another agent names nobody."""
    named = _AGENT_LINE.match(line)
    if named is None:
        return line
    agent = named[1].lower()
    return f"User-agent: {agent if agent in ('*', AGENT) else 'nobody'}"


def against_answer(headers: Iterable[tuple[str, str]]) -> str | None:
    """The header by which an answer says that it is not to be collected, or None.

    `X-Robots-Tag` with noai or noimageai, for everybody or for us; `TDM-Reservation: 1` of the W3C's protocol.
    """
    for name, value in headers:
        if name.lower() == "tdm-reservation" and value.strip() == "1":
            return "TDM-Reservation: 1"
        tag = _tag_against(value) if name.lower() == "x-robots-tag" else None
        if tag:
            return f"X-Robots-Tag: {tag}"
    return None


def _tag_against(value: str) -> str | None:
    """The first word of an X-Robots-Tag against us; an agent's name holds for the words behind it."""
    agent = "*"
    for part in value.lower().split(","):
        name, colon, word = part.partition(":")
        if not colon:
            word = name
        elif name.strip() != "unavailable_after":
            agent = name.strip()
        if word.strip() in _NO and agent in ("*", AGENT):
            return word.strip()
    return None

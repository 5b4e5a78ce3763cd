"""yt-dlp, one step of a video after another: the page, a caption file, the media.

Imports yt-dlp at once, so this module itself is imported late, by `youtube.Site`.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yt_dlp
from yt_dlp.networking.common import Request, RequestHandler
from yt_dlp.postprocessor import FFmpegMergerPP
from yt_dlp.postprocessor.common import PostProcessor
from yt_dlp.utils import YoutubeDLError

from multihowto.adapters.site_messages import Refused, raise_verdict, retry_after_of, status_of, verdict_of
from multihowto.adapters.web_address import Resolve
from multihowto.adapters.web_guard import Budget
from multihowto.adapters.youtube_bodies import CAPTION, PAGE, Limit, Stopped
from multihowto.adapters.youtube_join import join_formats
from multihowto.adapters.youtube_options import Options
from multihowto.adapters.youtube_requests import Requests

TOOL = f"yt-dlp {yt_dlp.version.__version__}"
_BLOCK = 64 * 1024
# What yt-dlp's extractors raise on a page that they do not expect: a matter of that page, never of ours.
_RAISED = (
    *(YoutubeDLError, OSError, ArithmeticError, AssertionError, AttributeError, EOFError),
    *(LookupError, RuntimeError, TypeError, ValueError),
)


class Log:
    """What yt-dlp says about one video: some of its verdicts are only in warnings and debug lines."""

    def __init__(self) -> None:
        self.debugs: list[str] = []
        self.warnings: list[str] = []

    def clear(self) -> None:
        """Forgets the last video."""
        self.debugs.clear()
        self.warnings.clear()

    def debug(self, message: str) -> None:
        """Keeps a line of progress or debugging."""
        self.debugs.append(message)

    def warning(self, message: str) -> None:
        """Keeps a warning."""
        self.warnings.append(message)

    def error(self, message: str) -> None:
        """Errors come as exceptions as well, so nothing is kept."""

    def stdout(self, message: str) -> None:
        """Traffic of request handlers is not kept."""


def _segmented(format: dict[str, Any]) -> bool:
    """Whether a format comes in segments, which yt-dlp keeps in memory one by one."""
    return format.get("protocol") not in (None, "http", "https") or bool(format.get("fragments"))


class Session(Requests):
    """One a worker, used for one video after another."""

    def __init__(
        self,
        options: Options,
        resolve: Resolve,
        handlers: Sequence[RequestHandler],
        robots: Path | None = None,
    ) -> None:
        self.log = Log()
        super().__init__(options, resolve, robots, self.log)
        for handler in handlers:
            self._request_director.add_handler(handler)
        preferred = tuple(handlers)
        self._request_director.preferences.add(lambda handler, _: 1000 * (handler in preferred))

    def write_debug(self, message: str, only_once: bool = False) -> None:
        """Debug lines are kept without yt-dlp's verbose mode: one of them tells of withheld captions."""
        self.log.debug(message)

    def report_warning(self, message: str, only_once: bool = False) -> None:
        """ffmpeg must not fetch anything itself: neither the guard nor the deadline holds there."""
        if "will be delegated to" in message:
            raise Stopped("unsupported", "only ffmpeg could download this stream")
        super().report_warning(message, only_once)

    def _media_limit(self) -> Limit:
        """How much the media files of a video may have together."""
        most = self._options.max_bytes
        return Limit(most, "too_large", f"larger than max_bytes, {most}")

    @contextlib.contextmanager
    def step(self, budget: Budget) -> Iterator[None]:
        """Runs one step of a video within its budget; whatever yt-dlp raises comes out as our errors."""
        before = len(self.log.warnings)
        try:
            with budget.spend():
                yield
        except _RAISED as error:
            self._translate(self.bounds.over or error, self.log.warnings[before:])
        finally:
            self._close_responses()

    def _translate(self, error: Exception, warnings: list[str]) -> NoReturn:
        """Raises our error for one of yt-dlp's (`PrivateAddress` is a ValueError), with its step's warnings."""
        if self.guard.expired:
            raise Refused("timed_out", f"not complete within {self._options.deadline_s} s") from error
        if isinstance(error, Stopped):
            raise Refused(error.code, error.detail) from error
        raise_verdict(verdict_of(error, warnings), status_of(error), retry_after_of(error))

    def run_pp(self, pp: PostProcessor, infodict: dict[str, Any]) -> dict[str, Any]:
        """yt-dlp's own join of picture and sound knows no deadline, and opens what a file names."""
        if isinstance(pp, FFmpegMergerPP):
            return join_formats(infodict, self.guard.left_s)
        done: dict[str, Any] = super().run_pp(pp, infodict)
        return done

    def begin(self) -> Budget:
        """Forgets the last video; returns the seconds of the next one."""
        self.log.clear()
        self.lengths.clear()
        self.answers = 0
        self.guard.reset()
        return Budget(self.guard, self._options.deadline_s)

    def extract(self, url: str) -> dict[str, Any]:
        """The site's answer about one page, its format selected, nothing downloaded."""
        self.bounds.start(PAGE)
        self._check(url)
        youtube = self.get_info_extractor("Youtube").suitable(url)
        info = self.extract_info(url, download=False, ie_key="Youtube" if youtube else None)
        self._stop_if_late()  # a page that was cut off may still look like a file
        if not isinstance(info, dict):
            raise Stopped("unsupported", "yt-dlp finds no video on the page")
        return self._single(info)

    def _single(self, info: dict[str, Any]) -> dict[str, Any]:
        """The page's only video; a list of one counts as that one."""
        if info.get("_type") not in ("playlist", "multi_video"):
            return info
        entries = [entry for entry in info.get("entries") or () if entry]
        if len(entries) != 1 or (info.get("playlist_count") or 1) != 1:
            raise Stopped("unsupported", "the page holds a list of videos, not one")
        title = info.get("title") or entries[0].get("title")
        return self._single({**entries[0], "title": title})

    def caption(self, url: str, impersonate: bool) -> tuple[bytes, str | None]:
        """The body of a caption file and the charset that the server declares."""
        self.bounds.start(CAPTION)
        target, _ = self._parse_impersonate_targets(impersonate)
        response = self.urlopen(Request(url, extensions={"impersonate": target} if target else {}))
        body = bytearray()
        while block := response.read(_BLOCK):
            body += block
            self._stop_if_late()
        self._stop_if_late()
        charset = response.headers.get_content_charset()
        return bytes(body), charset if isinstance(charset, str) else None

    def playlist_caption(self, url: str, folder: Path) -> tuple[bytes, str | None]:
        """A caption track that comes in HLS segments, merged by yt-dlp's own downloader."""
        self.bounds.start(CAPTION)
        target = folder / "track.vtt"
        self.dl(str(target), {"url": url, "ext": "vtt", "protocol": "m3u8_native"}, subtitle=True)
        self._stop_if_late()
        if not target.is_file():  # what `dl` returns says nothing
            raise Stopped("bad_captions", "a caption playlist without segments")
        return target.read_bytes(), "utf-8"

    def download(self, info: dict[str, Any], folder: Path) -> Path:
        """Downloads what `youtube_info.for_download` describes; only a file that is there counts."""
        self.bounds.start(self._media_limit(), any(map(_segmented, info["formats"])))
        self.params["outtmpl"]["default"] = os.fspath(folder).replace("%", "%%") + "/media.%(ext)s"
        done = self.process_ie_result(info, download=True) or {}
        paths = [
            Path(part["filepath"]) for part in done.get("requested_downloads") or () if part.get("filepath")
        ]
        self._stop_if_late()
        if len(paths) != 1 or not paths[0].is_file():
            if any("larger than max-filesize" in line for line in self.log.debugs):
                raise Stopped("too_large", f"larger than max_bytes, {self._options.max_bytes}")
            raise Stopped("unreachable", "yt-dlp ended without a file")
        return paths[0]

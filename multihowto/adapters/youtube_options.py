"""The settings of a download."""

import hashlib
import os
import re
from dataclasses import dataclass
from typing import Literal

from multihowto.adapters.media_check import Check
from multihowto.errors import ConfigError


@dataclass(frozen=True)
class Options:
    """What to download from a page, and how politely.

    `extractor_args` are in yt-dlp's own notation: "youtube:player_client=tv,web;player_skip=webpage".
    A proxy and cookies are no settings, for they are secret: the environment names them (HTTPS_PROXY,
    MULTIHOWTO_COOKIES), so that no pipeline, table or hash depends on them.
    """

    languages: tuple[str, ...]
    kinds: tuple[str, ...] = ("manual", "asr")
    media: str = "360p"
    format: str | None = None
    retention: Literal["keep", "delete_after_features"] = "keep"
    licenses: Literal["any", "creative_commons"] = "any"
    opt_out: Literal["honour", "ignore"] = "honour"
    max_duration_s: int = 3600
    max_bytes: int = 500_000_000
    deadline_s: int = 600
    check: Check = "decode"
    pacing: Literal["polite", "off"] = "polite"
    allow_private: bool = False
    need_captions: bool = True
    extractor_args: tuple[str, ...] = ()

    @property
    def wants_media(self) -> bool:
        """Whether the media file is downloaded too."""
        return self.media != "none"

    @property
    def selector(self) -> str:
        """Which of the page's formats is taken, in yt-dlp's notation."""
        return selector(self.media, self.format)

    def digest(self) -> str:
        """A hash of the settings on which the result depends: what was kept under others is not used."""
        what = (self.languages, self.kinds, self.media, self.selector, self.max_duration_s, self.max_bytes)
        how = (self.check, self.allow_private, self.need_captions, self.extractor_args)
        allowed = (self.licenses, self.opt_out)
        return hashlib.sha256(repr((what, how, allowed)).encode()).hexdigest()[:16]

    def media_digest(self) -> str:
        """A hash of the settings on which the media file depends: a new language fetches no file again."""
        return hashlib.sha256(repr((self.selector, self.check)).encode()).hexdigest()[:16]

    def extractor_arguments(self) -> dict[str, dict[str, list[str]]]:
        """`extractor_args` as yt-dlp's library wants them; raises ConfigError for another notation."""
        parsed: dict[str, dict[str, list[str]]] = {}
        for argument in self.extractor_args:
            extractor, colon, settings = argument.partition(":")
            pairs = [setting.partition("=") for setting in settings.split(";")]
            if not extractor or not colon or not all(key and equals for key, equals, _ in pairs):
                raise ConfigError(
                    f"extractor_args {argument!r}: write it as extractor:key=value,value;key=value"
                )
            wanted = parsed.setdefault(extractor.strip().lower(), {})
            wanted |= {key.strip().lower().replace("-", "_"): values.split(",") for key, _, values in pairs}
        return parsed


def selector(media: str, format: str | None = None) -> str:
    """What yt-dlp is to take for `media` (none, best, or a greatest height: 360p), unless `format` says it.

    Sessions that get only a streaming protocol of YouTube's own are still offered its format 18, of 360 lines.
    """
    if format is not None:
        return format
    if media == "none":
        return "b*"  # yt-dlp selects a format even if none is downloaded: any will do
    if media == "best":
        return "bv*+ba/b/18"
    height = f"[height<={media.removesuffix('p')}]"
    return f"18/b{height}/bv*{height}+ba/b" if media == "360p" else f"bv*{height}+ba/b{height}/18/b"


def cookies_file() -> str | None:
    """The cookies.txt that the environment names; raises ConfigError if it cannot be read, never tells of its content.

    yt-dlp itself would go on without the file, as nobody; or without a line, which it would print.
    """
    file = os.environ.get("MULTIHOWTO_COOKIES")
    if file is None:
        return None
    try:
        with open(os.path.expandvars(os.path.expanduser(file)), encoding="utf-8") as lines:
            wrong = next((number for number, line in enumerate(lines, 1) if not _is_cookie(line)), None)
    except UnicodeDecodeError:
        wrong = 1
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(
            f"MULTIHOWTO_COOKIES: {file!r} cannot be read ({reason}): name a readable cookies.txt, or unset it"
        ) from None
    if wrong is not None:
        raise ConfigError(
            f"MULTIHOWTO_COOKIES: line {wrong} of {file!r} is no cookie of a cookies.txt (Netscape format): it has "
            "seven fields between tabs, the fifth a time in seconds; export the file again"
        )
    return file


def _is_cookie(line: str) -> bool:
    """Whether yt-dlp can read a line: a cookie, a comment, or nothing."""
    line = line.removeprefix("#HttpOnly_")
    fields = line.split("\t")
    if line.startswith("#") or not line.strip():
        return True
    return len(fields) == 7 and re.fullmatch(r"[0-9]*(?:\.[0-9]+)?", fields[4]) is not None

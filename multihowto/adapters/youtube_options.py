"""The settings of a download."""

import hashlib
from dataclasses import dataclass
from typing import Literal

from multihowto.adapters.media_check import Check
from multihowto.errors import ConfigError


@dataclass(frozen=True)
class Options:
    """What to download from a page, and how politely.

    `extractor_args` are in yt-dlp's own notation: "youtube:player_client=tv,web;player_skip=webpage".
    A proxy is no setting, for it may carry a password: the usual environment variables (HTTPS_PROXY) name it.
    """

    languages: tuple[str, ...]
    kinds: tuple[str, ...] = ("manual", "asr")
    media: bool = True
    format: str = "18/b[height<=360]/bv*[height<=360]+ba/b"
    max_duration_s: int = 3600
    max_bytes: int = 500_000_000
    deadline_s: int = 600
    check: Check = "decode"
    pacing: Literal["polite", "off"] = "polite"
    allow_private: bool = False
    need_captions: bool = True
    extractor_args: tuple[str, ...] = ()
    cookies_file: str | None = None

    def digest(self) -> str:
        """A hash of the settings on which the result depends: what was kept under others is not used."""
        what = (self.languages, self.kinds, self.media, self.format, self.max_duration_s, self.max_bytes)
        how = (self.check, self.allow_private, self.need_captions, self.extractor_args)
        return hashlib.sha256(repr((what, how)).encode()).hexdigest()[:16]

    def media_digest(self) -> str:
        """A hash of the settings on which the media file depends: a new language fetches no file again."""
        return hashlib.sha256(repr((self.format, self.check)).encode()).hexdigest()[:16]

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

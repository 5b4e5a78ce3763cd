"""What a publication is asked for, and what it turned out to be."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

OPEN_LICENSES = (
    # The first is what YouTube's pages state, as yt-dlp hands it on; the others are SPDX's names.
    "Creative Commons Attribution license (reuse allowed)",
    "CC0-1.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
)
"""Video licences that allow a copy to be passed on if its author is named."""


@dataclass(frozen=True)
class Settings:
    """How large files get, and what may be in them."""

    row_group_bytes: int = 100_000_000
    """About so much of Arrow's memory makes one row group."""
    file_bytes: int = 500_000_000
    """A file that has reached this is closed, and another begun."""
    pending_bytes: int = 1_000_000_000
    """Rows that wait for their row group take no more memory than this, over all files."""
    row_bytes: int = 2_000_000
    """Feature blocks above this are cut, since the Hub's viewer shows no larger rows."""
    with_media: bool = False
    """Whether media files are copied, of videos whose licence is open."""
    open_licenses: tuple[str, ...] = OPEN_LICENSES
    """Licences, as the site states them, under which media, titles and channel names are published."""

    def is_open(self, license: str | None) -> bool:
        """Whether a video's licence is one of the open ones, whatever the case; none stated is not open."""
        stated = (license or "").strip().casefold()
        return bool(stated) and stated in {one.strip().casefold() for one in self.open_licenses}


@dataclass(frozen=True)
class Published:
    """What was written: rows and files by configuration and split, and the counts that the card states."""

    folder: Path
    rows: Mapping[str, Mapping[str, int]]
    files: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Paths from the folder's root."""
    counts: "Counts"
    bytes: int


@dataclass
class Counts:
    """Counted while rows are written, shard by shard."""

    origins: dict[str, Counter[str]] = field(default_factory=dict)
    """By language: rows of each origin."""
    licenses: Counter[str | None] = field(default_factory=Counter)
    """Videos of each licence; None if the site states none."""
    models: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Translated rows of each model and its licence."""
    tools: Counter[str] = field(default_factory=Counter)
    """Videos that each downloader got."""
    duration_ms: int = 0
    """Sum over the videos."""
    from_howto100m: int = 0
    """Videos that have a task of HowTo100M."""
    excluded: dict[str, str] = field(default_factory=dict)
    """Videos that the store still has and exclusions.csv lists: left out, and why."""
    media: int = 0
    """Media files copied."""
    media_missing: list[str] = field(default_factory=list)
    """Videos whose media might be published but is not in the store, or is not what the table says."""

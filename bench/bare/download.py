"""yt-dlp alone: one session, and for each video its page, its caption tracks and its file."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import yt_dlp


def prepare(folder: Path) -> Callable[[], None]:
    """Opens a session with the first video; the work is all others."""
    task = json.loads((folder / "download.json").read_text(encoding="utf-8"))
    options = {
        "format": task["format"],
        "writesubtitles": True,
        "subtitleslangs": task["languages"],
        "paths": {"home": tempfile.mkdtemp(dir=folder)},
        "quiet": True,
        "noprogress": True,
    }
    session = yt_dlp.YoutubeDL(options)
    session.download(task["urls"][:1])

    def work() -> None:
        assert session.download(task["urls"][1:]) == 0

    return work

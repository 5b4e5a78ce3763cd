"""Joins a picture and a sound that come as two files, within the video's deadline."""

from pathlib import Path
from typing import Any

from multihowto.adapters.ffmpeg import join
from multihowto.adapters.youtube_bodies import Stopped


def join_formats(info: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Makes one file of what yt-dlp has downloaded; raises Stopped if that cannot be."""
    files = [Path(name) for name in info["__files_to_merge"]]
    kinds = [
        "".join(kind for kind in "va" if one.get(f"{kind}codec") != "none")
        for one in info["requested_formats"]
    ]
    failed = join(list(zip(files, kinds, strict=True)), Path(info["filepath"]), seconds)
    if failed is not None:
        raise Stopped(failed.code, failed.detail)
    for file in files:
        file.unlink()
    return info

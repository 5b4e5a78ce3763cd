"""One bare ffmpeg pipe a video: pictures at a steady rate, read to the end and thrown away."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path


def prepare(folder: Path) -> Callable[[], None]:
    """Reads which videos, and how many bytes their pictures are."""
    task = json.loads((folder / "features.json").read_text(encoding="utf-8"))
    before = [task["ffmpeg"], "-nostdin", "-loglevel", "error", "-threads", "1", "-i"]
    after = ["-vf", task["filters"], "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]

    def work() -> None:
        for path in task["videos"]:
            with subprocess.Popen([*before, path, *after], stdout=subprocess.PIPE) as process:
                size, pipe = 0, process.stdout
                while pipe and (data := pipe.read(1 << 20)):
                    size += len(data)
            assert size == task["bytes"]

    return work

"""Renders the demo's videos with ffmpeg: a picture moves over a background, one picture a step.

The same plan and ffmpeg give the same bytes. A video lies in the media folder as `<id>-<recipe>.mp4`, whole
or not at all; `recipe` is a hash of everything that decides how it looks.
"""

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

from demo_looks import FPS, background_source, look_of, motion_filters
from demo_plan import HERE, Step, VideoPlan

PICTURES: Final = HERE / "pictures"
PROCESSES: Final = 2
REPORT_EVERY: Final = 5  # videos
RENDER_TIMEOUT_S: Final = 300
ENCODING: Final = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "24", "-pix_fmt", "yuv420p", "-g", "48"),
    *("-threads", "1", "-flags:v", "+bitexact", "-fflags", "+bitexact", "-map_metadata", "-1"),
    *("-movflags", "+faststart", "-an", "-f", "mp4"),
)


class RenderError(RuntimeError):
    """ffmpeg is missing or refused a video; the message says which and why."""


def find_ffmpeg() -> str:
    """The ffmpeg of the `imageio-ffmpeg` package if it is installed, else the one on PATH."""
    try:
        import imageio_ffmpeg
    except ImportError:
        found = shutil.which("ffmpeg")
    else:
        found = str(imageio_ffmpeg.get_ffmpeg_exe())
    if not found:
        raise RenderError("the demo needs ffmpeg: `pip install imageio-ffmpeg`, or put `ffmpeg` on PATH")
    return found


def render_all(
    videos: Sequence[VideoPlan], media_dir: Path, say: Callable[[str], None] = lambda _: None
) -> dict[str, Path]:
    """Renders what is missing, two at a time, and returns the file of every video by its id."""
    files = {video.video_id: media_file(video, media_dir) for video in videos}
    missing = [video for video in videos if not files[video.video_id].exists()]
    if missing:
        media_dir.mkdir(parents=True, exist_ok=True)
        say(f"rendering {len(missing)} videos into {media_dir}")
        _render_missing(missing, media_dir, say)
    return files


def _render_missing(videos: Sequence[VideoPlan], media_dir: Path, say: Callable[[str], None]) -> None:
    """Renders in parallel; the first failure, or an interrupt, keeps the waiting videos from starting."""
    ffmpeg, started = find_ffmpeg(), time.monotonic()
    pool = ThreadPoolExecutor(PROCESSES)
    try:
        jobs = [pool.submit(render, video, media_dir, ffmpeg) for video in videos]
        for done, job in enumerate(as_completed(jobs), start=1):
            job.result()
            if done % REPORT_EVERY == 0 or done == len(jobs):
                say(_progress(done, len(jobs), time.monotonic() - started))
    finally:
        pool.shutdown(cancel_futures=True)


def _progress(done: int, total: int, elapsed_s: float) -> str:
    """How far, how fast, how long still."""
    rate = done / elapsed_s
    return f"rendered {done}/{total} videos, {rate:.2f} videos/s, about {(total - done) / rate:.0f} s left"


def render(video: VideoPlan, media_dir: Path, ffmpeg: str) -> Path:
    """Renders one video, whether or not it is there; the file appears under its name when it is whole."""
    target = media_file(video, media_dir)
    partial = target.with_suffix(f".{os.getpid()}.part")
    command = [ffmpeg, "-nostdin", "-v", "error", "-xerror", "-y", *recipe_of(video), str(partial.resolve())]
    try:
        subprocess.run(command, cwd=PICTURES, capture_output=True, timeout=RENDER_TIMEOUT_S, check=True)
        partial.replace(target)
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise RenderError(f"{video.video_id}: ffmpeg ended with {error.returncode}: {said}") from error
    except subprocess.TimeoutExpired as error:
        raise RenderError(f"{video.video_id}: ffmpeg took longer than {RENDER_TIMEOUT_S} s") from error
    finally:
        partial.unlink(missing_ok=True)
    return target


def media_file(video: VideoPlan, media_dir: Path) -> Path:
    """Where the video lies; another recipe is another file."""
    digest = hashlib.sha256("\0".join(recipe_of(video)).encode())
    for step in video.steps:
        digest.update((PICTURES / step.concept.picture).read_bytes())
    return media_dir / f"{video.video_id}-{digest.hexdigest()[:12]}.mp4"


def recipe_of(video: VideoPlan) -> list[str]:
    """ffmpeg's arguments between the global options and the output, to be run in the folder of pictures."""
    inputs: list[str] = []
    chains: list[str] = []
    for index, step in enumerate(video.steps):
        inputs += ["-loop", "1", "-framerate", str(FPS), "-t", _seconds(step), "-i", step.concept.picture]
        chains.append(_step_chain(video.video_id, index, step))
    joined = "".join(f"[step{index}]" for index in range(len(video.steps)))
    chains.append(f"{joined}concat=n={len(video.steps)}:v=1:a=0,format=yuv420p[out]")
    threads = ["-filter_complex_threads", "1", "-filter_threads", "1"]
    return [*threads, *inputs, "-filter_complex", ";".join(chains), "-map", "[out]", *ENCODING]


def _step_chain(video_id: str, index: int, step: Step) -> str:
    """Filter graph of one step: its picture (input `index`) moves over its background."""
    look = look_of(video_id, step)
    picture, place = motion_filters(look, (step.end_ms - step.start_ms) / 1000)
    return (
        f"{background_source(look, _seconds(step))}[back{index}];"
        f"[{index}:v]format=rgba,{picture}[picture{index}];"
        f"[back{index}][picture{index}]overlay={place}:format=rgb:shortest=1,setsar=1[step{index}]"
    )


def _seconds(step: Step) -> str:
    """The length of the step as ffmpeg reads it."""
    return f"{(step.end_ms - step.start_ms) / 1000:.3f}"

"""Whether a downloaded file is a whole video that decodes: ffmpeg itself is content with half a file."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from multihowto.adapters.site_messages import Verdict, clean_detail
from multihowto.errors import ConfigError

Check = Literal["decode", "probe"]

_MARKUP = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<?xml", b"<!--")

# A playlist may name other files and hosts, so only plain containers are opened, and only as files.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,ogg,asf,mxf,ivf,h264,hevc"
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What was measured in a file; `frames` counts those that decode and is None after a mere probe."""

    duration_ms: int
    width: int
    height: int
    fps: float
    frames: int | None


class Broken(Exception):
    """A file that fails the check; never leaves this module."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.verdict = Verdict(code, clean_detail(detail))


def check_media(path: Path, deadline_s: float, check: Check = "decode") -> MediaFacts | Verdict:
    """Measures a video file, or says why it is none: bad_media, truncated, undecodable, timed_out.

    `decode` decodes every frame of the video stream on one thread; `probe` only reads the headers.
    """
    try:
        _refuse_text(path)
        return _measure(path, time.monotonic() + deadline_s, check)
    except Broken as broken:
        return broken.verdict


def _refuse_text(path: Path) -> None:
    """An error page that was saved under a video's name is the commonest wrong file."""
    with path.open("rb") as file:
        head = file.read(1024)
    if not head:
        raise Broken("bad_media", "the file is empty")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_MARKUP):
        raise Broken("bad_media", "the file is a web page, not a video")


def _measure(path: Path, deadline: float, check: Check) -> MediaFacts:
    """Opens the file and its video stream; libav's exceptions end here."""
    av = _load_av()
    try:
        with av.open(str(path), options=_OPTIONS, metadata_errors="replace") as container:
            if not container.streams.video:
                raise _no_video(container)
            return _measure_stream(container, container.streams.video[0], deadline, check)
    except (av.FFmpegError, ValueError, OverflowError, MemoryError) as error:
        raise _opening_failed(path, error) from None


def _load_av() -> Any:
    """PyAV, or the line that installs it."""
    try:
        import av
    except ImportError:
        raise ConfigError("PyAV is not installed: pip install 'multihowto[youtube]'") from None
    av.logging.set_level(av.logging.PANIC)
    return av


def _no_video(container: Any) -> Broken:
    """Sound alone is no video; nothing at all means that the list of streams is not there."""
    if container.streams:
        return Broken("bad_media", "the file has no video stream")
    return Broken("truncated", "the file's index is missing or broken")


def _opening_failed(path: Path, error: BaseException) -> Broken:
    """An MP4 whose index is missing was cut short; anything else that does not open is no video."""
    with path.open("rb") as file:
        head = file.read(12)
    if head[4:8] == b"ftyp":
        return Broken("truncated", "the file's index is missing or broken")
    return Broken("bad_media", f"the file is no video that ffmpeg knows ({type(error).__name__})")


def _measure_stream(container: Any, stream: Any, deadline: float, check: Check) -> MediaFacts:
    """The stream's facts; its frames are decoded and counted unless a probe is enough."""
    if stream.codec_context is None:
        raise Broken("undecodable", "the video has a codec that ffmpeg does not know")
    width, height, fps = stream.codec_context.width, stream.codec_context.height, _rate(stream)
    duration_s = _duration_s(container, stream)
    if not (width > 0 and height > 0):
        raise Broken("undecodable", "the video has no picture size")
    frames, last_s = None, 0.0
    if check == "decode":
        frames, last_s = _decode(container, stream, deadline)
        _refuse_short(frames, last_s, stream.frames, duration_s, fps)
    return MediaFacts(round(1000 * (duration_s or last_s)), width, height, round(fps, 3), frames)


def _rate(stream: Any) -> float:
    """Frames a second, 0.0 if the file does not say."""
    rate = stream.average_rate or stream.guessed_rate
    return float(rate) if rate and math.isfinite(rate) and rate > 0 else 0.0


def _duration_s(container: Any, stream: Any) -> float:
    """The video stream's length, else the file's, else 0.0; at most what 32 bits of milliseconds hold."""
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    else:
        seconds = (container.duration or 0) / 1_000_000
    return min(max(seconds, 0.0), 2_000_000.0)


def _decode(container: Any, stream: Any, deadline: float) -> tuple[int, float]:
    """How many frames decode, and the time from the first to the last one in seconds."""
    stream.thread_type = "NONE"  # threads by frame cost half as much CPU again
    stream.codec_context.thread_count = 1
    frames, first_s, last_s = 0, math.inf, 0.0
    for frame in _frames(container, stream, deadline):
        frames += 1
        if frame.time is not None:
            first_s, last_s = min(first_s, frame.time), max(last_s, frame.time)
    if not frames:
        raise Broken("truncated" if stream.frames else "undecodable", "no frame of the video is there")
    return frames, max(0.0, last_s - first_s)


def _frames(container: Any, stream: Any, deadline: float) -> Iterator[Any]:
    """Every frame; a packet that does not decode ends the check, and so does the deadline."""
    packets = container.demux(stream)
    for packet in packets:
        if time.monotonic() > deadline:
            raise Broken("timed_out", "the video could not be decoded in time")
        try:
            frames = packet.decode()
        except (_load_av().FFmpegError, ValueError, OverflowError, MemoryError):
            raise _damaged(packets) from None
        if packet.is_corrupt or any(frame.is_corrupt for frame in frames):
            raise _damaged(packets)
        yield from frames


def _damaged(packets: Iterator[Any]) -> Broken:
    """Damage in the last packet is where a file was cut; anywhere else the data itself is bad."""
    try:
        more = any(packet.size for packet in packets)
    except (_load_av().FFmpegError, ValueError, OverflowError, MemoryError):
        more = True
    if more:
        return Broken("undecodable", "the video has data that does not decode")
    return Broken("truncated", "the video ends in the middle of a frame")


def _refuse_short(frames: int, last_s: float, counted: int, duration_s: float, fps: float) -> None:
    """Two per cent or two frames may be missing, for edit lists and rounded rates; more is a cut file.

    Where the container counts no frames, its rate is a guess, so the last frame must come too early as well.
    """
    expected = counted or duration_s * fps
    if frames >= expected - max(2.0, 0.02 * expected):
        return
    frame_s = 1 / fps if fps else 0.0
    if counted or last_s < duration_s - max(3 * frame_s, 0.02 * duration_s):
        raise Broken("truncated", f"{frames} of {round(expected)} frames are there")

"""ffmpeg with a deadline: pictures of a video at a steady rate, streamed; and picture and sound joined."""

import contextlib
import errno
import math
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from multihowto.adapters.media_check import MediaFacts, check_media
from multihowto.adapters.site_messages import Verdict, clean_detail
from multihowto.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

# As in media_check: a playlist may name other files and hosts, so only plain containers, and only as files.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mpegts,mpeg,avi,flv,ogg,asf,mxf,ivf,h264,hevc"
_SOUND = "mp3,aac,ac3,eac3,flac,wav"
"""Containers of sound alone."""
_GLOBAL = (
    *("-nostdin", "-hide_banner", "-loglevel", "error", "-xerror"),
    *("-filter_threads", "1", "-filter_complex_threads", "1"),
)
_PIPE_BYTES = 1 << 20
_MOST_S = 24 * 3600
"""What a file is cut at that does not say how long it is."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which pictures are wanted: how many a second, how large, and how many at a time."""

    rate_hz: int
    side: int
    """Pixels a side of the square that comes out."""
    crop: float
    """Share of the shorter side, as displayed, that the square in the middle has."""
    batch_size: int


class Undecoded(Exception):
    """A file whose pictures cannot all be had; `verdict` says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.verdict = Verdict(code, clean_detail(detail))


class _Expected(NamedTuple):
    """How many pictures a file of known length has; at least and at most, since lengths are rounded."""

    least: int
    just: int
    most: int


def frames(
    path: Path, sampling: Sampling, deadline_s: float
) -> Generator["np.ndarray[Any, Any]", None, None]:
    """Batches of pictures in order of time: uint8, (n, side, side, 3), RGB; all but the last of `batch_size`.

    Picture k stands for the time from k / rate_hz to (k + 1) / rate_hz, counted from the file's beginning: it is
    what is shown at the middle of that time, or the last picture of all if the video ends before. So there are
    duration x rate_hz of them, rounded up. Rotation and oblong pixels are honoured.

    Raises Undecoded (bad_media, truncated, undecodable, timed_out) at the first or at a later batch, at the latest
    after the last one: the video is whole only when the iterator has ended. `deadline_s` includes what the caller
    does between two batches. When the caller stops early, ffmpeg is ended at once.
    """
    deadline = time.monotonic() + deadline_s
    facts = check_media(path, deadline_s, "probe")
    if isinstance(facts, Verdict):
        raise Undecoded(facts.code, facts.detail)
    expected = _expected(facts, sampling.rate_hz)
    with _running(command(path, sampling, expected.most + 1), deadline) as decoder:
        came = 0
        for batch in _batches(decoder.pictures, sampling):
            wanted = batch[: max(0, expected.just - came)]
            came += len(batch)
            if len(wanted):
                yield wanted
        decoder.process.wait()
    if decoder.expired:
        raise Undecoded("timed_out", "the pictures could not be taken in time")
    if decoder.process.returncode:
        raise _failed(path, decoder.process.returncode, deadline)
    _refuse_count(came, expected)


def _expected(facts: MediaFacts, rate_hz: int) -> _Expected:
    """Two per cent or two frames may be missing, as in `check_media`."""
    duration_s = facts.duration_ms / 1000
    if not duration_s:
        return _Expected(1, _MOST_S * rate_hz, _MOST_S * rate_hz)
    slack_s = max(2 / facts.fps if facts.fps else 0.0, 0.02 * duration_s)
    least, just, most = (
        math.ceil(length_s * rate_hz) for length_s in (duration_s - slack_s, duration_s, duration_s + slack_s)
    )
    return _Expected(max(1, least), just, most)


def _refuse_count(came: int, expected: _Expected) -> None:
    """ffmpeg is content with half a file; and with one whose picture changes its size, which it begins anew."""
    if came < expected.least:
        raise Undecoded("truncated", f"{came} of {expected.just} pictures are there")
    if came > expected.most:
        raise Undecoded(
            "undecodable", f"more than the {expected.just} pictures that its length allows are there"
        )


def command(path: Path, sampling: Sampling, most: int) -> list[str]:
    """The ffmpeg command that writes at most so many pictures to its standard output."""
    try:
        import ffmpeg
    except ImportError:
        raise ConfigError("ffmpeg-python is not installed: pip install 'multihowto[features]'") from None
    # Each frame goes to the nearest tick, so the last one that does is shown half a step later: the middle.
    side = f"{sampling.crop}*min(iw*sar,ih)"
    video = ffmpeg.input(
        f"file:{path.absolute()}", threads=1, protocol_whitelist="file", format_whitelist=_CONTAINERS
    )["v:0"]
    video = video.filter("fps", sampling.rate_hz, start_time=0, round="near", eof_action="pass")
    video = video.filter("crop", f"max(1,{side}/sar)", f"max(1,{side})", exact=1)
    # The flags under which ffmpeg's own tests expect the same bytes of every processor; they cost nothing that shows.
    flags = "bicubic+accurate_rnd+full_chroma_int+bitexact"
    video = video.filter("scale", sampling.side, sampling.side, flags=flags)
    pictures = video.output(
        "pipe:1", f="rawvideo", pix_fmt="rgb24", fps_mode="passthrough", **{"frames:v": most}
    )
    made: list[str] = pictures.compile(cmd=[find_ffmpeg(), *_GLOBAL])
    return made


def join(pieces: Sequence[tuple[Path, str]], target: Path, seconds: float) -> Verdict | None:
    """Puts the streams of some files into one, as they are; why not, if that cannot be.

    A piece is a file and the kinds of streams that are taken of it: "v", "a" or "va". Raises OSError if the disk is
    full, ConfigError without ffmpeg.
    """
    opened, taken = list[str](), list[str]()
    for number, (path, kinds) in enumerate(pieces):
        opened += ["-protocol_whitelist", "file", "-format_whitelist", f"{_CONTAINERS},{_SOUND}"]
        opened += ["-i", f"file:{path.absolute()}"]
        taken += [word for kind in kinds for word in ("-map", f"{number}:{kind}:0?")]
    arguments = [
        find_ffmpeg(),
        *_GLOBAL[:4],
        "-y",
        *opened,
        *taken,
        "-c",
        "copy",
        f"file:{target.absolute()}",
    ]
    try:
        done = subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=max(0.0, seconds),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Verdict("timed_out", "picture and sound could not be joined in time")
    if os.strerror(errno.ENOSPC).encode() in done.stderr:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if done.returncode:
        return Verdict("bad_media", "picture and sound cannot be joined")
    return None


def find_ffmpeg() -> str:
    """The ffmpeg of package imageio-ffmpeg, else the one on PATH. ConfigError if there is none."""
    try:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        found = shutil.which("ffmpeg")
    if not found:
        raise ConfigError("there is no ffmpeg: pip install 'multihowto[features]', or put ffmpeg on PATH")
    return found


class _Decoder:
    """A running ffmpeg: its pictures, and the clock that ends it."""

    def __init__(self, arguments: list[str], deadline: float) -> None:
        nowhere = subprocess.DEVNULL
        self.process = subprocess.Popen(
            arguments, stdin=nowhere, stdout=subprocess.PIPE, stderr=nowhere, pipesize=_PIPE_BYTES
        )
        assert self.process.stdout is not None
        self.pictures: IO[bytes] = self.process.stdout
        self.expired = False
        self._clock = threading.Timer(max(0.0, deadline - time.monotonic()), self._expire)
        self._clock.daemon = True
        self._clock.start()

    def _expire(self) -> None:
        self.expired = True
        self.process.kill()

    def end(self) -> None:
        """Leaves nothing running, whatever the reason."""
        self._clock.cancel()
        self.process.kill()
        self.process.wait()
        self.pictures.close()


@contextlib.contextmanager
def _running(arguments: list[str], deadline: float) -> Iterator[_Decoder]:
    try:
        decoder = _Decoder(arguments, deadline)
    except (FileNotFoundError, PermissionError) as error:
        raise ConfigError(f"cannot run ffmpeg: {error.strerror}") from error
    try:
        yield decoder
    finally:
        decoder.end()


def _batches(pictures: IO[bytes], sampling: Sampling) -> Iterator["np.ndarray[Any, Any]"]:
    """Whole pictures as they come; a part of one at the end is dropped."""
    import numpy as np

    shape = (sampling.side, sampling.side, 3)
    while True:
        batch = np.empty((sampling.batch_size, *shape), np.uint8)
        size = pictures.readinto(batch.data.cast("B"))  # type: ignore[attr-defined]
        whole = size // math.prod(shape)
        if whole:
            yield batch[:whole]
        if whole < sampling.batch_size:
            return


def _failed(path: Path, status: int, deadline: float) -> Undecoded:
    """Why ffmpeg gave up, from a decode that tells cut from damaged files and always says the same.

    ffmpeg's own words are not looked at: which of its threads complains first differs from run to run.
    """
    found = check_media(path, max(1.0, deadline - time.monotonic()), "decode")
    if isinstance(found, Verdict):
        return Undecoded(found.code, found.detail)
    return Undecoded("undecodable", f"ffmpeg ended with status {status}, though every frame decodes")

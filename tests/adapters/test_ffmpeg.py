"""Pictures come at the middle of their time, as many as the length says, and nothing is left running."""

import math
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest

from multihowto.adapters import ffmpeg
from multihowto.adapters.ffmpeg import Sampling, Undecoded, frames
from multihowto.rejects import REASONS

Make = Callable[..., Path]
ONE = Sampling(1, 32, 1.0, 4)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a video from a lavfi source."""

    def made(name: str, source: str, *arguments: str) -> Path:
        path = tmp_path / name
        quiet = [ffmpeg.find_ffmpeg(), "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi", "-i", source]
        codec = arguments or ("-pix_fmt", "yuv420p", "-c:v", "libx264")
        subprocess.run([*quiet, *codec, str(path)], check=True)
        return path

    return made


def pictures(
    path: Path, sampling: Sampling = ONE, deadline_s: float = 60
) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.concatenate(list(frames(path, sampling, deadline_s)))


def refusal(path: Path, sampling: Sampling = ONE, deadline_s: float = 60) -> tuple[str, str]:
    with pytest.raises(Undecoded) as caught:
        list(frames(path, sampling, deadline_s))
    return caught.value.verdict.code, caught.value.verdict.detail


def running() -> list[psutil.Process]:
    """Children of this process that have not ended."""
    return [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize(
    ("rate_hz", "shown_s"), [(1, [0.48, 1.48, 2.28]), (2, [0.24, 0.72, 1.24, 1.72, 2.24])]
)
def test_a_picture_is_of_the_middle_of_its_time(make: Make, rate_hz: int, shown_s: list[float]) -> None:
    """25 frames a second for 2.3 s; the brightness of a frame tells its time."""
    path = make("a.mp4", "color=black:s=64x64:r=25:d=2.3,format=gray,geq=lum=20+80*T")
    brightness = pictures(path, Sampling(rate_hz, 32, 1.0, 2)).mean(axis=(1, 2, 3))
    assert (brightness - 20) / 80 == pytest.approx(shown_s, abs=0.03)


@pytest.mark.parametrize("duration_s", [0.2, 1.0, 2.04, 3.6, 7.0])
@pytest.mark.parametrize("rate_hz", [1, 2])
@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
def test_as_many_pictures_as_the_length_says(
    make: Make, duration_s: float, rate_hz: int, ending: str
) -> None:
    path = make(f"a.{ending}", f"testsrc=s=64x48:r=25:d={duration_s}")
    batches = list(frames(path, Sampling(rate_hz, 32, 0.875, 3), 60))
    count = math.ceil(duration_s * rate_hz)
    assert [len(batch) for batch in batches[:-1]] == [3] * ((count - 1) // 3)
    assert sum(len(batch) for batch in batches) == count
    assert {(batch.shape[1:], batch.dtype) for batch in batches} == {((32, 32, 3), np.dtype(np.uint8))}


def test_a_slow_long_video_has_all_its_pictures(make: Make) -> None:
    path = make("long.mp4", "testsrc=s=32x32:r=1:d=520")
    assert len(pictures(path)) == 520
    assert len(pictures(path, Sampling(2, 32, 1.0, 64))) == 1040


@pytest.mark.parametrize("size", ["2x2", "161x121", "90x160", "640x36"])
def test_any_size_comes_out_square(make: Make, size: str) -> None:
    path = make("a.mkv", f"testsrc2=s={size}:r=5:d=2", "-pix_fmt", "yuv444p", "-c:v", "libx264")
    assert pictures(path, Sampling(1, 24, 0.875, 4)).shape == (2, 24, 24, 3)


def test_the_square_is_cut_from_the_middle(make: Make) -> None:
    """100 x 200 with a white box of 50 x 50 in the middle: half of the shorter side."""
    path = make("a.mp4", "color=black:s=100x200:d=1,drawbox=x=25:y=75:w=50:h=50:c=white:t=fill")
    assert pictures(path, Sampling(1, 32, 0.5, 1))[0, 2:-2, 2:-2].min() > 240
    assert 240 * 0.2 < pictures(path, Sampling(1, 32, 1.0, 1)).mean() < 255 * 0.3


def test_rotation_is_honoured(make: Make, tmp_path: Path) -> None:
    """Left half red and right half blue, shown turned by a quarter: no longer side by side."""
    path = make("a.mp4", "color=red:s=120x80:d=1,drawbox=x=60:y=0:w=60:h=80:c=blue:t=fill")
    turned = tmp_path / "turned.mp4"
    copy = ["-display_rotation", "90", "-i", str(path), "-c", "copy", str(turned)]
    subprocess.run([ffmpeg.find_ffmpeg(), "-nostdin", "-loglevel", "error", *copy], check=True)
    before, after = pictures(path)[0].astype(int), pictures(turned)[0].astype(int)
    assert before[:, :12, 0].min() > 200 > 50 > before[:, 20:, 0].max()
    assert after[20:, :, 0].min() > 200 > 50 > after[:12, :, 0].max()


def test_oblong_pixels_are_honoured(make: Make) -> None:
    """A white box of 60 x 120 pixels that are twice as wide as high is a white square."""
    source = "color=black:s=160x120:d=1,drawbox=x=50:y=0:w=60:h=120:c=white:t=fill"
    assert pictures(make("a.mp4", f"{source},setsar=2"))[0, :, 1:-1].min() > 230
    assert pictures(make("b.mp4", source))[0].min() < 20


def test_the_same_file_gives_the_same_bytes(make: Make) -> None:
    path = make("a.mp4", "testsrc2=s=160x120:r=25:d=4")
    assert np.array_equal(pictures(path), pictures(path, Sampling(1, 32, 1.0, 1)))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("name", ["fast.mp4", "slow.mp4", "clip.webm"])
def test_half_a_file_is_truncated(tmp_path: Path, videos: dict[str, bytes], name: str, share: float) -> None:
    """A Matroska file that is cut between two frames can be told only by the pictures that are missing."""
    (tmp_path / name).write_bytes(videos[name][: int(share * len(videos[name]))])
    rate_hz = 25 if name.endswith("webm") else 1
    assert refusal(tmp_path / name, Sampling(rate_hz, 32, 1.0, 4))[0] == "truncated"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bad_media"),
        (b"<!DOCTYPE html><p>", "bad_media"),
        (b"plain text " * 99, "bad_media"),
        (b"#EXTM3U\n#EXTINF:2,\nhttp://127.0.0.1:1/a.ts\n", "bad_media"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "bad_media"),
        (b"\0\0\0\x18ftypisom" + b"\0" * 99, "truncated"),
    ],
)
def test_other_files_are_no_media(tmp_path: Path, data: bytes, code: str) -> None:
    (tmp_path / "a.mp4").write_bytes(data)
    assert refusal(tmp_path / "a.mp4")[0] == code


@pytest.mark.parametrize("name", ["list.m3u8", "list.ffconcat"])
def test_ffmpeg_itself_opens_no_playlist(tmp_path: Path, videos: dict[str, bytes], name: str) -> None:
    (tmp_path / "fast.mp4").write_bytes(videos["fast.mp4"])
    texts = {
        "list.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{tmp_path}/fast.mp4\n#EXT-X-ENDLIST\n",
        "list.ffconcat": "ffconcat version 1.0\nfile fast.mp4\n",
    }
    (tmp_path / name).write_text(texts[name])
    done = subprocess.run(ffmpeg.command(tmp_path / name, ONE, 9), capture_output=True, check=False)
    assert done.returncode != 0
    assert done.stdout == b""
    assert b"Format not on whitelist" in done.stderr


def test_damage_is_named_alike_each_time_and_without_paths(tmp_path: Path, videos: dict[str, bytes]) -> None:
    data = bytearray(videos["fast.mp4"])
    middle = len(data) // 2
    data[middle : middle + 900] = b"\xa5" * 900
    path = tmp_path / "hostile [name] file.mp4"
    path.write_bytes(data)
    assert {refusal(path) for _ in range(5)} == {("undecodable", "the video has data that does not decode")}


def test_a_picture_that_changes_its_size_is_refused(make: Make, tmp_path: Path) -> None:
    small = make("a.h264", "testsrc=s=64x48:r=25:d=3")
    large = make("b.h264", "testsrc=s=96x96:r=25:d=3")
    (tmp_path / "both.h264").write_bytes(small.read_bytes() + large.read_bytes())
    both = tmp_path / "both.mp4"
    copy = ["-i", str(tmp_path / "both.h264"), "-c", "copy", str(both)]
    subprocess.run([ffmpeg.find_ffmpeg(), "-nostdin", "-loglevel", "error", *copy], check=True)
    code, detail = refusal(both)
    assert (code, detail) == ("undecodable", "more than the 6 pictures that its length allows are there")


def test_names_with_dashes_and_colons_are_files(make: Make, tmp_path: Path) -> None:
    path = make("a.mp4", "testsrc=s=32x32:r=5:d=1").rename(tmp_path / "-http:%05d,;.mp4")
    assert len(pictures(path)) == 1


def test_a_caller_that_stops_early_leaves_nothing_running(make: Make) -> None:
    batches = frames(make("long.mp4", "testsrc=s=320x240:r=25:d=60"), Sampling(2, 224, 1.0, 1), 60)
    next(batches)
    assert [child.name() for child in running()]
    batches.close()
    assert running() == []


def test_the_deadline_ends_ffmpeg(make: Make) -> None:
    path = make("long.mp4", "testsrc=s=320x240:r=25:d=60")
    assert refusal(path, deadline_s=0) == ("timed_out", "the pictures could not be taken in time")
    batches = frames(path, Sampling(2, 224, 1.0, 1), 1.0)
    with pytest.raises(Undecoded, match="in time"):  # noqa: PT012 - the caller is what is slow
        for _ in batches:
            time.sleep(0.2)
    assert running() == []


def test_much_talk_on_stderr_blocks_nothing() -> None:
    talk = "import sys; sys.stderr.write('word ' * 200_000); sys.stdout.write('a' * 3 * 4)"
    with ffmpeg._running([sys.executable, "-c", talk], time.monotonic() + 30) as decoder:
        (batch,) = ffmpeg._batches(decoder.pictures, Sampling(1, 2, 1.0, 4))
        decoder.process.wait()
    assert batch.shape == (1, 2, 2, 3)
    assert decoder.process.returncode == 0


def test_a_stuck_ffmpeg_is_ended() -> None:
    started = time.monotonic()
    stuck = [sys.executable, "-c", "import time; time.sleep(60)"]
    with ffmpeg._running(stuck, time.monotonic() + 0.5) as decoder:
        assert list(ffmpeg._batches(decoder.pictures, ONE)) == []
        decoder.process.wait()
    assert decoder.expired
    assert time.monotonic() - started < 20


def fuzz(tmp_path: Path, videos: dict[str, bytes], rounds: int) -> set[str]:
    """Bytes changed anywhere, most often in the headers, and files cut: pictures or a verdict, and soon."""
    dice, seen = random.Random(11), set[str]()
    path = tmp_path / "file.mp4"
    for _ in range(rounds):
        data = bytearray(videos[dice.choice(sorted(videos))])
        for _ in range(dice.choice((1, 3, 30))):
            end = len(data) if dice.random() < 0.5 else min(len(data), 1500)
            data[dice.randrange(end)] = dice.randrange(256)
        path.write_bytes(data[: dice.randrange(len(data))] if dice.random() < 0.2 else data)
        started = time.monotonic()
        try:
            seen.add(f"{len(pictures(path, deadline_s=20))} pictures")
        except Undecoded as undecoded:
            seen.add(undecoded.verdict.code)
        assert time.monotonic() - started < 60
    assert running() == []
    return seen


def test_hostile_files_give_pictures_or_a_verdict(tmp_path: Path, videos: dict[str, bytes]) -> None:
    seen = fuzz(tmp_path, videos, 40)
    assert {"2 pictures", "truncated"} <= seen
    assert {word for word in seen if not word.endswith("pictures")} <= set(REASONS)


@pytest.mark.proof
def test_many_hostile_files_give_pictures_or_a_verdict(tmp_path: Path, videos: dict[str, bytes]) -> None:
    assert {word for word in fuzz(tmp_path, videos, 1500) if not word.endswith("pictures")} <= set(REASONS)

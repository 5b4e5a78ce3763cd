"""Small videos made once, a misbehaving site, a folder that keeps files."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest

from .fault_server import Answer, FaultServer, KeptFolder, fault_server


def make_video(path: Path, *arguments: str) -> Path:
    """Two seconds of a test picture, 160 x 120, 25 frames a second: 50 frames."""
    source = ["-f", "lavfi", "-i", "testsrc=s=160x120:r=25:d=2"]
    quiet = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y"]
    subprocess.run([*quiet, *source, "-pix_fmt", "yuv420p", *arguments, str(path)], check=True)
    return path


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Videos by container and layout."""
    folder = tmp_path_factory.mktemp("videos")
    kinds = {
        "fast.mp4": ("-c:v", "libx264", "-movflags", "+faststart"),
        "slow.mp4": ("-c:v", "libx264"),
        "clip.webm": ("-c:v", "libvpx"),
        "clip.ts": ("-c:v", "libx264"),
        "sound.mp4": ("-vn", "-f", "mp4"),
    }
    sound = folder / "sound.mp4"
    made = {name: make_video(folder / name, *how) for name, how in kinds.items() if name != "sound.mp4"}
    quiet = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-loglevel", "error", "-y"]
    subprocess.run([*quiet, "-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", str(sound)], check=True)
    return {name: path.read_bytes() for name, path in (made | {"sound.mp4": sound}).items()}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as running:
        yield running


@pytest.fixture
def kept(tmp_path: Path) -> KeptFolder:
    return KeptFolder(tmp_path / "kept")


@pytest.fixture
def mp4(videos: dict[str, bytes]) -> Answer:
    return Answer(videos["fast.mp4"], type="video/mp4")

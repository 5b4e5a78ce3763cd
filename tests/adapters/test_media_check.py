"""Whole videos pass; empty, cut, garbled and foreign files are named for what they are."""

import random
import time
from pathlib import Path

import pytest

from multihowto.adapters.media_check import MediaFacts, check_media
from multihowto.adapters.site_messages import Verdict
from multihowto.rejects import REASONS


def check(tmp_path: Path, data: bytes) -> MediaFacts | Verdict:
    path = tmp_path / "file.mp4"
    path.write_bytes(data)
    return check_media(path, 20)


def code(found: MediaFacts | Verdict) -> str:
    return found.code if isinstance(found, Verdict) else "fine"


@pytest.mark.parametrize("name", ["fast.mp4", "slow.mp4", "clip.webm", "clip.ts"])
def test_a_whole_video_is_measured(tmp_path: Path, videos: dict[str, bytes], name: str) -> None:
    assert check(tmp_path, videos[name]) == MediaFacts(2000, 160, 120, 25.0, 50)


def test_a_probe_decodes_nothing(tmp_path: Path, videos: dict[str, bytes]) -> None:
    (tmp_path / "a.mp4").write_bytes(videos["fast.mp4"])
    assert check_media(tmp_path / "a.mp4", 20, "probe") == MediaFacts(2000, 160, 120, 25.0, None)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("name", ["fast.mp4", "slow.mp4", "clip.webm"])
def test_half_a_file_is_truncated(tmp_path: Path, videos: dict[str, bytes], name: str, share: float) -> None:
    data = videos[name]
    assert code(check(tmp_path, data[: int(share * len(data))])) == "truncated"


@pytest.mark.parametrize("name", ["fast.mp4", "slow.mp4", "clip.ts"])
def test_a_damaged_middle_does_not_decode(tmp_path: Path, videos: dict[str, bytes], name: str) -> None:
    data = bytearray(videos[name])
    middle, some = len(data) // 2, len(data) // 10
    data[middle : middle + some] = random.Random(1).randbytes(some)
    assert code(check(tmp_path, bytes(data))) == "undecodable"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<!DOCTYPE html><p>",
        b"\xef\xbb\xbf \n<HTML>",
        b"plain text " * 99,
        b"\xff\xd8\xff" + b"x" * 99,
        b"#EXTM3U\n#EXTINF:2,\nhttp://127.0.0.1:1/a.ts\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
    ],
)
def test_other_files_are_no_media(tmp_path: Path, data: bytes) -> None:
    assert code(check(tmp_path, data)) == "bad_media"


def test_sound_alone_is_no_video(tmp_path: Path, videos: dict[str, bytes]) -> None:
    assert check(tmp_path, videos["sound.mp4"]) == Verdict("bad_media", "the file has no video stream")


def test_the_deadline_holds_between_packets(tmp_path: Path, videos: dict[str, bytes]) -> None:
    (tmp_path / "a.mp4").write_bytes(videos["fast.mp4"])
    assert code(check_media(tmp_path / "a.mp4", -1)) == "timed_out"


def fuzz(tmp_path: Path, videos: dict[str, bytes], rounds: int) -> None:
    """Bytes changed anywhere, most often in the headers, and files cut: a verdict each time, and soon."""
    dice = random.Random(7)
    for _ in range(rounds):
        data = bytearray(videos[dice.choice(sorted(videos))])
        for _ in range(dice.choice((1, 3, 30, 300))):
            end = len(data) if dice.random() < 0.5 else min(len(data), 1500)
            data[dice.randrange(end)] = dice.randrange(256)
        start = time.monotonic()
        found = check(tmp_path, bytes(data[: dice.randrange(len(data))] if dice.random() < 0.3 else data))
        assert time.monotonic() - start < 20
        assert not isinstance(found, Verdict) or found.code in REASONS


def test_hostile_files_raise_nothing(tmp_path: Path, videos: dict[str, bytes]) -> None:
    fuzz(tmp_path, videos, 150)


@pytest.mark.proof
def test_many_hostile_files_raise_nothing(tmp_path: Path, videos: dict[str, bytes]) -> None:
    fuzz(tmp_path, videos, 5000)

"""A full disk is said in words, and once there is room again the same command goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from .proof_disk import small_disk
from .proof_lab import Lab
from .proof_stores import count_files, expect_equal, files

pytestmark = pytest.mark.proof

PAGE = 4096
ROOMY = 64 * 2**20
WORDS = ("disk full", "free space and run again")


def pages_of(root: Path, *kinds: str) -> int:
    """How many pages of a tmpfs the files of some folders take, their names not counted."""
    paths = [path for path in files(root) if not kinds or path.parts[0] in kinds]
    return sum(-(-(root / path).stat().st_size // PAGE) for path in paths)


def sizes(root: Path) -> dict[str, int]:
    """Sizes of disks that are full before, during and after the download, and with the last table to write."""
    whole, kept = pages_of(root), pages_of(root, "kept")
    sources = pages_of(root, "tables", "accounts") // 6
    return {
        "lock": 0,
        "sources": sources // 2,
        "first media": sources + kept // 20,
        "half the media": sources + kept // 2,
        "captions": sources + kept + (whole - kept) // 4,
        "last table": whole - 8,
    }


@pytest.mark.parametrize(
    "when", ["lock", "sources", "first media", "half the media", "captions", "last table"]
)
def test_a_full_disk_is_said_in_words(
    lab: Lab, tmp_path: Path, when: str, say: Callable[[str], None]
) -> None:
    reference, taken = lab.reference, sizes(lab.reference.root)[when]
    with small_disk(tmp_path / "disk", ROOMY) as disk:
        ballast = disk.seen / "ballast"
        ballast.write_bytes(bytes(max(0, disk.free() - taken * PAGE)))
        (disk.seen / "store").mkdir()
        full = lab.build(disk.path / "store", prefix=disk.prefix)
        full.expect(1, *WORDS)
        made = count_files(disk.seen / "store")
        ballast.unlink()
        lab.build(disk.path / "store", prefix=disk.prefix).expect(0, "the store is up to date")
        expect_equal(disk.seen / "store", reference.root)
    say(f"{taken} pages free: full at {made} of {count_files(reference.root)} files")

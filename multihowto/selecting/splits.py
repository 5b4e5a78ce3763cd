"""Which split each video is in: all copies of one video in the same."""

import hashlib
from collections.abc import Iterable, Mapping

STRICTEST = ("test", "validation", "train")
"""Where copies are fixed to different splits, all go to the first of these: no one may train on a test's copy."""


def splits(
    fixed: Mapping[str, str | None],
    originals: Mapping[str, str],
    fixed_of_copies: Mapping[str, str | None],
    validation: float,
    test: float,
) -> dict[str, str]:
    """The split of each video of `fixed`, which says what the manifest fixes.

    `originals` names the video that stands for all copies of a video, and `fixed_of_copies` the strictest split that
    the manifest fixes for one of them, where these are known. What nothing fixes is left to a hash of the original's
    id, so that a manifest may grow: only a copy that joins can move a video.
    """
    return {
        video: strictest([mine, fixed_of_copies.get(video)])
        or by_hash(originals.get(video, video), validation, test)
        for video, mine in fixed.items()
    }


def strictest(said: Iterable[str | None]) -> str | None:
    """The strictest of some splits; None if there is none."""
    return min((split for split in said if split is not None), key=STRICTEST.index, default=None)


def by_hash(video_id: str, validation: float, test: float) -> str:
    """The split of an id that nothing fixes: the same forever, as long as the shares are."""
    digest = hashlib.blake2b(f"split:{video_id}".encode(), digest_size=8).digest()
    place = int.from_bytes(digest) / 2**64
    if place < test:
        return "test"
    return "validation" if place < test + validation else "train"

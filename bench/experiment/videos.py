"""The footage: each concept as short videos, a picture a second, with subtitles in nine languages beside each.

`import_folder` takes both folders in. It leaves the split to a hash of the video's id, which is a hash of its path: so
each file gets the first number in its name with which that hash says the split of its concept.
"""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from multihowto.selecting.splits import by_hash

from .concepts import LANGUAGES, Concept
from .pictures import SETS, draw

if TYPE_CHECKING:
    from PIL import Image

SECONDS: Final = 4
FRAME_PX: Final = 256
SCALES: Final = (0.45, 0.95)
"""The picture's longer side, as a share of its own largest size."""
TURN_DEGREES: Final = 15
PROCESSES: Final = 2
OPEN_SHARES: Final = {"pretrain": (0.1, 0.0), "target": (0.2, 0.2)}
"""Shares of validation and test that each store's pipeline gives to `select_clips`."""
STORE_SPLITS: Final = {
    "pretrain": {"pretrain": "train", "validation": "validation"},
    "target": {"fine_tune": "train", "validation": "validation", "test": "test"},
}
"""By store: the splits of concepts that are in it, and what they are there."""


class Video(NamedTuple):
    """A video that is to be made."""

    store: str
    concept: Concept
    drawn_by: str
    """One of SETS."""
    split: str
    """In the store: train, validation or test."""

    @property
    def name(self) -> str:
        """Its file's name without ending."""
        return name_in_split(f"{self.concept.id}-{self.drawn_by}", self.store, self.split)


def plan(concepts: Sequence[Concept]) -> list[Video]:
    """Train concepts are drawn by all sets; of the others each is shown once, by a set that a hash draws."""
    found = []
    for store, splits in STORE_SPLITS.items():
        for concept in concepts:
            if concept.split in splits:
                split = splits[concept.split]
                one = SETS[_hash(f"set:{concept.id}") % len(SETS)]
                found += [
                    Video(store, concept, which, split) for which in SETS if split == "train" or which == one
                ]
    return found


def name_in_split(stem: str, store: str, split: str) -> str:
    """The stem with the first number with which `select_clips` puts the file into the split."""
    names = (f"{stem}-{number}" for number in count())
    return next(name for name in names if by_hash(video_id(f"{name}.mp4"), *OPEN_SHARES[store]) == split)


def video_id(relative: str) -> str:
    """The id that a file of a folder gets as a source; a test compares it with what `read_folder` says."""
    return "f-" + hashlib.blake2b(relative.encode(), digest_size=8).hexdigest()


def make_all(concepts: Sequence[Concept], packages: Path, footage: Path) -> int:
    """Makes what is missing; how many videos there are."""
    videos = plan(concepts)
    for store in STORE_SPLITS:
        (footage / store).mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(PROCESSES) as pool:
        for _ in pool.map(partial(make, packages, footage), videos, chunksize=16):
            pass
    return len(videos)


def make(packages: Path, footage: Path, video: Video) -> None:
    """Writes a video and its subtitles; a file is whole or not there, and the video comes last."""
    target = footage / video.store / f"{video.name}.mp4"
    if target.exists():
        return
    say = video.concept.narrated if video.store == "pretrain" else video.concept.described
    for language in LANGUAGES:
        target.with_suffix(f".{language}.vtt").write_text(subtitles(say(language)), encoding="utf-8")
    unfinished = footage / f"{video.store}-{video.name}.part"
    picture = draw(packages, video.drawn_by, video.concept.id)
    encode(unfinished, frames(picture, f"{video.store}/{video.concept.id}/{video.drawn_by}"))
    unfinished.replace(target)


def subtitles(text: str) -> str:
    """WebVTT with one cue, as long as the video."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f"WEBVTT\n\n00:00:00.000 --> 00:00:{SECONDS:02d}.000\n{escaped}\n"


def frames(picture: "Image.Image", seed: str) -> "Iterator[Image.Image]":
    """The picture on a background of the video's own, each second larger or smaller, turned and elsewhere."""
    from PIL import Image

    draws = np.random.default_rng(_hash(seed))
    back = background(draws)
    for _ in range(SECONDS):
        scale = draws.uniform(*SCALES)
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        turn = float(draws.uniform(-TURN_DEGREES, TURN_DEGREES))
        shown = picture.resize(size, Image.Resampling.BILINEAR).rotate(
            turn, Image.Resampling.BILINEAR, expand=True
        )
        room = (max(1, FRAME_PX - shown.width), max(1, FRAME_PX - shown.height))
        frame = back.copy()
        frame.paste(shown, (int(draws.integers(room[0])), int(draws.integers(room[1]))), shown)
        yield frame


def background(draws: np.random.Generator) -> "Image.Image":
    """A plain colour, a slope between two, or coarse patches between two; FRAME_PX a side."""
    from PIL import Image

    first, second = draws.integers(40, 256, (2, 3)).astype(np.float64)
    kind, line = draws.integers(3), np.linspace(0, 1, FRAME_PX)
    mix = np.zeros((FRAME_PX, FRAME_PX))
    if kind == 1:
        across, down = draws.uniform(0, 1, 2)
        mix = (across * line[None, :] + down * line[:, None]) / max(across + down, 1e-9)
    elif kind == 2:
        patches = (draws.uniform(0, 255, (8, 8))).astype(np.uint8)
        mix = (
            np.asarray(Image.fromarray(patches).resize((FRAME_PX, FRAME_PX), Image.Resampling.BICUBIC)) / 255
        )
    pixels = first + mix[:, :, None] * (second - first)
    return Image.fromarray(pixels.astype(np.uint8))


def encode(path: Path, pictures: "Iterator[Image.Image]") -> None:
    """An mp4 that shows each picture for a second; the same pictures give the same bytes."""
    import av

    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=1, options={"preset": "veryfast", "crf": "23"})
        stream.width = stream.height = FRAME_PX
        stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")))
        container.mux(stream.encode(None))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())

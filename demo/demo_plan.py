"""The plan of the demo's videos: which concept is shown when, and which captions say so.

`plan` is a function of `captions.csv` and a fixed seed. Nothing here draws, serves or writes.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final

import demo_chance as chance
from demo_tracks import OWN_SEGMENTATIONS, Cue, Segmentation, Track, segment

HERE: Final = Path(__file__).parent
PIVOT: Final = "en"
OTHERS: Final = ("de", "fr", "ru", "es", "cs", "sw", "zh", "vi")
LANGUAGES: Final = (PIVOT, *OTHERS)
VIDEOS_PER_SPLIT: Final = {"train": 32, "validation": 5, "test": 9}
REPEATED_SHARE: Final = 0.25  # of the concepts to train on are shown in two videos; a query has one answer
MIN_STEPS: Final = 6
MAX_STEPS: Final = 10
MIN_STEP_MS: Final = 5000
MAX_STEP_MS: Final = 6000
STEP_GRID_MS: Final = 250  # three frames at 12 a second, so that steps begin on a frame and on a millisecond
ABSENT_SHARE: Final = 0.20  # of the videos have no track in a given language other than English
OWN_SEGMENTATION_SHARE: Final = 1 / 6  # of the tracks other than English

HOSTILE_VIDEO: Final = "steps-002"  # its title, and the first cue of its English track, hold HOSTILE_TEXT
HOSTILE_TEXT: Final = "<script>alert(1)</script>"
ROLLING_VIDEO: Final = "steps-004"  # its English track rolls as YouTube's automatic captions do


@dataclass(frozen=True)
class Concept:
    """A thing with a picture and a caption in every language."""

    name: str
    picture: str
    split: str
    captions: Mapping[str, str]

    @property
    def english_name(self) -> str:
        """The caption without its keywords."""
        return self.captions[PIVOT].split(":")[0]


@dataclass(frozen=True)
class Step:
    """A concept on screen; `appearance` is 1, or 2 when another video has shown the concept before."""

    concept: Concept
    appearance: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class VideoPlan:
    """A good video of the site: steps that follow each other without gaps, all of one split."""

    video_id: str
    split: str
    title: str
    steps: tuple[Step, ...]
    tracks: tuple[Track, ...]

    @property
    def duration_ms(self) -> int:
        """The end of the last step."""
        return self.steps[-1].end_ms


@cache
def plan() -> tuple[VideoPlan, ...]:
    """All good videos, in the order of their ids; the first five already cover all three splits."""
    return with_tracks(bare_videos(read_concepts(HERE / "captions.csv")))


def read_concepts(path: Path) -> tuple[Concept, ...]:
    """The rows of the caption table."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Concept(row["concept"], row["picture"], row["split"], {name: row[name] for name in LANGUAGES})
            for row in csv.DictReader(file)
        )


def bare_videos(concepts: Sequence[Concept]) -> list[VideoPlan]:
    """The videos without tracks, their splits interleaved."""
    placed: list[tuple[float, str, list[Concept]]] = []
    for split, videos in VIDEOS_PER_SPLIT.items():
        rooms = fill_videos([concept for concept in concepts if concept.split == split], videos)
        placed.extend(((index + 0.5) / videos, split, room) for index, room in enumerate(rooms))
    placed.sort(key=lambda place: place[:2])
    shown: dict[str, int] = {}
    return [
        _bare_video(f"steps-{number:03}", split, room, shown)
        for number, (_, split, room) in enumerate(placed, start=1)
    ]


def _bare_video(video_id: str, split: str, concepts: Sequence[Concept], shown: dict[str, int]) -> VideoPlan:
    """The concepts one after the other; `shown` counts the appearances of each so far."""
    steps: list[Step] = []
    start_ms = 0
    for index, concept in enumerate(concepts):
        shown[concept.name] = shown.get(concept.name, 0) + 1
        choices = range(MIN_STEP_MS, MAX_STEP_MS + 1, STEP_GRID_MS)
        end_ms = start_ms + chance.pick(choices, "step length", video_id, index)
        steps.append(Step(concept, shown[concept.name], start_ms, end_ms))
        start_ms = end_ms
    first, second = concepts[0].english_name, concepts[1].english_name
    title = f"Step by step: {first}, {second} and {len(concepts) - 2} more"
    if video_id == HOSTILE_VIDEO:
        title = f"{title} {HOSTILE_TEXT}"
    return VideoPlan(video_id, split, title, tuple(steps), ())


def fill_videos(concepts: Sequence[Concept], videos: int) -> list[list[Concept]]:
    """Every concept into one video and some of `train` into a second, never twice into the same."""
    order = shuffled_concepts(concepts, "order")
    split = order[0].split
    share = REPEATED_SHARE if split == "train" else 0
    repeats = shuffled_concepts(concepts, "repeats")[: round(len(concepts) * share)]
    counts = step_counts(len(order) + len(repeats), videos, split)
    rooms: list[list[Concept]] = [[] for _ in counts]
    for concept in [*order, *repeats]:
        open_rooms = [index for index, room in enumerate(rooms) if concept not in room]
        rooms[max(open_rooms, key=lambda index: counts[index] - len(rooms[index]))].append(concept)
    return [shuffled_concepts(room, "room", index) for index, room in enumerate(rooms)]


def shuffled_concepts(concepts: Iterable[Concept], *purpose: object) -> list[Concept]:
    """The concepts in a random order that depends on their names and the purpose alone."""
    return sorted(concepts, key=lambda concept: chance.draw(*purpose, concept.name))


def step_counts(steps: int, videos: int, purpose: str) -> list[int]:
    """How many steps each video has, from MIN_STEPS to MAX_STEPS, together `steps`."""
    if not MIN_STEPS * videos <= steps <= MAX_STEPS * videos:
        raise ValueError(f"{steps} steps do not fit into {videos} videos: change VIDEOS_PER_SPLIT")
    counts = [MAX_STEPS] * videos
    for surplus in range(MAX_STEPS * videos - steps):
        longer = [index for index, count in enumerate(counts) if count > MIN_STEPS]
        counts[chance.pick(longer, "one step less", purpose, surplus)] -= 1
    return counts


def with_tracks(videos: Sequence[VideoPlan]) -> tuple[VideoPlan, ...]:
    """The videos with English, and each other language on most of them."""
    names = [video.video_id for video in videos]
    absent = {
        (video_id, language)
        for language in OTHERS
        for video_id in chance.shuffled(names, "absent", language)[: round(len(names) * ABSENT_SHARE)]
    }
    present = [(video_id, name) for video_id in names for name in OTHERS if (video_id, name) not in absent]
    segmentations: dict[tuple[str, str], Segmentation] = dict.fromkeys(present, "shared")
    own = chance.shuffled(present, "own segmentation")[: round(len(present) * OWN_SEGMENTATION_SHARE)]
    segmentations |= {key: OWN_SEGMENTATIONS[index % 3] for index, key in enumerate(own)}
    segmentations |= {(video_id, PIVOT): "shared" for video_id in names}
    segmentations[ROLLING_VIDEO, PIVOT] = "rolling"
    return tuple(replace(video, tracks=_tracks(video, segmentations)) for video in videos)


def _tracks(video: VideoPlan, segmentations: Mapping[tuple[str, str], Segmentation]) -> tuple[Track, ...]:
    """The tracks that the video has, English first."""
    tracks = []
    for language in LANGUAGES:
        segmentation = segmentations.get((video.video_id, language))
        if segmentation:
            cues = segment(step_cues(video, language), segmentation, f"{video.video_id}/{language}")
            tracks.append(Track(language, segmentation, cues))
    return tuple(tracks)


def step_cues(video: VideoPlan, language: str) -> list[Cue]:
    """One cue a step, spanning it."""
    cues = [Cue(step.start_ms, step.end_ms, step.concept.captions[language]) for step in video.steps]
    if video.video_id == HOSTILE_VIDEO and language == PIVOT:
        cues[0] = replace(cues[0], text=f"{cues[0].text} {HOSTILE_TEXT}")
    return cues

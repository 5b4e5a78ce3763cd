"""What is wrong with a track: drawn by seed, each fault over its whole range."""

import random
from dataclasses import dataclass, replace
from typing import Literal

Class = Literal["own", "ratio", "shared"]
CLASSES: tuple[Class, ...] = ("own", "ratio", "shared")
"""`own`: a timeline of its own, all faults at once; `ratio`: the same with a film's speed; `shared`: the pivot's."""
SHARES = (0.65, 0.15, 0.2)

OFFSET_MS = 5000
DRIFT = 0.01
RATIO = 25 / 23.976
JUMP_MS = (3000, 60_000)
JUMPS = 0.5
"""The share of tracks with a jump."""
MISSING = 0.10
ADDED = 0.05
JITTER_MS = 200
"""Largest faults; each track has its own share of each."""
READING_MS = (1000, 2000)
GAP_MS = 80
PIVOT_JITTER_MS = 60
SHORTEST_MS = 200


@dataclass(frozen=True)
class Faults:
    """The faults of one track; those that are not given are none."""

    offset_ms: float = 0.0
    speed: float = 1.0
    """Its clock by the pivot's."""
    jump_at_ms: float = 0.0
    jump_ms: float = 0.0
    """What this track's timeline has more than the pivot's from there on; less if negative."""
    missing: float = 0.0
    added: float = 0.0
    """Shares of its cues."""
    jitter_ms: float = 0.0
    reading: bool = False
    """Cues stay until they are read."""
    plain: bool = False
    """As speech recognition writes: lower case, no marks, a time for each word."""
    rolling: bool = False
    longest: int = 80
    """Characters of a cue."""
    longest_ms: int = 6000
    breaks: float = 1.0
    """The share of ends of sentences that end a cue."""

    def moved(self, ms: float) -> float | None:
        """A time of the pivot's timeline on this track's; None if its timeline lacks it."""
        if self.jump_ms < 0 and self.jump_at_ms <= ms < self.jump_at_ms - self.jump_ms:
            return None
        jump = self.jump_ms if ms >= self.jump_at_ms else 0.0
        return (ms + jump) * self.speed + self.offset_ms

    @property
    def difficulty(self) -> float:
        """0 for no faults, 1 for all at their largest: the mean of the shares of the largest."""
        speed = min(abs(self.speed - 1) / DRIFT, 1.0)
        jump = 0.5 + abs(self.jump_ms) / JUMP_MS[1] / 2 if self.jump_ms else 0.0
        parts = (
            abs(self.offset_ms) / OFFSET_MS,
            speed,
            jump,
            self.missing / MISSING,
            self.added / ADDED,
            self.jitter_ms / JITTER_MS,
            float(self.reading),
            1 - self.breaks,
        )
        return sum(parts) / len(parts)


def draw_class(draw: random.Random) -> Class:
    """The class of one track."""
    return draw.choices(CLASSES, SHARES)[0]


def draw_faults(draw: random.Random, duration_ms: float, kind: Class) -> Faults:
    """The faults of one track with a timeline of its own."""
    speed = 1 + draw.uniform(-DRIFT, DRIFT)
    if kind == "ratio":
        speed = draw.choice((RATIO, 1 / RATIO))
    jump = draw.uniform(*JUMP_MS) * draw.choice((-1, 1)) if draw.random() < JUMPS else 0.0
    written = draw_writing(draw)
    return replace(
        written,
        offset_ms=draw.uniform(-OFFSET_MS, OFFSET_MS),
        speed=speed,
        jump_at_ms=draw.uniform(0, duration_ms),
        jump_ms=jump,
        missing=draw.uniform(0, MISSING),
        added=draw.uniform(0, ADDED),
        jitter_ms=draw.uniform(0, JITTER_MS),
    )


def draw_writing(draw: random.Random) -> Faults:
    """How a track is cut and written, with times that are right."""
    plain = draw.random() < 0.3
    return Faults(
        reading=not plain and draw.random() < 0.5,
        plain=plain,
        rolling=plain and draw.random() < 0.5,
        longest=draw.randint(25, 90),
        longest_ms=draw.randint(2500, 7000),
        breaks=0.2 if plain else draw.uniform(0.5, 1.0),
    )


def draw_pivot(draw: random.Random) -> Faults:
    """The faults of a pivot: mild ones."""
    return replace(
        draw_writing(draw), jitter_ms=draw.uniform(0, PIVOT_JITTER_MS), added=draw.uniform(0, 0.02)
    )

"""Whether a track has enough cues to tell its drift."""

import math
from collections.abc import Mapping
from typing import Any

_JITTER_MS = 200
"""Own setting: how far the times of a cue are off."""
_CAN_TELL = 0.01
"""Own setting: a drift is not told that may be off by so much, twice its standard error."""


def told(timeline: dict[str, Any], cues: int, span_ms: int) -> dict[str, Any]:
    """The row of a track's timeline, with None for a drift that its cues, so many over so long, cannot tell."""
    return timeline if tells_drift(timeline, cues, span_ms) else timeline | {"drift": None}


def tells_drift(timeline: Mapping[str, Any], cues: int, span_ms: int) -> bool:
    """Whether a track has cues enough, over time enough, that a line through them has a slope that says something.

    A line through n points, even over a span and each off by s, has a slope off by s x sqrt(12 / n) / span.
    """
    if timeline["kind"] != "own":
        return True
    if not cues or timeline["score"] == 0:
        return False
    off_ms = 2 * _JITTER_MS * math.sqrt(12 / cues)
    return off_ms < _CAN_TELL * span_ms

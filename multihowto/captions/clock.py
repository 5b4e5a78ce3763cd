"""The lines that say when a cue is shown, as WebVTT, SubRip and SBV have them."""

import re
from collections.abc import Iterator
from functools import lru_cache

CLOCK = r"((?:\d{1,9}:)?\d{1,2}:)(\d{1,2})[.,](\d{1,3})"
"""`[h:]m:s.f`: groups for hours and minutes, seconds, fraction; a comma is a point."""

TIMING = re.compile(rf"[ \t\f]*{CLOCK}\d*[ \t\f]*--+>[ \t\f]*{CLOCK}[^\n]*", re.ASCII)
"""`time --> time`, and whatever stands behind it (settings, places on the screen)."""


def to_ms(minutes: str, seconds: str, fraction: str) -> int:
    """The groups of CLOCK in milliseconds; seconds past 59 carry over, `.5` is half a second."""
    return minutes_ms(minutes) + int(seconds + fraction.ljust(3, "0"))


@lru_cache(maxsize=1024)
def minutes_ms(minutes: str) -> int:
    """The first group of CLOCK, `[h:]m:`, in milliseconds; kept, as neighbours share it."""
    hours, _, rest = minutes[:-1].rpartition(":")
    return (int(hours or 0) * 60 + int(rest)) * 60_000


def span_ms(timing: "re.Match[str]") -> tuple[int, int]:
    """Start and end of a timing."""
    minutes, seconds, fraction, minutes2, seconds2, fraction2 = timing.groups()
    return to_ms(minutes, seconds, fraction), to_ms(minutes2, seconds2, fraction2)


def arrow_lines(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each line with `-->`, in time linear in the text however often one line has it."""
    end = -1
    while (arrow := text.find("-->", end + 1)) >= 0:
        begin = text.rfind("\n", end + 1, arrow) + 1 or end + 1
        end = text.find("\n", arrow)
        if end < 0:
            end = len(text)
        yield begin, end

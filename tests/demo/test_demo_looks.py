"""Pictures stay whole inside the frame, and second appearances differ from first ones."""

import colorsys
import re
from math import cos, pi, sin

import pytest

from demo_looks import HEIGHT, MOTIONS, WIDTH, Look, look_of, motion_filters, turned_px
from demo_plan import plan

LOOKS = [(step, look_of(video.video_id, step)) for video in plan() for step in video.steps]
NAMES = {"sin": sin, "cos": cos, "abs": abs, "PI": pi}


def corners(look: Look, duration_s: float) -> list[tuple[float, float, float]]:
    """Left, top and side of the picture's square at moments of the step, as ffmpeg would compute them."""
    filters, place = motion_filters(look, duration_s)
    x, y = re.findall(r"[xy]='([^']*)'", place)
    zoom = re.search(r"w='([^']*)'", filters)
    side = zoom[1] if zoom else re.findall(r"ow=(\d+)", filters)[0]
    found = []
    for index in range(61):
        names = NAMES | {"t": duration_s * index / 60}
        size = eval(side, names)
        names |= {"overlay_w": size, "overlay_h": size}
        found.append((eval(x, names), eval(y, names), size))
    return found


def test_pictures_never_leave_the_frame() -> None:
    for step, look in LOOKS:
        for left, top, side in corners(look, (step.end_ms - step.start_ms) / 1000):
            assert left >= 0, look
            assert top >= 0, look
            assert left + side <= WIDTH, look
            assert top + side <= HEIGHT, look


def test_all_motions_occur() -> None:
    assert {look.motion for _, look in LOOKS} == set(MOTIONS)


def test_second_appearances_have_another_background_motion_and_hue() -> None:
    first = {step.concept.name: look for step, look in LOOKS if step.appearance == 1}
    for step, look in LOOKS:
        if step.appearance == 2:
            before = first[step.concept.name]
            assert look.background != before.background
            assert look.motion != before.motion
            assert abs(abs(hue(look.colours[0]) - hue(before.colours[0])) - 0.5) < 0.02


def hue(colour: str) -> float:
    """Hue of `0xrrggbb`, 0 to 1."""
    red, green, blue = (int(colour[index : index + 2], 16) / 255 for index in (2, 4, 6))
    return colorsys.rgb_to_hsv(red, green, blue)[0]


@pytest.mark.parametrize(("angle_deg", "side"), [(0, 100), (45, 142)])
def test_the_square_around_a_turned_square(angle_deg: float, side: int) -> None:
    assert turned_px(100, angle_deg) == side

"""How a step looks: background, size, place and motion, each drawn by the id of the video.

Two appearances of one concept never share the hue of the background, nor its kind, nor the motion.
"""

import colorsys
from dataclasses import dataclass
from math import cos, radians, sin
from typing import Final, Literal

import demo_chance as chance
from demo_plan import Step

WIDTH: Final = 256
HEIGHT: Final = 192
FPS: Final = 12
MARGIN_PX: Final = 6  # between a picture, wherever it moves, and the edge of the frame
MIN_SIZE_PX: Final = 104
MAX_SIZE_PX: Final = 140
ZOOM: Final = 0.75  # size of a zoomed picture at its smallest
MAX_TILT_DEG: Final = 10
SWING_DEG: Final = 18
SIDE_SHARE: Final = 0.6  # of the room beside the picture that is used: classifiers crop the frame's sides

Background = Literal["plain", "linear", "radial", "grid"]
Motion = Literal["drift", "bounce", "sway", "circle", "zoom_in", "zoom_out", "swing"]
BACKGROUNDS: Final[tuple[Background, ...]] = ("plain", "linear", "radial", "grid")
MOTIONS: Final[tuple[Motion, ...]] = ("drift", "bounce", "sway", "circle", "zoom_in", "zoom_out", "swing")


@dataclass(frozen=True)
class Look:
    """What ffmpeg is told about a step; places are of the picture's middle, relative to the frame's."""

    background: Background
    colours: tuple[str, str]
    motion: Motion
    size_px: int
    tilt_deg: int
    place_x_px: int
    place_y_px: int
    reach_x_px: int
    reach_y_px: int
    period_s: float
    mirrored: bool


def look_of(video_id: str, step: Step) -> Look:
    """The look of a step; it depends on the video, the concept and which appearance of it this is."""
    concept, again = step.concept.name, step.appearance - 1
    key = (video_id, concept)
    size_px = round(chance.between(MIN_SIZE_PX, MAX_SIZE_PX, "size", *key))
    tilt_deg = round(chance.between(-MAX_TILT_DEG, MAX_TILT_DEG, "tilt", *key))
    motion = MOTIONS[(int(chance.draw("motion", concept) * len(MOTIONS)) + 3 * again) % len(MOTIONS)]
    room_x, room_y = _room(size_px, abs(tilt_deg) + (SWING_DEG if motion == "swing" else 0))
    reach_x, reach_y = (chance.between(0.35, 1, "reach", side, *key) for side in "xy")
    place_x, place_y = (chance.between(-1, 1, "place", side, *key) for side in "xy")
    return Look(
        background=BACKGROUNDS[(int(chance.draw("background", concept) * 4) + again) % len(BACKGROUNDS)],
        colours=_colours(concept, again, key),
        motion=motion,
        size_px=size_px,
        tilt_deg=tilt_deg,
        place_x_px=round(room_x * (1 - reach_x) * place_x),
        place_y_px=round(room_y * (1 - reach_y) * place_y),
        reach_x_px=round(room_x * reach_x),
        reach_y_px=round(room_y * reach_y),
        period_s=round(chance.between(2.5, 4.5, "period", *key), 2),
        mirrored=chance.draw("mirrored", *key) < 0.5,
    )


def _room(size_px: int, angle_deg: float) -> tuple[int, int]:
    """How far a picture, turned by up to the angle, may move from the middle of the frame."""
    extent = turned_px(size_px, angle_deg)
    beside, above = (WIDTH - extent) // 2 - MARGIN_PX, (HEIGHT - extent) // 2 - MARGIN_PX
    return round(beside * SIDE_SHARE), max(0, above)


def turned_px(size_px: int, angle_deg: float) -> int:
    """Side of the upright square around a square that is turned; even, as overlay likes it."""
    angle = radians(angle_deg)
    return 2 * round(size_px * (cos(angle) + sin(angle)) / 2)


def _colours(concept: str, again: int, key: tuple[str, str]) -> tuple[str, str]:
    """Two related colours; the hue of a second appearance lies on the other side of the circle."""
    hue = chance.draw("hue", concept) + 0.5 * again
    colours = []
    for index, shade in enumerate(("first", "second")):
        saturation = chance.between(0.25, 0.75, "saturation", shade, *key)
        value = chance.between(0.45, 0.95, "value", shade, *key)
        red, green, blue = colorsys.hsv_to_rgb((hue + 0.08 * index) % 1, saturation, value)
        colours.append(f"0x{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}")
    return colours[0], colours[1]


def background_source(look: Look, seconds: str) -> str:
    """ffmpeg source of the still background."""
    first, second = look.colours
    size = f"s={WIDTH}x{HEIGHT}:r={FPS}:d={seconds}"
    corners = f"x0=0:y0=0:x1={WIDTH - 1}:y1={HEIGHT - 1}"
    middle = f"x0={WIDTH // 2}:y0={HEIGHT // 2}:x1={WIDTH - 1}:y1={HEIGHT // 2}"
    still = f"c0={first}:c1={second}:nb_colors=2:seed=1:speed=0.00001"
    match look.background:
        case "plain":
            return f"color=c={first}:{size},format=gbrp"
        case "linear":
            return f"gradients={size}:type=linear:{corners}:{still},format=gbrp"
        case "radial":
            return f"gradients={size}:type=radial:{middle}:{still},format=gbrp"
        case "grid":
            return f"color=c={first}:{size},format=gbrp,drawgrid=w=24:h=24:t=5:c={second}"


def motion_filters(look: Look, duration_s: float) -> tuple[str, str]:
    """Filters that turn and size the picture, and the options that place it on the background.

    `t` is the time since the beginning of the step, in seconds.
    """
    wave, period = f"2*PI*t/{look.period_s}", look.period_s
    angle, zoom = f"{look.tilt_deg}*PI/180", "1"
    move_x, move_y = "0", "0"
    match look.motion:
        case "drift":
            move_x = move_y = f"(2*t/{duration_s}-1)"
        case "bounce":
            move_x, move_y = f"(2*t/{duration_s}-1)", f"(1-2*abs(sin(PI*t/{period})))"
        case "sway":
            move_x, move_y = f"sin({wave})", f"cos({wave}/2)"
        case "circle":
            move_x, move_y = f"cos({wave})", f"sin({wave})"
        case "zoom_in":
            zoom = f"({ZOOM}+{1 - ZOOM:.2f}*t/{duration_s})"
        case "zoom_out":
            zoom = f"(1-{1 - ZOOM:.2f}*t/{duration_s})"
        case "swing":
            angle = f"({look.tilt_deg}+{SWING_DEG}*sin({wave}))*PI/180"
    return _picture_filters(look, angle, zoom), _place_options(look, move_x, move_y)


def _picture_filters(look: Look, angle: str, zoom: str) -> str:
    """Mirrors, sizes and turns the picture, keeping its corners transparent."""
    side = turned_px(look.size_px, abs(look.tilt_deg) + (SWING_DEG if look.motion == "swing" else 0))
    filters = ["hflip"] if look.mirrored else []
    filters.append(f"scale={look.size_px}:{look.size_px}:flags=bicubic")
    filters.append(f"rotate=a='{angle}':ow={side}:oh={side}:c=none")
    if zoom != "1":
        filters.append(f"scale=w='{side}*{zoom}':h='{side}*{zoom}':eval=frame:flags=bicubic")
    return ",".join(filters)


def _place_options(look: Look, move_x: str, move_y: str) -> str:
    """Where the picture's upper left corner is, from where its middle shall be."""
    x = f"{WIDTH // 2 + look.place_x_px}+{look.reach_x_px}*{move_x}-overlay_w/2"
    y = f"{HEIGHT // 2 + look.place_y_px}+{look.reach_y_px}*{move_y}-overlay_h/2"
    return f"x='{x}':y='{y}':eval=frame"

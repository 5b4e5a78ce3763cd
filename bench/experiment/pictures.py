"""A concept as each of the three sets draws it, and the words and records that lie beside the pictures."""

import io
import json
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .concepts import LANGUAGES, Concept, choose, id_of

if TYPE_CHECKING:
    from PIL import Image, ImageFont

SETS: Final = ("noto", "twemoji", "openmoji")
SIDE_PX: Final = 224
STRIKE_PX: Final = 109
"""The one bitmap size that Noto Color Emoji has; a glyph of it is 136 x 128 pixels."""
CANVAS_PX: Final = 160
FONT: Final = "noto/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"


def read_concepts(packages: Path) -> list[Concept]:
    """The concepts of the fetched packages."""
    annotations = {
        language: json.loads(
            (packages / f"cldr/package/annotations/{language}/annotations.json").read_text(encoding="utf-8")
        )["annotations"]["annotations"]
        for language in LANGUAGES
    }
    records = json.loads((packages / "openmoji/package/data/openmoji.json").read_text(encoding="utf-8"))
    candidates = [(record["emoji"], record["group"]) for record in records if not record["skintone"]]
    names = {id_of(character.replace("\ufe0f", "")) for character, _ in candidates}
    drawn = {name for name in names if all(file_of(packages, which, name) for which in SETS[1:])}
    glyphs = {name for name in drawn if "-" not in name and _has_glyph(packages, name)}
    return choose(candidates, annotations, glyphs)


def file_of(packages: Path, which: str, concept: str) -> Path | None:
    """The SVG of a concept in a set; OpenMoji's names may add a variation selector. None if there is none."""
    folder = packages / {"twemoji": "twemoji/package", "openmoji": "openmoji/package/color/svg"}[which]
    plain = concept if which == "twemoji" else concept.upper().rjust(4, "0")
    paths = (folder / f"{plain}.svg", folder / f"{plain}-FE0F.svg")
    return next((path for path in paths if path.is_file()), None)


def draw(packages: Path, which: str, concept: str) -> "Image.Image":
    """RGBA, without margins, the longer side SIDE_PX; SystemExit if the set does not draw it."""
    from PIL import Image

    picture = _glyph(packages, concept) if which == "noto" else _svg(packages, which, concept)
    box = picture.getbbox()
    if box is None:
        raise SystemExit(f"{which} has an empty picture of {concept}: leave it out by a rule in concepts.py")
    picture = picture.crop(box)
    scale = SIDE_PX / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _svg(packages: Path, which: str, concept: str) -> "Image.Image":
    from PIL import Image

    path = file_of(packages, which, concept)
    if path is None:
        raise SystemExit(f"{which} has no picture of {concept}")
    rasteriser = import_module("resvg_py")  # has no types
    data = rasteriser.svg_to_bytes(svg_path=str(path), width=SIDE_PX, skip_system_fonts=True)
    return Image.open(io.BytesIO(bytes(data))).convert("RGBA")


def _glyph(packages: Path, concept: str) -> "Image.Image":
    from PIL import Image, ImageDraw

    canvas = Image.new("RGBA", (CANVAS_PX, CANVAS_PX))
    character = "".join(chr(int(point, 16)) for point in concept.split("-"))
    ImageDraw.Draw(canvas).text((8, 8), character, font=_font(packages), embedded_color=True)
    return canvas


def _has_glyph(packages: Path, concept: str) -> bool:
    return _glyph(packages, concept).getbbox() is not None


@cache
def _font(packages: Path) -> "ImageFont.FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.truetype(str(packages / FONT), STRIKE_PX)

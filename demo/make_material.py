"""Makes the committed material of the demo: pictures/, captions.csv and licenses/.

Nobody needs to run this to use the demo. It fetches two packages and therefore needs `npm`, `apt-get`
(Debian) and Pillow:

    python demo/make_material.py
"""

import csv
import hashlib
import json
import re
import subprocess
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

HERE: Final = Path(__file__).parent
LANGUAGES: Final = ("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi")
CLDR_PACKAGE: Final = "cldr-annotations-full@48.2.0"
FONT_PACKAGE: Final = "fonts-noto-color-emoji"
STRIKE_PX: Final = 109  # the one bitmap size that Noto Color Emoji has
CANVAS_PX: Final = 160  # wider than any glyph at that size (136 x 128)
PICTURE_PX: Final = 96
PALETTE_COLOURS: Final = 256
KEYWORDS_PER_CAPTION: Final = 3
VALIDATION_SHARE: Final = 0.10
TEST_SHARE: Final = 0.20

# Concrete things that look unlike each other, chosen by hand from the candidates that CLDR describes in all
# nine languages. One animal is in the list once: as a body or as a face.
CONCEPTS: Final = {
    "animals": (
        "🦧🐎🦬🐄🐖🐑🐪🐹🐇🦥🦦🦡🐣🦢🦉🦩🐟🐠🐚🪸🦋🐝🪲🐞🦑🦝🦁🐏🦙🦘🕊🦚🦜🐍🦕🪼🦟🪰🪱🦞🦐"
        "🦊🐺🐅🦓🦌🐘🦏🐼🐧🐸🐢🐬🦈🐙🐌🕷🦂🦀"
    ),
    "plants": "💐🌻🍀🍁🍂🪵🪷🪻🪴🌲🌳🌾🪨🌹🌷🌵🍄",
    "food": (
        "🍊🍋🥭🍓🥝🍅🥥🥑🥔🥕🌽🌶🥖🍖🥓🍟🍕🥙🧂🍙🍚🍝🥡🍨🍩🍪🥧🍬🍭🍮🍯🥤🔪🏺"
        "🍎🫐🫑🥒🥬🫚🫛🥐🥯🍗🥩🍳🥗🍜🍠🍧🎂🍰🧁🍫🍼🥛☕🫖🍾🍷🍸🍺🧋🍽🫙"
        "🍇🍉🍌🍍🍐🍒🍆🥦🧅🍔"
    ),
    "vehicles": "🚌🚑🚒🚓🛻🚚🛳🚀🚂🚄🛼⛽🛞🚦🛟🪂🚗🚲✈🚁⚓⛵",
    "places": "🌋🏖🏝🏗🛖🏥🗼🗽🕌🎠🛝🗿🧱⛪⛺🎡",
    "sky": "🌙🪐🌪☂❄⛄⌛☀💧🌈⏰",
    "play": "⚽🏐🏈🎾🎳🏏🏸🥊🎣🥌🪀🪁🔮🎮🕹🏀🏒🥍🏓🥋🤿🎯🎱🪄🧩🧸🪅🪩🪆🎭🎨🎁🎃🎄",
    "activities": "🏄🏊🚴💃🏂🏃🏋🚣",
    "clothes": "👔👖👛👜🎒🩰🎓🧢💄🧵🪡🧶🪢🥽🥼🦺🩳🪭🩴👞👟🥾👠👢👑👒🎩🪖📿👓",
    "music": "🎷🎺🎸🎻🪕🥁🎤🎹🪘🪇🪈",
    "office": "📱💻💿🔍📖📫📐🗺🎥💡🏮🪙💰🧾🧭📷✂",
    "tools": "🔒🗝🪃🏹🪛🧲🪓🪚⚖🪝🧰🪜🧪🧬📡💉💊🩼🩺🩻🔨🔧🔬🔭",
    "home": "🛏🪑🪒🧷🧻🪣🧯🧳🪞🪟🛋🪠🪤🧴🧹🧺🧼🫧🪥🧽🛁",
    "body": "👣🦷🫀🫁",
}

Annotations = dict[str, dict[str, list[str]]]


def main() -> None:
    """Fetches both packages into a temporary folder and writes the material from them."""
    concepts = [character for characters in CONCEPTS.values() for character in characters]
    with tempfile.TemporaryDirectory() as folder:
        cldr, font = fetch_cldr(Path(folder)), fetch_font(Path(folder))
        annotations = {language: read_annotations(cldr, language) for language in LANGUAGES}
        check_concepts(concepts, annotations)
        write_captions(concepts, annotations)
        write_pictures(concepts, font / "usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
        write_licenses(cldr / "LICENSE", font / f"usr/share/doc/{FONT_PACKAGE}/copyright")
    print(f"{len(concepts)} concepts")


def fetch_cldr(folder: Path) -> Path:
    """The unpacked npm package with the words."""
    subprocess.run(["npm", "pack", "--silent", CLDR_PACKAGE], cwd=folder, check=True)
    (archive,) = folder.glob("*.tgz")
    subprocess.run(["tar", "-xzf", archive.name], cwd=folder, check=True)
    return folder / "package"


def fetch_font(folder: Path) -> Path:
    """The unpacked Debian package with the pictures."""
    subprocess.run(["apt-get", "download", FONT_PACKAGE], cwd=folder, check=True)
    (archive,) = folder.glob("*.deb")
    print(f"font package: {archive.name}")
    subprocess.run(["dpkg-deb", "-x", archive.name, "font"], cwd=folder, check=True)
    return folder / "font"


def read_annotations(cldr: Path, language: str) -> Annotations:
    """Names (`tts`) and keywords (`default`) by character."""
    text = (cldr / "annotations" / language / "annotations.json").read_text(encoding="utf-8")
    found: Annotations = json.loads(text)["annotations"]["annotations"]
    return found


def check_concepts(concepts: list[str], annotations: dict[str, Annotations]) -> None:
    """Every concept is listed once, and in every language it is named, by a name of its own."""
    if len(set(concepts)) != len(concepts):
        raise SystemExit("a concept is listed twice")
    for language, found in annotations.items():
        names = [name_of(found, character).casefold() for character in concepts]
        shared = {name for name in names if names.count(name) > 1}
        if shared:
            raise SystemExit(f"{language}: several concepts share the name {sorted(shared)}")


def name_of(annotations: Annotations, character: str) -> str:
    """The short name of a character, NFC."""
    return unicodedata.normalize("NFC", annotations[character]["tts"][0])


def caption_of(annotations: Annotations, character: str) -> str:
    """`name: keyword, keyword, keyword`; keywords that the name does not already contain come first."""
    name = name_of(annotations, character)
    keywords = [unicodedata.normalize("NFC", word) for word in annotations[character]["default"]]
    others = [word for word in keywords if word.casefold() != name.casefold() and not word.isdecimal()]
    if not others:
        raise SystemExit(f"{name}: no keyword besides the name")
    chosen = sorted(others, key=lambda word: word.casefold() in name.casefold())[:KEYWORDS_PER_CAPTION]
    return f"{name}: {', '.join(chosen)}"


def concept_id(character: str) -> str:
    """Code points in lowercase hex, joined by '-'."""
    return "-".join(f"{ord(point):x}" for point in character)


def split_concepts(identifiers: Iterable[str]) -> dict[str, str]:
    """Train, validation or test for every concept: exact shares, in the order of a hash of the id."""
    order = sorted(identifiers, key=lambda concept: hashlib.sha256(concept.encode()).hexdigest())
    validation = round(len(order) * VALIDATION_SHARE)
    held_out = validation + round(len(order) * TEST_SHARE)
    return {
        concept: "validation" if rank < validation else "test" if rank < held_out else "train"
        for rank, concept in enumerate(order)
    }


def write_captions(concepts: list[str], annotations: dict[str, Annotations]) -> None:
    """One row a concept: its picture, its split and its caption in every language."""
    splits = split_concepts(concept_id(character) for character in concepts)
    with (HERE / "captions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["concept", "picture", "split", *LANGUAGES])
        for character in concepts:
            concept = concept_id(character)
            texts = [caption_of(annotations[language], character) for language in LANGUAGES]
            writer.writerow([concept, f"{concept}.png", splits[concept], *texts])


def write_pictures(concepts: list[str], font_file: Path) -> None:
    """One square palette PNG with transparency a concept, instead of all that were there."""
    font = ImageFont.truetype(str(font_file), STRIKE_PX)
    folder = HERE / "pictures"
    folder.mkdir(exist_ok=True)
    for stale in folder.glob("*.png"):
        stale.unlink()
    for character in concepts:
        picture = draw_picture(character, font)
        palette = picture.quantize(PALETTE_COLOURS, method=Image.Quantize.FASTOCTREE)
        palette.save(folder / f"{concept_id(character)}.png", optimize=True)


def draw_picture(character: str, font: ImageFont.FreeTypeFont) -> Image.Image:
    """The glyph without its margins, as large as fits into the square, in the middle of it."""
    canvas = Image.new("RGBA", (CANVAS_PX, CANVAS_PX))
    ImageDraw.Draw(canvas).text((8, 8), character, font=font, embedded_color=True)
    box = canvas.getbbox()
    if box is None:
        raise SystemExit(f"the font has no picture for {concept_id(character)}")
    glyph = canvas.crop(box)
    scale = PICTURE_PX / max(glyph.size)
    size = (max(1, round(glyph.width * scale)), max(1, round(glyph.height * scale)))
    square = Image.new("RGBA", (PICTURE_PX, PICTURE_PX))
    square.paste(
        glyph.resize(size, Image.Resampling.LANCZOS),
        ((PICTURE_PX - size[0]) // 2, (PICTURE_PX - size[1]) // 2),
    )
    return square


def write_licenses(unicode_license: Path, debian_copyright: Path) -> None:
    """The licence texts as the packages carry them, Debian's indentation undone."""
    folder = HERE / "licenses"
    folder.mkdir(exist_ok=True)
    (folder / "Unicode-3.0.txt").write_text(unicode_license.read_text(encoding="utf-8"), encoding="utf-8")
    notice = debian_copyright.read_text(encoding="utf-8")
    owners = re.search(r"Files: +fonts/\*\nCopyright: (.*?)\nLicense:", notice, re.DOTALL)
    if owners is None:
        raise SystemExit("the font package states its copyright in another way now")
    holders = re.sub(r"\n +", "\n", owners[1])
    body = notice.split("License:   SIL-1.1\n")[-1]
    lines = [re.sub(r"^ \.?", "", line).rstrip() for line in body.splitlines()]
    text = f"Copyright {holders}\n\n" + "\n".join(lines).strip() + "\n"
    (folder / "OFL-1.1.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

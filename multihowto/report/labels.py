"""Names for people, and text from outside made harmless for a page."""

import csv
import json
import re
import unicodedata
from typing import Any

from markupsafe import Markup

from multihowto import manifests

ORIGINS = {
    "manual": "written by people",
    "asr": "speech recognition",
    "auto_translated": "translated by the site",
    "machine_translated": "translated by multihowto",
}
"""Where a caption comes from, in the order in which charts show it."""

METHODS = {
    "shared_timeline": "shared timeline",
    "own_timeline": "own timeline",
    "pivot": "pivot",
}

_STEERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
_KINDS = ("Cc", "Cs", "Co")
_JSON_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def language_names() -> dict[str, tuple[str, str]]:
    """English and native name of each language of languages.csv, in its order."""
    with manifests.find("languages.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["code"]: (row["name"], row.get("native_name") or "") for row in csv.DictReader(file)}


def shown(text: str | None) -> str:
    """Text from outside: characters that control or turn the direction of a line are shown, not obeyed."""
    if text is None or (text.isascii() and text.isprintable()):
        return text or ""
    return "".join(
        f"\\u{ord(char):04x}"
        if _STEERING.match(char) or (unicodedata.category(char) in _KINDS and char not in "\n\t")
        else char
        for char in text
    )


def web_url(url: str | None) -> str:
    """The URL if it leads to the web; empty otherwise, so that a page never links to a script."""
    return url if url and re.match(r"https?://", url) else ""


def json_for_page(value: Any) -> Markup:
    """JSON that cannot end the script element in which it stands."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return Markup(text.translate(_JSON_ESCAPES))  # noqa: S704 - `<`, `>` and `&` are escaped on this line

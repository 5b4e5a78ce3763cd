"""Parallel sentences in nine languages that people wrote: GNOME's user docs and the Declaration of Human Rights.

The docs come from the Debian package `gnome-user-docs` (CC-BY-SA-3.0), fetched with apt-get once and checked; the
declaration from bench/udhr.py. A few sentences of both are in sentences.json, for tests (see ATTRIBUTION.md).
"""

import hashlib
import json
import re
import subprocess
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi")
Sentence = dict[str, str]
"""One sentence by language; a language that has none is not in it."""
Page = list[Sentence]
"""Sentences that follow each other."""

PACKAGE, VERSION = "gnome-user-docs", "43.0-2"
SHA256 = "0d635a840747958ca84da778b40d341f1155603851f922c9a171f5a181d6a39f"
FOLDERS = {"en": "C", "zh": "zh_CN"} | {code: code for code in ("de", "fr", "ru", "es", "cs", "vi")}
SAMPLE = Path(__file__).with_name("sentences.json")
SHORTEST, LONGEST = 12, 300
"""Characters of an English sentence that is taken."""
LENGTHS = {"zh": (0.1, 0.9)}
USUAL = (0.4, 2.5)
"""Lengths of a translation, as a share of the English one; beyond them it is taken for no translation."""

_MALLARD = "{http://projectmallard.org/1.0/}"
_END = re.compile(r"(?<=[.!?;])\s+(?=\S)|(?<=[。！？；])")
_ODD = re.compile(r"[^\w\s.,;!?'’\"“”„‚‘«»。，！？、；…%–-]|\.\w|\s[-–]\s|_")
"""What a reader of captions might take for markup, a speaker, a note or an address: sentences with it are left out."""


def pages(folder: Path) -> list[Page]:
    """All pages of both sources, from a cache in the folder or else made anew."""
    kept = folder / "sentences-1.json"
    if not kept.is_file():
        found = [*docs(unpack(folder)), *declaration(folder)]
        part = kept.with_suffix(".part")
        part.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        part.replace(kept)
    return load(kept)


@cache
def load(path: Path) -> list[Page]:
    """Pages as they were written to a file."""
    loaded: list[Page] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def unpack(folder: Path) -> Path:
    """The docs' folder of translations; ValueError if the package is another one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{PACKAGE}_{VERSION}_all.deb"
    if not path.is_file():
        subprocess.run(["apt-get", "download", "-q", f"{PACKAGE}={VERSION}"], cwd=folder, check=True)
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != SHA256:
        raise ValueError(f"{path} has SHA-256 {found}, not {SHA256}: remove it, and run the command again")
    subprocess.run(["dpkg-deb", "-x", path.name, "."], cwd=folder, check=True)
    return folder / "usr" / "share" / "help"


def docs(root: Path) -> Iterator[Page]:
    """The docs' pages, where they have sentences, in order of their names."""
    for path in sorted((root / "C").glob("*/*.page")):
        texts = {
            language: paragraphs(root / code / path.parent.name / path.name)
            for language, code in FOLDERS.items()
        }
        if page := parallel(texts):
            yield page


def paragraphs(path: Path) -> list[str]:
    """The paragraphs of a Mallard page in order, without its head; none if there is no such page."""
    if not path.is_file():
        return []
    root = ElementTree.parse(path).getroot()
    for head in root.findall(f"{_MALLARD}info"):
        root.remove(head)
    return [" ".join("".join(element.itertext()).split()) for element in root.iter(f"{_MALLARD}p")]


def declaration(folder: Path) -> Iterator[Page]:
    """The declaration's articles, in all nine languages."""
    import udhr

    texts = udhr.declarations(udhr.fetch(folder))
    for number in sorted(texts["en"]):
        if page := parallel({language: [texts[language][number]] for language in LANGUAGES}):
            yield page


def parallel(texts: dict[str, list[str]]) -> Page:
    """Sentences of paragraphs; languages with another number of paragraphs, or of sentences in one, have none there."""
    page: Page = []
    for number, english in enumerate(texts["en"]):
        split = {
            language: sentences(found[number])
            for language, found in texts.items()
            if len(found) == len(texts["en"]) and (language == "en" or found[number] != english)
        }
        page += _zipped({k: v for k, v in split.items() if len(v) == len(split["en"])})
    return page


def _zipped(split: dict[str, list[str]]) -> Iterator[Sentence]:
    for number, english in enumerate(split["en"]):
        if SHORTEST <= len(english) <= LONGEST and not _ODD.search(english):
            found = {language: texts[number] for language, texts in split.items()}
            yield {k: v for k, v in found.items() if k == "en" or fits(english, k, v)}


def fits(english: str, language: str, text: str) -> bool:
    """Whether a text can be a translation: long enough, not too long, not the same, no odd characters."""
    least, most = LENGTHS.get(language, USUAL)
    length = len(text) / len(english)
    return least <= length <= most and text != english and not _ODD.search(text)


def sentences(text: str) -> list[str]:
    """A paragraph's sentences and main clauses, by their last marks, in composed letters."""
    return [piece.strip() for piece in _END.split(unicodedata.normalize("NFC", text)) if piece.strip()]


def languages(page: Sequence[Sentence]) -> dict[str, float]:
    """Which share of a page's sentences each language has."""
    return {code: sum(code in one for one in page) / len(page) for code in LANGUAGES}

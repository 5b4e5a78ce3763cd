"""Lists of words that no kept clip may say."""

import re
import unicodedata
from pathlib import Path

from multihowto.errors import ConfigError
from multihowto.manifests.lists import read_rows


def read_words(path: Path) -> dict[str, tuple[str, ...]]:
    """Words of a CSV with columns `word` and `language`, by language, NFC, in the file's order.

    ConfigError for a row without one of them, or a word without a letter or digit, which would match everywhere.
    """
    found: dict[str, dict[str, None]] = {}
    for line, row in read_rows(path, "word", "language"):
        word = " ".join(unicodedata.normalize("NFC", row["word"]).split())
        language = row["language"].strip()
        if not any(char.isalnum() for char in word) or not re.fullmatch(r"[a-z]{2,3}", language):
            raise ConfigError(
                f"{path}, line {line}: a row has a word, with a letter or digit in it, and a language of two or three "
                f"letters a-z; got {row['word']!r:.80} and {row['language']!r:.80}"
            )
        found.setdefault(language, {})[word] = None
    return {language: tuple(words) for language, words in found.items()}

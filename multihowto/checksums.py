"""Hashes of plain values and of files."""

import hashlib
import json
from pathlib import Path

SIZE = 16


def of_values(*values: object) -> str:
    """Hash of JSON-like values, hex."""
    text = json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=SIZE).hexdigest()


def of_file(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""Small lists: the languages, and the videos that were taken down."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

from multihowto.errors import ConfigError
from multihowto.manifests.addresses import ADDRESS, id_of_url, told
from multihowto.manifests.videos import ID


def read_languages(path: Path) -> tuple[str, ...]:
    """The codes of languages.csv, in its order."""
    codes = tuple(row["code"] for _, row in read_rows(path, "code", "name"))
    wrong = [code for code in codes if not re.fullmatch(r"[a-z]{2,3}", code)]
    if wrong or not codes or len(set(codes)) < len(codes):
        raise ConfigError(
            f"{path}: each language needs a code of its own, two or three letters a-z; got {', '.join(codes)}"
        )
    return codes


def read_exclusions(path: Path) -> dict[str, str]:
    """Excluded video ids and why, from exclusions.csv; ConfigError for an entry that no video could match."""
    return {
        _excluded_id(row["video_id"].strip(), f"{path}, line {line}"): row["reason"].strip()
        for line, row in read_rows(path, "video_id", "reason")
    }


def why_excluded(excluded: Mapping[str, str], video_id: str, url: str) -> str | None:
    """Why a video is left out, be it listed by its id or by its address; None if it is not."""
    if not excluded:
        return None
    found = video_id if video_id in excluded else id_of_url(url)
    return excluded.get(found)


def _excluded_id(entry: str, where: str) -> str:
    """The id that an entry names, by itself or by the URL of a video."""
    video_id = id_of_url(entry) if ADDRESS.fullmatch(entry) else entry
    if not ID.fullmatch(video_id):
        raise ConfigError(
            f"{where}: {told(entry)!r:.80} is neither a video id (1 to 64 of A-Z a-z 0-9 _ -) nor the http(s) "
            "address of a video: mend the entry, since it would exclude nothing"
        )
    return video_id


def read_rows(path: Path, *needed: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a list that has the needed columns, each with the line that it ends on."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            _check_header(path, list(reader.fieldnames or []), needed)
            rows = [(reader.line_num, row) for row in reader]
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not a CSV file in UTF-8: save it as one ({error.reason})") from error
    except csv.Error as error:
        raise ConfigError(f"cannot read {path}: {error}") from error
    for line, row in rows:
        if any(row[name] is None for name in needed):
            raise ConfigError(f"{path}, line {line}: too few columns; it needs: {', '.join(needed)}")
    return rows


def _check_header(path: Path, names: list[str], needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in names]
    if missing:
        raise ConfigError(f"{path} has no column {missing[0]!r}; it needs: {', '.join(needed)}")
    twice = [name for name in needed if names.count(name) > 1]
    if twice:
        raise ConfigError(f"{path} has the column {twice[0]!r} twice: leave one of them out")

"""The manifest becomes `sources`, row by row, less what is excluded, double or not in order."""

from pathlib import Path

from multihowto.kept import KeptFiles
from multihowto.rejects import Reject
from multihowto.stage import World
from multihowto.stages.scatter_sources import ScatterSources
from multihowto.storage import Store

MANIFEST = """video_id,url,split
dQw4w9WgXcQ,,train
taken-down,https://example.org/t,
dQw4w9WgXcQ,,test
,ftp://example.org/x,
other,https://example.org/o,
"""


def world(folder: Path, limit: int | None = None) -> World:
    (folder / "v.csv").write_text(MANIFEST)
    (folder / "exclusions.csv").write_text(
        "video_id,reason,since\ntaken-down,asked by its owner,2026-01-02\n"
    )
    return World(KeptFiles(Store(str(folder / "s")), 4), folder / "v.csv", folder, {}, limit)


def test_every_row_is_a_source_or_a_reject(tmp_path: Path) -> None:
    made = list(ScatterSources().scan(world(tmp_path)))
    assert [video_id for video_id, _ in made] == [
        "dQw4w9WgXcQ",
        "taken-down",
        "dQw4w9WgXcQ",
        "line 5",
        "other",
    ]
    rejects = [row for _, row in made if isinstance(row, Reject)]
    assert rejects == [
        Reject("taken-down", "excluded", "asked by its owner"),
        Reject("dQw4w9WgXcQ", "duplicate_id", "line 4; first in line 2"),
        Reject("line 5", "bad_url", "not an http(s) address: 'ftp://example.org/x'"),
    ]


def test_limit_counts_videos(tmp_path: Path) -> None:
    made = list(ScatterSources().scan(world(tmp_path, limit=1)))
    assert [video_id for video_id, _ in made] == ["dQw4w9WgXcQ"]


def test_a_video_is_excluded_by_its_address_too(tmp_path: Path) -> None:
    there = world(tmp_path)
    (tmp_path / "exclusions.csv").write_text(
        "video_id,reason\nhttps://example.org/o,gone\nhttps://youtu.be/dQw4w9WgXcQ,gone too\n"
    )
    made = [
        row for _, row in ScatterSources().scan(there) if isinstance(row, Reject) and row.code == "excluded"
    ]
    assert made == [
        Reject("dQw4w9WgXcQ", "excluded", "gone too"),
        Reject("other", "excluded", "gone"),
    ]

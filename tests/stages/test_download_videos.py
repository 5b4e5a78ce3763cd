"""What a site gave becomes rows, rejects and flaws; the site itself is tested with its adapter."""

from pathlib import Path
from typing import cast

import pyarrow as pa
import pytest

from multihowto import tables
from multihowto.adapters.youtube import Fetched, Missing, Site, Track
from multihowto.adapters.youtube_options import Options
from multihowto.rejects import Reject
from multihowto.stage import fingerprint, settings
from multihowto.stages.download_videos import DownloadVideos


def fetched(video_id: str, missing: tuple[Missing, ...]) -> Fetched:
    return Fetched(
        video_id=video_id,
        url=f"https://example.org/{video_id}",
        site="html5",
        title="A title",
        channel=None,
        license="CC-BY-4.0",
        spoken_language=None,
        duration_ms=1000,
        width=None,
        height=None,
        frames=None,
        media_path=None,
        media_bytes=None,
        media_sha256=None,
        tracks=(Track("en", "en", "manual", "vtt", "WEBVTT\n"),),
        missing=missing,
        tool="yt-dlp 1",
        fetched_at=f"when {video_id} was fetched",
    )


class FakeSite:
    """A site with a good video, one without its German track, and one that is private."""

    def fetch(self, video_id: str, url: str) -> Fetched | Reject:
        if video_id == "private":
            return Reject(video_id, "private")
        return fetched(video_id, (Missing("de", "de", "server_error"),) if video_id == "flawed" else ())


def test_rows_rejects_and_flaws() -> None:
    sources = [
        {"video_id": name, "url": f"https://example.org/{name}"} for name in ("flawed", "good", "private")
    ]
    inputs = {"sources": pa.Table.from_pylist(sources, schema=DownloadVideos.reads[0].schema)}
    made = DownloadVideos().run(inputs, cast(Site, FakeSite()))
    assert made.rows.schema.equals(tables.VIDEOS.schema)
    rows = {row["video_id"]: row for row in made.rows.to_pylist()}
    assert rows["good"]["tracks"] == [
        {"language": "en", "tag": "en", "kind": "manual", "format": "vtt", "body": "WEBVTT\n"}
    ]
    assert rows["flawed"]["missing"] == [{"language": "de", "tag": "de", "code": "server_error"}]
    assert list(made.rejects) == [Reject("private", "private")]
    assert made.notes == {name: f"when {name} was fetched" for name in ("flawed", "good")}
    assert list(made.flaws) == [Reject("flawed", "server_error", "caption track de")]


def test_secrets_of_the_environment_are_in_no_fingerprint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = fingerprint("download_videos", DownloadVideos(), {})
    (tmp_path / "cookies.txt").write_text("# Netscape HTTP Cookie File\n")
    monkeypatch.setenv("MULTIHOWTO_COOKIES", str(tmp_path / "cookies.txt"))
    assert DownloadVideos().mistake(()) is None
    assert fingerprint("download_videos", DownloadVideos(), {}) == before


def test_settings_go_to_the_site_as_they_are() -> None:
    """Every setting is one of the site's, so that none is forgotten on the way."""
    assert settings(DownloadVideos()).keys() == vars(Options(())).keys()

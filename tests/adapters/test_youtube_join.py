"""Picture and sound become one file, in time, and a file that names others is not followed."""

import os
from pathlib import Path
from typing import Any

import pytest

from multihowto.adapters.ffmpeg import join
from multihowto.adapters.media_check import MediaFacts, check_media
from multihowto.adapters.youtube import Fetched
from multihowto.adapters.youtube_bodies import Stopped
from multihowto.adapters.youtube_join import join_formats
from multihowto.rejects import Reject

from .fault_server import Answer, FaultServer, KeptFolder
from .loopback import VTT, code, fetch


def pieces(folder: Path, videos: dict[str, bytes]) -> dict[str, Any]:
    """What yt-dlp says of two files that are to be joined."""
    names = {"picture.mp4": videos["fast.mp4"], "sound.m4a": videos["sound.mp4"]}
    for name, data in names.items():
        (folder / name).write_bytes(data)
    formats = [{"vcodec": "avc1", "acodec": "none"}, {"vcodec": "none", "acodec": "mp4a"}]
    files = [str(folder / name) for name in names]
    return {"__files_to_merge": files, "requested_formats": formats, "filepath": str(folder / "media.mp4")}


def test_two_files_become_one(tmp_path: Path, videos: dict[str, bytes]) -> None:
    join_formats(pieces(tmp_path, videos), 20)
    assert [path.name for path in tmp_path.iterdir()] == ["media.mp4"]
    assert (tmp_path / "media.mp4").stat().st_size > len(videos["sound.mp4"])
    facts = check_media(tmp_path / "media.mp4", 20, "decode")
    assert isinstance(facts, MediaFacts) and facts.frames == 50


def test_a_join_that_does_not_end_is_ended(tmp_path: Path, videos: dict[str, bytes]) -> None:
    info = pieces(tmp_path, videos)
    (tmp_path / "sound.m4a").unlink()
    os.mkfifo(tmp_path / "sound.m4a")  # nobody ever writes into it
    with pytest.raises(Stopped, match="could not be joined in time"):
        join_formats(info, 0.3)


@pytest.mark.parametrize(
    "text", ["#EXTM3U\n#EXTINF:2,\nsecret.ts\n", "ffconcat version 1.0\nfile secret.ts\n"]
)
def test_a_list_of_other_files_is_not_followed(tmp_path: Path, videos: dict[str, bytes], text: str) -> None:
    (tmp_path / "secret.ts").write_bytes(videos["clip.ts"])
    (tmp_path / "list.m3u8").write_text(text)
    failed = join([(tmp_path / "list.m3u8", "v")], tmp_path / "media.mp4", 20)
    assert failed is not None and failed.code == "bad_media"


MPD = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT2S"><Period>
<AdaptationSet mimeType="video/mp4"><Representation id="p" bandwidth="9" width="160" height="120" codecs="avc1.42001e">
<BaseURL>p.mp4</BaseURL></Representation></AdaptationSet>
<AdaptationSet mimeType="audio/mp4"><Representation id="s" bandwidth="9" codecs="mp4a.40.2">
<BaseURL>s.m4a</BaseURL></Representation></AdaptationSet></Period></MPD>"""


def test_yt_dlp_leaves_the_join_to_us(
    server: FaultServer, kept: KeptFolder, videos: dict[str, bytes]
) -> None:
    server.answers["/d/m.mpd"] = Answer(MPD.encode(), type="application/dash+xml")
    server.answers["/d/p.mp4"] = Answer(videos["fast.mp4"], type="video/mp4")
    server.answers["/d/s.m4a"] = Answer(videos["sound.mp4"], type="audio/mp4")
    row = fetch(kept, f"{server.root}/d/m.mpd", need_captions=False)
    assert isinstance(row, Fetched)
    assert row.frames == 50 and row.media_bytes is not None
    assert row.media_bytes > len(videos["fast.mp4"])
    server.answers["/d/s.m4a"] = Answer(b"#EXTM3U\n#EXTINF:2,\n/etc/passwd\n" * 9, type="audio/mp4")
    other = KeptFolder(kept.root.parent / "other")
    bad = fetch(other, f"{server.root}/d/m.mpd", need_captions=False)
    assert isinstance(bad, Reject) and bad.code == "bad_media"


def test_media_deleted_on_purpose_is_not_downloaded_again(
    server: FaultServer, kept: KeptFolder, mp4: Answer
) -> None:
    url = server.page("p", mp4, {"en": VTT, "de": VTT})
    first = fetch(kept, url, languages=("en",))
    (kept.root / "v1/media.mp4").unlink()
    row = fetch(kept, url, retention="delete_after_features")
    assert isinstance(first, Fetched) and isinstance(row, Fetched)
    assert len(row.tracks) == 2 and row.media_sha256 == first.media_sha256
    assert server.asked["/p/clip.mp4"] == 1
    assert code(fetch(kept, url, retention="keep")) == "fetched"
    assert server.asked["/p/clip.mp4"] == 2

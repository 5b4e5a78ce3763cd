"""Which videos the page shows: by seed, over the splits, within the bytes."""

import base64
import json
from pathlib import Path

import pytest

from multihowto.report.samples import sample
from multihowto.storage import Store

ALL = 20_000_000


def sizes(store: Store) -> dict[str, int]:
    """Bytes of each video's media."""
    rows = store.read("videos", ["video_id", "media_bytes"]).to_pylist()
    return {row["video_id"]: row["media_bytes"] for row in rows}


def test_every_split_comes_in_turn(hostile: Store) -> None:
    videos = sample(hostile, 0, ALL).videos
    assert [video["split"] for video in videos] == ["train", "validation", "test", "train"]


def test_media_are_the_files_themselves(hostile: Store) -> None:
    rows = {row["video_id"]: row["media_path"] for row in hostile.read("videos").to_pylist()}
    drawn = sample(hostile, 0, ALL)
    for video in drawn.videos:
        kind, data = video["media"].split(",")
        assert kind == "data:video/mp4;base64"
        assert base64.b64decode(data) == hostile.files.read_bytes(rows[video["id"]])
    assert drawn.embedded_bytes == sum(len(video["media"]) for video in drawn.videos)


@pytest.mark.parametrize("most", [300_000, 600_000, 900_000])
def test_media_in_base64_stay_within_the_bytes(hostile: Store, most: int) -> None:
    drawn = sample(hostile, 0, most)
    assert 0 < drawn.embedded_bytes <= most
    assert len(json.dumps([video["media"] for video in drawn.videos])) < most + 100
    left = set(sizes(hostile)) & {row["video_id"] for row in hostile.read("selection").to_pylist()}
    left -= {video["id"] for video in drawn.videos}
    # nothing that would have fitted was left
    assert all(drawn.embedded_bytes + sizes(hostile)[video_id] * 4 / 3 > most for video_id in left)


def test_without_room_for_media_the_captions_are_shown(hostile: Store) -> None:
    drawn = sample(hostile, 0, 0)
    assert drawn.embedded_bytes == 0
    assert len(drawn.videos) == 4
    assert {video["media"] for video in drawn.videos} == {""}
    assert all(video["clips"] for video in drawn.videos)


def test_the_seed_draws(hostile: Store) -> None:
    orders = {tuple(video["id"] for video in sample(hostile, seed, ALL).videos) for seed in range(8)}
    assert len(orders) > 1
    assert all(len(order) == 4 for order in orders)
    assert sample(hostile, 5, ALL) == sample(hostile, 5, ALL)


def test_every_caption_of_a_shown_video_is_there(hostile: Store) -> None:
    videos = sample(hostile, 0, ALL).videos
    ids = [video["id"] for video in videos]
    rows = hostile.read("captions").to_pylist() + hostile.read("translations").to_pylist()
    wanted = sorted((row["clip_id"], row["language"]) for row in rows if row["video_id"] in ids)
    found = [
        (clip["id"], one["language"])
        for video in videos
        for clip in video["clips"]
        for one in clip["captions"]
    ]
    assert sorted(found) == wanted
    for video in videos:
        starts = [clip["start"] for clip in video["clips"]]
        assert starts == sorted(starts)


def test_a_file_that_is_gone_is_not_missed(hostile: Store, tmp_path: Path) -> None:
    import shutil

    assert hostile.files.local is not None
    shutil.copytree(hostile.files.local, tmp_path / "store")
    store = Store(str(tmp_path / "store"))
    gone = sample(store, 0, ALL).videos[0]["id"]
    for path in (tmp_path / "store" / "media").rglob(f"{gone}.mp4"):
        path.unlink()
    assert gone not in [video["id"] for video in sample(store, 0, ALL).videos]

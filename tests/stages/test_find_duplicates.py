"""Equal and nearly equal captions are counted in their video and in others, by language, whatever the shards are."""

import random
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from multihowto import tables
from multihowto.contract import close
from multihowto.gathering import run_gather
from multihowto.kept import KeptFiles
from multihowto.manifests import shard_of
from multihowto.runner import Task
from multihowto.stage import World
from multihowto.stages.find_duplicates import FindDuplicates
from multihowto.storage import Store

SAID = [
    ("a:1/en", "Thank you for watching"),
    ("a:2/en", "thank you for watching!"),
    ("a:3/en", "now mix the flour with the sugar and the soft butter"),
    ("b:1/en", "THANK YOU, for watching."),
    ("b:2/en", "now mix the flour with the sugar and the soft buttef"),
    ("b:3/en", "ok"),
    ("c:1/en", "now mix the flour with the sugar and the soft butter"),
    ("c:2/de", "thank you for watching"),
    ("c:3/en", "oh"),
    ("d:1/zh", "然后把面粉倒进大碗里再慢慢地加水搅拌均匀"),
    ("d:2/zh", "然后把面粉倒进大碗里再慢慢地加水搅拌好"),
    ("d:3/zh", "好"),
    ("e:1/en", "♪♪"),
    ("e:2/en", "♪♪"),
    ("e:3/en", "…"),
]


def captions(said: Sequence[tuple[str, str]]) -> pa.Table:
    rows = [
        {"caption_id": key, "video_id": key.split(":")[0], "language": key.split("/")[1], "text": text}
        for key, text in said
    ]
    return pa.Table.from_pylist(rows, schema=tables.CAPTIONS.only("language", "text").schema)


def score(
    *shards: Sequence[tuple[str, str]], stage: FindDuplicates | None = None
) -> dict[str, tuple[Any, ...]]:
    """in_video, in_videos, near_videos and near_id, by caption."""
    stage = stage or FindDuplicates()
    with tempfile.TemporaryDirectory() as folder:
        sketches = pa.concat_tables([stage.sketch({"captions": captions(said)}, None) for said in shards])
        made = stage.score(sketches, world(Path(folder)))
    assert made.schema.equals(tables.DUPLICATES.schema)
    names = ("in_video", "in_videos", "near_videos", "near_id")
    return {row["caption_id"]: tuple(row[name] for name in names) for row in made.to_pylist()}


def world(folder: Path) -> World:
    return World(KeptFiles(Store(str(folder)), 1), folder, folder, {})


def test_by_hand() -> None:
    assert score(SAID) == {
        "a:1/en": (2, 2, 2, "a:1/en"),
        "a:2/en": (2, 2, 2, "a:1/en"),
        "a:3/en": (1, 2, 3, "a:3/en"),
        "b:1/en": (1, 2, 2, "a:1/en"),
        "b:2/en": (1, 1, 3, "a:3/en"),
        "b:3/en": (1, 1, 1, "b:3/en"),
        "c:1/en": (1, 2, 3, "a:3/en"),
        "c:2/de": (1, 1, 1, "c:2/de"),
        "c:3/en": (1, 1, 1, "c:3/en"),
        "d:1/zh": (1, 1, 1, "d:1/zh"),
        "d:2/zh": (1, 1, 1, "d:1/zh"),
        "d:3/zh": (1, 1, 1, "d:3/zh"),
        "e:1/en": (2, 1, 1, "e:1/en"),
        "e:2/en": (2, 1, 1, "e:1/en"),
        "e:3/en": (1, 1, 1, "e:3/en"),
    }


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_shards_and_rows_changes_nothing(seed: int) -> None:
    mixed = random.Random(seed).sample(SAID, len(SAID))
    cut = random.Random(seed).randrange(len(SAID))
    assert score(mixed[:cut], mixed[cut:], []) == score(SAID)


def test_settings_decide_what_is_near() -> None:
    assert score(SAID, stage=FindDuplicates(min_shared=1.0))["a:3/en"] == (1, 2, 2, "a:3/en")
    assert score(SAID, stage=FindDuplicates(min_characters=100))["b:2/en"] == (1, 1, 1, "b:2/en")


def test_a_phrase_that_everyone_says_is_counted_in_all(tmp_path: Path) -> None:
    said = [(f"v{number:04d}:1/en", "Thank you for watching!") for number in range(3000)]
    said += [
        (f"v{number:04d}:2/en", f"thank you for watching my video {number % 7}") for number in range(3000)
    ]
    found = score(said)
    assert found["v0000:1/en"] == (1, 3000, 3000, "v0000:1/en")
    counts = Counter(row[:3] for key, row in found.items() if ":2/" in key)
    assert set(counts) == {(1, 429, 3000), (1, 428, 3000)}


def test_no_captions_are_no_rows() -> None:
    assert score([]) == {}


def test_a_gather_of_a_store_gives_every_caption_back(tmp_path: Path) -> None:
    store, total = Store(str(tmp_path)), 3
    for shard in range(total):
        said = [(key, text) for key, text in sorted(SAID) if shard_of(key.split(":")[0], total) == shard]
        store.write_shard(tables.CAPTIONS, shard, *written(said))
    world = World(KeptFiles(store, total), tmp_path, tmp_path, {})
    run_gather(Task("find_duplicates", FindDuplicates(), "how", store, world), total)
    rows = [row for shard in range(total) for row in store.read_shard(tables.DUPLICATES, shard).to_pylist()]
    assert {row["caption_id"]: row["near_id"] for row in rows} == {
        key: row[3] for key, row in score(SAID).items()
    }


def written(said: Sequence[tuple[str, str]]) -> tuple[pa.Table, pa.Table, Any]:
    """Rows of table captions, their accounts and their stamp."""
    other = {"origin": "asr", "track": "x", "method": "pivot", "score": 1.0}
    rows = [row | other | {"clip_id": row["caption_id"].split("/")[0]} for row in captions(said).to_pylist()]
    table = pa.Table.from_pylist(rows, schema=tables.CAPTIONS.schema)
    videos = sorted({row["video_id"] for row in rows})
    accounts = [
        {"video_id": video, "input_hash": bytes(16), "rows_in": 1, "rejects": [], "flaws": []}
        for video in videos
    ]
    stamp, full = close("recipe", "how", table, accounts)
    return table, full, stamp

"""The demo's store with all that a publication can meet, and its published folder."""

import pytest

from multihowto import tables
from multihowto.publish import Published
from multihowto.storage import Store
from small_demo import Demo

from .lab import FEATURES, HOSTILE, OPEN, add, change, copied, features, publish, translated


@pytest.fixture(scope="module")
def rich(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The demo's store with translations, features, hostile titles, and an open licence on one of its videos."""
    store = copied(demo, tmp_path_factory.mktemp("rich") / "store")
    add(store, tables.TRANSLATIONS, lambda shard: translated(store, shard))
    add(store, FEATURES, lambda shard: features(store, shard))
    licenses = {"steps-001": OPEN, "steps-002": HOSTILE}
    change(
        store,
        tables.VIDEOS,
        lambda row: row | {"title": HOSTILE, "license": licenses.get(row["video_id"])},
    )
    return store


@pytest.fixture(scope="module")
def published(rich: Store, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish(rich, tmp_path_factory.mktemp("published") / "folder")

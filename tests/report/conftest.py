"""The stores that the report's tests look at."""

import pytest

from multihowto.report.page import page
from multihowto.storage import Store
from report.hostile import hostile_store
from small_demo import Demo

MEDIA_BYTES = 20_000_000


@pytest.fixture(scope="session")
def hostile(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A small store with hostile titles and captions."""
    return hostile_store(demo.store, tmp_path_factory.mktemp("hostile") / "a<b>&c")


@pytest.fixture(scope="session")
def hostile_page(hostile: Store) -> str:
    return page(hostile, 0, MEDIA_BYTES)

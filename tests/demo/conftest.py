"""The demo's modules are plain scripts beside the package; its tests share one folder of rendered videos."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from demo_site import Site


@pytest.fixture(scope="session")
def media_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tests' videos are rendered, each once."""
    return tmp_path_factory.mktemp("media")


@pytest.fixture
def open_site(media_dir: Path) -> Iterator[Callable[..., Site]]:
    """Opens sites with two good videos and all bad ones, and closes them after the test."""
    with ExitStack() as stack:

        def open_one(delay_s: float = 0.0) -> Site:
            return stack.enter_context(Site(media_dir, port=0, limit=2, delay_s=delay_s))

        yield open_one


@pytest.fixture
def site(open_site: Callable[..., Site]) -> Site:
    """A site of its own for the test, so that it starts with no requests counted."""
    return open_site()

"""One site, one uninterrupted build of it that all others are held against, and a seed that is told."""

import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "demo"
sys.path.insert(0, str(DEMO))

pytest.register_assert_rewrite(f"{__package__}.proof_lab", f"{__package__}.proof_disk")

from demo_site import MEDIA_DIR, Site  # noqa: E402

from .proof_lab import DELAY_S, VIDEOS, WITH_MODELS, Lab  # noqa: E402

Say = Callable[[str], None]


@pytest.fixture(scope="session")
def seed() -> int:
    """MULTIHOWTO_SEED, or a new one."""
    given = os.environ.get("MULTIHOWTO_SEED")
    return random.SystemRandom().randrange(1_000_000) if given is None else int(given)


@pytest.fixture
def chance(seed: int, request: pytest.FixtureRequest) -> random.Random:
    """The dice of one test: they depend on the seed and the test's name only."""
    return random.Random(f"{seed} {request.node.name}")


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], seed: int, request: pytest.FixtureRequest) -> Say:
    """Prints a line past the capture, with the test's name and the seed that repeats it."""

    def print_line(line: str) -> None:
        with capsys.disabled():
            print(f"\n[{request.node.name}, MULTIHOWTO_SEED={seed}] {line}", flush=True)

    return print_line


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """The site of all proofs but the one that stops its own."""
    with Site(MEDIA_DIR, port=0, limit=VIDEOS, delay_s=DELAY_S) as running:
        yield running


@pytest.fixture(scope="session")
def lab(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """A pipeline that names the site, and its uninterrupted build."""
    return Lab(site, tmp_path_factory.mktemp("lab"))


@pytest.fixture(scope="session")
def full_lab(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    """The same with the stages that compute with models: with all stages."""
    return Lab(site, tmp_path_factory.mktemp("full-lab"), text=WITH_MODELS)

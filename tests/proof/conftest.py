"""One site, one uninterrupted build of it that all others are held against, and a seed that is told."""

import os
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "demo"
sys.path.insert(0, str(DEMO))

pytest.register_assert_rewrite(*(f"{__package__}.proof_{name}" for name in ("lab", "stores", "disk")))

from adapters.conftest import make_video  # noqa: E402
from demo_site import MEDIA_DIR, Site  # noqa: E402

from .many_site import ManySite  # noqa: E402
from .proof_lab import DELAY_S, DOWNLOADS, VIDEOS, WITH_MODELS, Lab  # noqa: E402

Say = Callable[[str], None]
MANY = 300
"""Videos of the long run."""
FILES = 3
"""Files that they share."""


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


@pytest.fixture(scope="session")
def many_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Hundreds of videos: a run of half a minute that only downloads."""
    folder = tmp_path_factory.mktemp("many-lab")
    colours = [("-vf", f"hue=h={120 * number}") for number in range(FILES)]
    files = [
        make_video(folder / f"{number}.mp4", *colour, "-c:v", "libx264").read_bytes()
        for number, colour in enumerate(colours)
    ]
    with ManySite(MANY, files, DELAY_S) as site:
        yield Lab(site, folder, site.ids, DOWNLOADS, site.manifest())

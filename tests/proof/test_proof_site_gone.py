"""A site that goes away in the middle is no fault of its videos, and when it is back the build goes on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from demo_site import MEDIA_DIR, Site
from multihowto.rejects import REASONS
from multihowto.storage import Store

from .proof_lab import DELAY_S, Ended, Lab, video_ids
from .proof_stores import SHARDS, count_files, expect_equal

pytestmark = pytest.mark.proof

GOOD = 24
"""More videos than elsewhere: each worker must meet five without an answer before it knows."""


class Switch:
    """A site that can be taken off its port and put back."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.site = self._open(0)

    def _open(self, port: int) -> Site:
        return self._stack.enter_context(Site(MEDIA_DIR, port=port, limit=GOOD, delay_s=DELAY_S))

    def off(self) -> int:
        """Takes the site away; returns its port."""
        port = int(self.site.url.rpartition(":")[2])
        self._stack.close()
        return port

    def on(self, port: int) -> None:
        """Puts a new one where it was."""
        self.site = self._open(port)


@pytest.fixture
def switch() -> Iterator[Switch]:
    """A site of the test's own."""
    with ExitStack() as stack:
        yield Switch(stack)


def rejects(root: Path) -> dict[str, str]:
    """Why videos are left out of those shards of table `videos` that are made."""
    store = Store(str(root))
    made = [shard for shard in range(SHARDS) if store.stamp("videos", shard) is not None]
    accounts = [account for shard in made for account in store.read_accounts("videos", shard).to_pylist()]
    return {account["video_id"]: one["code"] for account in accounts for one in account["rejects"]}


def build_without_site(lab: Lab, switch: Switch, root: Path) -> tuple[int, Ended]:
    """A build whose site goes away early in the download; the site's port, and the end."""
    running = lab.start(root)
    assert running.wait_until(lambda: count_files(root) > 2 * SHARDS + 40)
    port = switch.off()
    return port, running.end()


def test_a_site_that_goes_away_is_not_held_against_its_videos(
    switch: Switch, tmp_path: Path, say: Callable[[str], None]
) -> None:
    lab, root = Lab(switch.site, tmp_path, video_ids(GOOD)), tmp_path / "store"
    port, end = build_without_site(lab, switch, root)
    end.expect(1, "download_videos: shards", f"the network or 127.0.0.1:{port} seems to be gone")
    left_out = rejects(root)
    wrong = {video: code for video, code in left_out.items() if "bad-" not in video and REASONS[code].final}
    assert not wrong
    switch.on(port)
    lab.build(root).expect(0, "the store is up to date")  # the shards that failed
    lab.build(root, "--retry").expect(0, "the store is up to date")  # the videos that got no answer
    lab.site = switch.site
    expect_equal(root, lab.reference.root)
    waiting = sum("bad-" not in video for video in left_out)
    say(f"{waiting} good videos waited as unreachable, none is held back; said: {end.err.strip()}")

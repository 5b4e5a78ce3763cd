"""A build that is killed twenty times is the build that was never killed, and asks the site for nothing twice."""

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from multihowto.stages import STAGES

from .conftest import MANY
from .proof_lab import WORKERS, Lab, Reference, Requests, Running, since
from .proof_stores import count_files, expect_equal, tables_of

pytestmark = pytest.mark.proof

KILLS = 20
WAVER_S = 1.0
"""A kill comes up to so much later than its moment, so that starts and imports are hit too."""


def run_to(lab: Lab, root: Path, count: int, chance: random.Random) -> Running:
    """A build that runs, and has come as far as the uninterrupted one was at the moment, or further."""
    while True:
        running = lab.start(root)
        running.wait_until(lambda: count_files(root) >= count)
        time.sleep(chance.uniform(0, WAVER_S))
        if running.alive:
            return running
        running.end().expect(0)  # came through before the kill: a new one is killed in its first second


def moments(reference: Reference, chance: random.Random) -> list[int]:
    """Numbers of files at which builds are killed, in order.

    Half are random times, most of them in stages that compute; half are random files, most of them downloads.
    """
    times = [reference.files_at(chance.uniform(0, reference.seconds)) for _ in range(KILLS // 2)]
    downloads = [chance.randrange(count_files(reference.root)) for _ in range(KILLS - len(times))]
    return sorted(times + downloads)


def repeats(asked: Requests, reference: Reference) -> int:
    """Requests for what had been asked for before, of resources that an undisturbed build asks for once."""
    return sum(max(0, times - 1) for what, times in asked.items() if reference.requests.get(what) == 1)


def expect_few_requests(asked: Requests, reference: Reference, kills: int) -> None:
    """At most what was in flight at a kill is asked for again: one request a worker.

    `bad-cut` breaks the connection in the middle of its file each time, so one attempt is as many requests as an
    undisturbed build makes (yt-dlp's own tries), and an attempt that was killed is repeated from its start. So is the
    page of `bad-503`, which fails each of three times.
    """
    assert asked.keys() <= reference.requests.keys()
    assert repeats(asked, reference) <= kills * WORKERS
    for what in (what for what, times in reference.requests.items() if times > 1):
        assert what in (("GET", "/media/bad-cut.mp4"), ("GET", "/watch/bad-503"))
        assert asked.get(what, 0) <= (kills + 1) * reference.requests[what]


def kill_often(lab: Lab, root: Path, chance: random.Random, say: Callable[[str], None]) -> Requests:
    """A build that is killed `KILLS` times and then comes through; what was asked for in all."""
    reference, before, counts, longest_s = lab.reference, lab.site.requests, list[int](), 0.0
    for kills, count in enumerate(moments(reference, chance), 1):
        running = run_to(lab, root, count, chance)
        running.send(signal.SIGKILL)
        assert running.process.wait() == -signal.SIGKILL
        longest_s = max(longest_s, running.seconds_of_survivors())
        counts.append(count_files(root))
        expect_few_requests(since(before, lab.site.requests), reference, kills)
    lab.build(root).expect(0, "the store is up to date")
    asked = since(before, lab.site.requests)
    say(
        f"{KILLS} kills at {counts} of {count_files(root)} files; workers outlived them by <= {longest_s:.2f} s"
    )
    again, whole_s = repeats(asked, reference), reference.seconds
    say(f"{again} requests repeated, {KILLS * WORKERS} allowed; an undisturbed build takes {whole_s:.1f} s")
    return asked


def expect_the_same(lab: Lab, root: Path, asked: Requests) -> None:
    """The store is that of the undisturbed build, and what was asked for is."""
    expect_few_requests(asked, lab.reference, KILLS)
    assert asked.keys() == lab.reference.requests.keys()
    expect_equal(root, lab.reference.root)


def test_twenty_kills_change_nothing(
    full_lab: Lab, tmp_path: Path, chance: random.Random, say: Callable[[str], None]
) -> None:
    asked = kill_often(full_lab, tmp_path / "store", chance, say)
    assert {stage.writes.name for stage in STAGES.values()} == set(tables_of(full_lab.reference.root))
    expect_the_same(full_lab, tmp_path / "store", asked)


def test_twenty_kills_of_a_run_of_three_hundred_videos(
    many_lab: Lab, tmp_path: Path, chance: random.Random, say: Callable[[str], None]
) -> None:
    asked = kill_often(many_lab, tmp_path / "store", chance, say)
    assert len(asked) == 3 * MANY and set(many_lab.reference.requests.values()) == {1}
    expect_the_same(many_lab, tmp_path / "store", asked)


def test_a_killed_build_leaves_no_lock_behind(full_lab: Lab, tmp_path: Path) -> None:
    reference, root = full_lab.reference, tmp_path / "store"
    running = run_to(full_lab, root, reference.files_at(reference.seconds / 2), random.Random(0))
    running.send(signal.SIGKILL)
    running.process.wait()
    # At once: it does not wait for the workers' last breath.
    full_lab.build(root).expect(0, "the store is up to date")
    expect_equal(root, reference.root)

"""Ctrl-C and SIGTERM in the middle: words, no traceback, nobody left, and the next build goes on."""

import random
import signal
import time
from pathlib import Path

import pytest

from .proof_lab import Ended, Lab
from .proof_stores import count_files, expect_equal

pytestmark = pytest.mark.proof

STOPS = 6


WAVER_S = 1.0
"""A signal comes up to so much after the build has taken the store: starts of workers are hit too."""


def stop(
    lab: Lab, root: Path, moment_s: float, chance: random.Random, number: signal.Signals, to_all: bool
) -> Ended:
    """A build that was sent a signal once it was as far as the undisturbed one at a moment; nobody survives it."""
    running, count = lab.start(root), lab.reference.files_at(moment_s)
    assert running.wait_until(lambda: running.holds(root) and count_files(root) >= count)
    time.sleep(chance.uniform(0, WAVER_S))
    running.send(number, to_all)
    end = running.end()
    running.seconds_of_survivors()
    return end


def moments(lab: Lab, chance: random.Random) -> list[float]:
    """Moments in the middle of a build, in order."""
    return sorted(chance.uniform(0, 0.9 * lab.reference.seconds) for _ in range(STOPS))


@pytest.mark.parametrize("to_all", [True, False], ids=["terminal", "parent"])
def test_ctrl_c_ends_a_build_in_words(lab: Lab, tmp_path: Path, chance: random.Random, to_all: bool) -> None:
    root = tmp_path / "store"
    for moment_s in moments(lab, chance):
        end = stop(lab, root, moment_s, chance, signal.SIGINT, to_all)
        end.expect(130, "stopped; nothing is lost: the same command goes on from here")
        assert not (root / "tmp").exists()
    lab.build(root).expect(0, "the store is up to date")
    expect_equal(root, lab.reference.root)


def test_sigterm_leaves_nobody_behind(lab: Lab, tmp_path: Path, chance: random.Random) -> None:
    root = tmp_path / "store"
    for moment_s in moments(lab, chance):
        end = stop(lab, root, moment_s, chance, signal.SIGTERM, to_all=False)
        assert end.status in (-signal.SIGTERM, 128 + signal.SIGTERM, 130)
        assert "Traceback" not in end.err
    lab.build(root).expect(0, "the store is up to date")
    expect_equal(root, lab.reference.root)

"""Two builds of one store: one works, the other is told who does."""

import os
from pathlib import Path

import pytest

from .proof_lab import Lab
from .proof_stores import count_files, expect_equal

pytestmark = pytest.mark.proof


def test_the_second_build_is_told_who_holds_the_store(lab: Lab, tmp_path: Path) -> None:
    reference, root = lab.reference, tmp_path / "store"
    first = lab.start(root)
    assert first.wait_until(lambda: count_files(root) >= reference.files_at(reference.seconds / 2))
    holder = f"process {first.process.pid} on {os.uname().nodename}"
    lab.build(root).expect(2, "another multihowto command holds the store", holder, "wait for it to end")
    assert first.alive
    first.end().expect(0, "the store is up to date")
    expect_equal(root, reference.root)


def test_of_builds_started_together_one_works(lab: Lab, tmp_path: Path) -> None:
    root = tmp_path / "store"
    ends = [running.end() for running in [lab.start(root) for _ in range(3)]]
    winner, *losers = sorted(ends, key=lambda end: end.status)
    winner.expect(0, "the store is up to date")
    for loser in losers:
        loser.expect(2, "another multihowto command holds the store")
    expect_equal(root, lab.reference.root)

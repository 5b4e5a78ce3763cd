"""Workers that the system kills in the middle of real stages cost time, and no video."""

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from multihowto.storage import Store

from .proof_lab import Ended, Lab, Running
from .proof_stores import SHARDS, expect_equal, tables_of

pytestmark = pytest.mark.proof

KILLS = 5
DEATHS_OF_A_CULPRIT = 3
"""With others, alone, and then as the video that was noted: fewer deaths never cost a video."""


def kill_one(running: Running, chance: random.Random) -> bool:
    """Kills a random worker; False if there was none."""
    workers = running.workers()
    if not workers:
        return False
    try:
        chance.choice(workers).send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    return True


def harass(running: Running, moments: list[float], chance: random.Random) -> int:
    """Kills a worker at each moment, or as soon after it as there is one; returns how many died."""
    started, killed = time.monotonic(), 0
    for moment_s in moments:
        time.sleep(max(0.0, started + moment_s - time.monotonic()))
        killed += running.wait_until(lambda: kill_one(running, chance))
    return killed


def died(root: Path) -> list[str]:
    """Videos that are left out since a worker died on them."""
    store = Store(str(root))
    places = [(table, shard) for table in tables_of(root) for shard in range(SHARDS)]
    accounts = [store.read_accounts(table, shard).to_pylist() for table, shard in places]
    return sorted(
        account["video_id"]
        for rows in accounts
        for account in rows
        if any(reject["code"] == "worker_died" for reject in account["rejects"])
    )


def expect_ended(end: Ended, killed: int) -> None:
    """Status 0; or 1 with the reason, if one shard's worker was killed thrice before its first video."""
    if end.status == 1 and killed >= DEATHS_OF_A_CULPRIT:
        end.expect(1, "the worker was killed before its first video")
    else:
        end.expect(0, "the store is up to date")


def test_killed_workers_cost_no_video(
    lab: Lab, tmp_path: Path, chance: random.Random, say: Callable[[str], None]
) -> None:
    reference, root = lab.reference, tmp_path / "store"
    running = lab.start(root)
    moments = sorted(chance.uniform(0.1, 0.6) * reference.seconds for _ in range(KILLS))
    killed = harass(running, moments, chance)
    end = running.end()
    expect_ended(end, killed)
    # a machine that is less busy than when the reference was built may be done before the last moment
    assert killed >= DEATHS_OF_A_CULPRIT
    culprits = died(root) if end.status == 0 else []
    assert len(culprits) <= killed // DEATHS_OF_A_CULPRIT
    if culprits or end.status:
        lab.build(root, "--retry", "worker_died").expect(0, "the store is up to date")
    expect_equal(root, reference.root)
    shown = ", ".join(f"{moment_s:.1f}" for moment_s in moments)
    say(f"{killed} workers killed at {shown} s: status {end.status}, held against {culprits or 'no video'}")

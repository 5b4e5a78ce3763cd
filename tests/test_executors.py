"""Executors call one function on many shards, and tell which workers died."""

import concurrent.futures
import functools
import os
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from multihowto.executors import EXECUTORS, Died, _submit, run_here, run_processes


def square(shard: int) -> int:
    return shard * shard


def die_on(deadly: int, shard: int) -> int:
    if shard == deadly:
        os.kill(os.getpid(), 9)
    time.sleep(0.05)
    return shard


def fail(shard: int) -> int:
    raise ValueError(f"shard {shard}")


def outlive(folder: str, shard: int) -> int:
    (Path(folder) / "started").touch()
    time.sleep(2)
    (Path(folder) / "ended").touch()
    return shard


@pytest.mark.parametrize("name", list(EXECUTORS))
def test_every_shard_comes_back_once(name: str) -> None:
    assert dict(EXECUTORS[name](square, range(5), 2)) == {shard: shard * shard for shard in range(5)}
    assert dict(EXECUTORS[name](square, [], 2)) == {}


def test_a_killed_worker_is_told_and_the_others_go_on() -> None:
    results = dict(run_processes(functools.partial(die_on, 3), range(8), 2))
    died = {shard for shard, result in results.items() if isinstance(result, Died)}
    assert set(results) == set(range(8))
    assert 3 in died
    assert len(died) <= 2
    assert all(results[shard] == shard for shard in set(range(8)) - died)


def test_an_exception_of_the_function_comes_through() -> None:
    for executor in (run_here, run_processes):
        with pytest.raises(ValueError, match="shard 0"):
            list(executor(fail, [0], 1))


def test_leaving_early_ends_the_workers(tmp_path: Path) -> None:
    results = run_processes(functools.partial(outlive, str(tmp_path)), [0, 1], 1)
    first = [next(results)]
    assert first[0][0] == 0
    (tmp_path / "ended").unlink()
    results.close()
    time.sleep(2.5)
    assert not (tmp_path / "ended").exists()


class ClosedPipes(concurrent.futures.ProcessPoolExecutor):
    """A pool whose pipes are closed when a worker is to be started: as one that breaks in that moment."""

    def submit(self, *_: object) -> "concurrent.futures.Future[int]":  # type: ignore[override]
        raise OSError("handle is closed")


def test_a_worker_that_is_started_while_another_dies_is_no_fault_of_the_world() -> None:
    with ClosedPipes(1) as pool:
        with pytest.raises(OSError, match="handle is closed"):
            _submit(pool, square, 1)
        pool._broken = True
        with pytest.raises(BrokenProcessPool, match="while another was started"):
            _submit(pool, square, 1)

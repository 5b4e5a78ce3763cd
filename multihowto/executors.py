"""Functions that call one function on many shards: here, or in processes. They know nothing of stages.

An executor is called with a function, the shards and a number of workers, and yields each shard with what the
function returned, or with `Died` if its worker was killed; in the order in which they end.
"""

import concurrent.futures
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from typing import Final, Protocol, TypeVar

Result = TypeVar("Result")


class Died:
    """The worker of this shard was killed: out of memory, or a crash in a library."""


class Executor(Protocol):
    """What every executor looks like."""

    def __call__(
        self, function: Callable[[int], Result], shards: Sequence[int], workers: int, /
    ) -> Generator[tuple[int, Result | Died], None, None]:
        """Calls the function on every shard; closing the generator ends the workers."""


def run_here(
    function: Callable[[int], Result], shards: Sequence[int], workers: int = 1
) -> Generator[tuple[int, Result | Died], None, None]:
    """One shard after the other, in this process."""
    for shard in shards:
        yield shard, function(shard)


def run_processes(
    function: Callable[[int], Result], shards: Sequence[int], workers: int
) -> Generator[tuple[int, Result | Died], None, None]:
    """Shards in worker processes; when one is killed, all that were running are yielded as `Died`."""
    waiting = list(reversed(shards))
    while waiting:
        pool = _new_pool(min(workers, len(waiting)))
        running: dict[concurrent.futures.Future[Result], int] = {}
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    with _no_interrupt():
                        future = _submit(pool, function, waiting[-1])
                    running[future] = waiting.pop()
                done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in done:
                    result = future.result()
                    yield running.pop(future), result
        except BrokenProcessPool:
            lost = [future for future in running if not _finished(future)]
            for future in [future for future in running if _finished(future)]:
                yield running.pop(future), future.result()
            for future in lost:
                yield running[future], Died()
        finally:
            _end(pool)


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """Ctrl-C waits while a worker is started: it inherits this, and leaves Ctrl-C to the parent from the first."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    # Another thread of this process may take the signal, and Python would still interrupt this one: so it is noted.
    handler = signal.signal(signal.SIGINT, lambda number, frame: came.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, handler)
    if came:
        raise KeyboardInterrupt


def _submit(
    pool: concurrent.futures.ProcessPoolExecutor, function: Callable[[int], Result], shard: int
) -> "concurrent.futures.Future[Result]":
    """Hands a shard over. BrokenProcessPool if a worker has died, also while a new one is being started.

    A pool that breaks closes its pipes; a worker that is started in that moment finds them closed.
    """
    try:
        return pool.submit(function, shard)
    except OSError as error:
        if pool._broken:
            raise BrokenProcessPool("a worker died while another was started") from error
        raise


def _finished(future: "concurrent.futures.Future[Result]") -> bool:
    return future.done() and not isinstance(future.exception(), BrokenProcessPool)


def _new_pool(workers: int) -> concurrent.futures.ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return concurrent.futures.ProcessPoolExecutor(workers, context, initializer=_start_worker)


def _end(pool: concurrent.futures.ProcessPoolExecutor) -> None:
    """Ends a pool at once: what its workers had not finished is not there."""
    workers = list((pool._processes or {}).values())
    pool.shutdown(wait=False, cancel_futures=True)
    for worker in workers:
        worker.kill()
    for worker in workers:
        worker.join()


def _start_worker() -> None:
    """Leaves Ctrl-C to the parent, and dies with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


EXECUTORS: Final[dict[str, Executor]] = {"here": run_here, "processes": run_processes}

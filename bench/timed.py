"""Does one piece of work in a fresh process and prints what it took, as one line of JSON.

Usage: python bench/timed.py MODULE FOLDER [REPEATS]

MODULE (`ours.x` or `bare.x`) has `prepare(folder)`, which is not measured and returns the work, which is. With
REPEATS the work is done so often after one more for warming up, and the least is printed: a busy machine only adds.
"""

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

Work = Callable[[], None]


def cpu_s() -> float:
    """CPU-seconds so far of this process, all its threads, and the children that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def measure(work: Work) -> tuple[float, float]:
    """Wall and CPU-seconds of one call."""
    started, used = time.perf_counter(), cpu_s()
    work()
    return time.perf_counter() - started, cpu_s() - used


def main(arguments: list[str]) -> None:
    """Prepares, works, prints."""
    module, folder, repeats = arguments[0], Path(arguments[1]), int([*arguments, "0"][2])
    work: Work = importlib.import_module(module).prepare(folder)
    if repeats:
        work()
    walls, cpus = zip(*(measure(work) for _ in range(max(1, repeats))), strict=True)
    print(json.dumps({"wall_s": min(walls), "cpu_s": min(cpus)}))


if __name__ == "__main__":
    main(sys.argv[1:])

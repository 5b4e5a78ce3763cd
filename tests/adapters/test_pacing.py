"""However many callers, together they are as slow as one."""

import subprocess
import sys
import time
from pathlib import Path

from multihowto.adapters.pacing import Off, Polite, polite_interval


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def now(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def polite(folder: Path, clock: Clock) -> Polite:
    return Polite(folder, lambda kind: 12.0 if kind == "video" else 5.0, clock.now, clock.sleep)


def test_one_caller_waits_its_interval(tmp_path: Path) -> None:
    clock = Clock()
    pace = polite(tmp_path, clock)
    moments = []
    for _ in range(4):
        pace.wait("video", "a.test")
        moments.append(clock.now_s)
    assert moments == [1000.0, 1012.0, 1024.0, 1036.0]


def test_time_spent_elsewhere_counts(tmp_path: Path) -> None:
    clock = Clock()
    pace = polite(tmp_path, clock)
    pace.wait("video", "a.test")
    clock.now_s += 60
    pace.wait("video", "a.test")
    assert clock.now_s == 1060.0


def test_sites_and_kinds_wait_apart(tmp_path: Path) -> None:
    clock = Clock()
    pace = polite(tmp_path, clock)
    pace.wait("video", "a.test")
    pace.wait("video", "b.test")
    pace.wait("captions", "a.test")
    assert clock.now_s == 1000.0
    pace.wait("captions", "a.test")
    assert clock.now_s == 1005.0


def test_callers_share_the_moments(tmp_path: Path) -> None:
    clock = Clock()
    moments = []
    for pace in [polite(tmp_path, clock), polite(tmp_path, clock)] * 2:
        pace.wait("video", "a.test")
        moments.append(clock.now_s)
    assert moments == [1000.0, 1012.0, 1024.0, 1036.0]


def test_a_broken_file_and_a_clock_set_back_do_no_harm(tmp_path: Path) -> None:
    clock = Clock()
    pace = polite(tmp_path, clock)
    pace.wait("video", "a.test")
    file = next(tmp_path.iterdir())
    for content in ("garbage", "", "9999999999999.0"):
        file.write_text(content)
        before = clock.now_s
        pace.wait("video", "a.test")
        assert clock.now_s == before


def test_two_processes_are_as_slow_as_one(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from multihowto.adapters.pacing import Polite\n"
        "pace = Polite(pathlib.Path(sys.argv[1]), lambda kind: 0.1)\n"
        "for _ in range(5):\n    pace.wait('video', 'a.test'); print(time.time(), flush=True)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "pace")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=30)[0] for process in processes]
    moments = sorted(float(line) for output in outputs for line in output.split())
    assert len(moments) == 10
    assert moments[-1] - moments[0] >= 9 * 0.1 - 0.05


def test_the_wikis_pauses() -> None:
    assert all(10 <= polite_interval("video") <= 20 for _ in range(100))
    assert polite_interval("captions") == 5


def test_off_does_not_wait() -> None:
    start = time.monotonic()
    Off().wait("video", "a.test")
    assert time.monotonic() - start < 1

"""However many callers, together they are as slow as one."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from multihowto.adapters.pacing import CAPTIONS_S, VIDEO_S, Kind, Off, Polite, polite_interval
from multihowto.errors import SessionBlocked


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def now(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds


def polite(folder: Path, clock: Clock, session: str = "") -> Polite:
    return Polite(folder, lambda kind: 12.0 if kind == "video" else 5.0, clock.now, clock.sleep, session)


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
    assert (VIDEO_S, CAPTIONS_S) == ((10.0, 20.0), 5.0)


def test_off_does_not_wait() -> None:
    start = time.monotonic()
    Off().wait("video", "a.test")
    assert time.monotonic() - start < 1


def block(pace: Polite, retry_after_s: float | None = None) -> tuple[int, float]:
    """Which block in a row it is, and the pause."""
    error = pace.block("a.test", retry_after_s, "HTTP 429")
    assert error.pause_s is not None and (error.site, str(error)) == ("a.test", "HTTP 429")
    return error.in_a_row, error.pause_s


def test_each_block_in_a_row_is_twice_as_long_and_none_longer_than_an_hour(tmp_path: Path) -> None:
    clock = Clock()
    for number in range(1, 12):
        in_a_row, pause_s = block(polite(tmp_path, clock))
        least = min(60.0 * 2 ** (number - 1), 3600.0)
        assert in_a_row == number and least <= pause_s <= 1.25 * least + 0.001
        clock.now_s += pause_s + 0.001
    assert polite(tmp_path, clock).block("a.test", None, "").since_s == 1000.0


def test_pauses_are_not_all_alike(tmp_path: Path) -> None:
    pauses = {round(block(polite(tmp_path / str(number), Clock()))[1], 6) for number in range(20)}
    assert len(pauses) > 10


def test_nobody_asks_a_site_that_blocks_one_of_us(tmp_path: Path) -> None:
    clock = Clock()
    _, pause_s = block(polite(tmp_path, clock))
    other = polite(tmp_path, clock)
    kinds: tuple[Kind, ...] = ("video", "captions")
    for kind in kinds:
        with pytest.raises(SessionBlocked) as caught:
            other.wait(kind, "a.test")
        assert caught.value.in_a_row == 1
        assert caught.value.pause_s == pytest.approx(pause_s)
    with pytest.raises(SessionBlocked):
        other.pause("a.test", 0)
    assert clock.now_s == 1000.0
    other.wait("video", "b.test")
    clock.now_s += pause_s + 0.001
    other.wait("video", "a.test")


def test_who_waits_already_looks_again(tmp_path: Path) -> None:
    clock = Clock()
    other = polite(tmp_path, clock)

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        block(other)

    pace = Polite(tmp_path, lambda _: 12.0, clock.now, sleep)
    pace.wait("video", "a.test")
    with pytest.raises(SessionBlocked):
        pace.wait("video", "a.test")
    clock.now_s += 3600
    with pytest.raises(SessionBlocked):
        pace.pause("a.test", 1.0)


def test_answers_to_what_was_asked_before_make_a_row_no_longer(tmp_path: Path) -> None:
    clock = Clock()
    first, pause_s = block(polite(tmp_path, clock))
    again = [block(polite(tmp_path, clock)) for _ in range(8)]
    assert [number for number, _ in again] == 8 * [first]
    assert [left_s for _, left_s in again] == pytest.approx(8 * [pause_s])
    assert block(polite(tmp_path, clock), 500.0) == (1, 500.0)


def test_a_success_sets_the_row_back_and_writes_nothing_where_there_is_none(tmp_path: Path) -> None:
    clock = Clock()
    pace = polite(tmp_path / "pace", clock)
    pace.answered("a.test")
    assert not (tmp_path / "pace").exists()
    _, pause_s = block(pace)
    pace.answered("a.test")  # asked before the block, so the block stands
    with pytest.raises(SessionBlocked):
        pace.wait("video", "a.test")
    clock.now_s += pause_s + 0.001
    assert block(pace)[0] == 2
    clock.now_s += 160
    pace.answered("a.test")
    assert block(pace)[0] == 1


def test_a_row_that_ended_long_ago_is_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    block(polite(tmp_path, clock))
    clock.now_s += 75 + 3601
    assert block(polite(tmp_path, clock))[0] == 1


@pytest.mark.parametrize(
    ("wish_s", "least", "most"),
    [(None, 60, 75), (-5.0, 60, 75), (1.0, 60, 75), (300.0, 300, 300), (1e30, 86_400, 86_400)],
)
def test_a_longer_wish_of_the_site_counts_up_to_a_day(
    tmp_path: Path, wish_s: float | None, least: float, most: float
) -> None:
    clock = Clock()
    pace = polite(tmp_path, clock)
    assert least <= block(pace, wish_s)[1] <= most
    clock.now_s += most
    pace.wait("video", "a.test")


def test_another_session_is_not_blocked(tmp_path: Path) -> None:
    clock = Clock()
    block(polite(tmp_path, clock))
    polite(tmp_path, clock, session="cookies.txt").wait("video", "a.test")


LONG = "00000000000900.000000 99999999999999.000000 0003"
TO_COME = "00000000002000.000000 00000000003000.000000 0003"


@pytest.mark.parametrize(
    "content", [b"", b"0000", b"garbage", b"nan inf 1", b"\xff\xfe", LONG.encode(), TO_COME.encode()]
)
def test_a_broken_note_of_blocks_and_a_clock_set_back_do_no_harm(tmp_path: Path, content: bytes) -> None:
    clock = Clock()
    pace = polite(tmp_path, clock)
    block(pace)
    [file] = tmp_path.iterdir()
    file.write_bytes(content)
    pace.wait("video", "a.test")
    pace.answered("a.test")
    assert block(pace)[0] == 1
    with pytest.raises(SessionBlocked):
        pace.wait("video", "a.test")


def test_two_processes_share_a_block(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from multihowto.adapters.pacing import Polite\n"
        "from multihowto.errors import SessionBlocked\n"
        "pace = Polite(pathlib.Path(sys.argv[1]), lambda kind: 0.0)\n"
        "if sys.argv[2] == 'block': print(pace.block('a.test', 90.0, 'HTTP 429').in_a_row)\n"
        "else:\n"
        "    try: pace.wait('video', 'a.test'); print('asked')\n"
        "    except SessionBlocked as error: print('blocked', error.in_a_row, error.pause_s > 60)"
    )

    def run(what: str) -> str:
        command = [sys.executable, "-c", script, str(tmp_path / "pace"), what]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    assert [run(what) for what in ("wait", "block", "wait")] == ["asked", "1", "blocked 1 True"]


def test_off_never_blocks_but_hands_the_wish_on() -> None:
    error = Off().block("a.test", 7.0, "HTTP 429")
    assert (error.site, error.pause_s, error.in_a_row) == ("a.test", 7.0, 0)
    Off().wait("video", "a.test")
    Off().answered("a.test")

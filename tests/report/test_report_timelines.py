"""Timelines on the page: the numbers by language, which videos are drawn, and where the marks stand."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from multihowto import tables
from multihowto.report.page import page
from multihowto.report.timeline_pictures import LEAST_RANGE_MS, _lane, _marks, pictures
from multihowto.report.timelines import MAX_VIDEOS, timelines
from multihowto.storage import Store
from report.chromium import Tab, open_tab
from report.conftest import MEDIA_BYTES
from report.judged import MINUTES_20, VIDEOS, judged_store, timelines_of, track_of, write
from report.test_report_chromium import MISTAKES
from report.test_report_page import Elements


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return judged_store(tmp_path_factory.mktemp("timelines") / "store")


def test_numbers_by_language(store: Store) -> None:
    found = timelines(store)
    assert found is not None
    german, french = found.languages
    assert (german.language, german.tracks, german.shared, german.lost) == ("de", 4, 4, 0)
    assert (french.tracks, french.shared, french.lost, french.jumping) == (4, 0, 1, 3)
    assert french.offsets_ms == [7750] * 3
    assert (french.offset_ms, french.far_ms) == (7750, 7750)
    assert french.drift_percent == pytest.approx(1)
    # speech: 0.5 s between cues counts as speech, so 20 minutes but the last half second
    assert german.gap_percent == pytest.approx(100 * 120_000 / (MINUTES_20 - 500), abs=0.001)
    assert french.gap_percent == pytest.approx(100 * 30_000 / (MINUTES_20 - 500), abs=0.001)
    assert french.score / french.tracks == pytest.approx((0.2 + 0.3 + 0.4 + 0.0) / 4)


def test_charts_count_every_track_that_has_a_timeline(store: Store) -> None:
    found = timelines(store)
    assert found is not None
    counts = {
        name: {column.label: column.count for column in drawn.columns if column.count}
        for name, _, drawn in found.charts
    }
    assert counts == {
        "offset": {"up to 0.05 s": 4, "5 s to 30 s": 3},
        "drift": {"up to 0.05 %": 4, "0.2 % to 1 %": 3},
        "jumps": {"0": 4, "1": 3},
        "gaps": {"1 % to 5 %": 3, "5 % to 20 %": 4},
    }


def test_the_worst_tracks_come_first(store: Store) -> None:
    found = timelines(store)
    assert found is not None
    assert [one.video_id for one in found.pictures] == [VIDEOS[3], *VIDEOS[:3]]
    lanes = found.pictures[0].lanes
    assert [(lane.language, lane.kind) for lane in lanes] == [
        ("en", "pivot"),
        ("fr", "lost"),
        ("de", "shared"),
    ]


def test_at_most_twelve_videos_and_none_without_a_pivot(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "many"))
    store.create("toy", 1, ["timelines"])
    rows = []
    for number in range(MAX_VIDEOS + 5):
        for row in timelines_of("plain_video"):
            named = {"video_id": f"video_{number:02d}", "track_id": f"video_{number:02d}/{row['language']}"}
            rows.append(row | named | ({} if row["language"] == "en" else {"score": number / 100}))
    write(store, tables.TIMELINES, 0, rows[1:])  # the first video, which is the worst, loses its pivot
    found = timelines(store)
    assert found is not None
    assert [one.video_id for one in found.pictures] == [f"video_{n:02d}" for n in range(1, MAX_VIDEOS + 1)]
    assert found.languages[0].gap_percent is None  # the store has no tracks
    assert {name for name, _, _ in found.charts} == {"offset", "drift", "jumps"}


def test_the_drift_of_a_few_cues_is_unknown(tmp_path: Path) -> None:
    """Of 8 cues over 40 s a drift of 1 % may be none; of the 240 over 20 minutes in all other tests not."""
    store = Store(str(tmp_path / "store"))
    store.create("toy", 1, ["timelines", "tracks"])
    rows = timelines_of(VIDEOS[0])
    tracks = [track_of(row) for row in rows]
    for track in tracks:
        track["cues"] = track["cues"][:8]
    write(store, tables.TIMELINES, 0, rows)
    write(store, tables.TRACKS, 0, tracks)
    found = timelines(store)
    assert found is not None
    percents = {one.language: (len(one.offsets_ms), one.drift_percent) for one in found.languages}
    assert percents == {"de": (0, None), "fr": (1, None)}
    [drifts] = [drawn for name, _, drawn in found.charts if name == "drift"]
    assert (
        sum(column.count for column in drifts.columns) == 1
    )  # the track that shares the pivot's times has none
    assert [lane.drift for lane in found.pictures[0].lanes] == [0, None, 0]
    shown = page(store, 0, MEDIA_BYTES)
    assert shown.count('<td class="n">unknown</td>') == 2 and "+1.000 %" not in shown


def lane(**changes: Any) -> Any:
    own = next(row for row in timelines_of("plain_video") if row["kind"] == "own")
    row = own | changes
    spans = [(row["knots"][0]["pivot_ms"], row["knots"][-1]["pivot_ms"])]
    return _lane(row, spans, 1_200_000, 0)


def test_drift_is_a_slope_and_a_jump_is_a_step() -> None:
    drawn = lane()
    points = [tuple(map(float, point.split())) for point in drawn.line.removeprefix("M").split("L")]
    assert points == [
        pytest.approx((0.167, 100.0), abs=0.001),
        pytest.approx((50.667, 100 * 35.5 / 41.5), abs=0.001),
        pytest.approx((53.167, 100 * 35.5 / 41.5), abs=0.001),
        pytest.approx((53.167, 100 * 5.5 / 41.5), abs=0.001),
        pytest.approx((99.458, 0.0), abs=0.001),
    ]
    assert drawn.edges_ms == (2000, 43_500)
    assert drawn.gaps == [(pytest.approx(50.667), pytest.approx(2.5))]


def test_a_constant_offset_is_a_level_line_in_the_middle() -> None:
    knots = [{"track_ms": 0, "pivot_ms": 500}, {"track_ms": 60_000, "pivot_ms": 60_500}]
    drawn = lane(knots=knots, gaps=[])
    assert re.findall(r" ([\d.]+)", drawn.line) == ["50.0", "50.0"]
    assert drawn.edges_ms == (500 - LEAST_RANGE_MS // 2, 500 + LEAST_RANGE_MS // 2)


def test_what_lies_before_the_video_is_cut_off() -> None:
    knots = [{"track_ms": 5000, "pivot_ms": -3000}, {"track_ms": 68_000, "pivot_ms": 60_000}]
    assert lane(knots=knots, gaps=[]).pieces == [(0.0, 5.0)]


@pytest.mark.parametrize(
    ("length_ms", "labels"),
    [
        (900, ["0:00"]),
        (5000, ["0:00", "0:01", "0:02", "0:03", "0:04", "0:05"]),
        (28_000, ["0:00", "0:05", "0:10", "0:15", "0:20", "0:25"]),
        (1_200_000, ["0:00", "5:00", "10:00", "15:00", "20:00"]),
    ],
)
def test_marks_are_at_round_times(length_ms: int, labels: list[str]) -> None:
    assert [label for _, label in _marks(length_ms)] == labels


@pytest.mark.parametrize("hours", [3, 30, 300])
def test_there_are_never_many_marks(hours: int) -> None:
    assert 2 <= len(_marks(hours * 3_600_000)) <= 9


def test_much_speech_is_drawn_in_few_pieces(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))
    store.create("toy", 1, ["timelines", "tracks"])
    [pivot, *_] = timelines_of("plain_video")
    track = track_of(pivot)
    track["cues"] = [
        {"start_ms": at, "end_ms": at + 1, "text": "", "words": []} for at in range(0, 10**7, 997)
    ]
    write(store, tables.TIMELINES, 0, [pivot])
    write(store, tables.TRACKS, 0, [track])
    [drawn] = pictures(store, ["plain_video"])
    assert len(drawn.lanes[0].pieces) < 400


def test_a_store_without_timelines_has_no_section(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "old"))
    store.create("toy", 2, ["sources", "videos"])
    assert timelines(store) is None
    assert "timelines" not in [
        one.get("id") for one in Elements(page(store, 0, MEDIA_BYTES)).named("section")
    ]


# in a browser


@pytest.fixture(scope="module")
def tab(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page(store, 0, MEDIA_BYTES), encoding="utf-8")
    with open_tab() as tab:
        tab.look(1280)
        tab.open(path)
        yield tab
        assert tab.complaints() == []
        assert tab.requested() == [path.as_uri()]


def test_gaps_and_lines_are_drawn_in_their_place(tab: Tab) -> None:
    boxes = tab.ask(
        "(p => [...p.querySelectorAll('.own-track, .gap, .offset-line')].map(e => {"
        " const b = e.getBoundingClientRect(), s = p.getBoundingClientRect();"
        " return [(b.left - s.left) / s.width, b.width / s.width, b.height]; }))"
        "(document.querySelectorAll('#timelines .timeline')[1])"
    )
    track, own_gap, line, shared_gap = boxes
    assert track[0] == pytest.approx(0.12 + 0.88 * 2 / 1200, abs=0.003)
    assert own_gap[:2] == pytest.approx([0.12 + 0.88 * 608 / 1200, 0.88 * 30 / 1200], abs=0.003)
    assert line[2] == pytest.approx(40, abs=4)
    assert shared_gap[:2] == pytest.approx([0.12 + 0.88 * 60 / 1200, 0.88 * 120 / 1200], abs=0.003)


@pytest.mark.parametrize("what", list(MISTAKES))
def test_the_sections_leave_nobody_out(tab: Tab, what: str) -> None:
    assert tab.ask(f"{MISTAKES[what]}.map(e => e.outerHTML || e)") == []


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_wider_than_the_window(tab: Tab, width: int) -> None:
    tab.look(width)
    assert tab.ask("document.documentElement.scrollWidth") <= width

"""The page in a real browser: what is drawn, played, found, and that nothing leaves."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from multihowto.report.numbers import language_numbers, selection_numbers, table_numbers
from multihowto.storage import Store
from report.chromium import Tab, open_tab
from report.hostile import CHINESE

BARS = (
    "[...document.querySelectorAll('[data-count]')].map(e =>"
    " [e.dataset.chart, e.dataset.row, e.dataset.part, +e.dataset.count])"
)
SIZES = (
    "[...document.querySelectorAll('svg [data-count]')].map(e => { const b = e.getBBox();"
    " return [e.dataset.chart, e.dataset.row, +e.dataset.count, b.width, b.height]; })"
)
TALLY = "document.getElementById('tally').textContent"
PICKED = "[...document.querySelectorAll('.pick .line')].map(e => e.textContent)"
CURRENT = "(document.querySelector('.pick[aria-current=true]') || {dataset: {}}).dataset.clip"

ALL = "[...document.querySelectorAll({})]"
MISTAKES = {
    "fields without a label": ALL.format("'input,select'") + ".filter(e => !e.labels.length)",
    "tables without a caption": ALL.format("'table'") + ".filter(e => !e.caption)",
    "headers without a scope": ALL.format("'th'") + ".filter(e => !e.scope)",
    "charts without a name": ALL.format("'svg[role=img]'") + ".filter(e => !e.querySelector('title'))",
    "pictures neither named nor hidden": ALL.format("'svg'")
    + ".filter(e => !e.closest('[role=img],[aria-hidden=true]'))",
    "doubled ids": ALL.format("'[id]'") + ".filter(e => document.querySelectorAll('#' + e.id).length > 1)",
    "names that are not there": ALL.format("'[aria-labelledby]'")
    + ".flatMap(e => e.getAttribute('aria-labelledby').split(' ')).filter(id => !document.getElementById(id))",
}


@pytest.fixture(scope="module")
def path(hostile_page: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(hostile_page, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    with open_tab() as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab, path: Path) -> Iterator[Tab]:
    """The page, freshly opened; whatever a test does, the console stays empty and no request leaves."""
    browser.look(1280)
    browser.open(path)
    yield browser
    assert browser.complaints() == []
    assert browser.requested() == [path.as_uri()]


def bars(tab: Tab, chart: str) -> dict[tuple[str, str], int]:
    return {(row, part): count for name, row, part, count in tab.ask(BARS) if name == chart}


def cells(tab: Tab, table: str) -> list[list[str]]:
    """The rows of a table's body, as text."""
    rows = f"[...document.querySelectorAll('#{table} tbody tr')]"
    found: list[list[str]] = tab.ask(f"{rows}.map(r => [...r.cells].map(c => c.textContent.trim()))")
    return found


def test_drawn_bars_equal_the_tables_counts(tab: Tab, hostile: Store) -> None:
    numbers = {one.table: one for one in table_numbers(hostile)}
    kept, why_not = selection_numbers(hostile)
    drawn = bars(tab, "funnel")
    for table in ("sources", "videos", "clips", "captions"):
        assert drawn[table, "used"] == numbers[table].used
        assert drawn.get((table, "left out"), 0) == numbers[table].rejected
    assert drawn["selection", "used"] == sum(kept.values())
    reasons = {(table, code): n for table, one in numbers.items() for code, n in one.reasons.items()}
    assert bars(tab, "reasons") == reasons | {("selection", code): n for code, n in why_not.items()}
    assert bars(tab, "splits") == {("kept", split): n for split, n in kept.items()}
    assert set(kept) == {"train", "validation", "test"}
    rows = {cell[0]: [int(one.replace(",", "")) for one in cell[1:]] for cell in cells(tab, "table-steps")}
    assert rows == {
        name: [one.rows_in, one.used, one.rejected, one.rows_out, one.videos_out]
        for name, one in numbers.items()
    }


def test_drawn_captions_equal_the_rows(tab: Tab, hostile: Store) -> None:
    captions = hostile.read("captions").to_pylist() + hostile.read("translations").to_pylist()
    counted = Counter((row["language"], row["origin"]) for row in captions)
    assert bars(tab, "by-language") == dict(counted)
    assert {origin for _, origin in counted} == {"manual", "asr", "auto_translated", "machine_translated"}
    clips = hostile.read("clips").num_rows
    assert sum(bars(tab, "durations").values()) == clips
    lid = hostile.read("languages").to_pylist()
    for chart, column in (("lid-track", "track_detected"), ("lid-caption", "detected")):
        found = {place: n for place, n in bars(tab, chart).items() if n}
        assert found == dict(Counter((row["expected"], row[column]) for row in lid))
    methods = Counter(row["method"] for row in captions if row["origin"] != "machine_translated")
    for method in set(methods) - {"pivot"}:
        assert sum(bars(tab, f"scores-{method}").values()) == methods[method]
    agreeing = {one.language: one.agreeing for one in language_numbers(hostile)}
    assert sorted(int(row[-2]) for row in cells(tab, "table-captions")) == sorted(agreeing.values())


@pytest.mark.parametrize(
    ("chart", "side"), [("by-language", 3), ("reasons", 3), ("splits", 3), ("durations", 4)]
)
def test_a_bar_is_as_long_as_its_count(tab: Tab, chart: str, side: int) -> None:
    drawn = [one for one in tab.ask(SIZES) if one[0] == chart]
    for _, row, count, *_ in drawn:
        mine = [one for one in drawn if chart != "reasons" or one[1] == row]
        lengths = [one[side] / one[2] for one in mine]
        assert count > 0
        assert min(lengths) > 0
        assert max(lengths) == pytest.approx(min(lengths), rel=0.02)


def choose(tab: Tab, number: int) -> dict[str, Any]:
    """Clicks a clip of the list; its place in the page's data."""
    clip_id = tab.ask(f"document.querySelectorAll('.pick')[{number}].dataset.clip")
    tab.ask(f"document.querySelectorAll('.pick')[{number}].click()")
    data = "JSON.parse(document.getElementById('data').textContent).videos.flatMap(v => v.clips)"
    clip: dict[str, Any] = tab.ask(f"{data}.find(c => c.id === {json.dumps(clip_id)})")
    return clip


@pytest.mark.parametrize("number", [2, 15])
def test_choosing_a_clip_plays_it_from_its_start(tab: Tab, number: int) -> None:
    tab.ask(
        "(window.seen = [], document.getElementById('video').addEventListener("
        "'playing', e => window.seen.push(e.target.currentTime)), 1)"
    )
    clip = choose(tab, number)
    assert clip["start"] > 0
    tab.wait("window.seen.length > 0")
    start_s = clip["start"] / 1000
    [first, *_] = tab.ask("window.seen")
    assert start_s - 0.1 <= first < start_s + 0.5
    tab.wait(f"document.getElementById('video').currentTime > {start_s + 0.7}")
    assert tab.ask("document.getElementById('video').videoWidth") == 256
    assert tab.ask(CURRENT) == clip["id"]


def test_the_highlight_follows_the_video(tab: Tab) -> None:
    clip = choose(tab, 2)
    tab.wait("!document.getElementById('video').seeking && !document.getElementById('video').paused")
    tab.ask(f"(document.getElementById('video').currentTime = {clip['end'] / 1000 - 0.3}, 1)")
    tab.wait(f"{CURRENT} === document.querySelectorAll('.pick')[3].dataset.clip")
    said = tab.ask("document.querySelector('#said li[data-language=en] bdi').textContent")
    assert said == tab.ask(PICKED)[3]
    assert tab.ask("document.querySelectorAll('.pick[aria-current=true]').length") == 1


def test_all_languages_stand_beside_the_video_with_licence_origin_and_score(tab: Tab) -> None:
    tab.choose("of-origin", "asr")
    choose(tab, 0)
    items = tab.ask("[...document.querySelectorAll('#said li')].map(e => e.textContent)")
    assert len(items) == 9
    facts = tab.ask("[...document.querySelectorAll('#said .facts')].map(e => e.textContent)")
    assert all("licence" in one for one in facts)
    assert all("score" in one or "log-probability" in one for one in facts)
    assert any(one.startswith("speech recognition") for one in facts)
    langs = tab.ask("[...document.querySelectorAll('#said bdi')].map(e => [e.lang, e.dir])")
    assert {direction for _, direction in langs} == {"auto"}
    assert {"en", "zh", "vi"} <= {lang for lang, _ in langs}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("锤子放", CHINESE),
        ("CAFE", "café"),
        ("café viii", "Ⅷ"),
        ("bold script", "<b onclick=alert(1)>bold</b>"),
    ],
)
def test_search_finds_any_language_without_accents(tab: Tab, words: str, expected: str) -> None:
    everything = tab.ask(TALLY)
    tab.type("words", words)
    assert tab.ask(TALLY) == "1 clip, 1 caption"
    [line] = tab.ask(PICKED)
    assert expected in line
    assert tab.ask("document.querySelectorAll('.pick mark').length") >= 1
    tab.type("words", "no such words anywhere")
    assert "No caption" in tab.ask(TALLY)
    assert tab.ask(PICKED) == []
    tab.type("words", "")
    assert tab.ask(TALLY) == everything


def test_accented_words_are_found_as_written_and_marked(tab: Tab, hostile: Store) -> None:
    texts = [row["text"] for row in hostile.read("captions").to_pylist() if row["language"] == "vi"]
    words = (word for text in texts for word in text.replace(":", " ").split())
    word = next(word for word in words if not word.isascii() and len(word) > 3)
    tab.choose("in-language", "vi")
    tab.type("words", word)
    assert tab.ask(PICKED)
    marks = tab.ask("[...document.querySelectorAll('.pick mark')].map(e => e.textContent)")
    assert word.casefold() in [mark.casefold() for mark in marks]


def test_filters_by_language_and_origin(tab: Tab, hostile: Store) -> None:
    captions = hostile.read("captions").to_pylist() + hostile.read("translations").to_pylist()
    for language in ("sw", "zh"):
        tab.choose("in-language", language)
        wanted = sum(row["language"] == language for row in captions)
        assert tab.ask(TALLY) == f"{wanted} clips, {wanted} captions"
        assert tab.ask("[...new Set([...document.querySelectorAll('.pick bdi')].map(e => e.lang))]") == [
            language
        ]
    tab.choose("in-language", "")
    for origin in ("asr", "machine_translated"):
        tab.choose("of-origin", origin)
        mine = [row for row in captions if row["origin"] == origin]
        clips = len({row["clip_id"] for row in mine})
        assert (
            tab.ask(TALLY) == f"{clips} clip{'s' * (clips > 1)}, {len(mine)} caption{'s' * (len(mine) > 1)}"
        )
    tab.choose("of-origin", "asr")
    tab.choose("in-language", "zh")
    assert "No caption" in tab.ask(TALLY)


def test_the_keyboard_reaches_and_plays_clips(tab: Tab) -> None:
    assert tab.ask("document.querySelectorAll('.pick[tabindex=\"0\"]').length") == 1
    tab.ask("(document.querySelector('.pick[tabindex=\"0\"]').focus(), 1)")
    tab.press("ArrowDown")
    tab.press("ArrowDown")
    assert tab.ask("[...document.querySelectorAll('.pick')].indexOf(document.activeElement)") == 2
    tab.press("Enter")
    tab.wait("!document.getElementById('video').paused")
    assert tab.ask(CURRENT) == tab.ask("document.activeElement.dataset.clip")
    tab.press("Home")
    assert tab.ask("[...document.querySelectorAll('.pick')].indexOf(document.activeElement)") == 0


def test_the_skip_link_is_the_first_stop(tab: Tab) -> None:
    tab.press("Tab")
    assert tab.ask("document.activeElement.className") == "skip"
    assert tab.ask("document.activeElement.getBoundingClientRect().left") >= 0
    assert tab.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_structure_for_screen_readers(tab: Tab) -> None:
    for selector in ("header", "nav[aria-label]", "main", "footer", "[role=search]", "[aria-live=polite]"):
        assert tab.ask(f"document.querySelectorAll({selector!r}).length") == 1, selector
    levels = tab.ask("[...document.querySelectorAll('h1,h2,h3,h4')].map(e => +e.tagName[1])")
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    for what, expression in MISTAKES.items():
        assert tab.ask(f"{expression}.length") == 0, what


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
def test_the_page_never_scrolls_sideways(browser: Tab, path: Path, width: int) -> None:
    browser.look(width)
    browser.open(path)
    browser.ask("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    choose(browser, 0)
    assert browser.ask("document.documentElement.scrollWidth") <= width
    browser.type("words", "xxxxxxxx")
    assert browser.ask(TALLY) == "1 clip, 1 caption"
    assert browser.ask("document.documentElement.scrollWidth") <= width


def test_hostile_texts_did_not_run(tab: Tab) -> None:
    # any dialog or console line would be among the tab's complaints
    titles = tab.ask("[...document.querySelectorAll('.video')].map(e => e.textContent)")
    [title] = [one for one in titles if "window.alert" in one]
    assert title.startswith("</script><script>window.alert('title')</script>")
    assert tab.ask("document.querySelectorAll('main img, main script, main b').length") == 0
    tab.ask(
        "(window.ran = 0, document.body.append("
        "Object.assign(document.createElement('script'), {textContent: 'window.ran = 99'})), 1)"
    )
    assert tab.ask("window.ran") == 0
    # that the policy refused the script is said in the log, and this once it should be
    assert any("Content Security Policy" in one for one in tab.complaints())
    tab.events[:] = [event for event in tab.events if event.get("method") != "Log.entryAdded"]


def luminance(tab: Tab, what: str) -> float:
    """Brightness, 0 to 255, of a colour of the page's body."""
    colour = f"getComputedStyle(document.body).{what}"
    numbers: list[float] = tab.ask(f"{colour}.match(/[0-9.]+/g).slice(0, 3).map(Number)")
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), numbers, strict=True))


def test_dark_and_light_by_preference_and_by_button(tab: Tab) -> None:
    assert luminance(tab, "backgroundColor") > 200 > 80 > luminance(tab, "color")
    tab.look(1280, dark=True)
    assert luminance(tab, "backgroundColor") < 60 < 180 < luminance(tab, "color")
    tab.ask("document.getElementById('theme').click()")
    assert luminance(tab, "backgroundColor") > 200
    tab.look(1280)
    tab.ask("document.getElementById('theme').click()")
    assert luminance(tab, "backgroundColor") < 60


def test_reduced_motion_is_honoured(tab: Tab) -> None:
    assert tab.ask("getComputedStyle(document.documentElement).scrollBehavior") == "smooth"
    tab.look(1280, reduced=True)
    assert tab.ask("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_repeating_a_clip(tab: Tab) -> None:
    tab.ask("document.getElementById('again').click()")
    clip = choose(tab, 1)
    tab.wait("!document.getElementById('video').seeking && !document.getElementById('video').paused")
    tab.ask(f"(document.getElementById('video').currentTime = {clip['end'] / 1000 - 0.4}, 1)")
    time.sleep(1.5)
    assert tab.ask(CURRENT) == clip["id"]
    assert (
        clip["start"] / 1000
        <= tab.ask("document.getElementById('video').currentTime")
        < clip["end"] / 1000 + 0.1
    )


def test_retrieval_and_curves_are_drawn(tab: Tab) -> None:
    drawn = tab.ask(
        "[...document.querySelectorAll('[data-chart=retrieval-r1]')].map(e =>"
        " [e.dataset.row, e.dataset.part, +e.dataset.value, e.getBBox().x + e.getBBox().width / 2])"
    )
    assert len(drawn) == 8
    width = tab.ask("document.querySelector('svg.retrieval').getBoundingClientRect().width")
    for _, _, value, centre in drawn:
        # the scale ends at 40 %
        assert centre == pytest.approx(width * value / 0.4, abs=1)
    assert [value for row, _, value, _ in drawn if row == "en"] == [0.2, 0.3]
    lines = "[...document.querySelectorAll('path.curve')].filter(e => e.getTotalLength() > 0 && {}).length"
    assert tab.ask(lines.format("!e.closest('details')")) == 6 + 4 + 4
    # what else was measured is folded: parts of the loss, and the gradient
    assert tab.ask(lines.format("e.closest('details')")) == 3 * 2

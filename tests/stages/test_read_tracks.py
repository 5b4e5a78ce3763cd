"""Tracks become cues: clean, timed, in the language that they are in, and what went wrong is said."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from multihowto import tables
from multihowto.adapters import fasttext, language_id, models
from multihowto.stage import Output
from multihowto.stages.identify_language import IdentifyLanguage
from multihowto.stages.read_tracks import ReadTracks

NINE = ("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi")
GERMAN = "Rühren Sie jetzt die Suppe langsam um und geben Sie etwas Salz dazu."
FRENCH = "Maintenant, remuez doucement la soupe et ajoutez un peu de sel."


def vtt(*lines: str) -> str:
    """A WebVTT file with a cue of two seconds a line."""
    cues = (f"00:{2 * n:02d}.000 --> 00:{2 * n + 2:02d}.000\n{line}\n" for n, line in enumerate(lines))
    return "\n".join(["WEBVTT\n", *cues])


def track(language: str, body: str, format: str = "vtt") -> dict[str, str]:
    return {"language": language, "tag": f"{language}-x", "kind": "manual", "format": format, "body": body}


@pytest.fixture(scope="module")
def detector() -> language_id.Detector:
    return fasttext.load(models.fetch("lid.176.ftz"), "lid.176.ftz", NINE)


def run(
    detector: language_id.Detector,
    tracks: Sequence[dict[str, str]],
    missing: Sequence[dict[str, str]] = (),
    **settings: Any,
) -> Output:
    video = {"video_id": "v", "tracks": list(tracks), "missing": list(missing)}
    videos = pa.Table.from_pylist([video], schema=ReadTracks.reads[0].schema)
    made = ReadTracks(**settings).run({"videos": videos}, detector)
    assert made.rows.schema.equals(tables.TRACKS.schema)
    return made


def test_a_track_becomes_clean_cues_and_says_what_was_removed(detector: language_id.Detector) -> None:
    body = vtt("[Music]", f"<i>{GERMAN}</i>", "Danke fürs Zuschauen!")
    [row] = run(detector, [track("de", body)]).rows.to_pylist()
    assert (row["track_id"], row["language"], row["labelled"], row["tag"]) == ("v/de", "de", "de", "de-x")
    assert [cue["text"] for cue in row["cues"]] == [GERMAN]
    assert (row["cues"][0]["start_ms"], row["cues"][0]["end_ms"]) == (2000, 4000)
    assert row["removed"] == [
        {"kind": "boilerplate", "count": 1},
        {"kind": "notes", "count": 1},
        {"kind": "tags", "count": 1},
    ]
    assert (row["verdict"], row["script"]) == ("keep", None)


def test_what_is_left_is_a_setting(detector: language_id.Detector) -> None:
    body = vtt("[Music]", GERMAN)
    [row] = run(detector, [track("de", body)], leave=("notes",)).rows.to_pylist()
    assert [cue["text"] for cue in row["cues"]] == ["[Music]", GERMAN]


def test_words_have_their_times(detector: language_id.Detector) -> None:
    words = [{"utf8": "stir", "tOffsetMs": 0}, {"utf8": " slowly", "tOffsetMs": 400}]
    body = json.dumps({"events": [{"tStartMs": 1000, "dDurationMs": 900, "segs": words}]})
    [row] = run(detector, [track("en", body, "json3")]).rows.to_pylist()
    [cue] = row["cues"]
    assert cue["words"] == [{"start_ms": 1000, "text": "stir"}, {"start_ms": 1400, "text": "slowly"}]


def test_a_broken_track_costs_only_itself_and_broken_lines_are_said(detector: language_id.Detector) -> None:
    half = vtt(GERMAN) + "\n00:09.000 -> 00:10.000\nno arrow\n"
    made = run(detector, [track("de", half), track("fr", "<html>sign in</html>")])
    [row] = made.rows.to_pylist()
    assert row["problems"]
    assert all(problem["line"] > 0 for problem in row["problems"])
    [flaw] = made.flaws
    assert (flaw.key, flaw.code) == ("v", "bad_captions")
    assert "caption track fr-x" in flaw.detail and "HTML" in flaw.detail


@pytest.mark.parametrize(
    ("mislabelled", "languages", "codes"),
    [("relabel", ["de"], []), ("keep", ["fr"], []), ("reject", [], ["wrong_language"])],
)
def test_german_under_french(
    detector: language_id.Detector, mislabelled: str, languages: list[str], codes: list[str]
) -> None:
    made = run(detector, [track("fr", vtt(*[GERMAN] * 5))], mislabelled=mislabelled)
    rows = made.rows.to_pylist()
    assert [row["language"] for row in rows] == languages
    assert [reject.code for reject in made.rejects] == codes
    assert all((row["labelled"], row["verdict"]) == ("fr", "relabel") for row in rows)


def test_a_relabelled_track_never_takes_the_place_of_one_that_is_there(
    detector: language_id.Detector,
) -> None:
    tracks = [
        track("de", vtt(*[GERMAN] * 5)),
        track("es", vtt(*[GERMAN] * 5)),
        track("fr", vtt(*[FRENCH] * 5)),
    ]
    made = run(detector, tracks)
    assert [(row["language"], row["tag"]) for row in made.rows.to_pylist()] == [
        ("de", "de-x"),
        ("fr", "fr-x"),
    ]
    assert [(flaw.code, flaw.detail) for flaw in made.flaws] == [
        ("wrong_language", "caption track es-x is in de")
    ]


def test_the_order_of_tracks_decides_nothing(detector: language_id.Detector) -> None:
    tracks = [track("cs", vtt(*[GERMAN] * 5)), track("fr", vtt(*[GERMAN] * 6)), track("sw", vtt("[Music]"))]
    made, turned = run(detector, tracks), run(detector, tracks[::-1])
    assert made.rows.equals(turned.rows)
    assert made.flaws == turned.flaws
    assert made.rows["tag"].to_pylist() == ["cs-x"]


UKRAINIAN = "Тепер повільно помішайте суп і додайте трохи солі, а потім поріжте цибулю кубиками."
MUSIC = vtt("[Музика]", "♪♪♪", "[Music]")


@pytest.mark.parametrize("mislabelled", ["relabel", "reject"])
def test_a_track_in_a_language_that_is_not_asked_for_is_left_out(
    detector: language_id.Detector, mislabelled: str
) -> None:
    tracks = [track("en", vtt(UKRAINIAN)), track("ru", vtt(UKRAINIAN)), track("de", vtt(*[GERMAN] * 5))]
    made = run(detector, tracks, mislabelled=mislabelled)
    assert [row["language"] for row in made.rows.to_pylist()] == ["de"]
    assert [(flaw.code, flaw.detail) for flaw in made.flaws] == [
        ("wrong_language", "caption track en-x is in uk, which languages.csv does not list"),
        ("wrong_language", "caption track ru-x is in uk, which languages.csv does not list"),
    ]


def test_a_track_in_a_language_that_is_not_asked_for_may_be_kept(detector: language_id.Detector) -> None:
    [row] = run(detector, [track("en", vtt(UKRAINIAN))], mislabelled="keep").rows.to_pylist()
    assert (row["language"], row["verdict"]) == ("en", "relabel")


def test_a_track_of_music_notes_takes_no_language(detector: language_id.Detector) -> None:
    made = run(detector, [track("de", MUSIC), track("fr", vtt(*[GERMAN] * 5))])
    assert [(row["language"], row["tag"]) for row in made.rows.to_pylist()] == [("de", "fr-x")]
    [flaw] = made.flaws
    assert (flaw.key, flaw.code) == ("v", "bad_captions")
    assert flaw.detail.startswith("caption track de-x: no word is left of it; removed: notes ")


def test_a_video_of_which_every_track_is_music_is_rejected(detector: language_id.Detector) -> None:
    made = run(detector, [track("de", MUSIC)])
    assert made.rows.num_rows == 0
    assert [(reject.key, reject.code) for reject in made.rejects] == [("v", "bad_captions")]


def test_the_second_opinion_needs_its_extra() -> None:
    for stage in (ReadTracks, IdentifyLanguage):
        assert stage().needs() == ("language",)
        assert stage(second_opinion="lingua").needs() == ("language", "lingua")


def test_a_short_track_is_not_judged(detector: language_id.Detector) -> None:
    [row] = run(detector, [track("fr", vtt("Ja.", "Nun."))]).rows.to_pylist()
    assert row["language"] == "fr"


def test_chinese_is_marked_by_its_characters(detector: language_id.Detector) -> None:
    simplified, traditional = "现在把面粉倒进碗里，然后慢慢搅拌。", "現在把麵粉倒進碗裡，然後慢慢攪拌。"
    for text, script in ((simplified, "Hans"), (traditional, "Hant")):
        [row] = run(detector, [track("zh", vtt(text))]).rows.to_pylist()
        assert row["script"] == script


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ([], "no_captions"),
        ([{"language": "en", "tag": "en", "code": "captions_withheld"}], "captions_withheld"),
    ],
)
def test_a_video_without_tracks(detector: language_id.Detector, missing: Any, code: str) -> None:
    made = run(detector, [], missing)
    assert [(reject.key, reject.code) for reject in made.rejects] == [("v", code)]


def test_the_second_opinion_is_asked(detector: language_id.Detector) -> None:
    pytest.importorskip("lingua")
    from multihowto.stages.identify_language import open_detector

    both = open_detector(models.fetch("lid.176.ftz"), "lid.176.ftz", NINE, "lingua")
    assert isinstance(both, language_id.Together)
    assert [found.language for found in both.detect([GERMAN, FRENCH])] == ["de", "fr"]


@pytest.mark.parametrize(
    ("body", "format"),
    [
        ("WEBVTT\n\n00:01.000 --> 00:05.000\nstir<999999:00:02.000> slowly\n", "vtt"),
        (
            json.dumps(
                {
                    "events": [
                        {
                            "tStartMs": 1000,
                            "dDurationMs": 9,
                            "segs": [{"utf8": "stir"}, {"utf8": " slowly", "tOffsetMs": 99999999999}],
                        },
                        {"tStartMs": True, "dDurationMs": 5, "segs": [{"utf8": "x"}]},
                    ]
                }
            ),
            "json3",
        ),
    ],
)
def test_times_that_no_table_holds_are_no_times(
    detector: language_id.Detector, body: str, format: str
) -> None:
    [row] = run(detector, [track("en", body, format)]).rows.to_pylist()
    assert all(0 <= word["start_ms"] < 2**31 for cue in row["cues"] for word in cue["words"])

"""Worlds of subtitles: their sentences, their faults, their files."""

import ast
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

import subtitles
from multihowto.captions.formats import read
from subtitle_toys import PAGES, SEEDS, by_hand, small
from subtitles import bodies, faults, speech, texts, tracks, worlds
from subtitles.faults import Faults
from subtitles.scoring import Listing, units
from subtitles.speech import Speech, Word
from subtitles.tracks import Cue

ALIGN = {"simple", "told", "ours", "fit"}
"""What reads caption files, and so may use the package that is judged."""


def test_only_what_aligns_imports_the_package_that_is_judged() -> None:
    for path in Path(subtitles.__file__).parent.glob("*.py"):
        found = {
            name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert path.stem in ALIGN or not any(name.startswith("multihowto") for name in found), path


def test_every_file_of_a_page_in_mallard_is_read_paragraph_by_paragraph(tmp_path: Path) -> None:
    page = (
        '<page xmlns="http://projectmallard.org/1.0/"><info><p>head</p></info><p>Save the <gui>file</gui>. '
    )
    for code, body in (("C", "Then close it.</p></page>"), ("de", "Dann schließen Sie.</p></page>")):
        (tmp_path / code / "book").mkdir(parents=True)
        text = page if code == "C" else page.replace("Save the <gui>file</gui>", "Speichern Sie die Datei")
        (tmp_path / code / "book" / "one.page").write_text(text + body, encoding="utf-8")
    assert list(texts.docs(tmp_path)) == [
        [
            {"en": "Save the file.", "de": "Speichern Sie die Datei."},
            {"en": "Then close it.", "de": "Dann schließen Sie."},
        ]
    ]


def test_a_language_with_other_paragraphs_or_sentences_has_none_there() -> None:
    page = texts.parallel(
        {
            "en": ["Open the window. Close the door.", "Turn off the light."],
            "de": ["Öffnen Sie das Fenster und schließen Sie die Tür.", "Schalten Sie das Licht aus."],
            "fr": ["Ouvrez la fenêtre. Fermez la porte."],
            "ru": ["Open the window. Close the door.", "Выключите свет в доме."],
        }
    )
    assert [sorted(sentence) for sentence in page] == [["en"], ["en"], ["de", "en", "ru"]]


def test_sentences_with_marks_that_readers_remove_are_left_out() -> None:
    for text in (
        "Press the key [Esc] now.",
        "Write to www.example.org now.",
        "Note: save it first.",
        "Two - one too.",
    ):
        assert texts.parallel({"en": [text]}) == []


def test_another_package_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gnome-user-docs_43.0-2_all.deb").write_bytes(b"something else")
    with pytest.raises(ValueError, match="has SHA-256"):
        texts.unpack(tmp_path)


def test_the_sample_is_small_and_has_all_nine_languages() -> None:
    assert texts.SAMPLE.stat().st_size <= 60_000
    assert set(texts.LANGUAGES) <= {language for page in PAGES for sentence in page for language in sentence}


def test_a_seed_is_a_world() -> None:
    assert [worlds.world(seed, PAGES) for seed in (1, 2, 1000)] == [small(seed) for seed in (1, 2, 1000)]
    assert small(1).bodies != small(2).bodies


def test_held_out_worlds_have_sentences_of_their_own() -> None:
    tuned, held = (
        {word.text for seed in seeds for word in small(seed).truth.speech.words if len(word.text) > 9}
        for seeds in (SEEDS, range(1000, 1012))
    )
    said = {text for number, page in enumerate(PAGES) if number % 2 for one in page for text in one.values()}
    assert held and tuned
    assert all(any(word.strip() in text for text in said) for word in held)


def test_words_have_the_places_of_their_sentence_in_proportion() -> None:
    found = speech.words("de", [{"en": "aaaa bbb", "de": "ab abcdef"}], [0.0, 9.0])
    assert [word.text for word in found] == ["ab ", "abcdef "]
    assert [found[0].begin, found[0].end, found[1].end] == pytest.approx([0.0, 2.7, 9.0])
    assert found[0].end == found[1].begin


def test_chinese_words_are_characters_and_foreign_ones_stay_whole() -> None:
    assert speech.tokens("zh", "打开 Wi-Fi 吧。好") == ["打", "开 ", "Wi-Fi ", "吧。", "好"]


def test_places_have_the_times_of_the_words_that_are_spoken() -> None:
    said = Speech([Word("aa ", 0, 0, 3, False, 100, 400), Word("bb ", 0, 3, 6, True, 600, 900)])
    assert [said.at(0), said.at(1.5), said.at(3), said.at(3, ending=True), said.at(6, ending=True)] == [
        100,
        250,
        600,
        400,
        900,
    ]
    assert said.held(200, 800) == (0, 6)
    assert said.held(300, 700) == (0, 0)


def test_clocks_have_offset_speed_and_jump() -> None:
    added = Faults(offset_ms=500, speed=2.0, jump_at_ms=1000, jump_ms=100)
    assert [added.moved(ms) for ms in (0, 999, 1000)] == [500, 2498, 2700]
    missing = Faults(jump_at_ms=1000, jump_ms=-300)
    assert [missing.moved(ms) for ms in (999, 1000, 1299, 1300)] == [999, None, None, 1000]


def test_faults_are_drawn_over_their_whole_range_and_make_the_difficulty() -> None:
    drawn = [faults.draw_faults(random.Random(seed), 600_000, "own") for seed in range(400)]
    for name, most in (("missing", 0.1), ("added", 0.05), ("jitter_ms", 200)):
        values = [getattr(one, name) for one in drawn]
        assert min(values) < 0.05 * most and 0.95 * most < max(values) <= most
    assert min(one.offset_ms for one in drawn) < -4500 and max(one.offset_ms for one in drawn) > 4500
    assert min(one.speed for one in drawn) < 0.991 and max(one.speed for one in drawn) > 1.009
    jumps = [abs(one.jump_ms) for one in drawn if one.jump_ms]
    assert 0.4 < len(jumps) / len(drawn) < 0.6 and min(jumps) >= 3000 and max(jumps) <= 60_000
    assert Faults().difficulty == 0
    assert Faults(5000, 0.99, 9, -60_000, 0.1, 0.05, 200, reading=True, breaks=0).difficulty == 1
    assert pytest.approx(25 / 23.976) == faults.RATIO
    assert {faults.draw_faults(random.Random(seed), 1, "ratio").speed for seed in range(9)} == {
        faults.RATIO,
        1 / faults.RATIO,
    }


def test_an_intro_that_a_track_lacks_is_not_in_it() -> None:
    world = by_hand()
    words = world.truth.tracks["de"].words
    cut = Faults(jump_at_ms=0, jump_ms=-2000)
    [cue] = tracks.render(random.Random(0), "de", words, cut)
    assert cue.texts == ("drei ", "vier ")
    assert (cue.start_ms, cue.end_ms) == (round(words[2].start_ms) - 2000, 2000)


def test_shares_of_cues_are_missing_and_added() -> None:
    words = [word for seed in SEEDS for word in small(seed).truth.speech.words]
    whole = tracks.render(random.Random(0), "en", words, Faults(longest=15))
    thin = tracks.render(random.Random(0), "en", words, Faults(longest=15, missing=0.1))
    assert 0.85 < len(thin) / len(whole) < 0.95
    noted = tracks.render(random.Random(0), "en", words, Faults(longest=15, added=0.05))
    notes = [cue for cue in noted if not cue.words]
    assert len(notes) == round(0.05 * len(whole)) == len(noted) - len(whole)
    assert {cue.texts[0] for cue in notes} == set(tracks.NOTES["en"])


def test_reading_stays_until_the_next_cue_and_jitter_keeps_the_order() -> None:
    for seed in SEEDS:
        draw = random.Random(seed)
        words = small(seed).truth.speech.words
        read = tracks.render(draw, "en", words, Faults(reading=True))
        assert all(b.start_ms - a.end_ms >= 80 for a, b in pairwise(read) if a.end_ms - a.start_ms > 200)
        shaken = tracks.render(draw, "en", words, Faults(jitter_ms=200, longest=15))
        starts = [cue.start_ms for cue in shaken]
        assert starts == sorted(starts) and all(cue.end_ms > cue.start_ms for cue in shaken)


@pytest.mark.parametrize("name", list(bodies.WRITERS))
def test_files_say_what_the_tracks_say(name: str) -> None:
    """The package's reader, on files it did not write: no word is lost, and none is there but those of added cues."""
    for seed in SEEDS:
        world = small(seed)
        for language, track in world.truth.tracks.items():
            rolls = (False, True) if track.is_timed and name in ("vtt", "json3") else (False,)
            for rolling in rolls:
                got = Counter(
                    unit
                    for cue in read(bodies.WRITERS[name](track.cues, rolling), name)
                    for unit in units(cue.text)
                )
                want = Counter(Listing(language, track).names)
                notes = Counter(unit for cue in track.cues if not cue.words for unit in units(cue.texts[0]))
                assert not want - got and not got - want - notes


@pytest.mark.parametrize("name", bodies.TIMED)
def test_files_of_timed_tracks_have_the_times_of_words(name: str) -> None:
    cue = Cue(1000, 3000, ("one ", "two "), (1000, 2000))
    [found] = read(bodies.WRITERS[name]([cue], False), name)
    assert [(word.start_ms, word.text.strip()) for word in found.words] == [(1000, "one"), (2000, "two")]


def test_a_translation_made_of_the_pivot_has_its_times_exactly() -> None:
    shared = [
        (world.truth.pivot, track)
        for world in map(small, SEEDS)
        for track in world.truth.tracks.values()
        if track.kind == "shared"
    ]
    assert shared
    for pivot, track in shared:
        times = {(cue.start_ms, cue.end_ms) for cue in pivot.cues if cue.words}
        assert {(cue.start_ms, cue.end_ms) for cue in track.cues} <= times
        assert [w for cue in track.cues for w in cue.words] == track.words


def test_clips_of_each_kind_hold_all_that_is_said() -> None:
    for seed in SEEDS:
        world = small(seed)
        for kind in worlds.KINDS:
            holds = world.with_clips(kind).truth.holds
            assert holds[0][0] == 0
            assert holds[-1][1] == pytest.approx(world.truth.speech.words[-1].end)
            assert all(a[1] == pytest.approx(b[0]) for a, b in pairwise(holds))
        grown = world.with_clips("grown").clips
        assert all(end - start >= worlds.GROWN_MS for start, end in grown[:-1])

"""The judge of alignment: its verdicts on pairs worked out by hand, and on answers that are known."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from multihowto.captions.formats import read
from subtitle_toys import PAGES, SEEDS, by_hand, cue_of, small, true_pairs
from subtitles import adverse, judge, simple, tables, texts, worlds
from subtitles.faults import Faults
from subtitles.scoring import Listing, Verdict
from subtitles.simple import Pair
from subtitles.told import told
from subtitles.worlds import Track

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eins zwei", (0, 0, 0, True)),
        ("Eins, ZWEI!", (0, 0, 0, True)),
        ("eins", (0, 1, 0, True)),
        ("eins zwei drei", (0, 1, 0, True)),
        ("eins zwei drei vier", (1, 2, 0, False)),
        ("drei vier", (1, 4, 0, False)),
        ("vier", (1, 3, 0, False)),
        ("eins zwei [x]", (1, 1, 1, False)),
        ("", (0, 2, 0, False)),
    ],
)
def test_verdicts_worked_out_by_hand(text: str, expected: tuple[int, int, int, bool]) -> None:
    world = by_hand()
    verdict = Listing("de", world.truth.tracks["de"]).verdict((0, 8), text)
    assert (verdict.misplaced, verdict.misplaced_all, verdict.strange, verdict.is_right) == expected
    assert (verdict.exists, verdict.true) == (True, 2)


def test_a_pair_exists_if_half_of_the_clip_is_covered() -> None:
    world = by_hand()
    words = world.truth.tracks["de"].words
    listing = Listing("de", Track("own", Faults(), words, [cue_of(words[:1]), cue_of(words[3:])]))
    assert listing.covered(0, 16) == pytest.approx(0.5)
    assert listing.covered(4, 12) == 0
    assert listing.covered(0, 2) == 1
    assert listing.verdict((0, 16), "eins vier").exists
    short = listing.verdict((0, 14), "eins vier")
    assert (short.exists, short.is_right, short.is_strictly_right) == (False, True, False)


def test_the_nearest_of_equal_texts_is_the_one_that_was_meant() -> None:
    world = by_hand("so so so so")
    listing = Listing("de", world.truth.tracks["de"])
    assert listing.found(["so", "so"], range(2, 4)) == ({2, 3}, 0)
    assert listing.verdict((8, 16), "so so").misplaced_all == 0


def test_the_truth_is_right_and_nothing_is_missing() -> None:
    for seed in SEEDS:
        for kind in worlds.KINDS:
            world = small(seed).with_clips(kind)
            judged = judge.judge(lambda world: list(true_pairs(world)), [world])
            found = tables.numbers(judged)
            assert (found.precision, found.recall, found.strict_f1, found.misplaced_all) == (1, 1, 1, 0)


def test_what_is_not_given_is_missed_and_what_is_foreign_is_wrong() -> None:
    world = by_hand()
    judged = judge.judge(lambda _: [(0, "de", "eins zwei", 0.9)], [world])
    assert (tables.numbers(judged).precision, tables.numbers(judged).recall) == (1, 0.5)
    judged = judge.judge(lambda _: [(0, "de", "drei vier", 0.9), (1, "de", "drei vier", 0.5)], [world])
    found = tables.numbers(judged)
    assert (found.precision, found.recall, found.sure_right, found.right_sure) == (0.5, 0.5, 0, 0)


def test_right_words_of_less_than_half_a_clip_count_neither_way_but_strictly() -> None:
    world = by_hand()
    short = adverse.with_track(world, "de", [cue_of(world.truth.tracks["de"].words[:1])])
    short = replace(short, truth=replace(short.truth, holds=((0, 12), (12, 16))))
    found = tables.numbers(judge.judge(lambda _: [(0, "de", "eins", 1.0)], [short]))
    assert (found.pairs, found.given) == (0, 0)
    found = tables.numbers(judge.judge(lambda _: [(0, "de", "zwei", 1.0)], [short]))
    assert (found.pairs, found.given, found.precision) == (0, 1, 0)
    both = [*judge.judge(lambda _: [(0, "de", "eins", 1.0)], [short])]
    both += judge.judge(lambda _: [(0, "de", "eins zwei", 1.0)], [world])
    assert (tables.numbers(both).f1, tables.numbers(both).strict_f1) == (2 / 3, 0.5)


def test_pairs_twice_or_of_nothing_are_refused() -> None:
    for pairs in (
        [(0, "de", "eins", 1.0), (0, "de", "zwei", 1.0)],
        [(2, "de", "eins", 1.0)],
        [(0, "fr", "un", 1.0)],
    ):
        with pytest.raises(ValueError, match="world 0"):
            judge.judge(lambda _, pairs=pairs: pairs, [by_hand()])  # type: ignore[misc]


def test_clips_of_the_aligner_hold_what_their_text_says_or_else_what_is_spoken_then() -> None:
    world = by_hand().with_clips("own")
    assert world.clips == ()
    late = (1400, 3400)
    pairs: list[Pair] = [(late, "en", "aaa bbb", 1.0), (late, "de", "eins zwei", 1.0)]
    [judged] = judge.judge(lambda _: pairs, [world])
    assert judged.verdict == Verdict(1.0, 2, 0, 0, 2, 0)
    pairs[0] = (late, "en", "something else", 1.0)
    assert judge.places(world, {("en", late): ("something else", 1.0)}) == {late: (4, 12)}
    assert judge.places(world, {("en", (1400, 2400)): ("", 1.0)}) == {(1400, 2400): (4, 8)}


def test_the_simple_ways_are_right_where_they_must_be() -> None:
    for seed in SEEDS:
        world = small(seed).with_clips("cues")
        judged = [one for one in judge.judge(simple.by_overlap, [world]) if one.group == "shared"]
        assert not judged or tables.numbers(judged).f1 > 0.9
    even = by_hand()
    cues = [cue_of(even.truth.tracks["de"].words[:2]), cue_of(even.truth.tracks["de"].words[2:])]
    even = adverse.with_track(even, "de", cues)
    for way in simple.WAYS.values():
        assert way(even) == [(0, "de", "eins zwei", 1.0), (1, "de", "drei vier", 1.0)]


def test_a_known_clock_is_worth_much() -> None:
    found = {
        name: tables.numbers(
            [
                one
                for seed in SEEDS
                for one in judge.judge(way, [small(seed).with_clips("grown")])
                if one.group == "own"
            ]
        )
        for name, way in (("told", told), ("overlap", simple.by_overlap))
    }
    assert found["told"].f1 > 0.9 > 0.5 > found["overlap"].f1


def test_the_report_has_a_row_for_each_group_and_names_the_worst() -> None:
    judged = judge.judge(simple.by_overlap, [small(seed).with_clips("cues") for seed in SEEDS])
    text = tables.report(judged)
    for title in (
        "class",
        "own: clips",
        "own: language",
        "own: tenth by difficulty",
        "worst tracks",
        "scores",
    ):
        assert f"| {title} |" in text
    rows = [line for line in text.splitlines() if line.startswith(("| 0 |", "| 9 |"))]
    assert len(rows) == 2


def test_the_command_prints_the_tables(tmp_path: Path) -> None:
    shutil.copy(texts.SAMPLE, tmp_path / "sentences-1.json")
    command = "-m bench.subtitles.judge --seeds 1-2 --aligners overlap --clips grown --sentences"
    done = subprocess.run(
        [sys.executable, *command.split(), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("worlds 1-2, clips: grown\n\n# overlap: ")
    assert "| own: language |" in done.stdout


@pytest.mark.parametrize("name", list(adverse.WAYS))
def test_adverse_worlds_are_judged(name: str) -> None:
    world = small(1)
    for language in (world.pivot_language, next(iter(world.truth.tracks))):
        for kind in worlds.KINDS:
            bad = adverse.WAYS[name](world, language).with_clips(kind)
            judged = judge.judge(lambda world: list(true_pairs(world)), [bad])
            assert all(one.verdict.is_strictly_right for one in judged)
            others = [one for one in judged if one.language != language]
            assert others or (name in ("empty", "backwards") and kind != "sentences")


def test_strangers_and_tracks_that_run_backwards_belong_nowhere() -> None:
    world, other = small(1), small(2)
    language = next(iter(world.truth.tracks.keys() & other.truth.tracks.keys()))
    for bad in (adverse.stranger(world, language, other), adverse.backwards(world, language)):
        judged = judge.judge(simple.by_overlap, [bad.with_clips("grown")])
        given = [one.verdict for one in judged if one.language == language]
        assert given and not any(one.exists or one.is_right for one in given)


def test_the_order_of_tracks_is_another_and_nothing_else() -> None:
    world = small(1).with_clips("cues")
    turned = adverse.permuted(world)
    assert turned == world and list(turned.bodies) == list(world.bodies)[::-1]


def test_fifty_thousand_cues_are_a_world() -> None:
    world = adverse.of_many_cues(PAGES, cues=2000)
    assert [len(read(text, format)) for format, text in world.bodies.values()] == [2000, 2000]
    judged = judge.judge(lambda world: list(true_pairs(world)), [world.with_clips("grown")])
    assert tables.numbers(judged).f1 == 1

"""The experiment's pure parts: which concepts, which splits, what is said, and how it is told. No network."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiment import answers, fetch, recipes, tables, videos, why
from experiment import run as run_module
from experiment.concepts import LANGUAGES, Concept, choose, id_of, keywords_of, split
from multihowto.evaluation.runs import RunFile, make_answers
from multihowto.manifests.folders import read_folder
from multihowto.pipeline import load as load_pipeline
from multihowto.selecting.splits import by_hash
from multihowto.training.ranks import Ranks
from multihowto.training.recipe import load

EXPERIMENT = Path(__file__).parents[2] / "bench" / "experiment"
ONION, LEEK, WAVE, FLAG, CLOCK = "🧅", "🥬", "👋🏽", "🇩🇪", "🕐"


def annotations(**changes: Any) -> dict[str, dict[str, dict[str, list[str]]]]:
    """The same words in every language, but for what is changed: `de={...}`."""
    plain = {
        character: {"tts": [name], "default": [f"{name} word", name]}
        for character, name in {
            ONION: "onion",
            LEEK: "leek",
            WAVE: "wave",
            FLAG: "flag",
            CLOCK: "one",
        }.items()
    }
    return {language: plain | changes.get(language, {}) for language in LANGUAGES}


def chosen(words: dict[str, Any], group: str = "food-drink", drawn: str = ONION + LEEK + CLOCK) -> set[str]:
    candidates = [(character, group) for character in (ONION, LEEK, WAVE, FLAG, CLOCK)]
    found = choose(candidates, words, {*map(id_of, drawn), id_of(WAVE), id_of(FLAG)})
    return {concept.character for concept in found}


def test_a_concept_is_one_code_point_that_is_no_clock() -> None:
    assert chosen(annotations()) == {ONION, LEEK}


def test_a_concept_is_of_a_group_of_things_and_drawn_by_every_set() -> None:
    assert chosen(annotations(), group="flags") == set()
    assert chosen(annotations(), drawn=LEEK) == {LEEK}


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"tts": ["onion"], "default": ["Onion"]},  # no keyword but the name
        {"default": ["vegetable"]},
    ],
)
def test_a_concept_has_name_and_keyword_in_all_nine(entry: dict[str, list[str]]) -> None:
    assert chosen(annotations(sw={ONION: entry})) == {LEEK}


def test_two_that_share_a_name_in_one_language_are_both_left_out() -> None:
    same = {ONION: {"tts": ["Lauch"], "default": ["x"]}, LEEK: {"tts": ["lauch"], "default": ["y"]}}
    assert chosen(annotations(de=same)) == set()


def test_keywords_that_the_name_does_not_hold_come_first() -> None:
    assert keywords_of("red onion", ["onion", "Red  onion", "a", "b", "c"]) == ("a", "b", "c")
    assert keywords_of("red onion", ["onion", "a"]) == ("a", "onion")


def test_splits_are_disjoint_exact_and_do_not_depend_on_the_order() -> None:
    names = [f"{number:x}" for number in range(500)]
    found = split(names)
    assert Counter(found.values()) == {"pretrain": 260, "fine_tune": 80, "validation": 50, "test": 110}
    assert split(names[::-1]) == found


def concept(number: int, split: str) -> Concept:
    words = dict.fromkeys(LANGUAGES, f"thing <{number}>")
    return Concept(f"{number:x}", split, words, dict.fromkeys(LANGUAGES, ("a", "b")))


def test_captions_of_both_kinds_say_the_same_in_another_form() -> None:
    one = concept(7, "test")
    assert one.narrated("de") == "thing <7>: a, b"
    assert one.described("de") == "thing <7> (a, b)"


def test_no_store_shows_a_concept_of_another_split_and_test_shows_each_once() -> None:
    concepts = [
        concept(number, name)
        for number, name in enumerate(("pretrain", "fine_tune", "validation", "test") * 5)
    ]
    planned = Counter((video.store, video.concept.split, video.split) for video in videos.plan(concepts))
    assert planned == {
        ("pretrain", "pretrain", "train"): 15,
        ("pretrain", "validation", "validation"): 5,
        ("target", "fine_tune", "train"): 15,
        ("target", "validation", "validation"): 5,
        ("target", "test", "test"): 5,
    }


@pytest.mark.parametrize("store", list(videos.STORE_SPLITS))
def test_a_files_name_puts_it_into_its_split(tmp_path: Path, store: str) -> None:
    stage = load_pipeline_stage(store, tmp_path)
    assert (stage.validation, stage.test) == videos.OPEN_SHARES[store]
    for wanted in videos.STORE_SPLITS[store].values():
        folder = tmp_path / wanted
        folder.mkdir()
        (folder / f"{videos.name_in_split('1f9c5-noto', store, wanted)}.mp4").write_bytes(b"x")
        [source] = read_folder(folder)
        assert by_hash(source.video_id, stage.validation, stage.test) == wanted  # type: ignore[union-attr]


def load_pipeline_stage(store: str, folder: Path) -> Any:
    """The selection of a store's pipeline, whose footage need not be there."""
    text = (EXPERIMENT / f"{store}.yaml").read_text(encoding="utf-8")
    (folder / "footage").mkdir()
    here = folder / f"{store}.yaml"
    here.write_text(text.replace(f"build/experiment/footage/{store}", "footage"), encoding="utf-8")
    return load_pipeline(str(here)).stages["select_clips"]


def test_subtitles_hold_the_text_as_it_is() -> None:
    assert videos.subtitles("a <b> & c").splitlines()[-1] == "a &lt;b> &amp; c"


def test_recipes_are_what_their_generator_says_and_differ_in_the_grid_alone() -> None:
    assert sorted(path.stem for path in recipes.FOLDER.iterdir()) == sorted(
        [*recipes.CELLS, *recipes.PRE_TRAININGS]
    )
    loaded = {name: load(str(recipes.file_of(name))) for name in (*recipes.CELLS, *recipes.PRE_TRAININGS)}
    for name, recipe in loaded.items():
        assert recipes.file_of(name).read_text(encoding="utf-8") == recipes.text_of(name)
        phase = recipe.phases[0]
        alike = dataclasses.replace(recipe, name="", start=None, phases=())
        assert alike == dataclasses.replace(loaded["mp"], name="", phases=())
        start = name.partition("_")[0]
        assert (recipe.start.recipe if recipe.start else "none") == (
            start if name in recipes.CELLS else "none"
        )
        assert (phase.languages == "all") == (name == "mmp" or name.endswith("translate_train"))
        assert phase.captions == (2 if name.endswith("translate_train") else 1)
    for tuning in recipes.FINE_TUNINGS:
        one, *others = [loaded[f"{start}_{tuning}"].phases for start in recipes.STARTS]
        assert all(other == one for other in others)


def run(name: str, right: dict[str, list[list[int]]]) -> RunFile:
    """A run in which, by language and seed, some of four queries are answered first."""
    queries, groups, ones = list("abcd"), np.arange(4), np.ones(4, dtype=np.int64)
    answered = {
        code: make_answers(
            queries,
            groups,
            ones,
            4,
            [Ranks(np.array([0 if hit else 1 for hit in hits]), 0 * ones, ones) for hits in seeds],
        )
        for code, seeds in right.items()
    }
    return RunFile(1, name, "test", "digest", "en", 0, [1, 2], answered, answered)


GRID = {
    "none_zero_shot": run(
        "a", {"en": [[1, 1, 1, 0]] * 2, "de": [[1, 0, 0, 0]] * 2, "vi": [[0, 0, 0, 0]] * 2}
    ),
    "mmp_zero_shot": run(
        "b", {"en": [[1, 1, 1, 1], [1, 1, 1, 0]], "de": [[1, 1, 1, 0]] * 2, "vi": [[1, 0, 0, 0]] * 2}
    ),
}


def test_scores_pairs_and_drops_by_hand() -> None:
    found = answers.scores(GRID)
    assert found["mmp_zero_shot"]["en"]["r1"] == pytest.approx(7 / 8)
    assert found["mmp_zero_shot"][answers.OTHERS]["r1"] == pytest.approx(0.5)
    assert answers.by_seed(GRID["mmp_zero_shot"])["1"]["en"] == 1.0
    pairs = {(one["second"], one["first"], one["of"]): one["difference"] for one in answers.pairs(GRID)}
    assert pairs["mmp_zero_shot", "none_zero_shot", answers.OTHERS] == pytest.approx(0.375)
    assert not {first for _, first, _ in pairs} - {"none_zero_shot"}
    drop = answers.drops(GRID)["none_zero_shot"]
    assert drop["difference"] == pytest.approx(0.75 - 0.125)
    assert drop["low"] <= drop["difference"] <= drop["high"] and 0 < drop["p"] <= 1


def test_every_clip_has_to_ask_in_every_language() -> None:
    halves = {"en": GRID["none_zero_shot"].text_to_video["en"]}
    halves["de"] = make_answers(
        ["a"], np.zeros(1, int), np.ones(1, int), 4, [Ranks(*(np.ones(1, int),) * 3)] * 2
    )
    with pytest.raises(SystemExit, match="not every clip asks"):
        answers.drops({"one": RunFile(1, "one", "test", "digest", "en", 0, [1, 2], halves, halves)})


def test_a_package_of_another_checksum_is_not_unpacked(tmp_path: Path) -> None:
    asked = []

    def client(command: Sequence[str], cwd: Path | None = None, check: bool = False) -> None:
        asked.append(command[0])
        (tmp_path / fetch.PACKAGES["cldr"].file).write_bytes(b"another")

    with pytest.raises(SystemExit, match="its SHA-256 is"):
        fetch.fetch_all(tmp_path, client)
    assert asked == ["npm"] and not (tmp_path / "cldr").exists()


def test_test_is_not_opened_before_validation_with_the_same_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_module.ROOT.mkdir(parents=True)
    with pytest.raises(SystemExit, match="first --stage validation"):
        run_module.check_settled()
    noted = run_module.ROOT / "validation.json"
    noted.write_text('{"settings": "others"}', encoding="utf-8")
    with pytest.raises(SystemExit, match="first --stage validation"):
        run_module.check_settled()
    noted.write_text(f'{{"settings": "{run_module.settings_hash()}"}}', encoding="utf-8")
    run_module.check_settled()


def test_waits_weigh_epochs_by_their_seconds(tmp_path: Path) -> None:
    path = tmp_path / "timings.jsonl"
    path.write_text('{"seconds": 3, "data_wait": 0.1}\n{"seconds": 1, "data_wait": 0.5}\n', encoding="utf-8")
    assert answers.waits([path]) == {"seconds": 4, "data_wait": pytest.approx(0.2)}


def test_the_tables_hold_the_numbers() -> None:
    results = {
        "split": "test",
        "queries": 4,
        "settings": "abc",
        "scores": answers.scores(GRID),
        "by_seed": {name: answers.by_seed(one) for name, one in GRID.items()},
        "pairs": answers.pairs(GRID),
        "drops": answers.drops(GRID),
        "time": {"mp": {"seconds": 12.0, "data_wait": 0.0123}},
    }
    text = tables.markdown(results)
    assert "| language | none, zero-shot | MMP, zero-shot |\n| --- | ---: | ---: |\n| en | 75.0 (" in text
    assert "| MMP, zero-shot | 100.0 / 50.0 / 66.7 | 75.0 / 50.0 / 58.3 |" in text
    assert "| mp | 12 | 1.23 |" in text
    assert "| MMP, zero-shot minus none, zero-shot | +12.5 (" in text


def test_longer_recipes_differ_in_how_long_they_pre_train(tmp_path: Path) -> None:
    found = {}
    for name, text in why.longer().items():
        (tmp_path / f"{name}.yaml").write_text(text)
        found[name] = load(str(tmp_path / f"{name}.yaml"))
    assert len(found) == 6
    for name, longer in found.items():
        shorter = load(str(recipes.file_of(name.replace("_longer", ""))))
        if name.endswith(recipes.FINE_TUNINGS):
            assert longer.start is not None and name.startswith(longer.start.recipe + "_")
            assert longer.start.recipe in found
            assert dataclasses.replace(longer, name="", start=None) == dataclasses.replace(
                shorter, name="", start=None
            )
        else:
            assert longer.phases[0].epochs == 3 * shorter.phases[0].epochs
    assert {name for pair in why.wanted() for name in pair} <= {*found, *recipes.CELLS}

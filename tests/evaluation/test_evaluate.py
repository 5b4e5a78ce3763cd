"""Evaluation of trained recipes: every seed is reported, and what it says can be read again."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

from learning_toys import make_encoder, make_store, quiet, write_recipe, write_rows
from multihowto import tables
from multihowto.cli.evaluate import evaluate as evaluate_command
from multihowto.cli.train import train as train_command
from multihowto.errors import ConfigError
from multihowto.evaluation.evaluate import RESULT, Protocol, evaluate
from multihowto.evaluation.runs import read_run
from multihowto.storage import Store
from multihowto.training import recipe as recipes
from multihowto.training.material import prepare
from multihowto.training.recipe import Recipe
from multihowto.training.train import train


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("recipe")
    loaded = recipes.load(str(write_recipe(folder / "many.yaml", make_encoder(folder / "encoder"))))
    phases = tuple(
        replace(phase, epochs=epochs) for phase, epochs in zip(loaded.phases, (80, 1), strict=True)
    )
    model = replace(loaded.model, width=64, feed_forward=128, dropout=0.0)
    return replace(loaded, model=model, phases=phases, checkpoint_every_s=1000.0)


@pytest.fixture(scope="module")
def few(recipe: Recipe) -> Recipe:
    """Trained on English alone, and hardly."""
    return replace(recipe, name="few", phases=(replace(recipe.phases[1], learning_rate=1e-9),))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, recipe: Recipe, few: Recipe) -> Store:
    store = make_store(tmp_path_factory.mktemp("store"))
    material = prepare(recipe, store, quiet)
    # without validation clips: three of them are all found long before the other concepts are learnt
    seen = replace(material, clips=replace(material.clips, split_of=material.clips.split_of * 0))
    for seed in (1, 2):
        train(recipe, store, seed, quiet, seen)
    train(few, store, 1, quiet)
    return store


def test_every_recipe_language_and_seed_is_reported(store: Store, recipe: Recipe, few: Recipe) -> None:
    result = evaluate([few, recipe], store, quiet, Protocol(split="train", relevant="same_text", draws=200))
    hardly, much = result["recipes"]
    assert (result["candidates"], result["chance"]["r1"]) == (24, pytest.approx(1 / 24))
    for code in ("en", "de", "zh"):
        line = much["mean"]["text_to_video"][code]
        assert line["r1"] > 0.6
        assert line["r1"] <= line["r5"] <= line["r10"] <= 1
        assert line["r1_low"] <= line["r1"] <= line["r1_high"]
    assert hardly["mean"]["others"]["r1"] < 0.4
    assert [seed["seed"] for seed in much["seeds"]] == [1, 2]
    means = [seed["text_to_video"]["de"]["r1"] for seed in much["seeds"]]
    assert much["mean"]["text_to_video"]["de"]["r1"] == pytest.approx(np.mean(means))
    pairs = {pair["of"]: pair for pair in result["pairs"]}
    assert list(pairs) == ["en", "others", "de", "zh"]
    assert pairs["others"]["difference"] == pytest.approx(
        much["mean"]["others"]["r1"] - hardly["mean"]["others"]["r1"]
    )
    assert 0 < pairs["others"]["low"] <= pairs["others"]["difference"] <= pairs["others"]["high"]
    assert 0 <= pairs["others"]["p"] < 0.05


def test_queries_are_what_people_wrote_unless_asked(store: Store, recipe: Recipe) -> None:
    counts = {
        translations: {
            code: line["queries"]
            for code, line in evaluate([recipe], store, quiet, Protocol(translations=translations, draws=10))[
                "recipes"
            ][0]["mean"]["text_to_video"].items()
        }
        for translations in (False, True)
    }
    # test clips are 27, 28 and 29: the translation is of clips 0, 5, ..., Chinese is missing from 28
    assert counts == {False: {"en": 3, "de": 3, "zh": 2}, True: {"en": 3, "de": 3, "zh": 2}}
    train_split = [
        evaluate([recipe], store, quiet, Protocol("train", translations=flag, draws=10))["recipes"][0][
            "mean"
        ]["text_to_video"]
        for flag in (False, True)
    ]
    assert [one["de"]["queries"] for one in train_split] == [19, 24]


def test_the_result_is_kept_and_equal_each_time(store: Store, recipe: Recipe) -> None:
    result = evaluate([recipe], store, quiet, Protocol(draws=50))
    kept = store.files.read_bytes(RESULT)
    assert kept is not None
    assert json.loads(kept) == result
    evaluate([recipe], store, quiet, Protocol(draws=50))
    assert store.files.read_bytes(RESULT) == kept


def test_a_seed_that_does_not_fit_is_named_not_hidden(store: Store, recipe: Recipe) -> None:
    changed = replace(recipe, losses=replace(recipe.losses, temperature=0.3))
    with pytest.raises(ConfigError, match="recipe many is not trained"):
        evaluate([changed], store, quiet)
    store.files.write_bytes("runs/many/seed-9/model.safetensors", b"")
    said: list[str] = []
    result = evaluate([recipe], store, said.append, Protocol(draws=10))
    store.files.remove("runs/many/seed-9")
    assert result["recipes"][0]["stale_seeds"] == [9]
    assert said == ["many, seed 9: not trained to its end with this recipe and data; left out"]


def test_what_is_not_trained_is_said_before_any_work(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    with pytest.raises(ConfigError, match=r"many is not trained: `multihowto train PATH/many\.yaml --root"):
        evaluate([recipe], store, quiet)
    with pytest.raises(ConfigError, match="recipe mmp is not trained: `multihowto train mmp --root"):
        evaluate([replace(recipe, name="mmp")], store, quiet)
    assert store.files.names("runs") == []  # no text encoder has run
    store.files.write_bytes("runs/many/seed-1/checkpoint.safetensors", b"begun")
    store.files.write_bytes("runs/many/old/0123-seed-2/model.safetensors", b"of other settings")
    with pytest.raises(ConfigError, match="recipe many is not trained"):
        evaluate([recipe], store, quiet)
    assert store.files.names("runs") == ["many"]


def test_a_store_that_is_held_is_said_to_be_by_whom(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path / "store")
    path = str(write_recipe(tmp_path / "small.yaml", Path(recipe.text.encoder)))
    runner = CliRunner()
    with store.files.lock("train"):
        for command in (evaluate_command, train_command):
            refused = runner.invoke(command, [path, "--root", store.root])
            assert isinstance(refused.exception, ConfigError)
            words = str(refused.exception)
            assert words.startswith(
                f"another multihowto command holds the store {store.root} (train, process "
            )
            assert f"process {os.getpid()} on " in words


def test_commands_train_and_print_the_languages(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path / "store")
    path = str(write_recipe(tmp_path / "small.yaml", Path(recipe.text.encoder)))
    runner = CliRunner()
    trained = runner.invoke(train_command, [path, "--root", store.root], catch_exceptions=False)
    assert trained.exit_code == 0
    assert "small, seed 2: fine-tuning: done" in trained.output
    shown = runner.invoke(evaluate_command, [path, "--root", store.root], catch_exceptions=False)
    assert shown.exit_code == 0
    rows = {line.split()[0]: line.split() for line in shown.output.splitlines() if line.strip()}
    assert rows["zh"][1] == "2"
    assert rows["chance"][1:] == ["0.333", "1.000", "1.000", "2.0"]
    assert shown.output.count("small") >= 3
    as_json = runner.invoke(evaluate_command, [path, "--root", store.root, "--json"], catch_exceptions=False)
    assert json.loads(as_json.output)["recipes"][0]["recipe"] == "small"


def test_one_query_is_evaluated_and_none_is_said(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path / "store")
    path = str(write_recipe(tmp_path / "small.yaml", Path(recipe.text.encoder)))
    captions = store.read("captions").to_pylist()

    def invoke(*more: str, query: str) -> str:
        """Trains and evaluates where of the test split only one English caption is left, or none."""
        kept = [row for row in captions if row["video_id"] != "v09" or query == row["caption_id"]]
        write_rows(store, tables.CAPTIONS, pa.Table.from_pylist(kept, schema=tables.CAPTIONS.schema))
        train(recipes.load(path), store, 1, quiet)
        words = [path, path, "--root", store.root, *more]
        return CliRunner().invoke(evaluate_command, words, catch_exceptions=False).stdout

    clip = "v09:00000000-00003000"
    assert "nan" not in invoke(query=f"{clip}/en")
    found = json.loads(invoke("--json", query=f"{clip}/en"), parse_constant=pytest.fail)
    assert found["recipes"][0]["mean"]["others"]["r1"] is None
    run = read_run(Path(store.root) / "runs" / "small" / "test.run.json")
    assert run.text_to_video["en"].queries == [clip]
    with pytest.raises(ConfigError, match=r"no caption in split test that could be .* --translations"):
        invoke(query="")


def test_recipes_that_were_asked_other_queries_are_not_tested_in_pairs(
    tmp_path: Path, recipe: Recipe
) -> None:
    store = make_store(tmp_path / "store")
    small = recipes.load(str(write_recipe(tmp_path / "small.yaml", Path(recipe.text.encoder))))
    both = [small, replace(small, name="other", translations=not small.translations)]
    for one in both:
        train(one, store, 1, quiet)
    said: list[str] = []
    assert evaluate(both, store, said.append, Protocol("train", draws=10))["pairs"]
    assert said == []
    assert evaluate(both, store, said.append, Protocol("train", translations=True, draws=10))["pairs"] == []
    assert said == ["other has other queries or candidates than small: the two are not tested in pairs"]

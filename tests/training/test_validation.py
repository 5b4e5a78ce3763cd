"""What an epoch is looked at for, and by what it is chosen."""

from dataclasses import replace
from pathlib import Path

import pytest

from learning_toys import make_encoder, make_store, quiet, write_recipe
from multihowto.training import recipe as recipes
from multihowto.training.recipe import Recipe
from multihowto.training.train import train


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("recipe")
    return recipes.load(
        str(write_recipe(folder / "toy.yaml", make_encoder(folder / "encoder"), freeze_below=2))
    )


def test_every_epoch_is_looked_at(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    for line in train(recipe, store, 1, quiet).history:
        assert line["temperature"] == 0.1
        assert line["video_norm"] > 0
        assert line["text_norm"] > 0
        assert line["loss"]["gradient_norm"] > 0
        for one in line["validation"].values():
            assert 0 <= one["alignment"] <= 4
            assert one["uniformity"] <= 0
            assert one["video_uniformity"] <= 0


def test_the_epoch_is_chosen_by_the_languages_that_are_named(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    phase = replace(recipe.phases[0], epochs=1, validation=("en",))
    [line] = train(replace(recipe, phases=(phase,)), store, 1, quiet).history
    assert line["select"] == line["validation"]["en"]["mrr"]


def test_states_that_are_computed_train_as_those_that_are_kept(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    short = replace(recipe, phases=(replace(recipe.phases[0], epochs=1),))
    [kept] = train(short, store, 1, quiet).history
    computed = replace(short, name="computed", text=replace(recipe.text, states="computed"))
    [found] = train(computed, store, 1, quiet).history
    # kept ones are half floats
    assert found["loss"]["total"] == pytest.approx(kept["loss"]["total"], rel=1e-2)
    assert found["loss"]["total"] != kept["loss"]["total"]
    assert len(store.files.names("runs/cache")) == 1

"""TensorBoard's files, where the package is installed."""

from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from learning_toys import make_encoder, make_store, quiet, write_recipe
from multihowto.errors import ConfigError
from multihowto.training import recipe as recipes
from multihowto.training.recipe import Recipe
from multihowto.training.tensorboard import numbers
from multihowto.training.train import train


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("recipe")
    return recipes.load(
        str(write_recipe(folder / "toy.yaml", make_encoder(folder / "encoder"), freeze_below=2))
    )


def test_tensorboard_is_asked_for_only_where_it_is(tmp_path: Path, recipe: Recipe) -> None:
    wanted = replace(recipe, tensorboard=True, phases=(replace(recipe.phases[0], epochs=1),))
    if find_spec("tensorboard") is None:
        with pytest.raises(
            ConfigError, match=r"tensorboard: true needs tensorboard: pip install 'multihowto\[tensorboard\]'"
        ):
            train(wanted, make_store(tmp_path), 1, quiet)
        return
    store = make_store(tmp_path)
    train(wanted, store, 1, quiet)
    assert len(store.files.names("runs/toy/seed-1/tensorboard")) == 1


def test_tensorboard_is_told_every_number() -> None:
    line = {"phase": "p", "epoch": 1, "loss": {"total": 2.5}, "validation": {"en": {"r1": 0.5}}}
    assert list(numbers("", line)) == [("epoch", 1.0), ("loss/total", 2.5), ("validation/en/r1", 0.5)]

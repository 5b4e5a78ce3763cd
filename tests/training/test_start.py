"""Chains of recipes: one starts where another ended, on another store."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from learning_toys import make_encoder, make_store, quiet, write_recipe
from multihowto.errors import ConfigError
from multihowto.storage import Store
from multihowto.training import recipe as recipes
from multihowto.training.checkpoint import load
from multihowto.training.recipe import Recipe, Start
from multihowto.training.train import train

MODEL = "runs/{}/seed-1/model.safetensors"


@pytest.fixture
def first(tmp_path: Path) -> Recipe:
    path = write_recipe(tmp_path / "first.yaml", make_encoder(tmp_path / "encoder"))
    loaded = recipes.load(str(path))
    return replace(loaded, phases=(replace(loaded.phases[0], epochs=1),))


def still(recipe: Recipe, name: str, start: Start) -> Recipe:
    """A recipe whose steps move nothing."""
    return replace(recipe, name=name, start=start, phases=(replace(recipe.phases[0], learning_rate=1e-30),))


def weights(store: Store, name: str) -> dict[str, torch.Tensor]:
    saved = load(store, MODEL.format(name))
    assert saved is not None
    return saved.model


def test_a_recipe_starts_from_anothers_weights_in_another_store(tmp_path: Path, first: Recipe) -> None:
    here, there = make_store(tmp_path / "here"), make_store(tmp_path / "there", videos=8)
    train(first, there, 1, quiet)
    second = still(first, "second", Start("first", there.root))
    train(second, here, 1, quiet)
    before, after = weights(there, "first"), weights(here, "second")
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    said: list[str] = []
    train(second, here, 1, said.append)
    assert said == ["second, seed 1: 1 epochs are done; nothing to do"]
    train(replace(first, losses=replace(first.losses, temperature=0.3)), there, 1, quiet)
    train(second, here, 1, said.append)
    assert "trained anew" in said[1]
    assert torch.equal(weights(there, "first")["text_head.cls"], weights(here, "second")["text_head.cls"])


def test_longer_and_shorter_videos_keep_the_positions_there_are(tmp_path: Path, first: Recipe) -> None:
    store = make_store(tmp_path / "store")
    short = replace(first, name="short", model=replace(first.model, max_video_s=2))
    train(short, store, 1, quiet)
    train(still(first, "long", Start("short")), store, 1, quiet)
    few, many = (weights(store, name)["video_head.positions"] for name in ("short", "long"))
    assert (len(few), len(many)) == (2, 3)
    assert torch.equal(many[:2], few)
    train(replace(still(first, "again", Start("long")), model=short.model), store, 1, quiet)
    assert torch.equal(weights(store, "again")["video_head.positions"], few)


def test_a_start_that_is_not_there_or_does_not_fit_is_refused(tmp_path: Path, first: Recipe) -> None:
    store = make_store(tmp_path / "store")
    second = still(first, "second", Start("first"))
    with pytest.raises(
        ConfigError, match="start: run first, seed 1 is not finished; first: multihowto train first"
    ):
        train(second, store, 1, quiet)
    train(first, store, 1, quiet)
    with pytest.raises(ConfigError, match=r"has another shape at text_head\."):
        train(replace(second, model=replace(first.model, width=8)), store, 1, quiet)

"""Asked to stop, or cut off: what was done is kept, and the end is the same to the bit."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from learning_toys import Broken, make_encoder, make_store, quiet, write_recipe
from multihowto.files import Files
from multihowto.storage import Store
from multihowto.training import recipe as recipes
from multihowto.training.checkpoint import load
from multihowto.training.recipe import Recipe
from multihowto.training.train import train

WRITTEN = ("model.safetensors", "metrics.jsonl")
TOLD = """
import os, signal, sys
from multihowto.storage import Store
from multihowto.training import recipe, train

def say(line):
    print(line, flush=True)

store = Store(sys.argv[2])

class Asking(type(store.files)):
    left = int(sys.argv[3])
    def write_bytes(self, name, data):
        Asking.left -= 1
        if Asking.left == 0:
            os.kill(os.getpid(), signal.SIGTERM)
        super().write_bytes(name, data)

store.files = Asking(sys.argv[2])
try:
    train.train(recipe.load(sys.argv[1]), store, 1, say)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("recipe")
    return recipes.load(
        str(write_recipe(folder / "toy.yaml", make_encoder(folder / "encoder"), freeze_below=2))
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, recipe: Recipe) -> Store:
    store = make_store(tmp_path_factory.mktemp("trained"))
    train(recipe, store, 1, quiet)
    return store


def results(store: Store) -> list[bytes | None]:
    return [store.files.read_bytes(f"runs/toy/seed-1/{name}") for name in WRITTEN]


@pytest.mark.parametrize("writes", [1, 4, 6])
def test_asked_to_stop_it_saves_leaves_and_ends_equal_to_the_bit(
    tmp_path: Path, recipe: Recipe, trained: Store, writes: int
) -> None:
    store = make_store(tmp_path / "store")
    path = write_recipe(tmp_path / "toy.yaml", Path(recipe.text.encoder), freeze_below=2)
    command = [sys.executable, "-c", TOLD, str(path), store.root, str(writes)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 130, done.stderr
    assert "asked to stop; saved at step" in done.stdout
    assert store.files.read_bytes("runs/toy/seed-1/model.safetensors") is None
    assert load(store, "runs/toy/seed-1/checkpoint.safetensors") is not None
    train(recipe, store, 1, quiet)
    assert results(store) == results(trained)


def test_everything_at_once_goes_on_in_an_epochs_middle_to_the_same_bit(
    tmp_path: Path, recipe: Recipe
) -> None:
    phase = replace(
        recipe.phases[0],
        optimiser="adamw",
        weight_decay=0.01,
        schedule="linear",
        warm_up=0.2,
        clip_norm=1.0,
        candidates=3,
        weights={"de": 2.0},
        clips="one_per_video",
        batch_size=4,
    )
    mine = replace(recipe, phases=(phase, recipe.phases[1]), precision="bfloat16", workers=3)
    whole, cut = make_store(tmp_path / "whole"), make_store(tmp_path / "cut")
    train(mine, whole, 1, quiet)
    # two steps an epoch, and a write after each and after the epoch: the fifth would be the second epoch's last step
    cut.files = Broken(cut.root, 4)
    with pytest.raises(OSError, match="the power is gone"):
        train(mine, cut, 1, quiet)
    saved = load(cut, "runs/toy/seed-1/checkpoint.safetensors")
    assert saved is not None
    assert (saved.state.epoch, saved.state.step) == (1, 1)
    cut.files = Files(cut.root)
    train(replace(mine, workers=1), cut, 1, quiet)
    assert results(cut) == results(whole)

"""The recipe beside a model: every setting comes back, and runs open from it when the file has changed or is gone."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from learning_toys import make_encoder, make_store, write_recipe
from multihowto.cli.evaluate import evaluate
from multihowto.cli.export_model import export_model
from multihowto.cli.search import search
from multihowto.cli.train import train
from multihowto.errors import ConfigError
from multihowto.evaluation.kept_recipe import kept_recipe, recipe_of_run
from multihowto.manifests import shipped
from multihowto.storage import Store
from multihowto.training import recipe as recipes
from multihowto.training.keeping import keep_recipe
from multihowto.training.material import MODEL

SHIPPED = sorted((shipped("pipelines") / "recipes").glob("*.yaml"))


def run(command: click.Command, *words: str) -> str:
    done = CliRunner().invoke(command, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_setting_comes_back(tmp_path: Path, path: Path) -> None:
    recipe, store = recipes.load(str(path)), Store(str(tmp_path))
    keep_recipe(recipe, store, 3)
    assert kept_recipe(store, recipe.name, 3) == recipe
    assert kept_recipe(store, recipe.name, 4) is None


def test_a_finished_training_is_used_when_its_recipe_has_changed_or_is_gone(tmp_path: Path) -> None:
    store = make_store(tmp_path / "store")
    path = write_recipe(tmp_path / "toy.yaml", make_encoder(tmp_path / "encoder"))
    before = path.read_text()
    assert "recipe.yaml" in run(train, str(path), "--root", store.root)
    root = ("--root", store.root)
    first = run(evaluate, str(path), *root, "--json")
    assert "taken from" not in first
    numbers = json.loads(first[first.index("{") :])
    path.write_text(before.replace("learning_rate: 0.003", "learning_rate: 0.004"))
    assert path.read_text() != before
    changed = run(evaluate, str(path), *root, "--json")
    assert f"runs/toy/seed-1/recipe.yaml, as it was trained ({path} has changed since)" in changed
    assert json.loads(changed[changed.index("{\n") :])["recipes"] == numbers["recipes"]
    path.unlink()
    for name in ("toy", str(path)):
        gone = run(evaluate, name, *root, "--json")
        assert "seed-1/recipe.yaml, as it was trained (no recipe" in gone
    found = run(search, "runs/toy/seed-1", "en1", *root)
    assert "as it was trained" in found and "was trained on other data" not in found
    words = ("--to", "a/b", "--contact", "a@b.org", "--out", str(tmp_path / "out"))
    assert "as it was trained" in run(export_model, "toy", *root, *words)


def trained(tmp_path: Path, *temperatures: float) -> Store:
    """A store with seeds 1, 2, ... of a recipe, as far as their recipes go."""
    store = Store(str(tmp_path / "store"))
    for seed, temperature in enumerate(temperatures, 1):
        keep_recipe(recipes.load(str(written(tmp_path, temperature))), store, seed)
        store.files.write_bytes(f"runs/toy/seed-{seed}/{MODEL}", b"x")
    return store


def written(tmp_path: Path, temperature: float) -> Path:
    path = write_recipe(tmp_path / "toy.yaml", tmp_path / "encoder")
    path.write_text(path.read_text().replace("temperature: 0.1", f"temperature: {temperature}"))
    return path


def test_the_file_counts_while_one_seed_fits_it(tmp_path: Path) -> None:
    store, said = trained(tmp_path, 0.1, 0.2), list[str]()
    assert recipe_of_run(store, str(written(tmp_path, 0.2)), None, said.append).losses.temperature == 0.2
    assert said == []
    assert recipe_of_run(store, str(written(tmp_path, 0.3)), None, said.append).losses.temperature == 0.1
    assert recipe_of_run(store, str(written(tmp_path, 0.1)), 2, said.append).losses.temperature == 0.2
    assert [line.split("seed-")[1][0] for line in said] == ["1", "2"]


def test_a_seed_that_is_not_finished_and_a_name_that_leads_out_are_no_run(tmp_path: Path) -> None:
    store = trained(tmp_path, 0.1)
    store.files.remove(f"runs/toy/seed-1/{MODEL}")
    assert recipe_of_run(store, str(written(tmp_path, 0.2)), None, print).losses.temperature == 0.2
    for name in ("../runs/toy", "/", "..", ".", "toi"):
        with pytest.raises(ConfigError, match="no recipe"):
            recipe_of_run(store, name, None, print)


def test_a_kept_recipe_that_is_damaged_says_where_it_is(tmp_path: Path) -> None:
    store = trained(tmp_path, 0.1)
    store.files.write_bytes("runs/toy/seed-1/recipe.yaml", b"phasen: [")
    with pytest.raises(
        ConfigError, match=r"(?s)store/runs/toy/seed-1/recipe.yaml: it is not YAML.*delete it"
    ):
        recipe_of_run(store, "toy", None, print)

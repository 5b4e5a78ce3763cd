"""What training left of a recipe: its seeds and their models; and where its runs are written."""

from collections.abc import Iterator

from multihowto.errors import ConfigError
from multihowto.evaluation.runs import ENDING, RunFile, encode
from multihowto.manifests import shipped
from multihowto.storage import Store
from multihowto.training.material import MODEL, Material, folder_of
from multihowto.training.model import Mmp
from multihowto.training.recipe import Recipe
from multihowto.training.train import load_model


def models(material: Material, store: Store) -> Iterator[tuple[int, Mmp | None]]:
    """Each seed that has a folder, with its model; None if it does not fit the recipe (any more)."""
    for seed in seeds(material.recipe.name, store):
        yield seed, load_model(material, store, seed)


def seeds(name: str, store: Store) -> list[int]:
    """Seeds of a recipe, by its name, that have a folder."""
    parts = (one.partition("seed-") for one in store.files.names(f"runs/{name}"))
    return sorted(int(number) for before, _, number in parts if not before and number.isdecimal())


def is_trained(recipe: Recipe, store: Store, seed: int) -> bool:
    """Whether a training came to its end, with whichever settings and data."""
    return MODEL in store.files.names(folder_of(recipe, seed))


def not_trained(recipe: Recipe, store: Store) -> ConfigError:
    """What is said where a recipe has no seed that fits it."""
    name = recipe.name
    here = (shipped("pipelines") / "recipes" / f"{name}.yaml").is_file()
    file = name if here else f"PATH/{name}.yaml"
    return ConfigError(f"recipe {name} is not trained: `multihowto train {file} --root {store.root}` does it")


def write_run(store: Store, recipe: Recipe, run: RunFile, kind: str = "") -> None:
    """Writes a run to its recipe's folder, under `kind` and its benchmark's name."""
    store.files.write_bytes(f"runs/{recipe.name}/{kind}{run.benchmark}{ENDING}", encode(run))

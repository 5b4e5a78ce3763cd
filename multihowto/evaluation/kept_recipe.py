"""The recipe that a run was trained with, kept beside its model: its file may change afterwards, or be gone."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from multihowto.errors import ConfigError
from multihowto.evaluation.trained import is_trained, seeds
from multihowto.storage import Store
from multihowto.training import recipe as recipes
from multihowto.training.keeping import RECIPE
from multihowto.training.recipe import Recipe


def kept_recipe(store: Store, name: str, seed: int) -> Recipe | None:
    """What was kept of a seed of the recipe `name`; None if nothing was. ConfigError if it is no recipe."""
    where = f"runs/{name}/seed-{seed}/{RECIPE}"
    data = store.files.read_bytes(where)
    if data is None:
        return None
    with tempfile.TemporaryDirectory() as folder:  # a store may be elsewhere, and `load` reads files
        path = Path(folder) / f"{name}.yaml"
        path.write_bytes(data)
        try:
            return recipes.load(str(path))
        except ConfigError as error:
            said = str(error).removeprefix(f"{path.resolve()}: ")
            raise ConfigError(
                f"{store.root}/{where}: {said}; delete it, and the recipe's own file is used"
            ) from None


def recipe_of_run(store: Store, asked: str, seed: int | None, say: Callable[[str], None]) -> Recipe:
    """The recipe to open runs with: its file while a seed fits it, else what the first trained seed kept; and says so.

    `asked` is a file or a name, and `seed` the only one that counts, if given. ConfigError if there is neither.
    """
    name = Path(asked).stem if Path(asked).suffix == ".yaml" else asked
    kept = _kept(store, name, seed) if name in store.files.names("runs") else []
    try:
        found = recipes.load(asked)
    except ConfigError as error:
        if not kept and name in store.files.names("runs") and not Path(asked).is_file():
            raise ConfigError(
                f"the recipe of runs/{name} is none of the shipped ones, and no run kept it: name its file, "
                f"{name}.yaml or PATH/{name}.yaml/seed-N"
            ) from error
        if not kept:
            raise
        why = str(error)
    else:
        if not kept or any(one.identity() == found.identity() for _, one in kept):
            return found
        why = f"{asked} has changed since"
    first, recipe = kept[0]
    say(
        f"recipe {name}: taken from {store.root}/runs/{name}/seed-{first}/{RECIPE}, as it was trained ({why})"
    )
    return recipe


def _kept(store: Store, name: str, seed: int | None) -> Sequence[tuple[int, Recipe]]:
    """Trained seeds, in order, with the recipes that they kept."""
    found = []
    for one in seeds(name, store) if seed is None else [seed]:
        kept = kept_recipe(store, name, one)
        if kept is not None and is_trained(kept, store, one):
            found.append((one, kept))
    return found

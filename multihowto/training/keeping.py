"""Keeps the recipe that a run was trained with beside its model: its file may change afterwards, or be gone."""

import dataclasses
from typing import Any

import yaml

from multihowto.storage import Store
from multihowto.training.material import folder_of
from multihowto.training.recipe import Recipe

RECIPE = "recipe.yaml"


def keep_recipe(recipe: Recipe, store: Store, seed: int) -> None:
    """Writes a recipe, every setting of it, to a seed's folder."""
    values = dataclasses.asdict(recipe)
    del values["name"]
    text = yaml.safe_dump(_plain(values), sort_keys=False, allow_unicode=True, width=110)
    head = "# With what the model beside it was trained: every setting, as `multihowto train` read it.\n"
    store.files.write_bytes(f"{folder_of(recipe, seed)}/{RECIPE}", (head + text).encode())


def _plain(values: Any) -> Any:
    """The same with lists for tuples, and nothing that is None: as people write recipes."""
    if isinstance(values, dict):
        return {name: _plain(value) for name, value in values.items() if value is not None}
    return [_plain(value) for value in values] if isinstance(values, list | tuple) else values

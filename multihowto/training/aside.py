"""Finished runs that a new one would overwrite: kept beside it, where nothing takes them for a run."""

import itertools

from multihowto.errors import world_errors
from multihowto.storage import Store
from multihowto.training import checkpoint
from multihowto.training.material import MODEL, folder_of
from multihowto.training.recipe import Recipe

PREFIX = 12
"""Characters of the identity that name a folder."""


def set_aside(recipe: Recipe, store: Store, seed: int) -> str | None:
    """Moves a seed's folder to `runs/<recipe>/old/` if its training came to its end; returns where it is now."""
    folder = folder_of(recipe, seed)
    if MODEL not in store.files.names(folder):
        return None
    saved = checkpoint.load(store, f"{folder}/{MODEL}")
    identity = saved.state.identity[:PREFIX] if saved else "unreadable"
    free = _free(store, f"runs/{recipe.name}/old", f"{identity}-seed-{seed}")
    _move(store, folder, free)
    return free


def _free(store: Store, folder: str, name: str) -> str:
    """A name that is not taken: the same settings may have been trained, changed, and trained again."""
    taken = store.files.names(folder)
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    return f"{folder}/{next(one for one in itertools.chain([name], numbered) if one not in taken)}"


def _move(store: Store, source: str, target: str) -> None:
    """Moves a folder of the store: at once if it is local, file by file if not."""
    files = store.files
    with world_errors(f"moving {source} to {target}"):
        if files.local is None:
            files.fs.mv(files.path(source), files.path(target), recursive=True)
        else:
            (files.local / target).parent.mkdir(parents=True, exist_ok=True)
            (files.local / source).rename(files.local / target)

"""A trained run, opened for use: without the clips that it was trained on."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from multihowto import checksums, tables
from multihowto.errors import ConfigError
from multihowto.evaluation.kept_recipe import recipe_of_run
from multihowto.evaluation.trained import is_trained, not_trained, seeds
from multihowto.manifests import meant
from multihowto.storage import Store
from multihowto.training import checkpoint
from multihowto.training.data import TABLES, digest_of
from multihowto.training.embedding import embed_texts
from multihowto.training.material import MODEL, folder_of
from multihowto.training.model import Mmp
from multihowto.training.ragged import Floats, pad_ids
from multihowto.training.recipe import Recipe
from multihowto.training.text_encoder import TextEncoder, open_encoder
from multihowto.training.token_states import TokenStates

_RUN = re.compile(r"(?:runs/)?(?P<recipe>.+?)(?:/seed-(?P<seed>[0-9]{1,18}))?/?")
POSITIONS = "video_head.positions"


@dataclass(frozen=True)
class Trained:
    """One seed of a recipe, with the encoder of its texts."""

    folder: str
    """From the store's root: runs/RECIPE/seed-N."""
    recipe: Recipe
    seed: int
    encoder: TextEncoder
    model: Mmp
    content: str
    """Hash of the file of weights."""
    fits: bool
    """Whether the recipe, the text encoder and the store's data are those that it was trained with."""

    @property
    def max_tokens(self) -> int:
        """Of a text, special tokens included, as in the last phase."""
        return self.recipe.phases[-1].max_tokens

    def embed(self, text: str) -> Floats:
        """Unit vector (width,) of a text."""
        [tokens] = self.encoder.tokens([text], self.max_tokens)
        rows = self.encoder.frozen(*pad_ids([tokens])).detach().numpy()[0]
        states = TokenStates(rows, np.array([0]), np.array([len(tokens)]))
        vector: Floats = embed_texts(self.model, states, np.array([0])).numpy()[0]
        return vector


def open_trained(
    store: Store, asked: str, fetch: Callable[[str], Path], say: Callable[[str], None]
) -> Trained:
    """The run that is asked for: `runs/RECIPE/seed-N`, or a recipe by name or file, then its first trained seed.

    `fetch` gives the folder of a model of models.toml; `say` is told if the recipe is the one that the run kept, as its
    file has changed or is gone. ConfigError if there is no such recipe or run, or if the run does not fit it.
    """
    store.require()
    found = _RUN.fullmatch(asked.removeprefix(f"{store.root}/"))
    if found is None:
        raise ConfigError(f"MODEL is a run, runs/RECIPE/seed-N, or a recipe; not {asked!r:.80}")
    wanted = int(found["seed"]) if found["seed"] else None
    loaded = recipe_of_run(store, found["recipe"], wanted, say)
    seed = _first(store, loaded) if wanted is None else wanted
    folder = folder_of(loaded, seed)
    if not is_trained(loaded, store, seed):
        others = ", ".join(str(one) for one in _trained(store, loaded))
        raise ConfigError(f"{folder} of {store.root} is not trained; seeds that are: {others or 'none'}")
    encoder = open_encoder(loaded.text, fetch)
    data = store.files.read_bytes(f"{folder}/{MODEL}") or b""
    model, identity = _model(store, loaded, seed, encoder)
    fits = identity == _identity(store, loaded, seed, encoder)
    return Trained(folder, loaded, seed, encoder, model, hashlib.sha256(data).hexdigest(), fits)


def _trained(store: Store, of: Recipe) -> list[int]:
    return [seed for seed in seeds(of.name, store) if is_trained(of, store, seed)]


def _first(store: Store, of: Recipe) -> int:
    trained = _trained(store, of)
    if not trained:
        raise not_trained(of, store)
    return trained[0]


def _identity(store: Store, of: Recipe, seed: int, encoder: TextEncoder) -> str:
    """What training would call a run of this recipe on what the store holds now; no clip is read for it."""
    data = digest_of(store, (*TABLES, tables.TRANSLATIONS.name, of.features))
    return checksums.of_values(of.identity(), data, encoder.identity, seed)


def _model(store: Store, of: Recipe, seed: int, encoder: TextEncoder) -> tuple[Mmp, str]:
    """The run's weights in the recipe's network, and its identity."""
    where = f"{folder_of(of, seed)}/{MODEL}"
    saved = checkpoint.load(store, where)
    known = [name for name in tables.TABLES if name.startswith("features_")]
    if of.features not in known:
        raise ConfigError(f"no table {of.features!r} of features; {meant(of.features, known)}")
    if saved is None or POSITIONS not in saved.model:
        raise ConfigError(f"{where} of {store.root} is damaged: train it again")
    phases = list(dict.fromkeys(line.get("phase") for line in saved.state.history))
    wanted = [phase.name for phase in of.phases]
    model = Mmp(of.model, encoder, feature_width(of), len(saved.model[POSITIONS]))
    shapes = {name: value.shape for name, value in model.state_dict().items()}
    if phases != wanted or shapes != {name: value.shape for name, value in saved.model.items()}:
        raise ConfigError(
            f"{where} of {store.root} was trained with another recipe than {of.name} is now: put the recipe back, "
            f"or train it again"
        )
    model.load_state_dict(saved.model)
    model.eval()
    return model, saved.state.identity


def feature_width(of: Recipe) -> int:
    """Of the vectors in the recipe's table of features."""
    width: int = tables.TABLES[of.features].schema.field("features").type.value_type.list_size
    return width

"""What a recipe's runs share, made once: clips, captions, and the text encoder's frozen outputs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch

from multihowto import checksums
from multihowto.errors import ConfigError
from multihowto.storage import Store
from multihowto.training.counts import Counts, count_shards
from multihowto.training.data import Clips, Only, derive, read_clips, read_some
from multihowto.training.model import Mmp
from multihowto.training.recipe import Recipe
from multihowto.training.tensorboard import check_tensorboard
from multihowto.training.text_encoder import TextEncoder, open_encoder
from multihowto.training.token_states import TokenStates, computed_states, token_states

Say: TypeAlias = Callable[[str], None]
"""Takes a line that tells a person how far the work is."""


@dataclass(frozen=True)
class Material:
    """What a recipe's runs share: clips, the text encoder, and its frozen part's states by `max_tokens`."""

    recipe: Recipe
    clips: Clips
    encoder: TextEncoder
    states: dict[int, TokenStates]
    counts: Counts | None = None
    """With `group_shards`: then `clips` are those of validation and test, an epoch reads the others."""

    def identity(self, seed: int) -> str:
        """Hash of everything that a run's weights depend on."""
        return checksums.of_values(self.recipe.identity(), self.clips.digest, self.encoder.identity, seed)

    @property
    def longest(self) -> int:
        """So many features of a clip does a model see."""
        return self.counts.longest if self.counts else int(self.clips.count.max())

    def model(self, seed: int) -> Mmp:
        """A model with fresh weights."""
        torch.manual_seed(derive(seed, "weights"))
        model = Mmp(self.recipe.model, self.encoder, self.clips.features.shape[1], self.longest)
        return model.to(self.recipe.device)


HELD = ("validation", "test")
"""Splits that are held in memory whatever is trained on."""
MODEL = "model.safetensors"
"""Of a run's folder: the weights of a training that came to its end."""


def folder_of(recipe: Recipe, seed: int) -> str:
    """A run's folder, from the store's root."""
    return f"runs/{recipe.name}/seed-{seed}"


def prepare(recipe: Recipe, store: Store, say: Say, encoder: TextEncoder | None = None) -> Material:
    """Reads clips and captions, and runs the frozen part of the text encoder over them where that is not kept."""
    torch.set_num_threads(recipe.threads)
    if recipe.device == "cuda" and not torch.cuda.is_available():
        raise ConfigError("device: cuda, but torch sees no GPU here; use device: cpu")
    if recipe.tensorboard:
        check_tensorboard(store)
    counts = count_shards(store, recipe) if recipe.group_shards else None
    clips = (
        read_some(store, recipe, Only(HELD, longest=counts.longest)) if counts else read_clips(store, recipe)
    )
    without_features = clips.without_features + (counts.without_features if counts else 0)
    if without_features:
        say(f"{without_features:,} kept clips have no features and are left out")
    encoder = encoder or open_encoder(recipe.text)
    lengths = sorted({phase.max_tokens for phase in recipe.phases})
    states: dict[int, TokenStates]
    if recipe.text.states == "computed":
        states = {length: computed_states(encoder, clips.texts, length) for length in lengths}
    else:
        states = {length: token_states(encoder, clips.texts, length, store, say) for length in lengths}
    return Material(recipe, clips, encoder, states, counts)

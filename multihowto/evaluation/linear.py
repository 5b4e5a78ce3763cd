"""The plain baseline: mean-pooled frozen features of text, by one linear map, to mean-pooled features of video."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from multihowto.errors import ConfigError
from multihowto.evaluation.vectors import Vectors
from multihowto.training.data import Clips
from multihowto.training.material import Material
from multihowto.training.ragged import Ints, pad
from multihowto.training.recipe import languages_of
from multihowto.training.token_states import TokenStates

RIDGE = 1.0
"""Weight of the penalty, in mean variances of a text feature (own setting)."""
LINEAR = "linear"
"""What the baseline is called, behind its recipe's name."""
BATCH = 256


@dataclass(frozen=True)
class LinearMap:
    """Ridge regression: (text - its mean) @ weights is the video minus its mean."""

    text_mean: Tensor
    video_mean: Tensor
    weights: Tensor
    """(width of text, width of video)"""

    def texts(self, pooled: Tensor) -> Tensor:
        """Unit vectors (texts, width of video) of mean-pooled texts."""
        return functional.normalize((pooled - self.text_mean) @ self.weights, dim=1)

    def videos(self, pooled: Tensor) -> Tensor:
        """Unit vectors (videos, width) of mean-pooled videos."""
        return functional.normalize(pooled - self.video_mean, dim=1)


def fit(texts: Tensor, videos: Tensor, ridge: float = RIDGE) -> LinearMap:
    """The map of pairs (n, width of text) and (n, width of video) with the least squared error and penalty."""
    x, y = texts.double(), videos.double()
    x_mean, y_mean = x.mean(0), y.mean(0)
    x, y = x - x_mean, y - y_mean
    square = x.T @ x
    penalty = ridge * square.diagonal().mean().clamp(min=1e-12)
    weights = torch.linalg.solve(square + penalty * torch.eye(len(square), dtype=x.dtype), x.T @ y)
    return LinearMap(x_mean.float(), y_mean.float(), weights.float())


def fit_material(material: Material) -> tuple[LinearMap, nn.Module]:
    """The map of the train split's captions in every language that the recipe trains on, and the encoder's last layers.

    ConfigError if there is no pair, or if the train split is not in memory.
    """
    clips = material.clips
    if material.counts is not None:
        raise ConfigError(
            f"recipe {material.recipe.name}: group_shards keeps the train split out of memory, so that no linear "
            "map can be fitted to it: leave out --linear"
        )
    codes = {code for phase in material.recipe.phases for code in languages_of(phase, clips.languages)}
    columns = clips.columns([code for code in clips.languages if code in codes])
    numbers = clips.of_split("train")
    rows, places = np.nonzero(clips.text_of[numbers][:, columns] >= 0)
    if not len(rows):
        raise ConfigError(
            f"recipe {material.recipe.name}: no caption of the train split in {', '.join(sorted(codes))}"
        )
    layers = material.encoder.trained()
    texts = clips.text_of[numbers[rows], np.array(columns)[places]]
    states = material.states[material.recipe.phases[-1].max_tokens]
    return fit(pooled_texts(layers, states, texts), pooled_videos(clips, numbers)[rows]), layers


def vectors(fitted: LinearMap, layers: nn.Module, clips: Clips, numbers: Ints) -> Vectors:
    """What is ranked: videos by number of clip, texts as they are asked for."""

    def texts(states: TokenStates, asked: Ints) -> Tensor:
        return fitted.texts(pooled_texts(layers, states, asked))

    return Vectors(fitted.videos(pooled_videos(clips, numbers)), texts)


def pooled_texts(layers: nn.Module, states: TokenStates, texts: Ints) -> Tensor:
    """Means (texts, width) over tokens of the encoder's output, as it came: nothing of it is trained."""
    layers.eval()

    def pool(part: Ints) -> Tensor:
        inner, mask = states.batch(part)
        return _mean(layers(inner, mask), mask)

    return _in_batches(texts, pool)


def pooled_videos(clips: Clips, numbers: Ints) -> Tensor:
    """Means (clips, width) over time of the features."""
    return _in_batches(
        numbers, lambda part: _mean(*pad(clips.features, clips.first[part], clips.count[part]))
    )


def _mean(tokens: Tensor, mask: Tensor) -> Tensor:
    return (tokens * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True).clamp(min=1)


def _in_batches(numbers: Ints, work: Callable[[Ints], Tensor]) -> Tensor:
    with torch.inference_mode():
        parts = [work(part) for part in np.array_split(numbers, max(1, -(-len(numbers) // BATCH)))]
    return torch.cat(parts).clone()

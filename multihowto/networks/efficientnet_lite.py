"""EfficientNet-Lite0, an image network without squeeze-and-excitation (Tan and Le 2019, its Lite variant).

The architecture and the names of the weights are those of PyPI's efficientnet-lite-pytorch 0.1.0, a port of
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite. Only what inference needs is here:
each batch normalisation is folded into the convolution before it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from multihowto.errors import ConfigError
from multihowto.networks.devices import place

if TYPE_CHECKING:
    import numpy as np

SIDE = 224
"""Pixels a side of the square picture."""
CROP = 0.875
"""Share of the shorter side that the square in the middle has."""
WIDTH = 1280
"""Numbers in a feature."""
_EPSILON = 1e-3
"""Of batch normalisation."""
_STEM = 32


class Group(NamedTuple):
    """Blocks that follow each other; only the first one has the stride."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


GROUPS = (
    Group(1, 3, 1, 1, 16),
    Group(2, 3, 2, 6, 24),
    Group(2, 5, 2, 6, 40),
    Group(3, 3, 2, 6, 80),
    Group(3, 5, 1, 6, 112),
    Group(4, 5, 2, 6, 192),
    Group(1, 3, 1, 6, 320),
)


class Filter(nn.Conv2d):
    """A convolution with TensorFlow's padding, which gives the odd pixel to the right and to the bottom."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, groups: int = 1) -> None:
        super().__init__(inputs, outputs, kernel, stride, kernel // 2 if stride == 1 else 0, groups=groups)
        before, after = (kernel - 2) // 2, (kernel - 1) // 2  # for stride 2: all sides here are even
        self.edges = None if stride == 1 else (before, after, before, after)

    def forward(self, pixels: Tensor) -> Tensor:
        return super().forward(functional.pad(pixels, self.edges) if self.edges else pixels)


class Mix(nn.Linear):
    """A convolution of 1 x 1 as the matrix product that it is.

    So the sums are the same for one thread as for two; those of a small convolution in channels-last order are not.
    """

    def forward(self, pixels: Tensor) -> Tensor:
        return super().forward(pixels.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    """Expands the channels, filters each of them, projects them down again; adds its input where shapes allow."""

    def __init__(self, inputs: int, outputs: int, group: Group, stride: int) -> None:
        super().__init__()
        inner = inputs * group.expansion
        self.expand = Mix(inputs, inner) if group.expansion > 1 else None
        self.filter = Filter(inner, inner, group.kernel, stride, groups=inner)
        self.project = Mix(inner, outputs)
        self.adds = stride == 1 and inputs == outputs

    def forward(self, pixels: Tensor) -> Tensor:
        inner = pixels if self.expand is None else functional.relu6(self.expand(pixels), inplace=True)
        inner = functional.relu6(self.filter(inner), inplace=True)
        made: Tensor = self.project(inner)
        return made.add_(pixels) if self.adds else made


class EfficientNetLite0(nn.Module):
    """Pictures to features; `load` gives it the published weights."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = Filter(3, _STEM, 3, 2)
        self.blocks = nn.Sequential(*_blocks())
        self.head = Mix(GROUPS[-1].channels, WIDTH)

    def forward(self, pictures: Tensor) -> Tensor:
        """Global average of the last layer: float32 (n, 1280), each 0 to 6 and not normalised to unit length.

        `pictures` are RGB bytes, uint8 (n, 224, 224, 3), as `CROP` of the shorter side cut from the middle and
        scaled bicubically to `SIDE`.
        """
        pixels = pictures.permute(0, 3, 1, 2).to(torch.float32).sub_(127).div_(128)
        pixels = functional.relu6(self.stem(pixels), inplace=True)
        pixels = functional.relu6(self.head(self.blocks(pixels)), inplace=True)
        return pixels.mean((2, 3))


def _blocks() -> Iterator[Block]:
    inputs = _STEM
    for group in GROUPS:
        for number in range(group.blocks):
            yield Block(inputs, group.channels, group, group.stride if number == 0 else 1)
            inputs = group.channels


def load(weights: Path) -> EfficientNetLite0:
    """The network with the weights of a .pth file, ready for inference. ConfigError if the file is another thing."""
    network = EfficientNetLite0()
    try:
        saved = torch.load(weights, map_location="cpu", weights_only=True)
        network.load_state_dict(_folded(saved))
    except (
        KeyError,
        IndexError,
        RuntimeError,
        TypeError,
        AttributeError,
        UnpicklingError,
        EOFError,
    ) as error:
        raise ConfigError(f"{weights.name} does not hold EfficientNet-Lite0's weights: {error}") from error
    return network.eval().requires_grad_(False)


def _folded(saved: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The published weights under our names, batch normalisation multiplied into the convolutions."""
    folded = {}
    for name, (convolution, normalisation) in _names().items():
        mean, variance, scale, shift = (
            saved[f"{normalisation}.{part}"].double()
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        factor = scale / torch.sqrt(variance + _EPSILON)
        kernel = (saved[f"{convolution}.weight"].double() * factor[:, None, None, None]).float()
        mixes = not name.endswith(("stem", "filter"))
        folded[f"{name}.weight"] = kernel.flatten(1) if mixes else kernel
        folded[f"{name}.bias"] = (shift - mean * factor).float()
    return folded


def _names() -> dict[str, tuple[str, str]]:
    """Our layers, and what their convolution and its normalisation are called in the file."""
    names = {"stem": ("_conv_stem", "_bn0"), "head": ("_conv_head", "_bn1")}
    for number in range(sum(group.blocks for group in GROUPS)):
        ours, theirs = f"blocks.{number}", f"_blocks.{number}"
        if number:  # the first block does not expand
            names[f"{ours}.expand"] = (f"{theirs}._expand_conv", f"{theirs}._bn0")
        names[f"{ours}.filter"] = (f"{theirs}._depthwise_conv", f"{theirs}._bn1")
        names[f"{ours}.project"] = (f"{theirs}._project_conv", f"{theirs}._bn2")
    return names


class Extractor:
    """A loaded network on its device, with the number of threads that it may use."""

    def __init__(self, weights: Path, device: str, threads: int) -> None:
        """`device` as in `devices.place`, whose ConfigError it raises."""
        self.device = place(device)
        self._network = load(weights).to(self.device)
        self._threads_before = torch.get_num_threads()
        torch.set_num_threads(threads)

    def features(self, pictures: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
        """Features of uint8 pictures (n, 224, 224, 3): float16 (n, 1280), not normalised to unit length."""
        with torch.inference_mode():
            made = self._network(torch.from_numpy(pictures).to(self.device))
            return made.to(torch.float16).cpu().numpy()  # type: ignore[no-any-return]

    def close(self) -> None:
        """Gives the process its number of threads back."""
        torch.set_num_threads(self._threads_before)

"""Text encoders behind one small interface: a frozen part, whose outputs are kept, and a trained part."""

import copy
import functools
import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from multihowto import checksums
from multihowto.adapters import models
from multihowto.errors import ConfigError
from multihowto.networks.text_model import FILES, check_files, open_model
from multihowto.training.recipe import TextSettings

BUILD = "it must have `embeddings` and `encoder.layer`, as BERT, XLM-R and E5 have"


class TextEncoder(Protocol):
    """Texts to token ids; token ids to states (texts, tokens, width); states through what is trained."""

    @property
    def width(self) -> int:
        """Of a token's state."""

    @property
    def identity(self) -> str:
        """Hash of everything that the frozen part's states depend on."""

    def trained(self) -> nn.Module:
        """A new copy of the trained part: states (texts, tokens, width) and mask to states of the same shape."""

    def tokens(self, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
        """Token ids of each text, special tokens included, at most `max_tokens`."""

    def frozen(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """States after the frozen part, of token ids (texts, tokens)."""


class TrainedLayers(nn.Module):
    """The last layers of an encoder; none if all is frozen."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        return run_layers(list(self.layers), states, mask)


class HuggingFaceEncoder:
    """An encoder in Hugging Face's form that has `embeddings` and `encoder.layer`: BERT, XLM-R, E5.

    Its weights are loaded when they are first needed: never, if all is frozen and its outputs are kept.
    """

    def __init__(self, settings: TextSettings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._at_once = threading.Lock()
        check_files(folder)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if "hidden_size" not in config or "num_hidden_layers" not in config:
            raise ConfigError(f"the text encoder {settings.encoder} is a {config.get('model_type')}; {BUILD}")
        self.width = int(config["hidden_size"])
        layers = int(config["num_hidden_layers"])
        if settings.layer > layers:
            raise ConfigError(
                f"text: layer {settings.layer} of {settings.encoder}, which has {layers} layers"
            )

    @functools.cached_property
    def identity(self) -> str:
        """Hash of the settings and of the files."""
        s = self._settings
        files = [checksums.of_file(self._folder / name) for name in FILES]
        return checksums.of_values(s.prefix, s.layer, min(s.freeze_below, s.layer + 1), files)

    def tokens(self, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
        # a fast tokenizer keeps the length at which it cuts: another thread's would be taken
        with self._at_once:
            found: list[list[int]] = self._tokenizer(
                [self._settings.prefix + text for text in texts], truncation=True, max_length=max_tokens
            )["input_ids"]
        return found

    def frozen(self, tokens: Tensor, mask: Tensor) -> Tensor:
        states: Tensor = self._model.embeddings(input_ids=tokens)
        return run_layers(self._layers[: self._first_trained], states, mask)

    def trained(self) -> TrainedLayers:
        if self._first_trained >= self._settings.layer:
            return TrainedLayers([])
        return TrainedLayers(copy.deepcopy(self._layers[self._first_trained : self._settings.layer]))

    @property
    def _first_trained(self) -> int:
        return first_trained(self._settings)

    @functools.cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self._folder, local_files_only=True)

    @functools.cached_property
    def _model(self) -> Any:
        """The whole model, in evaluation mode: what is frozen never drops out."""
        model = open_model(self._folder)
        if not hasattr(model, "embeddings") or not hasattr(getattr(model, "encoder", None), "layer"):
            raise ConfigError(
                f"the text encoder {self._settings.encoder} is a {type(model).__name__}; {BUILD}"
            )
        return model

    @property
    def _layers(self) -> list[nn.Module]:
        return list(self._model.encoder.layer)


def first_trained(settings: TextSettings) -> int:
    """So many layers are frozen."""
    return min(settings.freeze_below - 1, settings.layer)


def run_layers(layers: Sequence[nn.Module], states: Tensor, mask: Tensor) -> Tensor:
    """States through transformer layers of Hugging Face, which want the mask as what is added to the scores."""
    added = torch.zeros(mask.shape, dtype=states.dtype, device=mask.device)
    added.masked_fill_(~mask, torch.finfo(states.dtype).min)
    for layer in layers:
        output = layer(states, attention_mask=added[:, None, None, :])
        states = output if isinstance(output, Tensor) else output[0]
    return states


def open_encoder(settings: TextSettings, fetch: Callable[[str], Path] = models.fetch) -> HuggingFaceEncoder:
    """The encoder that a recipe names: a folder, or a model of models.toml, whose folder `fetch` gives."""
    path = Path(settings.encoder)
    return HuggingFaceEncoder(settings, path if path.is_dir() else fetch(settings.encoder))

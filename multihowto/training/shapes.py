"""Shapes of text encoders, and their layers without weights: what a rehearsal needs of them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from multihowto.errors import ConfigError
from multihowto.training.recipe import TextSettings
from multihowto.training.text_encoder import BUILD, TrainedLayers, first_trained

SHAPES: Mapping[str, Mapping[str, object]] = {
    "xlm-roberta-large": {
        "model_type": "xlm-roberta",
        "vocab_size": 250002,
        "hidden_size": 1024,
        "num_hidden_layers": 24,
        "num_attention_heads": 16,
        "intermediate_size": 4096,
        "max_position_embeddings": 514,
        "type_vocab_size": 1,
    },
    "xlm-roberta-base": {
        "model_type": "xlm-roberta",
        "vocab_size": 250002,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "max_position_embeddings": 514,
        "type_vocab_size": 1,
    },
    "bert-base-multilingual-cased": {
        "model_type": "bert",
        "vocab_size": 119547,
        "hidden_size": 768,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "max_position_embeddings": 512,
        "type_vocab_size": 2,
    },
}
"""Of encoders whose weights need not be there: keras-hub's presets of XLM-R and BERT; XLM-R has 2 positions more for
padding (fairseq)."""


@dataclass(frozen=True)
class Shape:
    """A text encoder without its weights: numbers of parameters, and layers with random ones."""

    width: int
    embedded: int
    """Parameters of the embeddings."""
    frozen: TrainedLayers
    layers: TrainedLayers
    """The trained ones."""

    def trained(self) -> nn.Module:
        """The trained layers, as an encoder gives them."""
        return self.layers


def config_of(settings: TextSettings, fetch: Callable[[str], Path]) -> dict[str, Any]:
    """An encoder's config.json: of a folder, a shape that is known here, or a model of models.toml."""
    folder = Path(settings.encoder)
    if not folder.is_dir() and settings.encoder in SHAPES:
        return dict(SHAPES[settings.encoder])
    path = (folder if folder.is_dir() else fetch(settings.encoder)) / "config.json"
    if not path.is_file():
        raise ConfigError(f"the text encoder {settings.encoder} has no config.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def shape_of(settings: TextSettings, config: Mapping[str, Any]) -> Shape:
    """The layers up to the read-out, with random weights; the others and the embeddings are only counted."""
    from transformers import AutoConfig, AutoModel

    if "model_type" not in config:
        raise ConfigError(f"the text encoder {settings.encoder} has no model_type in config.json")
    known = AutoConfig.for_model(**config)
    with torch.device("meta"):
        model = AutoModel.from_config(known)  # type: ignore[no-untyped-call]
    if not hasattr(model, "embeddings") or not hasattr(getattr(model, "encoder", None), "layer"):
        raise ConfigError(f"the text encoder {settings.encoder} is a {type(model).__name__}; {BUILD}")
    layers = list(model.encoder.layer)
    if settings.layer > len(layers):
        raise ConfigError(
            f"text: layer {settings.layer} of {settings.encoder}, which has {len(layers)} layers"
        )
    first = first_trained(settings)
    return Shape(
        width=int(known.hidden_size),
        embedded=parameters(model.embeddings),
        frozen=_random(layers[:first]),
        layers=_random(layers[first : settings.layer]),
    )


def parameters(module: nn.Module) -> int:
    """How many numbers a module learns or holds."""
    return sum(one.numel() for one in module.parameters())


def _random(layers: list[nn.Module]) -> TrainedLayers:
    made = TrainedLayers(layers).to_empty(device="cpu")
    with torch.no_grad():
        for one in made.parameters():
            one.normal_(std=0.02)
    return made

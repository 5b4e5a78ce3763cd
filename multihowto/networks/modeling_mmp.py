"""MMP as it is exported: texts and videos to unit vectors of one space.

Copied into every exported model. It needs torch, safetensors and tokenizers, and nothing of multihowto:

    model = Mmp.load(folder)
    scores = model.embed_texts(["jinsi ya kukata kitunguu"]) @ model.embed_videos([features]).T
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

BATCH = 64


class Mmp:
    """A text encoder of BERT's or XLM-R's form, and a transformer pooling head for text and one for video."""

    def __init__(self, config: dict[str, Any], weights: dict[str, Tensor], tokenizer: Tokenizer) -> None:
        self.config = config
        self.weights = weights
        self.tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(config["text"]["max_tokens"])

    @classmethod
    def load(cls, folder: str | Path, device: str = "cpu") -> "Mmp":
        """The model in a folder; its weights become 32-bit floats on a device."""
        place = Path(folder)
        config = json.loads((place / "config.json").read_text(encoding="utf-8"))
        weights = load_file(place / "model.safetensors", device=device)
        tokenizer = Tokenizer.from_file(str(place / "tokenizer.json"))
        return cls(config, {name: value.float() for name, value in weights.items()}, tokenizer)

    @torch.inference_mode()
    def embed_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit vectors (texts, width) of texts in any language."""
        prefix = self.config["text"]["prefix"]
        vectors = []
        for begin in range(0, len(texts), BATCH):
            some = [prefix + text for text in texts[begin : begin + BATCH]]
            ids = [torch.tensor(one.ids) for one in self.tokenizer.encode_batch(some)]
            states, mask = self._pad(ids)
            vectors.append(self._pool("text_head", self._encode(states, mask), mask))
        return torch.cat(vectors) if vectors else self._none()

    @torch.inference_mode()
    def embed_videos(self, videos: Sequence[Any]) -> Tensor:
        """Unit vectors (videos, width) of features (steps, features) of a clip each, as tensors, arrays or lists.

        Steps that the model never saw positions of are cut off.
        """
        longest = len(self.weights["video_head.positions"])
        vectors = []
        for begin in range(0, len(videos), BATCH):
            some = [_floats(one)[:longest] for one in videos[begin : begin + BATCH]]
            vectors.append(self._pool("video_head", *self._pad(some)))
        return torch.cat(vectors) if vectors else self._none()

    def _none(self) -> Tensor:
        return torch.zeros(0, self.config["heads"]["width"])

    def _pad(self, items: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Items side by side, zero where one has ended, and the mask of what each has."""
        device = self.weights["text_head.linear_in.weight"].device
        lengths = torch.tensor([len(one) for one in items], device=device)
        padded = torch.nn.utils.rnn.pad_sequence([one.to(device) for one in items], batch_first=True)
        return padded, torch.arange(padded.shape[1], device=device) < lengths[:, None]

    def _encode(self, ids: Tensor, mask: Tensor) -> Tensor:
        """States (texts, tokens, width) after the layer that is read."""
        encoder = self.config["encoder"]
        states = self._embed(ids)
        for number in range(encoder["layers"]):
            layer = f"encoder.layer.{number}"
            inner = f"{layer}.attention.self"
            parts = [self._linear(states, f"{inner}.{name}") for name in ("query", "key", "value")]
            seen = _attend(parts, mask, encoder["heads"])
            seen = self._linear(seen, f"{layer}.attention.output.dense")
            states = self._norm(states + seen, f"{layer}.attention.output.LayerNorm", encoder["epsilon"])
            wide = functional.gelu(self._linear(states, f"{layer}.intermediate.dense"))
            states = states + self._linear(wide, f"{layer}.output.dense")
            states = self._norm(states, f"{layer}.output.LayerNorm", encoder["epsilon"])
        return states

    def _embed(self, ids: Tensor) -> Tensor:
        """What enters the encoder; XLM-R counts positions from its padding on, and not the padding."""
        encoder = self.config["encoder"]
        places = torch.arange(ids.shape[1], device=ids.device).expand_as(ids)
        if encoder["padding"] is not None:
            real = (ids != encoder["padding"]).long()
            places = real.cumsum(1) * real + encoder["padding"]
        states = self.weights["embeddings.word_embeddings.weight"][ids]
        states = states + self.weights["embeddings.token_type_embeddings.weight"][0]
        states = states + self.weights["embeddings.position_embeddings.weight"][places]
        return self._norm(states, "embeddings.LayerNorm", encoder["epsilon"])

    def _pool(self, head: str, tokens: Tensor, mask: Tensor) -> Tensor:
        """Tokens of one modality to one unit vector each."""
        heads = self.config["heads"]
        inner = self._linear(self._norm(tokens, f"{head}.norm_in"), f"{head}.linear_in")
        if f"{head}.positions" in self.weights:
            inner = inner + self.weights[f"{head}.positions"][: inner.shape[1]]
        first = 1 if f"{head}.cls" in self.weights else 0
        if first:
            inner = torch.cat([self.weights[f"{head}.cls"].expand(len(inner), 1, -1), inner], dim=1)
            mask = functional.pad(mask, (1, 0), value=True)
        for number in range(heads["layers"]):
            block = f"{head}.blocks.{number}"
            seen = self._norm(inner, f"{block}.before_attention")
            others = self._linear(seen, f"{block}.key_value").chunk(2, dim=-1)
            seen = _attend([self._linear(seen, f"{block}.query"), *others], mask, heads["heads"])
            inner = inner + self._linear(seen, f"{block}.attended")
            seen = self._norm(inner, f"{block}.before_feed_forward")
            wide = functional.gelu(self._linear(seen, f"{block}.feed_forward.0"))
            inner = inner + self._linear(wide, f"{block}.feed_forward.2")
        inner = self._norm(inner, f"{head}.norm_out")
        weights = mask[:, first:, None].float()
        mean = (inner[:, first:] * weights).sum(1) / weights.sum(1).clamp(min=1)
        vector = self._linear(inner[:, 0] if heads["readout"] == "cls" else mean, f"{head}.linear_out")
        return functional.normalize(vector, dim=-1)

    def _linear(self, tokens: Tensor, name: str) -> Tensor:
        return functional.linear(tokens, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def _norm(self, tokens: Tensor, name: str, epsilon: float = 1e-5) -> Tensor:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return functional.layer_norm(tokens, weight.shape, weight, bias, epsilon)


def _floats(features: Any) -> Tensor:
    return (
        features.float() if isinstance(features, Tensor) else torch.tensor(np.asarray(features, np.float32))
    )


def _attend(parts: Sequence[Tensor], mask: Tensor, heads: int) -> Tensor:
    """Attention of many heads over queries, keys and values, as (items, tokens, width) in and out."""
    query, key, value = (part.view(*part.shape[:2], heads, -1).transpose(1, 2) for part in parts)
    seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
    return seen.transpose(1, 2).flatten(2)

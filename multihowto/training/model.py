"""MMP in plain torch: a transformer pooling head for text and one for video, into one space of unit vectors."""

from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from multihowto.training.recipe import ModelSettings


class Block(nn.Module):
    """A pre-LN transformer block whose keys and values may be extended by another modality's tokens."""

    def __init__(self, settings: ModelSettings) -> None:
        super().__init__()
        width = settings.width
        self.heads = settings.heads
        self.dropout = settings.dropout
        self.before_attention = nn.LayerNorm(width)
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.attended = nn.Linear(width, width)
        self.before_feed_forward = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, settings.feed_forward), nn.GELU(), nn.Linear(settings.feed_forward, width)
        )

    def forward(self, tokens: Tensor, beside: Tensor | None, mask: Tensor) -> Tensor:
        """Tokens (clips, n, width), tokens beside them (clips, m, width), which keys may be seen (clips, n + m)."""
        inner = self.before_attention(tokens)
        seen = inner if beside is None else torch.cat([inner, self.before_attention(beside)], dim=1)
        key, value = self.key_value(seen).chunk(2, dim=-1)
        attended = functional.scaled_dot_product_attention(
            self._split(self.query(inner)),
            self._split(key),
            self._split(value),
            attn_mask=mask[:, None, None, :],
            dropout_p=self.dropout if self.training else 0.0,
        )
        tokens = tokens + self._drop(self.attended(attended.transpose(1, 2).flatten(2)))
        return tokens + self._drop(self.feed_forward(self.before_feed_forward(tokens)))

    def _split(self, tokens: Tensor) -> Tensor:
        """(clips, n, width) to (clips, heads, n, width of a head)."""
        return tokens.view(*tokens.shape[:2], self.heads, -1).transpose(1, 2)

    def _drop(self, tokens: Tensor) -> Tensor:
        return functional.dropout(tokens, self.dropout, self.training)


class PoolingHead(nn.Module):
    """Tokens of one modality to one unit vector a clip."""

    def __init__(self, settings: ModelSettings, width_in: int, positions: int = 0) -> None:
        """`positions` is the most tokens that get a learned position; 0 for tokens that know theirs (text)."""
        super().__init__()
        self.readout = settings.readout
        self.dropout = settings.dropout
        self.norm_in = nn.LayerNorm(width_in)
        self.linear_in = nn.Linear(width_in, settings.width)
        self.positions = nn.Parameter(0.02 * torch.randn(positions, settings.width)) if positions else None
        self.cls = nn.Parameter(0.02 * torch.randn(settings.width)) if settings.layers else None
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.layers))
        self.norm_out = nn.LayerNorm(settings.width)
        self.linear_out = nn.Linear(settings.width, settings.width)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Unit vectors (clips, width) of tokens (clips, n, width in) where mask (clips, n) is true."""
        return self.pool(self.project(tokens), mask)

    def project(self, tokens: Tensor) -> Tensor:
        """Tokens (clips, n, width in) as they enter the blocks (clips, n, width)."""
        inner: Tensor = self.linear_in(self.norm_in(tokens))
        return inner if self.positions is None else inner + self.positions[: tokens.shape[1]]

    def pool(
        self, inner: Tensor, mask: Tensor, beside: Tensor | None = None, beside_mask: Tensor | None = None
    ) -> Tensor:
        """Unit vectors (clips, width) of projected tokens; masked copies and pairs share one projection.

        `beside` (clips, m, width) are another head's projected tokens, seen as further keys and values.
        """
        return functional.normalize(self.raw(inner, mask, beside, beside_mask), dim=-1)

    def raw(
        self, inner: Tensor, mask: Tensor, beside: Tensor | None = None, beside_mask: Tensor | None = None
    ) -> Tensor:
        """As `pool`, before vectors are brought to unit length; float32 whatever the blocks compute in."""
        inner = functional.dropout(inner, self.dropout, self.training)
        if self.cls is not None:
            inner = torch.cat([self.cls.to(inner.dtype).expand(len(inner), 1, -1), inner], dim=1)
            mask = functional.pad(mask, (1, 0), value=True)
        seen = mask if beside_mask is None else torch.cat([mask, beside_mask], dim=1)
        for block in self.blocks:
            inner = block(inner, beside, seen)
        vectors: Tensor = self.linear_out(self._read_out(self.norm_out(inner), mask))
        return vectors.float()

    def _read_out(self, inner: Tensor, mask: Tensor) -> Tensor:
        if self.readout == "cls":
            return inner[:, 0]
        first = 0 if self.cls is None else 1
        weights = mask[:, first:, None].to(inner.dtype)
        return (inner[:, first:] * weights).sum(1) / weights.sum(1).clamp(min=1)


class Trained(Protocol):
    """What of a text encoder the model needs."""

    @property
    def width(self) -> int:
        """Of a token's state."""

    def trained(self) -> nn.Module:
        """The part that is trained: states (texts, tokens, width) and mask to states of the same shape."""


class Mmp(nn.Module):
    """The trained part of the text encoder and the two heads."""

    def __init__(
        self, settings: ModelSettings, encoder: Trained, video_width: int, video_tokens: int
    ) -> None:
        super().__init__()
        self.encoder = encoder.trained()
        self.text_head = PoolingHead(settings, encoder.width)
        self.video_head = PoolingHead(settings, video_width, video_tokens)

    def text(self, states: Tensor, mask: Tensor) -> Tensor:
        """The frozen part's states (clips, tokens, width in) as the text head's projected tokens."""
        return self.text_head.project(self.encoder(states, mask))

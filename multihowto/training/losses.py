"""The contrastive losses of MMP, as pure functions of unit vectors.

`NCE(A, B) = -mean_i log(e^s(a_i, b_i) / (e^s(a_i, b_i) + negatives))` with s(a, b) = a.b / temperature. Pairs that
`same` marks are no negatives of each other.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor


@dataclass(frozen=True)
class Views:
    """Embeddings of one batch, each (clips, width) and of unit length."""

    video: Tensor
    video_masked: Tensor
    texts: tuple[Tensor, ...]
    """One or two captions of each clip."""
    texts_masked: tuple[Tensor, ...]
    conditional: tuple[Tensor, ...] = ()
    """The captions again, having seen the paired video; with two captions only."""


@dataclass(frozen=True)
class Parts:
    """The parts of a loss, each a scalar, unweighted."""

    inter: Tensor
    intra: Tensor
    cross: Tensor


def nce(
    a: Tensor, b: Tensor, same: Tensor, temperature: float, denominator: Literal["two_way", "joint"]
) -> Tensor:
    """The loss of n pairs, (n, width) each; `same` (n, n) is symmetric, its diagonal is not looked at."""
    scores = (a @ b.T) / temperature
    own = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    scores = scores.masked_fill(same & ~own, -torch.inf)
    pairs = scores.diagonal()
    if denominator == "joint":
        both = torch.cat([scores, scores.T.masked_fill(own, -torch.inf)], dim=1)
        return (both.logsumexp(1) - pairs).mean()
    return (scores.logsumexp(1) + scores.logsumexp(0) - 2 * pairs).mean() / 2


def parts(views: Views, same: Tensor, temperature: float, denominator: Literal["two_way", "joint"]) -> Parts:
    """inter: each caption with the video. intra: each view with its masked copy. cross: captions given the video."""

    def loss(a: Tensor, b: Tensor) -> Tensor:
        return nce(a, b, same, temperature, denominator)

    inter = torch.stack([loss(text, views.video) for text in views.texts]).sum()
    pairs = [(views.video, views.video_masked), *zip(views.texts, views.texts_masked, strict=True)]
    intra = torch.stack([loss(view, masked) for view, masked in pairs]).sum()
    cross = loss(*views.conditional) if views.conditional else torch.zeros_like(inter)
    return Parts(inter, intra, cross)


def mask_some(mask: Tensor, share: float, draws: Tensor) -> Tensor:
    """A copy of a mask (clips, tokens) in which a share of the tokens is hidden; each clip keeps at least one.

    `draws` are uniform numbers from 0 to 1 of the same shape.
    """
    kept = mask & (draws >= share)
    highest = draws.masked_fill(~mask, -1.0).argmax(1, keepdim=True)
    kept_one = torch.zeros_like(mask).scatter(1, highest, True) & mask
    return kept | kept_one

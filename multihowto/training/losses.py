"""The contrastive losses of MMP, as pure functions of unit vectors.

`NCE(A, B) = -mean_i log(e^s(a_i, b_i) / (e^s(a_i, b_i) + negatives))` with s(a, b) = a.b / temperature. Pairs that
`same` marks are no negatives of each other.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional


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
    candidates: tuple[Tensor, Tensor] | None = None
    """(clips, k, width) further captions that may fit each video, and (clips, k) which there are; one caption only."""


@dataclass(frozen=True)
class Parts:
    """The parts of a loss, each a scalar, unweighted."""

    inter: Tensor
    intra: Tensor
    cross: Tensor


Denominator: TypeAlias = Literal["two_way", "joint"]


def nce(a: Tensor, b: Tensor, same: Tensor, temperature: float, denominator: Denominator) -> Tensor:
    """The loss of n pairs, (n, width) each; `same` (n, n) is symmetric, its diagonal is not looked at."""
    return _cross_entropy((a @ b.T) / temperature, same, denominator)


def mil_nce(
    a: Tensor, bags: Tensor, there: Tensor, same: Tensor, temperature: float, denominator: Denominator
) -> Tensor:
    """As `nce`, where each of n vectors (n, width) has a bag of candidates (n, k, width) that are positive together.

    `there` (n, k) marks those that are candidates; each bag has one at least. Scores of a bag are summed as
    exponentials, above and below the line (MIL-NCE, arXiv 1912.06430).
    """
    scores = torch.einsum("iw,jkw->ijk", a, bags) / temperature
    return _cross_entropy(scores.masked_fill(~there, -torch.inf).logsumexp(2), same, denominator)


def _cross_entropy(scores: Tensor, same: Tensor, denominator: Denominator) -> Tensor:
    """Of scores (n, n), whose diagonal is right."""
    own = torch.eye(len(scores), dtype=torch.bool, device=scores.device)
    scores = scores.masked_fill(same & ~own, -torch.inf)
    pairs = scores.diagonal()
    if denominator == "joint":
        both = torch.cat([scores, scores.T.masked_fill(own, -torch.inf)], dim=1)
        return (both.logsumexp(1) - pairs).mean()
    return (scores.logsumexp(1) + scores.logsumexp(0) - 2 * pairs).mean() / 2


def alignment(a: Tensor, b: Tensor) -> float:
    """Mean squared distance of n pairs of unit vectors, 0 to 4: less is better (arXiv 2005.10242)."""
    return float((a - b).square().sum(1).mean())


def uniformity(vectors: Tensor) -> float:
    """Log of the mean of exp(-2 |a - b|^2) over all pairs, at most 0: less is more even (arXiv 2005.10242)."""
    if len(vectors) < 2:
        return 0.0
    squares = torch.pdist(vectors).square()
    return float((-2 * squares).exp().mean().log())


def parts(views: Views, same: Tensor, temperature: float, denominator: Denominator) -> Parts:
    """inter: each caption with the video. intra: each view with its masked copy. cross: captions given the video."""

    def loss(a: Tensor, b: Tensor) -> Tensor:
        return nce(a, b, same, temperature, denominator)

    if views.candidates is None:
        inter = torch.stack([loss(text, views.video) for text in views.texts]).sum()
    else:
        further, there = views.candidates
        bags = torch.cat([views.texts[0][:, None], further], dim=1)
        there = functional.pad(there, (1, 0), value=True)
        inter = mil_nce(views.video, bags, there, same, temperature, denominator)
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

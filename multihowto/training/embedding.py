"""Clips and captions as unit vectors, without dropout or gradients."""

import numpy as np
import torch
from torch import Tensor

from multihowto.training.data import Clips
from multihowto.training.model import Mmp
from multihowto.training.ragged import Ints, pad
from multihowto.training.ranks import Ranks, both_ways
from multihowto.training.token_states import TokenStates

BATCH = 256


def embed_videos(model: Mmp, clips: Clips, numbers: Ints) -> Tensor:
    """Vectors (clips, width) of clips by number."""
    model.eval()
    device = model.video_head.linear_in.weight.device
    parts = []
    with torch.inference_mode():
        for part in _cut(numbers):
            tokens, mask = pad(clips.features, clips.first[part], clips.count[part])
            parts.append(model.video_head(tokens.to(device), mask.to(device)).cpu())
    return torch.cat(parts)


def embed_texts(model: Mmp, states: TokenStates, texts: Ints) -> Tensor:
    """Vectors (texts, width) of texts by number."""
    model.eval()
    device = model.text_head.linear_in.weight.device
    vectors = []
    with torch.inference_mode():
        for part in _cut(texts):
            inner, mask = (one.to(device) for one in states.batch(part))
            vectors.append(model.text_head.pool(model.text(inner, mask), mask).cpu())
    return torch.cat(vectors)


def _cut(numbers: Ints) -> list[Ints]:
    return np.array_split(numbers, max(1, -(-len(numbers) // BATCH)))


def rank_language(
    model: Mmp, states: TokenStates, videos: Tensor, texts: Ints, same_text: bool = False
) -> tuple[Ints, Ranks, Ranks]:
    """Text to video and video to text in one language.

    `videos` (n, width) are all candidates, `texts` (n,) their captions by number, -1 where there is none. Returned:
    places of those that have one, where each one's own video stands among all n, and its caption among all captions.
    With `same_text` every video whose caption is equal is right, not only its own.
    """
    asked = np.flatnonzero(texts >= 0)
    there, back = rank_vectors(embed_texts(model, states, texts[asked]), videos, texts, same_text)
    return asked, there, back


def rank_vectors(
    vectors: Tensor, videos: Tensor, texts: Ints, same_text: bool = False
) -> tuple[Ranks, Ranks]:
    """As `rank_language`, of the vectors of those captions that there are."""
    asked = np.flatnonzero(texts >= 0)
    everyone = np.arange(len(texts))
    groups = np.where(texts >= 0, texts, -1 - everyone) if same_text else everyone
    return both_ways(vectors, videos, groups[asked], groups)

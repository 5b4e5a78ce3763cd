"""What an epoch has brought: retrieval among the validation clips, and how the vectors lie."""

from typing import Any

import numpy as np
import torch

from multihowto.training.checkpoint import State
from multihowto.training.embedding import embed_texts, embed_videos, rank_vectors
from multihowto.training.losses import alignment, uniformity
from multihowto.training.material import Material
from multihowto.training.model import Mmp
from multihowto.training.recipe import Phase, languages_of
from multihowto.training.token_states import TokenStates

WATCHED = 2048
"""Of so many vectors at most the pairs are measured [ours]."""


def end_epoch(
    material: Material, model: Mmp, phase: Phase, states: TokenStates, state: State
) -> dict[str, Any]:
    """A line of metrics: mean losses, and text-to-video retrieval among the validation clips."""
    by_language = validate(material, model, states)
    mine = [
        by_language[code]["mrr"]
        for code in phase.validation or languages_of(phase, material.clips.languages)
        if code in by_language
    ]
    return {
        "phase": phase.name,
        "epoch": state.epoch,
        "steps": state.step,
        "loss": {name: value / state.step for name, value in state.sums.items()},
        "validation": by_language,
        "select": sum(mine) / len(mine) if mine else float(state.epoch),
    }


def validate(material: Material, model: Mmp, states: TokenStates) -> dict[str, dict[str, float]]:
    """Of each language that validation clips have; no translation is asked.

    Queries, R@1, mean reciprocal rank, alignment with the videos, uniformity of the captions and of the videos.
    """
    clips = material.clips
    numbers = clips.of_split("validation")
    if not len(numbers):
        return {}
    videos = embed_videos(model, clips, numbers)
    spread = uniformity(videos[:WATCHED])
    found = {}
    for column, code in enumerate(clips.languages):
        texts = np.where(clips.translated[numbers, column], -1, clips.text_of[numbers, column])
        if (texts >= 0).any():
            vectors = embed_texts(model, states, texts[texts >= 0])
            ranks, _ = rank_vectors(vectors, videos, texts)
            found[code] = {
                "queries": float(len(ranks.better)),
                "r1": float(ranks.hits(1).mean()),
                "mrr": float((1 / ranks.expected()).mean()),
                "alignment": alignment(vectors, videos[torch.from_numpy(texts >= 0)]),
                "uniformity": uniformity(vectors[:WATCHED]),
                "video_uniformity": spread,
            }
    return found

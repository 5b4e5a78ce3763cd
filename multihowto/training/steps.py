"""One step of the training: its batch, its embeddings, its losses."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from multihowto.training import losses
from multihowto.training.data import Epoch
from multihowto.training.material import Material
from multihowto.training.model import Mmp
from multihowto.training.ragged import Ints, pad
from multihowto.training.recipe import LossSettings
from multihowto.training.token_states import TokenStates


@dataclass(frozen=True)
class Batch:
    """One step's clips: features, captions' states, and which clips say the same."""

    video: Tensor
    video_mask: Tensor
    texts: list[tuple[Tensor, Tensor]]
    same: Tensor


def batches_ahead(plan: Epoch, first: int, material: Material, states: TokenStates) -> Iterator[Batch]:
    """The batches of an epoch from a step on; each is made while the model works on the one before."""
    with ThreadPoolExecutor(1) as pool:
        steps = range(first, len(plan.clips))
        waiting = [pool.submit(make_batch, material, states, plan, step) for step in steps[:1]]
        for step in steps:
            if step + 1 < len(plan.clips):
                waiting.append(pool.submit(make_batch, material, states, plan, step + 1))
            yield waiting.pop(0).result()


def make_batch(material: Material, states: TokenStates, plan: Epoch, step: int) -> Batch:
    clips, numbers, texts = material.clips, plan.clips[step], plan.texts[step]
    video, video_mask = pad(clips.features, clips.first[numbers], clips.count[numbers])
    captions = [states.batch(column) for column in texts.T]
    return Batch(video, video_mask, captions, torch.from_numpy(_same(material, numbers, texts)))


def _same(material: Material, numbers: Ints, texts: Ints) -> Any:
    """Which clips say the same: by the pivot's caption, or by a caption that was drawn."""
    if material.recipe.losses.same_text == "keep":
        return np.zeros((len(numbers), len(numbers)), dtype=np.bool_)
    pivot = material.clips.text_of[numbers, material.clips.columns([material.recipe.pivot])[0]]
    # a clip without a pivot caption gets a number of its own
    pivot = np.where(pivot >= 0, pivot, -1 - np.arange(len(numbers)))
    columns = [pivot, *texts.T]
    return np.logical_or.reduce([column[:, None] == column[None, :] for column in columns])


def do_step(
    model: Mmp, batch: Batch, settings: LossSettings, optimiser: torch.optim.Adam
) -> dict[str, float]:
    """One step of the optimiser; the losses before it."""
    model.train()
    parts = losses.parts(
        _views(model, batch, settings), batch.same, settings.temperature, settings.denominator
    )
    total = parts.inter + settings.intra * parts.intra + settings.cross * parts.cross
    optimiser.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    optimiser.step()
    named = {"total": total, "inter": parts.inter, "intra": parts.intra, "cross": parts.cross}
    return {name: value.item() for name, value in named.items()}


def _views(model: Mmp, batch: Batch, settings: LossSettings) -> losses.Views:
    """All embeddings of a batch that the losses want."""

    def hide(mask: Tensor) -> Tensor:
        return losses.mask_some(mask, settings.masked_share, torch.rand(mask.shape))

    video, video_mask = model.video_head.project(batch.video), batch.video_mask
    texts = [(model.text(states, mask), mask) for states, mask in batch.texts]
    pool_video, pool_text = model.video_head.pool, model.text_head.pool
    return losses.Views(
        video=pool_video(video, video_mask),
        video_masked=pool_video(video, hide(video_mask)),
        texts=tuple(pool_text(text, mask) for text, mask in texts),
        texts_masked=tuple(pool_text(text, hide(mask)) for text, mask in texts),
        conditional=tuple(pool_text(text, mask, video, video_mask) for text, mask in texts)
        if len(texts) == 2
        else (),
    )


def watch_cross(model: Mmp, batch: Batch) -> dict[str, float]:
    """How often c_{x|v} finds its c_{y|v} in a batch: as it is, and with the texts emptied, so from the video alone."""
    model.eval()
    found = {}
    with torch.inference_mode():
        beside = model.video_head.project(batch.video)
        for name, empty in (("cross_accuracy", False), ("cross_accuracy_without_text", True)):
            x, y = (
                model.text_head.pool(model.text(states, mask), mask & (not empty), beside, batch.video_mask)
                for states, mask in batch.texts
            )
            right = (x @ y.T).argmax(1) == torch.arange(len(x))
            found[name] = right.float().mean().item()
    return found

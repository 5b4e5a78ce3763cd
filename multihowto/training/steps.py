"""One step of the training: its batch, its embeddings, its losses."""

import math
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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
from multihowto.training.recipe import LossSettings, Phase, Recipe
from multihowto.training.token_states import TokenStates


@dataclass(frozen=True)
class Batch:
    """One step's clips: features, captions' states, and which clips say the same."""

    video: Tensor
    video_mask: Tensor
    texts: list[tuple[Tensor, Tensor]]
    same: Tensor
    candidates: tuple[Tensor, Tensor] | None = None
    """States and mask of the further captions that there are, clip after clip."""
    candidates_there: Tensor | None = None
    """(clips, k) which there are."""

    def to(self, device: str) -> "Batch":
        """The same batch where the model is."""

        def move(pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
            return pair[0].to(device), pair[1].to(device)

        return Batch(
            *move((self.video, self.video_mask)),
            [move(pair) for pair in self.texts],
            self.same.to(device),
            None if self.candidates is None else move(self.candidates),
            None if self.candidates_there is None else self.candidates_there.to(device),
        )


def batches_ahead(plan: Epoch, first: int, material: Material, states: TokenStates) -> Iterator[Batch]:
    """The batches of an epoch from a step on, in order; workers make the next ones while the model works."""
    workers = material.recipe.workers
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Batch]] = deque()
        for step in range(first, len(plan.clips)):
            waiting.append(pool.submit(make_batch, material, states, plan, step))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def make_batch(material: Material, states: TokenStates, plan: Epoch, step: int) -> Batch:
    clips, numbers, texts, others = material.clips, plan.clips[step], plan.texts[step], plan.candidates[step]
    video, video_mask = pad(clips.features, clips.first[numbers], clips.count[numbers])
    captions = [states.batch(column) for column in texts.T]
    same = torch.from_numpy(_same(material, numbers, texts, others))
    if not (others >= 0).any():
        return Batch(video, video_mask, captions, same)
    there = others >= 0
    return Batch(video, video_mask, captions, same, states.batch(others[there]), torch.from_numpy(there))


def _same(material: Material, numbers: Ints, texts: Ints, others: Ints) -> Any:
    """Which clips say the same: by the pivot's caption, by a caption that was drawn, or by a candidate."""
    if material.recipe.losses.same_text == "keep":
        return np.zeros((len(numbers), len(numbers)), dtype=np.bool_)
    pivot = material.clips.text_of[numbers, material.clips.columns([material.recipe.pivot])[0]]
    # a clip without a pivot caption gets a number of its own
    pivot = np.where(pivot >= 0, pivot, -1 - np.arange(len(numbers)))
    same = np.logical_or.reduce([column[:, None] == column[None, :] for column in (pivot, *texts.T)])
    if not others.shape[1]:
        return same
    bags = np.concatenate([texts[:, :1], others], axis=1)
    return same | ((bags[:, None, :, None] == bags[None, :, None, :]) & (bags >= 0)[:, None, :, None]).any(
        (2, 3)
    )


def optimiser_of(model: Mmp, phase: Phase) -> torch.optim.Optimizer:
    """A phase's optimiser, without any state yet."""
    kind = torch.optim.AdamW if phase.optimiser == "adamw" else torch.optim.Adam
    return kind(model.parameters(), lr=phase.learning_rate, weight_decay=phase.weight_decay)


def learning_rate(phase: Phase, share: float) -> float:
    """At a share of the phase, 0 to 1: it rises in a line while warming up, then falls as the schedule says."""
    if share < phase.warm_up:
        return phase.learning_rate * share / phase.warm_up
    rest = (share - phase.warm_up) / (1 - phase.warm_up)
    falls = {"constant": 1.0, "linear": 1 - rest, "cosine": 0.5 + 0.5 * math.cos(math.pi * rest)}
    return phase.learning_rate * falls[phase.schedule]


def do_step(
    model: Mmp, batch: Batch, recipe: Recipe, phase: Phase, optimiser: torch.optim.Optimizer
) -> dict[str, float]:
    """One step of the optimiser; the losses before it and the gradient's norm.

    A loss or gradient that is no number leaves the weights as they are: it is in what is returned.
    """
    model.train()
    total, named = loss_of(model, batch, recipe, phase)
    optimiser.zero_grad(set_to_none=True)
    total.backward()  # type: ignore[no-untyped-call]
    named = {**named, "gradient_norm": _gradient_norm(model, phase)}
    # one transfer for all
    numbers = dict(zip(named, torch.stack([*named.values()]).tolist(), strict=True))
    if math.isfinite(numbers["total"]) and math.isfinite(numbers["gradient_norm"]):
        optimiser.step()
    return numbers


def _gradient_norm(model: Mmp, phase: Phase) -> Tensor:
    """The gradient's norm, before it is shortened if the phase says so."""
    if phase.clip_norm:
        return torch.nn.utils.clip_grad_norm_(model.parameters(), phase.clip_norm)
    return torch.nn.utils.get_total_norm([one.grad for one in model.parameters() if one.grad is not None])


def loss_of(model: Mmp, batch: Batch, recipe: Recipe, phase: Phase) -> tuple[Tensor, dict[str, Tensor]]:
    """What is minimised, and its parts by name."""
    settings = phase.losses or recipe.losses
    with torch.autocast(recipe.device, torch.bfloat16, enabled=recipe.precision == "bfloat16"):
        views = _views(model, batch, settings)
    parts = losses.parts(views, batch.same, settings.temperature, settings.denominator)
    total = parts.inter + settings.intra * parts.intra + settings.cross * parts.cross
    return total, {"total": total, "inter": parts.inter, "intra": parts.intra, "cross": parts.cross}


def _views(model: Mmp, batch: Batch, settings: LossSettings) -> losses.Views:
    """All embeddings of a batch that the losses want."""

    def hide(mask: Tensor) -> Tensor:
        # drawn on the CPU, so that every device draws the same
        return losses.mask_some(mask, settings.masked_share, torch.rand(mask.shape).to(mask.device))

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
        candidates=_candidates(model, batch),
    )


def _candidates(model: Mmp, batch: Batch) -> tuple[Tensor, Tensor] | None:
    """Vectors (clips, k, width) of the further captions, zero where there is none, and which there are."""
    if batch.candidates is None or batch.candidates_there is None:
        return None
    states, mask = batch.candidates
    vectors = model.text_head.pool(model.text(states, mask), mask)
    bags = vectors.new_zeros(*batch.candidates_there.shape, vectors.shape[1])
    return bags.masked_scatter(batch.candidates_there[:, :, None], vectors), batch.candidates_there


def watch_norms(model: Mmp, batch: Batch) -> dict[str, float]:
    """Mean lengths of a batch's vectors before they are brought to unit length."""
    model.eval()
    with torch.inference_mode():
        video = model.video_head.raw(model.video_head.project(batch.video), batch.video_mask)
        states, mask = batch.texts[0]
        text = model.text_head.raw(model.text(states, mask), mask)
    return {"video_norm": float(video.norm(dim=1).mean()), "text_norm": float(text.norm(dim=1).mean())}


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
            right = (x @ y.T).argmax(1) == torch.arange(len(x), device=x.device)
            found[name] = right.float().mean().item()
    return found

"""Heads and one whole step against tests/training/plain_reference.py, written before the program was looked at."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from multihowto.training.losses import Denominator
from multihowto.training.model import Mmp, PoolingHead
from multihowto.training.recipe import LossSettings, ModelSettings, Phase, Recipe, TextSettings
from multihowto.training.steps import Batch, loss_of
from training import plain_reference as plain
from training.plain_reference import Array, Flags

SETTINGS = ModelSettings(layers=2, heads=3, width=6, feed_forward=5, dropout=0.0)
WIDTH_IN = 4
VIDEO_TOKENS = 7


def make_head(readout: str, positions: int, norms: bool, layers: int = 2) -> PoolingHead:
    """A head in double precision, every weight at random; without `norms`, it is as the definition says."""
    torch.manual_seed(layers)
    settings = replace(SETTINGS, layers=layers, readout="cls" if readout == "cls" else "mean")
    head = PoolingHead(settings, WIDTH_IN, positions).double().eval()
    for weight in head.parameters():
        nn.init.normal_(weight, std=0.7)
    if not norms:
        head.norm_in, head.norm_out = nn.Identity(), nn.Identity()  # type: ignore[assignment]
    return head


NAMES = {
    "linear_in": "project",
    "linear_out": "final",
    "before_attention": "norm1",
    "before_feed_forward": "norm2",
    "query": "attention.q",
    "attended": "attention.out",
    "feed_forward.0": "ffn1",
    "feed_forward.2": "ffn2",
}


def weights_of(head: PoolingHead) -> dict[str, Array]:
    """A head's weights under the reference's names."""
    found: dict[str, Array] = {}
    for name, value in head.state_dict().items():
        array = value.numpy()
        if ".key_value." in name:
            for half, part in zip("kv", np.split(array, 2), strict=True):
                found[name.replace("key_value", f"attention.{half}")] = part
            continue
        for ours, its in NAMES.items():
            name = name.replace(ours, its)
        found[name] = array
    return found


def plain_vector(
    head: PoolingHead, tokens: Array, real: Flags, video: Array | None = None, video_real: Flags | None = None
) -> Array:
    return plain.head(
        tokens,
        real,
        weights_of(head),
        heads=SETTINGS.heads,
        blocks=len(head.blocks),
        readout=head.readout,
        video=video,
        video_real=video_real,
    )


def hidden_here_and_there(seed: int, clips: int, tokens: int) -> Flags:
    """Masks with at least one real token, with holes anywhere."""
    real = np.random.default_rng(seed).random((clips, tokens)) < 0.6
    real[np.arange(clips), np.arange(clips) % tokens] = True
    return real


@pytest.mark.parametrize("readout", ["cls", "mean"])
@pytest.mark.parametrize("norms", [False, True])
@pytest.mark.parametrize(("layers", "positions", "length"), [(1, 0, 1), (2, 7, 7), (3, 7, 4)])
def test_a_head(readout: str, norms: bool, layers: int, positions: int, length: int) -> None:
    head = make_head(readout, positions, norms, layers)
    tokens = np.random.default_rng(1).normal(size=(3, length, WIDTH_IN))
    real = hidden_here_and_there(2, 3, length)
    with torch.no_grad():
        found = head(torch.from_numpy(tokens), torch.from_numpy(real)).numpy()
    expected = [plain_vector(head, *one) for one in zip(tokens, real, strict=True)]
    assert np.abs(found - expected).max() < 1e-6


@pytest.mark.parametrize("readout", ["cls", "mean"])
@pytest.mark.parametrize("norms", [False, True])
def test_text_that_sees_its_video(readout: str, norms: bool) -> None:
    text, video = make_head(readout, 0, norms), make_head(readout, VIDEO_TOKENS, norms, 1)
    draw = np.random.default_rng(3)
    tokens, features = draw.normal(size=(4, 3, WIDTH_IN)), draw.normal(size=(4, 5, WIDTH_IN))
    real, video_real = hidden_here_and_there(4, 4, 3), hidden_here_and_there(5, 4, 5)
    video_real[3] = False
    with torch.no_grad():
        beside = video.project(torch.from_numpy(features))
        found = text.pool(
            text.project(torch.from_numpy(tokens)),
            torch.from_numpy(real),
            beside,
            torch.from_numpy(video_real),
        ).numpy()
    for i in range(4):
        projected = plain.projected(features[i], weights_of(video))
        expected = plain_vector(text, tokens[i], real[i], projected, video_real[i])
        assert np.abs(found[i] - expected).max() < 1e-6


@pytest.mark.parametrize("readout", ["cls", "mean"])
def test_gradients_of_a_head_are_finite_differences_of_the_reference(readout: str) -> None:
    # the program ends in float32, which finite differences do not survive; those of the reference are in float64
    head = make_head(readout, 4, norms=True, layers=1)
    draw = np.random.default_rng(6)
    tokens, video, weight = draw.normal(size=(3, WIDTH_IN)), draw.normal(size=(2, 6)), draw.normal(size=6)
    real, video_real = np.array([True, False, True]), np.array([True, True])
    given = [torch.from_numpy(one)[None].requires_grad_() for one in (tokens, video)]
    vector = head.pool(
        head.project(given[0]), torch.from_numpy(real)[None], given[1], torch.from_numpy(video_real)[None]
    )
    (vector[0].double() @ torch.from_numpy(weight)).backward()  # type: ignore[no-untyped-call]

    values = [tokens, video, *(one.detach().numpy() for one in head.parameters())]
    gradients = [one.grad for one in (*given, *head.parameters())]
    for value, gradient in zip(values, gradients, strict=True):
        assert gradient is not None
        for place in np.ndindex(value.shape):
            kept, ends = value[place], []
            for step in (1e-5, -1e-5):
                value[place] = kept + step
                ends.append(plain_vector(head, tokens, real, video, video_real) @ weight)
            value[place] = kept
            assert gradient.numpy().reshape(value.shape)[place] == pytest.approx(
                (ends[0] - ends[1]) / 2e-5, abs=1e-6
            )


# --- one step -------------------------------------------------------------------------------------------------


class Untrained:
    """A text encoder of which no layer is trained: states go into the head as they are."""

    width = WIDTH_IN

    def trained(self) -> nn.Module:
        return PassOn()


class PassOn(nn.Module):
    """States as they came."""

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        return states


SHARE = 0.4


def hide_some(real: Flags, draws: Array) -> Flags:
    """The masked copy: a real token is hidden where its draw is below SHARE; the highest draw of all stays."""
    kept = real.copy()
    for i, j in np.ndindex(real.shape):
        highest = max(range(real.shape[1]), key=lambda k: draws[i, k] if real[i, k] else -1.0)
        kept[i, j] = real[i, j] and (draws[i, j] >= SHARE or j == highest)
    return kept


class Step:
    """A random model and batch of 4 clips, and their loss by the program and by the reference."""

    def __init__(self, readout: str, captions: int, form: Denominator) -> None:
        torch.manual_seed(8)
        settings = replace(SETTINGS, layers=1, readout="cls" if readout == "cls" else "mean")
        self.model = Mmp(settings, Untrained(), WIDTH_IN, VIDEO_TOKENS).double().eval()
        for weight in self.model.parameters():
            nn.init.normal_(weight, std=0.7)
        draw = np.random.default_rng(9)
        lengths = {"v": 5, "x": 3, "y": 2} if captions == 2 else {"v": 5, "x": 3}
        self.tokens = {name: draw.normal(size=(4, length, WIDTH_IN)) for name, length in lengths.items()}
        self.real = {name: hidden_here_and_there(length, 4, length) for name, length in lengths.items()}
        self.same = plain.equal_texts(["a", "b", "a", "c"])
        self.form = form
        phase = Phase("p", "all", epochs=1)
        losses = LossSettings(temperature=plain.TEMPERATURE, denominator=form, masked_share=SHARE)
        self.recipe, self.phase = Recipe(TextSettings("none"), (phase,), losses=losses), phase

    def by_program(self) -> Tensor:
        pairs = {n: (torch.from_numpy(self.tokens[n]), torch.from_numpy(self.real[n])) for n in self.tokens}
        texts = [pair for name, pair in pairs.items() if name != "v"]
        batch = Batch(*pairs["v"], texts, torch.from_numpy(self.same))
        torch.manual_seed(10)
        return loss_of(self.model, batch, self.recipe, self.phase)[0]

    def by_reference(self) -> float:
        torch.manual_seed(10)
        shown = {name: hide_some(real, torch.rand(real.shape).numpy()) for name, real in self.real.items()}
        assert any((shown[name] != self.real[name]).any() for name in shown)
        return plain.total(
            {name: self._vectors(name, self.real[name]) for name in self.tokens},
            {name: self._vectors(name, shown[name]) for name in self.tokens},
            {name: self._vectors(name, self.real[name], True) for name in self.tokens if name != "v"},
            self.form,
            self.same,
        )

    def _vectors(self, name: str, real: Flags, given_video: bool = False) -> Array:
        head = self.model.video_head if name == "v" else self.model.text_head
        found = []
        for i, tokens in enumerate(self.tokens[name]):
            video = (
                plain.projected(self.tokens["v"][i], weights_of(self.model.video_head))
                if given_video
                else None
            )
            found.append(
                plain_vector(head, tokens, real[i], video, self.real["v"][i] if given_video else None)
            )
        return np.array(found)


@pytest.mark.parametrize("form", ["two_way", "joint"])
@pytest.mark.parametrize("captions", [1, 2])
@pytest.mark.parametrize("readout", ["cls", "mean"])
def test_what_a_step_minimises(readout: str, captions: int, form: Denominator) -> None:
    step = Step(readout, captions, form)
    # the program's vectors and losses are float32
    assert step.by_program().item() == pytest.approx(step.by_reference(), rel=1e-6)


@pytest.mark.parametrize("readout", ["cls", "mean"])
def test_the_gradient_of_a_step_is_the_references_slope(readout: str) -> None:
    step = Step(readout, 2, "two_way")
    step.by_program().backward()  # type: ignore[no-untyped-call]
    weights = list(step.model.parameters())
    gradient = torch.cat([one.grad.flatten() for one in weights if one.grad is not None])
    here = parameters_to_vector(weights).detach().clone()
    assert len(gradient) == len(here)
    for seed in range(5):
        way = torch.randn(len(here), dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        ends = []
        for length in (1e-5, -1e-5):
            vector_to_parameters(here + length * way, weights)
            ends.append(step.by_reference())
        assert (gradient @ way).item() == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=5e-6)

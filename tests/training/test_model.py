"""The pooling heads: shapes, masks, and what the conditional text sees."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from multihowto.training.model import PoolingHead
from multihowto.training.recipe import ModelSettings

SETTINGS = ModelSettings(layers=2, heads=2, width=8, feed_forward=16, dropout=0.5)
READOUTS = ["cls", "mean"]


def head(readout: str, positions: int = 0) -> PoolingHead:
    torch.manual_seed(0)
    return PoolingHead(replace(SETTINGS, readout="cls" if readout == "cls" else "mean"), 5, positions).eval()


def tokens(clips: int = 3, length: int = 4) -> Tensor:
    return torch.randn(clips, length, 5, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("readout", READOUTS)
def test_vectors_have_unit_length(readout: str) -> None:
    vectors = head(readout)(tokens(), torch.ones(3, 4, dtype=torch.bool))
    assert vectors.shape == (3, 8)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(3), atol=1e-6)


@pytest.mark.parametrize("readout", READOUTS)
def test_padding_changes_nothing(readout: str) -> None:
    pool, some = head(readout, positions=6), tokens()
    longer = torch.cat([some, torch.full((3, 2, 5), 1e4)], dim=1)
    mask = torch.arange(6) < 4
    alone = pool(some, torch.ones(3, 4, dtype=torch.bool))
    assert torch.allclose(pool(longer, mask.expand(3, -1)), alone, atol=1e-5)


@pytest.mark.parametrize("readout", READOUTS)
def test_order_matters_with_positions_only(readout: str) -> None:
    mask = torch.ones(3, 4, dtype=torch.bool)
    for positions, equal in ((0, True), (4, False)):
        pool = head(readout, positions)
        turned = pool(tokens().flip(1), mask)
        assert torch.allclose(pool(tokens(), mask), turned, atol=1e-5) is equal


@pytest.mark.parametrize("readout", READOUTS)
def test_conditional_text_sees_the_video_and_its_mask(readout: str) -> None:
    pool, video = head(readout), head(readout, positions=3)
    mask = torch.ones(3, 4, dtype=torch.bool)
    beside = video.project(tokens(3, 3))
    all_seen, none_seen = torch.ones(3, 3, dtype=torch.bool), torch.zeros(3, 3, dtype=torch.bool)
    alone = pool(tokens(), mask)
    assert torch.allclose(pool.pool(pool.project(tokens()), mask, beside, none_seen), alone, atol=1e-5)
    assert not torch.allclose(pool.pool(pool.project(tokens()), mask, beside, all_seen), alone, atol=1e-2)


def test_an_emptied_text_is_a_vector_still() -> None:
    vectors = head("cls")(tokens(), torch.zeros(3, 4, dtype=torch.bool))
    assert torch.isfinite(vectors).all()
    assert torch.equal(vectors[0], vectors[1])


def test_dropout_is_for_training_only() -> None:
    pool, mask = head("cls"), torch.ones(3, 4, dtype=torch.bool)
    assert torch.equal(pool(tokens(), mask), pool(tokens(), mask))
    pool.train()
    assert not torch.equal(pool(tokens(), mask), pool(tokens(), mask))


def test_no_layers_are_linear_maps_around_a_mean() -> None:
    pool = PoolingHead(replace(SETTINGS, layers=0, readout="mean"), 5).eval()
    assert pool.cls is None
    assert pool(tokens(), torch.ones(3, 4, dtype=torch.bool)).shape == (3, 8)
    with torch.no_grad():
        pool.norm_out.weight.zero_()
        pool.norm_out.bias.copy_(torch.arange(8.0))
    expected = torch.nn.functional.normalize(pool.linear_out(torch.arange(8.0)), dim=0)
    assert torch.allclose(pool(tokens(), torch.ones(3, 4, dtype=torch.bool))[0], expected, atol=1e-6)


def test_gradients_of_a_head_are_finite_differences() -> None:
    pool = PoolingHead(replace(SETTINGS, layers=1, width=4, feed_forward=4, dropout=0.0), 3, 2).double()
    inner = torch.randn(2, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    beside = torch.randn(2, 2, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    mask = torch.tensor([[True, True], [True, False]])

    def vectors(given: Tensor, near: Tensor) -> Tensor:
        # the head rounds to float32 at its end, which finite differences do not survive: so before that
        tokens = pool.project(given)
        tokens = pool.blocks[0](tokens, near, torch.cat([mask, mask], dim=1))
        return torch.nn.functional.normalize(pool.linear_out(tokens[:, 0]), dim=-1)

    assert torch.autograd.gradcheck(vectors, (inner.requires_grad_(), beside.requires_grad_()))


def test_vectors_have_a_length_before_they_are_of_unit_length() -> None:
    pool, mask = head("mean"), torch.ones(3, 4, dtype=torch.bool)
    raw = pool.raw(pool.project(tokens()), mask)
    assert not torch.allclose(raw.norm(dim=1), torch.ones(3), atol=1e-2)
    assert torch.allclose(torch.nn.functional.normalize(raw, dim=-1), pool(tokens(), mask))

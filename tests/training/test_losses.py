"""The losses against numbers that were worked out by hand (a calculator's exp and log of the values given here)."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from multihowto.training.losses import Views, alignment, mask_some, mil_nce, nce, parts, uniformity

A = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
B = torch.tensor([[1.0, 0.0], [0.6, 0.8]])
# a.b: own 1.0 and 0.8; a_1.b_2 = 0.6; a_2.b_1 = 0.0
NONE = torch.zeros(2, 2, dtype=torch.bool)


def test_two_way_is_the_mean_of_both_directions() -> None:
    # rows: ln(e^1 + e^0.6) - 1 = 0.513015, ln(1 + e^0.8) - 0.8 = 0.371101
    # columns: ln(e^1 + 1) - 1 = 0.313262, ln(e^0.6 + e^0.8) - 0.8 = 0.598139
    assert nce(A, B, NONE, 1.0, "two_way").item() == pytest.approx(
        (0.513015 + 0.371101 + 0.313262 + 0.598139) / 4, abs=1e-5
    )


def test_joint_sums_both_directions_in_one_denominator() -> None:
    # ln(e^1 + e^0.6 + 1) - 1 = 0.712067, ln(e^0.8 + 1 + e^0.6) - 0.8 = 0.818924
    assert nce(A, B, NONE, 1.0, "joint").item() == pytest.approx((0.712067 + 0.818924) / 2, abs=1e-5)


def test_temperature_divides_the_scores() -> None:
    # with 0.1: rows ln(e^10 + e^6) - 10 = 0.018150, ln(1 + e^8) - 8 = 0.000335
    # columns ln(e^10 + 1) - 10 = 0.000045, ln(e^6 + e^8) - 8 = 0.126928
    assert nce(A, B, NONE, 0.1, "two_way").item() == pytest.approx(
        (0.018150 + 0.000335 + 0.000045 + 0.126928) / 4, abs=1e-5
    )


@pytest.mark.parametrize("denominator", ["two_way", "joint"])
def test_clips_that_say_the_same_are_no_negatives(denominator: str) -> None:
    same = torch.ones(2, 2, dtype=torch.bool)
    assert denominator in ("two_way", "joint")
    assert nce(A, B, same, 1.0, "joint" if denominator == "joint" else "two_way").item() == pytest.approx(
        0, abs=1e-6
    )
    three = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    marked = torch.tensor([[1, 1, 0], [1, 1, 0], [0, 0, 1]], dtype=torch.bool)
    # two equal clips and another: each of the first sees e^1 and e^0 only, the third e^1 and twice e^0
    # rows and columns alike: 2 * (ln(e + 1) - 1) + ln(e + 2) - 1 = 2 * 0.313262 + 0.551445
    assert nce(three, three, marked, 1.0, "two_way").item() == pytest.approx(
        (2 * 0.313262 + 0.551445) / 3, abs=1e-5
    )


def test_parts_add_what_the_method_adds() -> None:
    flipped = B.flip(0)
    views = Views(A, B, (A, flipped), (B, A), (A, B))
    found = parts(views, NONE, 1.0, "two_way")

    def loss(a: torch.Tensor, b: torch.Tensor) -> float:
        return nce(a, b, NONE, 1.0, "two_way").item()

    assert found.inter.item() == pytest.approx(loss(A, A) + loss(flipped, A))
    assert found.intra.item() == pytest.approx(loss(A, B) + loss(A, B) + loss(flipped, A))
    assert found.cross.item() == pytest.approx(loss(A, B))
    assert parts(Views(A, B, (A,), (B,)), NONE, 1.0, "two_way").cross.item() == 0


def test_masking_hides_a_share_and_keeps_one() -> None:
    mask = torch.tensor([[True, True, True, False], [True, False, False, False]])
    draws = torch.tensor([[0.01, 0.5, 0.04, 0.9], [0.01, 0.9, 0.9, 0.9]])
    assert mask_some(mask, 0.05, draws).tolist() == [[False, True, False, False], [True, False, False, False]]


@given(st.integers(1, 6), st.integers(1, 8), st.floats(0, 1), st.integers(0, 2**32))
def test_masking_never_shows_what_is_not_there(clips: int, tokens: int, share: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    mask = torch.arange(tokens) < torch.randint(1, tokens + 1, (clips, 1), generator=generator)
    kept = mask_some(mask, share, torch.rand(mask.shape, generator=generator))
    assert not (kept & ~mask).any()
    assert kept.any(1).all()


# bags of two: b_1 = {(1, 0), (0, 1)}, b_2 = {(0.6, 0.8), none}
BAGS = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[0.6, 0.8], [9.0, 9.0]]])
THERE = torch.tensor([[True, True], [True, False]])


def test_candidates_are_positive_together() -> None:
    # e-sums of bags: a_1: e^1 + 1 = 3.718282 and e^0.6 = 1.822119; a_2: 1 + e^1 = 3.718282 and e^0.8 = 2.225541
    # rows: ln(5.540401 / 3.718282) = 0.398805, ln(5.943823 / 2.225541) = 0.982352
    # columns: ln(7.436564 / 3.718282) = 0.693147, ln(4.047660 / 2.225541) = 0.598139
    found = mil_nce(A, BAGS, THERE, NONE, 1.0, "two_way").item()
    assert found == pytest.approx((0.398805 + 0.982352 + 0.693147 + 0.598139) / 4, abs=1e-5)
    # joint: ln((5.540401 + 3.718282) / 3.718282) = 0.912300, ln((5.943823 + 1.822119) / 2.225541) = 1.249748
    found = mil_nce(A, BAGS, THERE, NONE, 1.0, "joint").item()
    assert found == pytest.approx((0.912300 + 1.249748) / 2, abs=1e-5)


def test_a_bag_of_one_is_a_pair() -> None:
    one = mil_nce(A, B[:, None], torch.ones(2, 1, dtype=torch.bool), NONE, 0.1, "joint")
    assert one.item() == pytest.approx(nce(A, B, NONE, 0.1, "joint").item(), abs=1e-6)


@pytest.mark.parametrize("kind", ["two_way", "joint", "candidates"])
def test_gradients_are_finite_differences(kind: str) -> None:
    draw = torch.Generator().manual_seed(1)
    a = torch.randn(3, 4, dtype=torch.float64, generator=draw, requires_grad=True)
    b = torch.randn(3, 2, 4, dtype=torch.float64, generator=draw, requires_grad=True)
    there = torch.tensor([[True, True], [True, False], [True, True]])
    same = torch.zeros(3, 3, dtype=torch.bool)
    same[0, 2] = same[2, 0] = True

    def loss(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if kind == "candidates":
            return mil_nce(x, y, there, same, 0.5, "two_way")
        return nce(x, y[:, 0], same, 0.5, "joint" if kind == "joint" else "two_way")

    assert torch.autograd.gradcheck(loss, (a, b))


def test_alignment_and_uniformity_by_hand() -> None:
    # |a_2 - b_2|^2 = 0.36 + 0.04
    assert alignment(A, B) == pytest.approx(0.2, abs=1e-6)
    # one pair at distance sqrt(2): ln(e^-4)
    assert uniformity(A) == pytest.approx(-4.0, abs=1e-6)
    assert uniformity(A[:1]) == 0.0

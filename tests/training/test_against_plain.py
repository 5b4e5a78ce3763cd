"""The losses against tests/training/plain_reference.py, which was written before the program was looked at."""

import numpy as np
import pytest
import torch
from torch import Tensor

from multihowto.training.losses import Denominator, Views, alignment, mil_nce, nce, parts, uniformity
from training import plain_reference as plain
from training.plain_reference import Array, Flags

FORMS: tuple[Denominator, ...] = ("two_way", "joint")
T = plain.TEMPERATURE
tensor = torch.from_numpy


def unit(seed: int, *shape: int) -> Array:
    """Random unit vectors."""
    vectors = np.random.default_rng(seed).normal(size=shape)
    found: Array = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return found


def saying_the_same(seed: int, clips: int) -> Flags:
    """Some clips with equal texts; for two clips none."""
    return plain.equal_texts(np.random.default_rng(seed).integers(0, clips, clips).tolist())


def of_pairs(a: Array, b: Array, same: Flags, form: Denominator) -> float:
    """The program's loss of pairs."""
    return nce(tensor(a), tensor(b), tensor(same), T, form).item()


def of_bags(a: Array, bags: Array, there: Flags, same: Flags, form: Denominator) -> float:
    """The program's loss of bags."""
    return mil_nce(tensor(a), tensor(bags), tensor(there), tensor(same), T, form).item()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("clips", "width"), [(1, 3), (2, 1), (2, 5), (7, 3), (13, 8)])
def test_the_loss_of_pairs(form: Denominator, clips: int, width: int) -> None:
    for seed in range(5):
        a, b, same = unit(seed, clips, width), unit(seed + 100, clips, width), saying_the_same(seed, clips)
        found = of_pairs(a, b, same, form)
        assert found == pytest.approx(plain.nce(a, b, form, same), abs=1e-10)


@pytest.mark.parametrize("form", FORMS)
def test_equal_scores_are_a_guess_among_all(form: Denominator) -> None:
    a, none = np.repeat(unit(0, 1, 4), 5, axis=0), np.eye(5, dtype=bool)
    found = of_pairs(a, a, none, form)
    assert found == pytest.approx(plain.nce(a, a, form, none), abs=1e-10)
    assert found == pytest.approx(np.log(5 if form == "two_way" else 9), abs=1e-10)
    assert of_pairs(a, a, np.ones_like(none), form) == pytest.approx(0, abs=1e-10)


def bags_of(seed: int, clips: int, most: int) -> tuple[Array, Flags, list[Array]]:
    """Bags of one to `most` texts: padded with what must not be seen, which are there, and the bags alone."""
    draw = np.random.default_rng(seed)
    padded, there = unit(seed, clips, most, 4), draw.random((clips, most)) < 0.5
    there[:, 0] = True
    bags = [texts[its] for texts, its in zip(padded, there, strict=True)]
    padded[~there] = 50.0
    return padded, there, bags


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("clips", "most"), [(1, 2), (2, 1), (2, 3), (6, 4)])
def test_the_loss_of_bags(form: Denominator, clips: int, most: int) -> None:
    for seed in range(5):
        a, same = unit(seed + 100, clips, 4), saying_the_same(seed, clips)
        padded, there, bags = bags_of(seed, clips, most)
        found = of_bags(a, padded, there, same, form)
        excluded = plain.by_clip(same, [len(bag) for bag in bags])
        assert found == pytest.approx(plain.mil_nce(a, bags, excluded, form), abs=1e-10)


@pytest.mark.parametrize("form", FORMS)
def test_bags_that_share_a_text_leave_each_other_out_whole(form: Denominator) -> None:
    # MIL-NCE says nothing of equal texts; one by one, only the shared text would be left out, and the loss be higher
    texts = [["a", "b"], ["b", "c"], ["d", "e"]]
    a, bags = unit(1, 3, 4), unit(2, 3, 2, 4)
    bags[1, 0] = bags[0, 1]
    same = np.array([[bool(set(one) & set(other)) for other in texts] for one in texts])
    found = of_bags(a, bags, np.ones((3, 2), dtype=bool), same, form)
    whole = plain.mil_nce(a, list(bags), plain.by_clip(same, [2, 2, 2]), form)
    one_by_one = plain.mil_nce(a, list(bags), plain.equal_candidates(texts), form)
    assert found == pytest.approx(whole, abs=1e-10)
    assert found < one_by_one


@pytest.mark.parametrize("form", FORMS)
def test_the_parts_of_one_and_of_two_captions(form: Denominator) -> None:
    video, video_masked, x, y, x_masked, y_masked, x_given, y_given = unit(3, 8, 5, 4)
    same = saying_the_same(4, 5)
    masked = {"v": video_masked, "x": x_masked, "y": y_masked}
    given = {"x": x_given, "y": y_given}
    for names in (["x"], ["x", "y"]):
        its = {name: array for name, array in (("v", video), ("x", x), ("y", y)) if name in ("v", *names)}
        views = Views(
            tensor(video),
            tensor(video_masked),
            texts=tuple(tensor(its[name]) for name in names),
            texts_masked=tuple(tensor(masked[name]) for name in names),
            conditional=(tensor(x_given), tensor(y_given)) if len(names) == 2 else (),
        )
        found = parts(views, tensor(same), T, form)
        total = (found.inter + found.intra + found.cross).item()
        assert total == pytest.approx(plain.total(its, masked, given, form, same), abs=1e-10)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("equal", [False, True])
def test_gradients_of_all_parts_are_finite_differences(form: Denominator, equal: bool) -> None:
    same = tensor(plain.equal_texts(["a", "b", "a"]))
    vectors = np.repeat(unit(5, 8, 1, 3), 3, axis=1) if equal else unit(5, 8, 3, 3)
    further, there = (
        tensor(unit(6, 3, 2, 3)),
        torch.tensor([[True, True], [True, False], [False, False]]),
    )

    def all_of_two(*v: Tensor) -> Tensor:
        found = parts(Views(v[0], v[1], v[2:4], v[4:6], v[6:8]), same, T, form)
        return found.inter + found.intra + found.cross

    def all_of_bags(*v: Tensor) -> Tensor:
        found = parts(Views(v[0], v[1], v[2:3], v[3:4], (), (v[4], there)), same, T, form)
        return found.inter + found.intra

    eight = [tensor(one).requires_grad_() for one in vectors]
    assert torch.autograd.gradcheck(all_of_two, eight)
    assert torch.autograd.gradcheck(all_of_bags, [*eight[:4], further.requires_grad_()])


@pytest.mark.parametrize("items", [2, 9])
def test_how_vectors_lie(items: int) -> None:
    a, b = unit(7, items, 4), unit(8, items, 4)
    assert alignment(tensor(a), tensor(b)) == pytest.approx(plain.alignment(a, b), abs=1e-10)
    assert uniformity(tensor(a)) == pytest.approx(plain.uniformity(a), abs=1e-10)
    assert alignment(tensor(a), tensor(a)) == 0
    equal = np.repeat(a[:1], items, axis=0)
    assert uniformity(tensor(equal)) == plain.uniformity(equal) == 0

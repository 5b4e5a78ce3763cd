"""One step: schedules, optimisers, clipping, precision, and numbers that are none."""

import math
from dataclasses import replace

import pytest
import torch

from learning_toys import make_encoder, make_store, quiet, write_recipe
from multihowto.training import recipe as recipes
from multihowto.training.data import plan_epoch
from multihowto.training.material import Material, prepare
from multihowto.training.recipe import LossSettings, Phase
from multihowto.training.steps import (
    Batch,
    do_step,
    learning_rate,
    loss_of,
    make_batch,
    optimiser_of,
    watch_norms,
)

PHASE = Phase("p", "all", epochs=1, learning_rate=0.1)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    folder = tmp_path_factory.mktemp("steps")
    recipe = recipes.load(
        str(write_recipe(folder / "toy.yaml", make_encoder(folder / "encoder"), freeze_below=2))
    )
    return prepare(recipe, make_store(folder / "store"), quiet)


def batch_of(material: Material, phase: Phase) -> Batch:
    return make_batch(material, material.states[8], plan_epoch(material.clips, phase, 1, 0), 0)


@pytest.mark.parametrize(
    ("schedule", "warm_up", "expected"),
    [
        ("constant", 0.0, [0.1, 0.1, 0.1]),
        ("linear", 0.0, [0.1, 0.075, 0.05]),
        ("cosine", 0.0, [0.1, 0.05 + 0.05 * math.cos(math.pi / 4), 0.05]),
        ("linear", 0.5, [0.0, 0.05, 0.1]),
    ],
)
def test_schedules_at_the_beginning_a_quarter_and_the_middle(
    schedule: str, warm_up: float, expected: list[float]
) -> None:
    settings = {
        "constant": PHASE,
        "linear": replace(PHASE, schedule="linear"),
        "cosine": replace(PHASE, schedule="cosine"),
    }
    phase = replace(settings[schedule], warm_up=warm_up)
    assert [learning_rate(phase, share) for share in (0.0, 0.25, 0.5)] == pytest.approx(expected)


def test_optimisers_are_those_that_are_named(material: Material) -> None:
    model = material.model(1)
    adam, adamw = (
        optimiser_of(model, replace(PHASE, optimiser=one, weight_decay=0.01)) for one in ("adam", "adamw")
    )
    assert (type(adam), type(adamw)) == (torch.optim.Adam, torch.optim.AdamW)
    assert adamw.param_groups[0]["weight_decay"] == 0.01


def test_long_gradients_are_shortened(material: Material) -> None:
    moved = []
    for clip_norm in (0.0, 1e-3):
        phase = replace(PHASE, clip_norm=clip_norm)
        model = material.model(1)
        optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
        before = torch.nn.utils.parameters_to_vector(model.parameters()).detach().clone()
        torch.manual_seed(0)
        loss = do_step(model, batch_of(material, phase), material.recipe, phase, optimiser)
        after = torch.nn.utils.parameters_to_vector(model.parameters()).detach()
        moved.append((loss["gradient_norm"], float((after - before).norm())))
    assert moved[0][0] == pytest.approx(moved[0][1], rel=1e-3)
    assert moved[1][0] == pytest.approx(moved[0][0])
    assert moved[1][1] == pytest.approx(1e-3, rel=1e-2)


def test_a_step_without_a_number_changes_no_weight(material: Material) -> None:
    model = material.model(1)
    optimiser = optimiser_of(model, PHASE)
    batch = batch_of(material, PHASE)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    broken = replace(batch, video=batch.video * math.nan)
    assert math.isnan(do_step(model, broken, material.recipe, PHASE, optimiser)["total"])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_a_phase_may_have_its_own_losses(material: Material) -> None:
    model, batch = material.model(1).eval(), batch_of(material, PHASE)
    own = replace(PHASE, losses=LossSettings(intra=0.0, temperature=1.0))
    total, parts = loss_of(model, batch, material.recipe, own)
    assert torch.equal(total, parts["inter"])
    assert parts["inter"] < loss_of(model, batch, material.recipe, PHASE)[1]["inter"] * 1.5
    assert not torch.equal(parts["inter"], loss_of(model, batch, material.recipe, PHASE)[1]["inter"])


def test_candidates_take_part_and_learn(material: Material) -> None:
    phase = replace(PHASE, candidates=3)
    model, batch = material.model(1).eval(), batch_of(material, phase)
    assert batch.candidates_there is not None
    total, parts = loss_of(model, batch, material.recipe, phase)
    bare = replace(batch, candidates=None, candidates_there=None)
    assert not torch.equal(parts["inter"], loss_of(model, bare, material.recipe, phase)[1]["inter"])
    total.backward()  # type: ignore[no-untyped-call]
    assert all(torch.isfinite(one.grad).all() for one in model.parameters() if one.grad is not None)


def test_half_precision_is_near_and_ends_in_full(material: Material) -> None:
    model, batch = (
        material.model(1).eval(),
        batch_of(material, replace(PHASE, captions=2, languages=("en", "zh"))),
    )
    full, _ = loss_of(model, batch, material.recipe, PHASE)
    half, _ = loss_of(model, batch, replace(material.recipe, precision="bfloat16"), PHASE)
    assert half.dtype == torch.float32
    assert not torch.equal(half, full)
    assert half.item() == pytest.approx(full.item(), rel=0.1)


def test_a_batch_goes_where_the_model_is_whole(material: Material) -> None:
    phase = replace(PHASE, candidates=2)
    moved = batch_of(material, phase).to("meta")
    model = material.model(1).to("meta")
    # a tensor that stayed behind would be refused
    total, _ = loss_of(model, moved, material.recipe, phase)
    assert total.is_meta


def test_norms_are_watched(material: Material) -> None:
    norms = watch_norms(material.model(1), batch_of(material, PHASE))
    assert set(norms) == {"video_norm", "text_norm"}
    assert all(value > 0 for value in norms.values())

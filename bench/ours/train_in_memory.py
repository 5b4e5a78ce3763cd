"""The same steps as `ours.train` in a bare loop: batches are in memory already, nothing is logged or saved."""

from collections.abc import Callable
from pathlib import Path

from multihowto.training.data import plan_epoch
from multihowto.training.steps import loss_of, make_batch, optimiser_of
from ours.train import EPOCHS, ready


def prepare(folder: Path) -> Callable[[], None]:
    """Makes all batches; the work is to step through them."""
    recipe, _, shared = ready(folder)
    phase = recipe.phases[0]
    model, states = shared.model(0), shared.states[phase.max_tokens]
    plans = [plan_epoch(shared.clips, phase, 0, epoch) for epoch in range(EPOCHS)]
    batches = [make_batch(shared, states, plan, step) for plan in plans for step in range(len(plan.clips))]
    optimiser = optimiser_of(model, phase)

    def work() -> None:
        model.train()
        for batch in batches:
            total, _ = loss_of(model, batch, recipe, phase)
            optimiser.zero_grad(set_to_none=True)
            total.backward()  # type: ignore[no-untyped-call]
            optimiser.step()

    return work

"""`multihowto train`: trains a recipe's model on a store, or says what that would take."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from multihowto.training.dry_run import Rehearsal
    from multihowto.training.recipe import Recipe


@click.command()
@click.argument("recipe", metavar="RECIPE")
@click.option("--root", metavar="STORE", help="Folder or URI of the store; a dry run may do without.")
@click.option(
    "--seed", "seeds", type=int, multiple=True, metavar="N", help="Only these. [default: the recipe's]"
)
@click.option("--dry-run", is_flag=True, help="Say what it would take, from a small step done here.")
def train(recipe: str, root: str | None, seeds: tuple[int, ...], dry_run: bool) -> None:
    """Train RECIPE on a store; a training that was stopped goes on where it was, and ends the same to the bit.

    RECIPE is a YAML file, or the name of a shipped one. Settings are in that file. Model, metrics and checkpoint go
    to runs/RECIPE/seed-N in the store; a finished one of other settings or data is moved to runs/RECIPE/old first.

    A dry run needs no weights of the text encoder, and no store if the recipe has a `scale`. It says parameters,
    memory, steps, and the time on this machine.
    """
    from multihowto import extras
    from multihowto.cli.fetching import fetched
    from multihowto.cli.screen import safe
    from multihowto.storage import Store
    from multihowto.training.recipe import load

    if root is None and not dry_run:
        raise click.UsageError("Missing option '--root'.")
    extras.require("train", "multihowto train")
    from multihowto.training.dry_run import rehearse
    from multihowto.training.material import folder_of, prepare
    from multihowto.training.text_encoder import open_encoder
    from multihowto.training.train import train as train_seed

    def say(line: str) -> None:
        click.echo(safe(line))

    loaded, store = load(recipe), Store(root) if root else None
    if store is not None:
        store.require()
    if dry_run or store is None:
        _show(loaded, rehearse(loaded, store, fetched))
        return
    with store.files.lock("train"):
        material = prepare(loaded, store, say, open_encoder(loaded.text, fetched))
        for seed in seeds or loaded.seeds:
            train_seed(loaded, store, seed, say, material)
            say(f"{store.root}/{folder_of(loaded, seed)}: model.safetensors, recipe.yaml, metrics.jsonl")
    say(f"trained: multihowto evaluate {recipe} --root {store.root}")


def _show(recipe: "Recipe", found: "Rehearsal") -> None:
    """Parameters and memory, then a line for every phase."""
    from multihowto.cli.screen import safe

    most = max(phase.activation_bytes for phase in found.phases)
    click.echo(f"parameters: {found.trained:,} trained, {found.frozen:,} frozen")
    click.echo(f"model memory: {_gb(found.weight_bytes)} weights and optimiser, {_gb(most)} activations")
    click.echo(f"features in memory: {_gb(found.feature_bytes)}")
    whole_s = 0.0
    for phase, settings in zip(found.phases, recipe.phases, strict=True):
        steps = settings.epochs * phase.steps
        whole_s += steps * phase.step_s
        click.echo(
            safe(
                f"{phase.name}: {settings.epochs} epochs of {phase.steps:,} steps of {settings.batch_size} clips; "
                f"{phase.step_s:.2f} s a step here, {_hours(steps * phase.step_s)} in all"
            )
        )
    seeds = len(recipe.seeds)
    click.echo(f"all: {_hours(seeds * whole_s)} for {seeds} seed{'s' if seeds > 1 else ''} on this machine")


def _gb(number: int) -> str:
    return f"{number / 1e9:,.2f} GB"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:,.1f} h"

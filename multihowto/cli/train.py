"""`multihowto train`: trains a recipe's model on a store."""

import click


@click.command()
@click.argument("recipe", metavar="RECIPE")
@click.option("--root", metavar="STORE", required=True, help="Folder or URI of the store.")
@click.option(
    "--seed", "seeds", type=int, multiple=True, metavar="N", help="Only these. [default: the recipe's]"
)
def train(recipe: str, root: str, seeds: tuple[int, ...]) -> None:
    """Train RECIPE on a store; a training that was stopped goes on where it was, and ends the same to the bit.

    RECIPE is a YAML file, or the name of a shipped one. Settings are in that file. Model, metrics and checkpoint go
    to runs/RECIPE/seed-N in the store; a finished one of other settings or data is moved to runs/RECIPE/old first.
    """
    from multihowto import extras
    from multihowto.cli.fetching import fetched
    from multihowto.cli.screen import safe
    from multihowto.storage import Store
    from multihowto.training.recipe import load

    extras.require("train", "multihowto train")
    from multihowto.training.material import folder_of, prepare
    from multihowto.training.text_encoder import open_encoder
    from multihowto.training.train import train as train_seed

    def say(line: str) -> None:
        click.echo(safe(line))

    loaded, store = load(recipe), Store(root)
    store.require()
    with store.files.lock("train"):
        material = prepare(loaded, store, say, open_encoder(loaded.text, fetched))
        for seed in seeds or loaded.seeds:
            train_seed(loaded, store, seed, say, material)
            say(f"{store.root}/{folder_of(loaded, seed)}: model.safetensors, metrics.jsonl")
    say(f"trained: multihowto evaluate {recipe} --root {store.root}")

"""`multihowto evaluate`: the table of languages, recipe beside recipe."""

from typing import Any

import click


@click.command()
@click.argument("recipes", metavar="RECIPE...", nargs=-1, required=True)
@click.option("--root", metavar="STORE", required=True, help="Folder or URI of the store.")
@click.option(
    "--split",
    type=click.Choice(["train", "validation", "test"]),
    default="test",
    show_default=True,
    help="Which clips.",
)
@click.option(
    "--same-text", is_flag=True, help="Clips with an equal caption are right too, not only the query's own."
)
@click.option("--translations", is_flag=True, help="Machine-translated captions are queries too.")
@click.option("--json", "as_json", is_flag=True, help="The numbers as JSON, for machines.")
def evaluate(
    recipes: tuple[str, ...], root: str, split: str, same_text: bool, translations: bool, as_json: bool
) -> None:
    """Evaluate trained RECIPEs: does a caption find its clip among all of the split, in each language?

    All seeds that were trained are averaged and listed. The numbers are kept in runs/evaluation.json of the store.
    """
    import json

    from multihowto import extras
    from multihowto.cli.screen import safe
    from multihowto.storage import Store

    extras.require("train", "multihowto evaluate")
    from multihowto.evaluation.evaluate import Protocol, evaluate as evaluate_all  # isort: skip
    from multihowto.training.recipe import load

    store = Store(root)
    store.require()
    protocol = Protocol(
        split=split,  # type: ignore[arg-type]  # click has checked it
        relevant="same_text" if same_text else "own",
        translations=translations,
    )
    loaded = [load(name) for name in recipes]
    with store.files.lock("evaluate"):  # it writes too: outputs of text encoders, and the result
        result = evaluate_all(loaded, store, lambda line: click.echo(safe(line), err=True), protocol)
    if as_json:
        click.echo(json.dumps(result, indent=1))
        return
    show(result)
    click.echo(f"written to {store.root}/runs/evaluation.json")


def show(result: dict[str, Any]) -> None:
    """Prints the languages, the seeds, and the recipes compared."""
    from multihowto.cli.screen import safe, table

    names = [one["recipe"] for one in result["recipes"]]
    columns = ["language", "queries"]
    for name in names:
        columns += [f"{name} R@1", f"{result['level']:.0%}", "R@5", "R@10", "MedR"]
    table(
        f"text to video among {result['candidates']} {result['split']} clips, mean over seeds",
        columns,
        [*(_language(result, code) for code in result["languages"]), _others(result), _chance(result)],
    )
    pivot = result["pivot"]
    table(
        "each seed: R@1",
        ("recipe", "seed", pivot, "mean of the others", f"video to text {pivot}"),
        [
            [one["recipe"], str(seed["seed"]), *_of_seed(seed, pivot)]
            for one in result["recipes"]
            for seed in one["seeds"]
        ],
    )
    for pair in result["pairs"]:
        if pair["of"] in (pivot, "others"):
            click.echo(safe(_pair(pair, result["level"])))


def _language(result: dict[str, Any], code: str) -> list[str]:
    lines = [one["mean"]["text_to_video"].get(code) for one in result["recipes"]]
    cells = [code, str(next((int(line["queries"]) for line in lines if line), 0))]
    for line in lines:
        cells += _cells(line) if line else ["", "", "", "", ""]
    return cells


def _cells(line: dict[str, float]) -> list[str]:
    shares = [f"{line[name]:.3f}" for name in ("r5", "r10")]
    return [f"{line['r1']:.3f}", _interval(line), *shares, f"{line['median_rank']:.1f}"]


def _interval(line: dict[str, float]) -> str:
    return f"{line['r1_low']:.2f}-{line['r1_high']:.2f}"


def _others(result: dict[str, Any]) -> list[str]:
    cells = ["mean of the others", ""]
    for one in result["recipes"]:
        others = one["mean"]["others"]
        cells += [f"{others['r1']:.3f}", _interval(others), "", "", ""]
    return cells


def _chance(result: dict[str, Any]) -> list[str]:
    chance = result["chance"]
    shares = [f"{chance[name]:.3f}" for name in ("r1", "r5", "r10")]
    return [
        "chance",
        "",
        *[shares[0], "", *shares[1:], f"{chance['median_rank']:.1f}"] * len(result["recipes"]),
    ]


def _of_seed(seed: dict[str, Any], pivot: str) -> list[str]:
    there, back = (seed[direction].get(pivot) for direction in ("text_to_video", "video_to_text"))
    cells = [there["r1"] if there else None, seed["others"]["r1"], back["r1"] if back else None]
    return ["" if cell is None else f"{cell:.3f}" for cell in cells]


def _pair(pair: dict[str, Any], level: float) -> str:
    what = "mean of the others" if pair["of"] == "others" else pair["of"]
    return (
        f"{pair['second']} minus {pair['first']}, R@1, {what}: {pair['difference']:+.3f} "
        f"({level:.0%} {pair['low']:+.3f} to {pair['high']:+.3f}; paired bootstrap p {pair['p']:.3f})"
    )

"""`multihowto evaluate`: the table of languages, recipe beside recipe."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from multihowto.errors import ConfigError

if TYPE_CHECKING:
    from multihowto.evaluation.evaluate import Protocol
    from multihowto.storage import Store
    from multihowto.training.material import Say
    from multihowto.training.recipe import Recipe


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
@click.option("--linear", is_flag=True, help="A linear map of mean-pooled frozen features gets a run too.")
@click.option(
    "--benchmark",
    metavar="FORMAT=PATH",
    help="Queries of a benchmark's own file or folder instead of a split.",
)
@click.option("--media", metavar="STORE", help="Where its items' features are. [default: --root]")
@click.option("--json", "as_json", is_flag=True, help="The numbers as JSON, for machines.")
def evaluate(
    recipes: tuple[str, ...],
    root: str,
    split: str,
    same_text: bool,
    translations: bool,
    linear: bool,
    benchmark: str | None,
    media: str | None,
    as_json: bool,
) -> None:
    """Evaluate trained RECIPEs: does a caption find its clip among all of the split, in each language?

    All seeds that were trained are averaged and listed. The numbers are kept in runs/evaluation.json of the store, and
    where each answer stood in runs/RECIPE/SPLIT.run.json, which `multihowto compare` reads.

    FORMAT of a benchmark: msrvtt-1k-a (JSFusion's CSV), msrvtt-multilingual (JSON), msrvtt-json, vatex (JSON),
    caption-lines (ITEM#enc#N TEXT), multi30k-task1, multi30k-task2 (folders of its repository), or table (CSV, TSV or
    Parquet: query, language, item). An item's name is the id of its video in the store.
    """
    from multihowto import extras
    from multihowto.cli.screen import safe
    from multihowto.storage import Store

    if benchmark and (same_text or translations or split != "test"):
        raise ConfigError(
            "--benchmark brings its own queries: leave out --split, --same-text and --translations"
        )
    if media and not benchmark:
        raise ConfigError("--media says where a benchmark's items are: give --benchmark too")
    extras.require("train", "multihowto evaluate")
    from multihowto.evaluation.evaluate import Protocol
    from multihowto.evaluation.kept_recipe import recipe_of_run

    def say(line: str) -> None:
        click.echo(safe(line), err=True)

    store = Store(root)
    store.require()
    loaded = [recipe_of_run(store, name, None, say) for name in recipes]
    if benchmark:
        _benchmark(loaded, store, Store(media or root), benchmark, linear, as_json, say)
        return
    relevant = "same_text" if same_text else "own"
    protocol = Protocol(split, relevant, translations)  # type: ignore[arg-type]  # click has checked it
    _split(loaded, store, protocol, linear, as_json, say)


def _split(
    recipes: "list[Recipe]", store: "Store", protocol: "Protocol", linear: bool, as_json: bool, say: "Say"
) -> None:
    """Evaluates on a split of the store."""
    from multihowto.evaluation.evaluate import evaluate as evaluate_all

    with store.files.lock("evaluate"):  # it writes too: outputs of text encoders, and the result
        result = evaluate_all(recipes, store, say, protocol, baseline=linear)
    if as_json:
        click.echo(json.dumps(result, indent=1))
        return
    show(result)
    click.echo(f"written to {store.root}/runs/evaluation.json")
    runs = f"{store.root}/runs/*/*{protocol.benchmark()}.run.json"
    click.echo(f"`multihowto compare {runs}` tests recipes against each other")


def _benchmark(
    recipes: "list[Recipe]",
    store: "Store",
    media: "Store",
    asked: str,
    linear: bool,
    as_json: bool,
    say: "Say",
) -> None:
    """Evaluates on a benchmark, and shows the runs as `compare` does."""
    from multihowto.cli.compare import show_runs
    from multihowto.evaluation.benchmarked import evaluate_benchmark
    from multihowto.evaluation.benchmarks import read_benchmark

    form, equals, path = asked.partition("=")
    if not equals:
        raise ConfigError(f"--benchmark {asked!r:.80}: say FORMAT=PATH, as table=queries.csv")
    benchmark = read_benchmark(form, Path(path))
    with store.files.lock("evaluate"):
        runs = [
            run
            for recipe in recipes
            for run in evaluate_benchmark(recipe, store, media, benchmark, say, baseline=linear)
        ]
    show_runs({run.name: run for run in runs}, as_json=as_json)


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
        known = [] if others["r1"] is None else [f"{others['r1']:.3f}", _interval(others)]
        cells += [*known, *[""] * (5 - len(known))]
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

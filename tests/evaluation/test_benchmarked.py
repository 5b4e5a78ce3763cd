"""Trained recipes on benchmarks and beside the linear baseline: what is asked, of what, and what is left out."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from click.testing import CliRunner

from learning_toys import (
    CLIP_MS,
    STEP_MS,
    WIDTH,
    feature_rows,
    make_encoder,
    make_store,
    quiet,
    word,
    write_recipe,
    write_rows,
)

from learning_toys import FEATURES  # isort: skip
from multihowto import tables
from multihowto.cli.compare import compare
from multihowto.cli.evaluate import evaluate as evaluate_command
from multihowto.errors import ConfigError
from multihowto.evaluation.benchmarked import evaluate_benchmark, read_items
from multihowto.evaluation.benchmarks import Benchmark, Query
from multihowto.evaluation.evaluate import Protocol, evaluate
from multihowto.evaluation.linear import fit, fit_material
from multihowto.evaluation.runs import RunFile, read_run
from multihowto.storage import Store
from multihowto.training import recipe as recipes
from multihowto.training.material import prepare
from multihowto.training.recipe import Recipe
from multihowto.training.train import train

ITEMS = ("food-0", "food-1", "food-2", "food-3")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("recipe")
    loaded = recipes.load(str(write_recipe(folder / "small.yaml", make_encoder(folder / "encoder"))))
    return replace(loaded, checkpoint_every_s=1000.0)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, recipe: Recipe) -> Store:
    store = make_store(tmp_path_factory.mktemp("store"))
    for seed in (1, 2):
        train(recipe, store, seed, quiet)
    return store


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Items that show concepts 0 to 3 of the toy store, cut in blocks of two steps; longer than any clip of it."""
    draw = np.random.default_rng(5)
    concepts = draw.normal(size=(20, WIDTH))
    media = Store(str(tmp_path_factory.mktemp("media")))
    media.create("toy", 1, [FEATURES.name])
    steps = 2 * CLIP_MS // STEP_MS + 1
    features = {
        item: np.array([concepts[number]] * steps, dtype=np.float16) for number, item in enumerate(ITEMS)
    }
    write_rows(media, FEATURES, feature_rows(features, block=2))
    return media


def benchmark(*more: Query) -> Benchmark:
    """Two English captions of each item, one German of the first two."""
    asked = [Query(word("en", number), "en", item) for number, item in enumerate(ITEMS) for _ in range(2)]
    asked += [Query(word("de", number), "de", item) for number, item in enumerate(ITEMS[:2])]
    return Benchmark("toy", (*asked, *more))


def test_a_benchmark_is_asked_both_ways(recipe: Recipe, store: Store, media: Store) -> None:
    [run] = evaluate_benchmark(recipe, store, media, benchmark(Query("x", "en", "gone")), quiet)
    english, german = run.text_to_video["en"], run.text_to_video["de"]
    assert english.queries == [f"{item}#{number}" for item in ITEMS for number in (0, 1)]
    assert (english.candidates, english.right, english.groups) == (4, [1] * 8, [0, 0, 1, 1, 2, 2, 3, 3])
    assert (german.queries, german.candidates) == (["food-0#0", "food-1#0"], 4)
    back = run.video_to_text["en"]
    assert (back.queries, back.candidates, back.right) == (list(ITEMS), 8, [2] * 4)
    assert (run.video_to_text["de"].queries, run.video_to_text["de"].candidates) == (["food-0", "food-1"], 2)
    assert (run.seeds, run.left_out, run.pivot) == ([1, 2], 1, "en")
    # equal captions tie: both are right for their item
    assert all(tied == 2 for seed in back.seeds for tied in seed.tied_right)
    assert read_run(Path(store.root) / "runs" / "small" / "toy.run.json") == run


def test_items_are_seen_from_their_start_in_order(recipe: Recipe, store: Store, tmp_path: Path) -> None:
    media = Store(str(tmp_path))
    media.create("toy", 1, [FEATURES.name])
    shown = np.random.default_rng(0).normal(size=(3, 7, WIDTH)).astype(np.float16)
    features = {"b": shown[0], "a": shown[1][:2], "c": shown[2]}
    write_rows(media, FEATURES, feature_rows(features, block=2))
    items, clips = read_items(prepare(recipe, store, quiet), media, {"b", "a", "gone"})
    assert items == ["a", "b"]
    # clips of the toy store are three steps long: the model knows no fourth place
    assert (clips.first.tolist(), clips.count.tolist()) == ([0, 2], [2, 3])
    assert np.array_equal(clips.features, np.concatenate([shown[1][:2], shown[0][:3]]))


def test_a_recipe_that_trains_in_groups_needs_no_clip_that_is_held(
    recipe: Recipe, media: Store, tmp_path: Path
) -> None:
    store = make_store(tmp_path)
    selection = [row | {"split": "train"} for row in store.read("selection").to_pylist()]
    rows = pa.Table.from_pylist(selection, schema=tables.SELECTION.schema)
    write_rows(store, tables.SELECTION, rows)
    grouped = replace(recipe, group_shards=1, text=replace(recipe.text, states="computed"))
    material = prepare(grouped, store, quiet)
    assert not len(material.clips.clip_ids) and material.counts is not None
    items, clips = read_items(material, media, set(ITEMS))
    assert (items, clips.count.tolist()) == (list(ITEMS), [2 * CLIP_MS // STEP_MS + 1] * 4)
    with pytest.raises(ConfigError, match=r"group_shards keeps the train split out of memory.*--linear"):
        fit_material(material)
    store.files.write_bytes("runs/small/seed-1/model.safetensors", b"of other settings")
    with pytest.raises(ConfigError, match="group_shards keeps the train split out of memory: evaluate"):
        evaluate([grouped], store, quiet, Protocol("train"))


def test_the_linear_baseline_finds_what_it_was_shown(recipe: Recipe, store: Store, media: Store) -> None:
    _, plain = evaluate_benchmark(recipe, store, media, benchmark(), quiet, baseline=True)
    assert (plain.name, plain.seeds) == ("small linear", [0])
    # the items show concepts 0 to 3 without noise, and all of them are in the train split
    assert plain.text_to_video["en"].metrics().r1 > 0.7  # chance: 0.25
    evaluate([recipe], store, quiet, Protocol("train", draws=10), baseline=True)
    runs = [
        read_run(Path(store.root) / "runs" / "small" / f"{kind}train.run.json") for kind in ("", "linear-")
    ]
    assert runs[0].digest == runs[1].digest
    assert [run.name for run in runs] == ["small", "small linear"]


def test_the_map_by_hand_and_against_numpy() -> None:
    # y = 2 x: the slope with penalty: sum x y / (sum x x + ridge * mean square)
    x = torch.tensor([[-1.0], [1.0]])
    fitted = fit(x, 2 * x, ridge=1.0)
    assert float(fitted.weights) == pytest.approx(4 / (2 + 2))
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=(50, 6)) + 3, draw.normal(size=(50, 4)) - 1
    exact = np.linalg.lstsq(a - a.mean(0), b - b.mean(0), rcond=None)[0]
    found = fit(torch.from_numpy(a), torch.from_numpy(b), ridge=0.0)
    assert np.allclose(found.weights.numpy(), exact, atol=1e-5)
    assert torch.allclose(found.texts(torch.from_numpy(a).float()).norm(dim=1), torch.ones(50))


def test_splits_are_written_as_runs(recipe: Recipe, store: Store) -> None:
    result = evaluate([recipe], store, quiet, Protocol("train", "same_text", draws=10))
    run: RunFile = read_run(Path(store.root) / "runs" / "small" / "train-same-text.run.json")
    mean = result["recipes"][0]["mean"]
    for code in ("en", "de", "zh"):
        for direction in ("text_to_video", "video_to_text"):
            found = run.answers(direction)[code].metrics()
            assert found.r5 == pytest.approx(mean[direction][code]["r5"])
            assert found.mean_rank == pytest.approx(mean[direction][code]["mean_rank"])
    # 24 clips show 20 concepts: four captions come twice
    assert sorted(run.text_to_video["en"].right) == [1] * 16 + [2] * 8
    assert len(set(run.text_to_video["en"].groups)) == 20


def test_the_command_evaluates_a_benchmark_and_compare_reads_it(
    recipe: Recipe, store: Store, media: Store, tmp_path: Path
) -> None:
    path = write_recipe(tmp_path / "small.yaml", Path(recipe.text.encoder))
    asked = benchmark().queries
    (tmp_path / "food.csv").write_text(
        "query,language,item\n" + "".join(f"{query.text},{query.language},{query.item}\n" for query in asked)
    )
    words = [str(path), "--root", store.root, "--media", media.root, "--linear"]
    runner = CliRunner()
    shown = runner.invoke(
        evaluate_command, [*words, "--benchmark", f"table={tmp_path / 'food.csv'}"], catch_exceptions=False
    )
    assert shown.exit_code == 0
    assert "Text to video, table-food" in shown.output
    folder = Path(store.root) / "runs" / "small"
    files = [str(folder / f"{kind}table-food.run.json") for kind in ("", "linear-")]
    as_json = runner.invoke(compare, [*files, "--json"], catch_exceptions=False)
    assert json.loads(as_json.output)["systems"] == ["small", "small linear"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--benchmark", "table"], "say FORMAT=PATH"),
        (["--benchmark", "table=a.csv", "--same-text"], "--benchmark brings its own queries"),
        (["--media", "x"], "give --benchmark too"),
    ],
)
def test_mistakes_are_said_before_any_work(
    recipe: Recipe, store: Store, tmp_path: Path, words: list[str], message: str
) -> None:
    path = write_recipe(tmp_path / "small.yaml", Path(recipe.text.encoder))
    with pytest.raises(ConfigError, match=message):
        CliRunner().invoke(
            evaluate_command, [str(path), "--root", store.root, *words], catch_exceptions=False
        )


def test_items_without_features_are_said(recipe: Recipe, store: Store, media: Store, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match="has features of no item of toy: a video's id is the item's name, as 'v'"
    ):
        evaluate_benchmark(recipe, store, media, Benchmark("toy", (Query("a", "en", "v"),)), quiet)
    empty = Store(str(tmp_path / "empty"))
    empty.create("toy", 1, ["clips"])
    with pytest.raises(ConfigError, match=r"has no table features_.*`multihowto build`"):
        evaluate_benchmark(recipe, store, empty, benchmark(), quiet)
    untrained = replace(recipe, name="other")
    with pytest.raises(ConfigError, match="recipe other is not trained"):
        evaluate_benchmark(untrained, store, media, benchmark(), quiet)

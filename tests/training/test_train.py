"""The loop: it learns, it goes on after a kill to the same bit, and a changed recipe is trained anew."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from learning_toys import make_encoder, make_store, quiet, write_recipe
from multihowto.errors import ConfigError
from multihowto.evaluation.kept_recipe import kept_recipe
from multihowto.report.runs import read_runs
from multihowto.storage import Store
from multihowto.training import recipe as recipes
from multihowto.training.aside import set_aside
from multihowto.training.checkpoint import load
from multihowto.training.embedding import embed_videos, rank_language
from multihowto.training.material import prepare
from multihowto.training.recipe import Recipe
from multihowto.training.train import load_model, train

SAVED = ("model.safetensors", "checkpoint.safetensors")
WRITTEN = ("model.safetensors", "metrics.jsonl")
KILLED = """
import os, signal, sys
from multihowto.files import Files
from multihowto.storage import Store
from multihowto.training import recipe, train

class Deadly(Files):
    \"\"\"Dies, as if killed, before or in the middle of its n-th write.\"\"\"
    left = int(sys.argv[3])
    def write_bytes(self, name, data):
        Deadly.left -= 1
        if Deadly.left == 0:
            (self.scratch() / "unfinished.part").write_bytes(data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        super().write_bytes(name, data)

store = Store(sys.argv[2])
store.files = Deadly(sys.argv[2])
train.train(recipe.load(sys.argv[1]), store, 1, print)
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("recipe")
    return recipes.load(
        str(write_recipe(folder / "toy.yaml", make_encoder(folder / "encoder"), freeze_below=2))
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, recipe: Recipe) -> Store:
    store = make_store(tmp_path_factory.mktemp("trained"))
    train(recipe, store, 1, quiet)
    return store


def results(store: Store) -> list[bytes | None]:
    return [store.files.read_bytes(f"runs/toy/seed-1/{name}") for name in WRITTEN]


def test_a_run_keeps_its_recipe(trained: Store, recipe: Recipe) -> None:
    kept = kept_recipe(trained, "toy", 1)
    assert kept is not None and replace(kept, name="") == replace(recipe, name="")


def test_a_run_leaves_its_history(trained: Store) -> None:
    text = trained.files.read_bytes("runs/toy/seed-1/metrics.jsonl")
    assert text is not None
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["phase"], line["epoch"], line["steps"]) for line in lines] == [
        *(("pre-training", epoch, 3) for epoch in range(3)),
        *(("fine-tuning", epoch, 3) for epoch in range(2)),
    ]
    assert lines[2]["loss"]["inter"] < lines[0]["loss"]["inter"]
    assert lines[0]["loss"]["total"] == pytest.approx(
        lines[0]["loss"]["inter"] + lines[0]["loss"]["intra"], rel=1e-5
    )
    # validation: 3 clips, each asked for in English and Chinese but one; German is there but for one translation
    assert {code: its["queries"] for code, its in lines[0]["validation"].items()} == {
        "en": 3,
        "de": 2,
        "zh": 3,
    }
    assert lines[-1]["select"] == lines[-1]["validation"]["en"]["mrr"]
    timings = trained.files.read_bytes("runs/toy/seed-1/timings.jsonl")
    assert timings is not None
    assert all(0 <= json.loads(line)["data_wait"] <= 1 for line in timings.splitlines())


def test_equal_runs_are_equal_to_the_bit(tmp_path: Path, recipe: Recipe, trained: Store) -> None:
    store = make_store(tmp_path)
    train(replace(recipe, checkpoint_every_s=1000.0), store, 1, quiet)
    assert results(store) == results(trained)
    train(recipe, store, 2, quiet)
    assert store.files.read_bytes("runs/toy/seed-2/model.safetensors") != results(store)[0]


@pytest.mark.parametrize("kills", [(2, 3, 7), (5, 1, 9)])
def test_killed_and_resumed_is_equal_to_the_bit(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    recipe: Recipe,
    trained: Store,
    kills: tuple[int, ...],
) -> None:
    store = make_store(tmp_path / "store")
    path = tmp_path / "toy.yaml"
    write_recipe(path, Path(recipe.text.encoder), freeze_below=2)
    for kill in kills:
        command = [sys.executable, "-c", KILLED, str(path), store.root, str(kill)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        # it had come no farther than it may have, and what is there can be read
        assert store.files.read_bytes("runs/toy/seed-1/model.safetensors") is None
    saved = load(store, "runs/toy/seed-1/checkpoint.safetensors")
    assert saved is not None
    assert saved.state.step + saved.state.epoch > 0
    train(recipe, store, 1, quiet)
    assert results(store) == results(trained)


def test_a_finished_run_is_not_trained_again_but_a_changed_one_is(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    train(recipe, store, 1, quiet)
    said: list[str] = []
    train(recipe, store, 1, said.append)
    assert said == ["toy, seed 1: 5 epochs are done; nothing to do"]
    changed = replace(recipe, losses=replace(recipe.losses, temperature=0.2))
    material = prepare(changed, store, quiet)
    assert load_model(material, store, 1) is None
    before = results(store)
    [identity] = {saved.state.identity for name in SAVED if (saved := load(store, f"runs/toy/seed-1/{name}"))}
    train(changed, store, 1, said.append)
    kept = f"runs/toy/old/{identity[:12]}-seed-1"
    anew = "toy, seed 1: recipe, data or encoder changed; trained anew"
    assert said[1] == f"{anew}; the model that was there is kept in {kept}"
    assert load_model(material, store, 1) is not None
    assert [store.files.read_bytes(f"{kept}/{name}") for name in WRITTEN] == before


def test_a_finished_run_is_never_overwritten(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    short = replace(recipe, phases=(replace(recipe.phases[0], epochs=1),))
    changed = replace(short, losses=replace(recipe.losses, temperature=0.2))
    for one in (short, changed, short, changed):
        train(one, store, 1, quiet)
    kept = store.files.names("runs/toy/old")
    assert [name[12:] for name in sorted(kept, key=len)] == ["-seed-1", "-seed-1", "-seed-1-2"]
    store.files.write_bytes("runs/toy/seed-1/checkpoint.safetensors", b"")
    said: list[str] = []
    train(changed, store, 1, said.append)
    assert said[0].startswith("toy, seed 1: its checkpoint is missing or damaged; trained anew; the model")
    assert len(store.files.names("runs/toy/old")) == 4
    assert [run.recipe for run in read_runs(store)] == ["toy"]


def test_an_unfinished_run_makes_room(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    train(recipe, store, 1, quiet)
    store.files.remove("runs/toy/seed-1/model.safetensors")
    said: list[str] = []
    train(replace(recipe, losses=replace(recipe.losses, temperature=0.2)), store, 1, said.append)
    assert said[0] == "toy, seed 1: recipe, data or encoder changed; trained anew"
    assert store.files.names("runs/toy") == ["seed-1"]


def test_a_store_that_is_not_local_keeps_the_old_model_too(recipe: Recipe) -> None:
    store = Store("memory://aside")
    store.files.write_bytes("runs/toy/seed-3/model.safetensors", b"what it was")
    store.files.write_bytes("runs/toy/seed-3/metrics.jsonl", b"how it went")
    assert set_aside(recipe, store, 3) == "runs/toy/old/unreadable-seed-3"
    assert store.files.names("runs/toy") == ["old"]
    assert store.files.read_bytes("runs/toy/old/unreadable-seed-3/model.safetensors") == b"what it was"
    assert set_aside(recipe, store, 3) is None


def test_a_broken_checkpoint_is_trained_anew(tmp_path: Path, recipe: Recipe, trained: Store) -> None:
    store = make_store(tmp_path)
    store.files.write_bytes("runs/toy/seed-1/checkpoint.safetensors", b"\x10\0\0\0\0\0\0\0not safetensors")
    train(recipe, store, 1, quiet)
    assert results(store) == results(trained)


def test_patience_ends_a_phase_and_the_best_epoch_is_kept(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    phase = replace(recipe.phases[0], epochs=50, patience=2, learning_rate=1e-12)
    state = train(replace(recipe, phases=(phase,)), store, 1, quiet)
    assert [line["epoch"] for line in state.history] == [0, 1, 2]


def test_two_captions_add_the_cross_loss_and_are_watched(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    phase = replace(recipe.phases[0], captions=2, epochs=1, schedule="cosine")
    [line] = train(replace(recipe, phases=(phase,)), store, 1, quiet).history
    loss = line["loss"]
    assert loss["cross"] > 0
    assert loss["total"] == pytest.approx(loss["inter"] + loss["intra"] + loss["cross"], rel=1e-5)
    assert 0 <= line["cross_accuracy_without_text"] <= 1
    assert 0 <= line["cross_accuracy"] <= 1


def test_without_validation_clips_the_last_epoch_is_kept(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    material = prepare(recipe, store, quiet)
    blind = replace(material, clips=replace(material.clips, split_of=material.clips.split_of * 0))
    state = train(replace(recipe, phases=recipe.phases[:1]), store, 1, quiet, blind)
    assert [(line["validation"], line["select"]) for line in state.history] == [
        ({}, 0.0),
        ({}, 1.0),
        ({}, 2.0),
    ]


def test_what_was_learnt_is_found_again(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    model = replace(recipe.model, width=64, feed_forward=128, dropout=0.0)
    phase = replace(recipe.phases[0], epochs=120)
    mine = replace(recipe, model=model, phases=(phase,), checkpoint_every_s=1000.0)
    material = prepare(mine, store, quiet)
    # without validation clips, so that the last epoch is kept, not the one that is best for concepts it never saw
    seen = replace(material, clips=replace(material.clips, split_of=material.clips.split_of * 0))
    history = train(mine, store, 1, quiet, seen).history
    assert history[-1]["loss"]["inter"] < 0.3 * history[0]["loss"]["inter"]
    trained = load_model(seen, store, 1)
    assert trained is not None
    clips = seen.clips
    videos = embed_videos(trained, clips, clips.of_split("train"))
    for column in clips.columns(["en", "de", "zh"]):
        found = rank_language(trained, seen.states[8], videos, clips.text_of[:, column], same_text=True)
        shares = [float(ranks.hits(1).mean()) for ranks in found[1:]]
        assert min(shares) > 0.6, shares  # of 20 concepts: chance is 0.05


def test_a_store_without_captions_is_refused(tmp_path: Path, recipe: Recipe) -> None:
    with pytest.raises(ConfigError, match="there is no store"):
        train(recipe, Store(str(tmp_path / "nothing")), 1, quiet)


def test_a_loss_that_is_no_number_stops_the_training(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path)
    material = prepare(recipe, store, quiet)
    features = material.clips.features.copy()
    features[0] = float("nan")
    broken = replace(material, clips=replace(material.clips, features=features))
    with pytest.raises(ConfigError, match=r"toy, seed 1: pre-training: epoch 1, step \d: total is nan"):
        train(recipe, store, 1, quiet, broken)
    assert store.files.read_bytes("runs/toy/seed-1/model.safetensors") is None


def test_a_gpu_that_is_not_there_is_said(tmp_path: Path, recipe: Recipe) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(ConfigError, match="device: cuda, but torch sees no GPU here"):
        prepare(replace(recipe, device="cuda"), make_store(tmp_path), quiet)

"""An epoch in groups of shards: the same clips, two groups in memory, and a stop at any step changes no bit."""

import contextlib
import os
import subprocess
import sys
import threading
import tracemalloc
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from learning_toys import FEATURES, WIDTH, Broken, feature_rows, make_encoder, quiet, write_recipe
from multihowto import tables
from multihowto.errors import ConfigError
from multihowto.evaluation.evaluate import evaluate
from multihowto.files import Files
from multihowto.manifests import shard_of
from multihowto.storage import Store
from multihowto.training import recipe as recipes
from multihowto.training.checkpoint import load
from multihowto.training.counts import Counts
from multihowto.training.data import Clips, Epoch, plan_epoch, read_clips
from multihowto.training.groups import InMemory, Way, batches_of, groups_of, way_of
from multihowto.training.material import Material, prepare
from multihowto.training.recipe import Phase, Recipe
from multihowto.training.steps import Batch
from multihowto.training.train import load_model, train
from training.sharded_toys import make_sharded, spread, write_shard

SHARDS = 7
PHASE = Phase("all", "all", epochs=1, batch_size=4)
PHASES = [
    PHASE,
    replace(PHASE, languages=("zh",), candidates=2),
    replace(PHASE, languages=("de",), translations=False),
    replace(PHASE, captions=2),
    replace(PHASE, clips="one_per_video", weights={"de": 2.0}),
]
NEVER = threading.Event()
WRITTEN = ("model.safetensors", "metrics.jsonl")
TOLD = """
import os, signal, sys
from dataclasses import replace
from multihowto.evaluation.evaluate import evaluate
from multihowto.files import Files
from multihowto.storage import Store
from multihowto.training import recipe, train

class Asking(Files):
    left = int(sys.argv[3])
    def write_bytes(self, name, data):
        Asking.left -= 1
        if Asking.left == 0:
            os.kill(os.getpid(), signal.SIGTERM)
        super().write_bytes(name, data)

store = Store(sys.argv[2])
store.files = Asking(sys.argv[2])
try:
    train.train(recipe.load(sys.argv[1]), store, 1, print)
except KeyboardInterrupt:
    sys.exit(130)
"""


def write_grouped(folder: Path, encoder: Path, size: int = 3) -> Path:
    """A recipe of two phases in groups."""
    path = write_recipe(folder / "toy.yaml", encoder, freeze_below=2)
    text = path.read_text().replace("freeze_below: 2", "freeze_below: 2, states: computed")
    path.write_text(text.replace("epochs: 3", "epochs: 2, schedule: cosine") + f"group_shards: {size}\n")
    return path


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    folder = tmp_path_factory.mktemp("recipe")
    return recipes.load(str(write_grouped(folder, make_encoder(folder / "encoder"))))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_sharded(tmp_path_factory.mktemp("store") / "s", SHARDS)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, recipe: Recipe) -> Store:
    store = make_sharded(tmp_path_factory.mktemp("trained") / "s", SHARDS)
    train(recipe, store, 1, quiet)
    return store


def results(store: Store) -> list[bytes | None]:
    return [store.files.read_bytes(f"runs/toy/seed-1/{name}") for name in WRITTEN]


def material_of(store: Store, recipe: Recipe, phase: Phase, size: int = 3) -> Material:
    return prepare(replace(recipe, phases=(phase,), group_shards=size), store, quiet)


def drawn(clips: Clips, plan: Epoch) -> list[tuple[str, int, tuple[str, ...]]]:
    """Each clip of a plan: its id, how many features it has, and what is said in it in the languages that are read."""
    order = np.concatenate(plan.clips)
    texts = np.concatenate(plan.texts)
    for clip, its in zip(order, texts, strict=True):
        assert set(its) <= set(clips.text_of[clip])
    said = [tuple(clips.texts[text][:2] for text in sorted(set(its) - {-1})) for its in texts]
    return [
        (clips.clip_ids[clip], int(clips.count[clip]), its) for clip, its in zip(order, said, strict=True)
    ]


def in_groups(material: Material, store: Store, phase: Phase, epoch: int = 0) -> list[str]:
    """Ids of the clips of an epoch, in its order."""
    way, found = way_of(material, store, phase, 1, epoch), []
    for number, steps in enumerate(way.steps):
        group = way.read(number, NEVER)
        assert len(group.plan.clips) == steps
        assert max(len(step) for step in group.plan.clips) <= phase.batch_size
        found += [clip for clip, _, _ in drawn(group.material.clips, group.plan)]
    return found


@pytest.mark.parametrize("phase", PHASES)
def test_an_epoch_in_groups_goes_through_the_same_clips(store: Store, recipe: Recipe, phase: Phase) -> None:
    clips = read_clips(store, recipe)
    expected = [clip for clip, _, _ in drawn(clips, plan_epoch(clips, phase, 1, 0))]
    for size in (1, 3, 100):
        material = material_of(store, recipe, phase, size)
        found = in_groups(material, store, phase)
        if phase.clips == "one_per_video":  # which one is drawn
            found, wanted = ([clip.partition(":")[0] for clip in its] for its in (found, expected))
        else:
            wanted = expected
        assert sorted(found) == sorted(wanted)
        assert material.counts is not None
        assert material.counts.usable[phase.name].sum() == len(wanted)
        # a shard with one clip that may be drawn is not alone in a group
        groups = len(way_of(material, store, phase, 1, 0).steps)
        assert groups == {1: SHARDS - (phase.clips == "one_per_video"), 3: 3, 100: 1}[size]


def test_counts_are_those_of_every_shard(store: Store, recipe: Recipe) -> None:
    phases = tuple(replace(phase, name=str(number)) for number, phase in enumerate(PHASES))
    counts = prepare(replace(recipe, phases=phases), store, quiet).counts
    assert counts is not None
    clips = read_clips(store, recipe)
    assert counts.longest == recipe.model.max_video_s
    assert (counts.videos.sum(), counts.held_videos) == (22, 2)
    for phase in phases:
        order = np.concatenate(plan_epoch(clips, phase, 1, 0).clips)
        of = [shard_of(clips.clip_ids[clip].partition(":")[0], SHARDS) for clip in order]
        assert counts.usable[phase.name].tolist() == [of.count(shard) for shard in counts.shards]


def test_shards_and_clips_are_drawn_anew_for_every_epoch(store: Store, recipe: Recipe) -> None:
    material = material_of(store, recipe, PHASE)
    assert material.counts is not None
    groups = [[one.shards for one in groups_of(material.counts, PHASE, 1, epoch, 3)] for epoch in range(4)]
    assert len({str(one) for one in groups}) > 1
    assert all(sorted(shard for one in its for shard in one) == list(range(SHARDS)) for its in groups)
    first = in_groups(material, store, PHASE)
    assert in_groups(material, store, PHASE) == first
    assert in_groups(material, store, PHASE, 1) != first


def test_a_clip_alone_joins_a_neighbour_and_empty_shards_are_passed_over() -> None:
    counts = Counts(np.arange(5), {"all": np.array([0, 1, 9, 1, 4])}, np.ones(5, np.int64), 0, 0, 8)
    for epoch in range(20):
        groups = groups_of(counts, PHASE, 1, epoch, 1)
        assert sorted(shard for group in groups for shard in group.shards) == [1, 2, 3, 4]
        sums = [sum(int(counts.usable["all"][shard]) for shard in group.shards) for group in groups]
        assert min(sums) >= 2
        assert [group.steps for group in groups] == [-(-clips // PHASE.batch_size) for clips in sums]
        assert [group.number for group in groups] == list(range(len(groups)))
    few = replace(counts, usable={"all": np.array([0, 1, 0, 0, 0])})
    with pytest.raises(ConfigError, match="phase all: 1 train clips have captions"):
        groups_of(few, PHASE, 1, 0, 1)


def test_only_what_a_phase_looks_at_is_read(store: Store, recipe: Recipe) -> None:
    phase = replace(PHASE, languages=("zh",))
    material = material_of(store, recipe, phase)
    assert {material.clips.clip_ids[n][:3] for n in range(len(material.clips.clip_ids))} == {"v22", "v23"}
    group = way_of(material, store, phase, 1, 0).read(0, NEVER).material.clips
    assert group.languages == ("en", "zh")
    assert {text[:2] for text in group.texts} == {"en", "zh"}
    assert group.of_split("train").tolist() == list(range(len(group.clip_ids)))
    assert len(group.features) == 9 * len({clip[:3] for clip in group.clip_ids})


def test_videos_without_features_are_counted_out(tmp_path: Path, recipe: Recipe) -> None:
    store = make_sharded(tmp_path / "s", 4)
    for shard in range(4):
        rows = store.read_shard(FEATURES, shard)
        some = pa.array([video not in ("v00", "v01", "v23") for video in rows["video_id"].to_pylist()])
        write_shard(store, FEATURES, shard, rows.filter(some))
    said: list[str] = []
    material = prepare(replace(recipe, phases=(PHASE,)), store, said.append)
    assert said == ["9 kept clips have no features and are left out"]
    assert material.counts is not None
    assert material.counts.usable["all"].sum() == 60
    assert len(set(in_groups(material, store, PHASE))) == 60


def test_features_that_end_early_make_a_batch_smaller(tmp_path: Path, recipe: Recipe) -> None:
    store = make_sharded(tmp_path / "s", 1)
    rows = store.read(FEATURES.name)
    ends = {
        video: np.zeros((4 if video == "v03" else 9, WIDTH), np.float16)
        for video in rows["video_id"].to_pylist()
    }
    write_shard(store, FEATURES, 0, feature_rows(ends))
    material = material_of(store, recipe, PHASE)
    way = way_of(material, store, PHASE, 1, 0)
    plan = way.read(0, NEVER).plan
    assert way.steps == (17,) == (len(plan.clips),)
    assert sum(len(step) for step in plan.clips) == 65


@pytest.mark.parametrize("writes", [2, 5, 11, 16])
def test_cut_off_anywhere_it_ends_equal_to_the_bit(
    tmp_path: Path, recipe: Recipe, trained: Store, writes: int
) -> None:
    store = make_sharded(tmp_path / "s", SHARDS)
    store.files = Broken(store.root, writes)
    with pytest.raises(OSError, match="the power is gone"):
        train(replace(recipe, workers=3), store, 1, quiet)
    saved = load(store, "runs/toy/seed-1/checkpoint.safetensors")
    assert saved is not None
    assert saved.state.step + saved.state.epoch > 0
    store.files = Files(store.root)
    train(recipe, store, 1, quiet)
    assert results(store) == results(trained)


def test_asked_to_stop_in_the_middle_of_a_group_it_ends_equal_to_the_bit(
    tmp_path: Path, recipe: Recipe, trained: Store
) -> None:
    store = make_sharded(tmp_path / "s", SHARDS)
    path = write_grouped(tmp_path, Path(recipe.text.encoder))
    command = [sys.executable, "-c", TOLD, str(path), store.root, "4"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )
    assert done.returncode == 130, done.stderr
    assert "asked to stop; saved at step" in done.stdout
    train(recipe, store, 1, quiet)
    assert results(store) == results(trained)


def test_the_lines_are_of_whole_epochs_and_the_model_is_found(trained: Store, recipe: Recipe) -> None:
    saved = load(trained, "runs/toy/seed-1/checkpoint.safetensors")
    assert saved is not None
    material = prepare(recipe, trained, quiet)
    ways = [
        way_of(material, trained, phase, 1, epoch).steps
        for phase in recipe.phases
        for epoch in range(phase.epochs)
    ]
    assert [line["steps"] for line in saved.state.history] == [sum(steps) for steps in ways]
    assert all(len(steps) == 3 for steps in ways)
    assert saved.state.history[0]["validation"]["en"]["queries"] == 3
    assert load_model(material, trained, 1) is not None


def test_a_remote_store_is_trained_alike(tmp_path: Path, recipe: Recipe, trained: Store) -> None:
    remote = spread(make_sharded(tmp_path / "s", 1), "memory://groups", SHARDS)
    train(recipe, remote, 1, quiet)
    assert results(remote) == results(trained)


def test_no_more_than_two_groups_live_at_a_time(store: Store, recipe: Recipe) -> None:
    material = material_of(store, recipe, PHASE, 1)
    way = way_of(material, store, PHASE, 1, 0)
    groups: list[weakref.ref[InMemory]] = []
    living: list[int] = []

    def read(number: int, stop: threading.Event) -> InMemory:
        living.append(sum(one() is not None for one in groups))
        found = way.read(number, stop)
        groups.append(weakref.ref(found))
        return found

    count = sum(1 for _ in batches_of(Way(way.steps, read), 0))
    assert count == sum(way.steps)
    assert living == [0] + [1] * (SHARDS - 1)
    assert all(one() is None for one in groups)


def test_a_closed_epoch_reads_no_further(store: Store, recipe: Recipe) -> None:
    way = way_of(material_of(store, recipe, PHASE, 1), store, PHASE, 1, 0)
    told: list[bool] = []

    def read(number: int, stop: threading.Event) -> InMemory:
        if number:
            told.append(stop.wait(30))
        return way.read(0, NEVER)

    with contextlib.closing(batches_of(Way(way.steps, read), 0)) as batches:
        assert isinstance(next(batches), Batch)
    assert told == [True]


def test_an_epoch_that_is_done_has_no_batch_left(store: Store, recipe: Recipe) -> None:
    material = material_of(store, recipe, PHASE)
    way = way_of(material, store, PHASE, 1, 0)
    assert list(batches_of(way, sum(way.steps))) == []
    whole = list(batches_of(way, 0))
    for first in (1, way.steps[0], sum(way.steps) - 1):
        rest = list(batches_of(way, first))
        assert len(rest) == len(whole) - first
        assert all(torch.equal(a.video, b.video) for a, b in zip(rest, whole[first:], strict=True))


class Weighed(Store):
    """A store that notes how many bytes live whenever a shard of features was read."""

    most = 0

    def read_shard(self, table: tables.Table | tables.View, shard: int) -> pa.Table:
        rows = super().read_shard(table, shard)
        Weighed.most = max(Weighed.most, pa.total_allocated_bytes() + tracemalloc.get_traced_memory()[0])
        return rows


def peak(store: Store, recipe: Recipe) -> int:
    """Bytes at most, above those before, while a recipe's first epoch is gone through."""
    tracemalloc.start()
    before: int = pa.total_allocated_bytes()
    Weighed.most = 0
    material = prepare(recipe, store, quiet)
    for batch in batches_of(way_of(material, store, recipe.phases[0], 1, 0), 0):
        now = pa.total_allocated_bytes() + tracemalloc.get_traced_memory()[0]
        Weighed.most = max(Weighed.most, now)
        del batch
    most = max(Weighed.most, tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    return most - before


def test_memory_is_bound_by_two_groups(tmp_path: Path, recipe: Recipe) -> None:
    shards, rows, size = 24, 250, 3
    store = make_sharded(tmp_path / "s", shards, videos=72, clips=1)
    draw = np.random.default_rng(1)
    sizes = []
    for shard in range(shards):
        videos = sorted(set(store.read_shard(tables.SELECTION, shard)["video_id"].to_pylist()))
        longer: dict[str, Any] = {
            video: draw.normal(size=(rows, WIDTH)).astype(np.float16) for video in videos
        }
        write_shard(store, FEATURES, shard, feature_rows(longer))
        sizes.append(len(videos) * rows * WIDTH * 2)
    mine, weighed = replace(recipe, phases=(PHASE,)), Weighed(store.root)
    at_once = peak(weighed, replace(mine, group_shards=0))
    in_groups = peak(weighed, replace(mine, group_shards=size))
    assert at_once > sum(sizes)
    # the largest two groups that there could be, the two videos that are held, and copies of a shard while it is read
    assert in_groups < sum(sorted(sizes)[-2 * size :]) + 2 * rows * WIDTH * 2 + 3 * max(sizes)
    assert in_groups < 0.6 * at_once


def test_states_of_captions_that_do_not_fit_into_memory_cannot_be_kept(tmp_path: Path) -> None:
    path = write_recipe(tmp_path / "toy.yaml", tmp_path)
    path.write_text(path.read_text() + "group_shards: 2\n")
    with pytest.raises(ConfigError, match=r"group_shards: .* states: computed"):
        recipes.load(str(path))


def test_groups_are_part_of_what_a_run_is(recipe: Recipe) -> None:
    names = {replace(recipe, group_shards=size).identity() for size in (0, 1, 2)}
    assert len(names) == 3


def test_what_was_trained_in_groups_is_evaluated(trained: Store, recipe: Recipe) -> None:
    found = evaluate([recipe], trained, quiet)
    assert found["candidates"] == 3
    assert [run["seed"] for run in found["recipes"][0]["seeds"]] == [1]

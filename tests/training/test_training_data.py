"""What is read of a store, and which captions an epoch draws."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from learning_toys import FEATURES, WIDTH, feature_rows, make_store, write_recipe, write_rows
from multihowto import tables
from multihowto.errors import ConfigError
from multihowto.manifests import shard_of
from multihowto.storage import Store
from multihowto.training import recipe as recipes
from multihowto.training.data import Clips, Epoch, derive, plan_epoch, read_clips
from multihowto.training.material import Material
from multihowto.training.ragged import Strings, longer, pad, rows_of
from multihowto.training.recipe import Phase, Recipe
from multihowto.training.steps import batches_ahead, make_batch
from multihowto.training.token_states import TokenStates
from training.sharded_toys import spread

PHASE = Phase("all", "all", epochs=1, batch_size=8)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return make_store(tmp_path_factory.mktemp("data") / "store", block=4)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Recipe:
    return recipes.load(str(write_recipe(tmp_path_factory.mktemp("recipe") / "r.yaml", Path("nowhere"))))


@pytest.fixture(scope="module")
def clips(store: Store, recipe: Recipe) -> Clips:
    return read_clips(store, recipe)


def test_clips_know_their_features_across_blocks(store: Store, clips: Clips) -> None:
    assert len(clips.clip_ids) == 30
    assert clips.count.tolist() == [3] * 30
    assert clips.features.dtype == np.float16
    rows = {row["block_id"]: row["features"] for row in store.read(FEATURES.name).to_pylist()}
    # the second clip of v00 lasts from 3 s to 6 s: its features are in two blocks of 4 s
    expected = [rows["v00:000000"][3], *rows["v00:000004"][:2]]
    place = clips.clip_ids.index("v00:00003000-00006000")
    found = clips.features[clips.first[place] : clips.first[place] + clips.count[place]]
    assert np.array_equal(found, np.array(expected, dtype=np.float16))


def test_windows_that_overlap_belong_to_a_clip(tmp_path: Path, recipe: Recipe) -> None:
    spans = {
        (0, 1000): (0, 1),
        (999, 1001): (0, 2),
        (1000, 3500): (1, 3),
        (2500, 60_000): (2, 4),
        (7000, 9000): None,
    }
    store = make_store(tmp_path / "s", videos=1)
    rows = [
        {
            "clip_id": f"v00:{a:08d}-{b:08d}",
            "video_id": "v00",
            "start_ms": a,
            "end_ms": b,
            "first_cue": 0,
            "last_cue": 0,
            "words_before": 0,
            "words_after": 0,
            "nearest": [],
        }
        for a, b in spans
    ]
    write_rows(store, tables.CLIPS, pa.Table.from_pylist(rows, schema=tables.CLIPS.schema))
    kept = {"keep": True, "why_not": [], "languages": ["en"], "split": "train", "video_id": "v00"}
    selected = [{**kept, "clip_id": row["clip_id"]} for row in rows]
    write_rows(store, tables.SELECTION, pa.Table.from_pylist(selected, schema=tables.SELECTION.schema))
    values = np.arange(6, dtype=np.float16)[:, None].repeat(WIDTH, 1)
    write_rows(store, FEATURES, feature_rows({"v00": values, "v99": values + 100}))
    read = read_clips(store, recipe)
    found = {
        name: read.features[a : a + n, 0].tolist()
        for name, a, n in zip(read.clip_ids, read.first, read.count, strict=True)
    }
    expected = {
        f"v00:{a:08d}-{b:08d}": [float(i) for i in range(s[0], s[0] + s[1])]
        for (a, b), s in spans.items()
        if s
    }
    assert found == expected
    assert read.without_features == 1
    short = read_clips(store, replace(recipe, model=replace(recipe.model, max_video_s=2)))
    assert short.count.max() == 2


def test_captions_are_those_that_pass_and_translations_fill_the_rest(
    store: Store, recipe: Recipe, clips: Clips
) -> None:
    german, chinese = clips.columns(["de", "zh"])
    said = [clips.texts[number] for number in clips.text_of[:, german]]
    assert said == [f"de{number % 20}" for number in range(30)]
    assert np.flatnonzero(clips.translated[:, german]).tolist() == [0, 5, 10, 15, 20, 25]
    assert np.flatnonzero(clips.text_of[:, chinese] < 0).tolist() == [0, 7, 14, 21, 28]
    assert clips.translated.sum() == 6
    bare = read_clips(store, replace(recipe, translations=False))
    assert np.flatnonzero(bare.text_of[:, german] < 0).tolist() == [0, 5, 10, 15, 20, 25]


def test_an_epoch_goes_through_every_train_clip_once(clips: Clips) -> None:
    plan = plan_epoch(clips, PHASE, seed=1, epoch=0)
    order = np.concatenate(plan.clips)
    assert sorted(order.tolist()) == clips.of_split("train").tolist() == list(range(24))
    assert [len(step) for step in plan.clips] == [8, 8, 8]
    for clip, text in zip(order, np.concatenate(plan.texts)[:, 0], strict=True):
        assert text in clips.text_of[clip]
        assert text >= 0


def test_an_epoch_depends_on_seed_phase_and_number_only(clips: Clips) -> None:
    def order(phase: Phase, seed: int, epoch: int) -> list[int]:
        return [int(clip) for step in plan_epoch(clips, phase, seed, epoch).clips for clip in step]

    first = order(PHASE, 1, 0)
    assert order(PHASE, 1, 0) == first
    assert (
        len(
            {
                tuple(order(*others))
                for others in ((PHASE, 1, 1), (PHASE, 2, 0), (replace(PHASE, name="b"), 1, 0))
            }
            | {tuple(first)}
        )
        == 4
    )


def test_languages_are_drawn_evenly_of_those_that_are_there(clips: Clips) -> None:
    drawn = np.concatenate(
        [np.concatenate(plan_epoch(clips, PHASE, 1, epoch).texts)[:, 0] for epoch in range(200)]
    )
    languages = [clips.texts[text][:2] for text in drawn]
    # of 24 train clips 20 have three captions and 4 lack Chinese: 200 * (20 / 3 + 4 / 2) are English
    assert languages.count("en") == pytest.approx(200 * (20 / 3 + 4 / 2), rel=0.05)
    assert languages.count("zh") == pytest.approx(200 * 20 / 3, rel=0.05)


def test_two_captions_are_in_two_languages(clips: Clips) -> None:
    plan = plan_epoch(clips, replace(PHASE, captions=2), 1, 0)
    pairs = np.concatenate(plan.texts)
    assert pairs.shape == (24, 2)
    assert all(clips.texts[a][:2] != clips.texts[b][:2] for a, b in pairs)


def test_one_clip_a_video(clips: Clips) -> None:
    phase = replace(PHASE, clips="one_per_video")
    seen = [np.concatenate(plan_epoch(clips, phase, 1, epoch).clips) for epoch in range(20)]
    assert all(sorted(clips.video_of[order].tolist()) == list(range(8)) for order in seen)
    assert len({clip for order in seen for clip in order.tolist()}) == 24


def test_a_phase_without_captions_is_refused(clips: Clips) -> None:
    with pytest.raises(ConfigError, match="phase all: 0 train clips have captions"):
        plan_epoch(clips, replace(PHASE, languages=("sw",)), 1, 0)


def test_a_store_that_lacks_a_table_is_refused(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path / "s", videos=3)
    store.files.remove(f"tables/{FEATURES.name}")
    with pytest.raises(ConfigError, match="has no table features_efficientnet_lite0 yet"):
        read_clips(store, recipe)
    with pytest.raises(ConfigError, match="no table 'features_s4d' of features"):
        read_clips(store, replace(recipe, features="features_s4d"))


def test_the_digest_follows_the_contents(tmp_path: Path, recipe: Recipe, clips: Clips) -> None:
    assert read_clips(make_store(tmp_path / "a", block=4), recipe).digest == clips.digest
    assert read_clips(make_store(tmp_path / "b", videos=9, block=4), recipe).digest != clips.digest


def test_padding() -> None:
    flat = np.arange(10, dtype=np.float16).reshape(5, 2)
    assert rows_of(np.array([3, 0]), np.array([2, 1])).tolist() == [3, 4, 0]
    padded, mask = pad(flat, np.array([3, 0]), np.array([2, 1]))
    assert padded.tolist() == [[[6, 7], [8, 9]], [[0, 1], [0, 0]]]
    assert mask.tolist() == [[True, True], [True, False]]


def test_rows_grow_and_strings_are_a_sequence() -> None:
    flat = np.arange(6, dtype=np.float16).reshape(3, 2)
    none = np.zeros((0, 2), np.float16)
    assert longer(none, flat) is flat
    grown = longer(longer(flat[:1], flat[1:]), none)
    assert np.array_equal(grown, flat)
    assert not np.shares_memory(grown, flat)
    strings = Strings(pa.array(["a", "ü", "c"]))
    assert (len(strings), list(strings), strings.index("c")) == (3, ["a", "ü", "c"], 2)
    assert (strings[1], strings[-1], list(strings[1:])) == ("ü", "c", ["ü", "c"])
    with pytest.raises(IndexError):
        strings[3]


def test_shards_are_joined_as_one(tmp_path: Path, recipe: Recipe, clips: Clips, store: Store) -> None:
    many = read_clips(spread(store, str(tmp_path / "many"), 6), recipe)
    assert list(many.clip_ids) == list(clips.clip_ids)
    for name in ("split_of", "count", "translated"):
        assert np.array_equal(getattr(many, name), getattr(clips, name))
    for number in range(len(clips.clip_ids)):
        rows = [
            one.features[one.first[number] : one.first[number] + one.count[number]] for one in (many, clips)
        ]
        assert np.array_equal(rows[0], rows[1])
        said = [[one.texts[text] for text in one.text_of[number] if text >= 0] for one in (many, clips)]
        assert said[0] == said[1]
    same = [one.video_of[:, None] == one.video_of[None, :] for one in (many, clips)]
    assert np.array_equal(same[0], same[1])


def test_a_shard_without_features_or_captions_is_no_hole(
    tmp_path: Path, recipe: Recipe, clips: Clips, store: Store
) -> None:
    holes = spread(store, str(tmp_path / "holes"), 4)
    lost = shard_of("v00", 4)
    for name in (FEATURES.name, "captions"):
        holes.files.remove(
            f"tables/{name}/{(lost if name != 'captions' else shard_of('v01', 4)):05d}.parquet"
        )
    read = read_clips(holes, recipe)
    gone = sum(shard_of(clip[:3], 4) == lost for clip in clips.clip_ids)
    assert (len(read.clip_ids), read.without_features) == (30 - gone, gone)
    assert all(shard_of(clip[:3], 4) != lost for clip in read.clip_ids)


def test_derived_seeds_differ_and_stay() -> None:
    assert derive(1, "a", 2) == derive(1, "a", 2)
    assert len({derive(seed, name, step) for seed in (1, 11) for name in ("a", "1") for step in (0, 1)}) == 8
    assert 0 <= derive("x") < 2**63


def test_languages_are_drawn_by_their_weights(clips: Clips) -> None:
    phase = replace(PHASE, weights={"zh": 2.0, "de": 1.0})
    drawn = np.concatenate(
        [np.concatenate(plan_epoch(clips, phase, 1, epoch).texts)[:, 0] for epoch in range(200)]
    )
    languages = [clips.texts[text][:2] for text in drawn]
    # where all three are there (20 of 24 clips) Chinese has 2 of 4, where it is missing the others have a half each
    assert languages.count("zh") == pytest.approx(200 * 20 / 2, rel=0.05)
    assert languages.count("en") == pytest.approx(200 * (20 / 4 + 4 / 2), rel=0.05)


def test_a_phase_may_leave_out_translations(clips: Clips) -> None:
    phase = replace(PHASE, languages=("de",), translations=False)
    order = np.concatenate(plan_epoch(clips, phase, 1, 0).clips)
    german = clips.columns(["de"])[0]
    assert sorted(order.tolist()) == [n for n in range(24) if not clips.translated[n, german]]


def test_candidates_are_the_nearest_in_time_of_the_same_video_and_language(clips: Clips) -> None:
    plan = plan_epoch(clips, replace(PHASE, languages=("zh",), candidates=3), 1, 0)
    order, others = np.concatenate(plan.clips), np.concatenate(plan.candidates)
    chinese = clips.text_of[:, clips.columns(["zh"])[0]]
    for clip, found in zip(order.tolist(), others, strict=True):
        video = [n for n in range(30) if clips.video_of[n] == clips.video_of[clip] and n != clip]
        expected = [chinese[n] for n in sorted(video, key=lambda n: abs(n - clip)) if chinese[n] >= 0]
        assert [text for text in found.tolist() if text >= 0] == expected
    assert plan_epoch(clips, PHASE, 1, 0).candidates[0].shape == (8, 0)


@pytest.mark.parametrize("workers", [1, 3, 50])
@pytest.mark.parametrize("first", [0, 2])
def test_workers_lose_nothing_and_do_nothing_twice(
    clips: Clips, recipe: Recipe, workers: int, first: int
) -> None:
    states = TokenStates(
        np.ones((len(clips.texts), 4), np.float16),
        np.arange(len(clips.texts)),
        np.ones(len(clips.texts), np.int64),
    )
    material = Material(replace(recipe, workers=workers), clips, Nothing(), {8: states})
    plan = plan_epoch(clips, replace(PHASE, batch_size=4), 1, 0)
    made = list(batches_ahead(plan, first, material, states))
    assert len(made) == len(plan.clips) - first
    for batch, numbers in zip(made, plan.clips[first:], strict=True):
        assert torch.equal(batch.video, pad(clips.features, clips.first[numbers], clips.count[numbers])[0])


def test_a_candidate_is_no_negative_of_the_clip_that_says_it(clips: Clips, recipe: Recipe) -> None:
    states = TokenStates(
        np.ones((len(clips.texts), 4), np.float16),
        np.arange(len(clips.texts)),
        np.ones(len(clips.texts), np.int64),
    )
    material = Material(recipe, clips, Nothing(), {8: states})
    alone = np.zeros((2, 0), np.int64)
    numbers, texts = np.array([0, 1]), clips.text_of[[0, 1]][:, clips.columns(["en"])]
    apart = make_batch(material, states, Epoch([numbers], [texts], [alone]), 0)
    assert apart.same.tolist() == [[True, False], [False, True]]
    assert apart.candidates is None
    together = make_batch(material, states, Epoch([numbers], [texts], [np.array([[texts[1, 0]], [-1]])]), 0)
    assert together.same.all()
    assert together.candidates_there is not None
    assert together.candidates_there.tolist() == [[True], [False]]


class Nothing:
    """A text encoder that is not asked anything."""

    width = 4
    identity = "nothing"

    def trained(self) -> torch.nn.Module:
        return torch.nn.Identity()

    def tokens(self, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
        raise AssertionError

    def frozen(self, tokens: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        raise AssertionError

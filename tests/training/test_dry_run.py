"""Rehearsals: parameters by hand, no weights, no store."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from learning_toys import make_encoder, make_store, quiet, write_recipe
from multihowto.cli.train import train as command
from multihowto.errors import ConfigError
from multihowto.training import recipe as recipes
from multihowto.training.dry_run import rehearse
from multihowto.training.groups import groups_of
from multihowto.training.material import prepare
from multihowto.training.recipe import Recipe, Scale, TextSettings
from multihowto.training.shapes import SHAPES, config_of, parameters, shape_of
from training.sharded_toys import make_sharded

SCALE = Scale(videos=100, clips=1000, video_s=10, feature_width=8, features_per_s=2)


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    return recipes.load(
        str(write_recipe(tmp_path / "toy.yaml", make_encoder(tmp_path / "encoder"), freeze_below=2))
    )


def nothing(name: str) -> Path:
    raise AssertionError(name)


def test_parameters_are_those_of_the_trained_model(tmp_path: Path, recipe: Recipe) -> None:
    store = make_store(tmp_path / "store")
    material = prepare(recipe, store, quiet)
    found = rehearse(recipe, store, nothing)
    assert found.trained == sum(one.numel() for one in material.model(1).parameters())
    # BERT of width 32 and inner width 64: a layer has 4 * (32 * 32 + 32) + 2 * 64 + 2 * 32 * 64 + 64 + 32 = 8,544
    layer = 4 * (32 * 32 + 32) + 2 * 64 + 2 * 32 * 64 + 64 + 32
    words = 4 + 3 * 20
    assert found.frozen == (words + 32 + 2) * 32 + 2 * 32 + layer
    assert found.weight_bytes == 4 * found.frozen + 20 * found.trained
    assert found.feature_bytes == material.clips.features.nbytes
    assert [phase.steps for phase in found.phases] == [3, 3]
    assert all(phase.step_s > 0 and phase.activation_bytes > 0 for phase in found.phases)


def test_without_a_store_the_scale_is_reckoned_with(recipe: Recipe) -> None:
    phases = (recipe.phases[0], replace(recipe.phases[1], clips="one_per_video", candidates=3))
    computed = replace(recipe, phases=phases, scale=SCALE, text=replace(recipe.text, states="computed"))
    found = rehearse(computed, None, nothing)
    assert [phase.steps for phase in found.phases] == [1000 // 8, 13]
    assert found.feature_bytes == 100 * 10 * 2 * 8 * 2
    with pytest.raises(ConfigError, match="toy has no `scale` to reckon with"):
        rehearse(recipe, None, nothing)


def test_in_groups_only_two_of_them_are_in_memory(tmp_path: Path, recipe: Recipe) -> None:
    grouped = replace(recipe, group_shards=2, text=replace(recipe.text, states="computed"))
    scale = replace(SCALE, shards=10)
    whole = rehearse(replace(grouped, group_shards=0, scale=scale), None, nothing).feature_bytes
    assert rehearse(replace(grouped, scale=scale), None, nothing).feature_bytes == whole * 4 // 10
    assert rehearse(replace(grouped, group_shards=6, scale=scale), None, nothing).feature_bytes == whole
    store = make_sharded(tmp_path / "s", 9)
    counts = prepare(grouped, store, quiet).counts
    assert counts is not None
    found = rehearse(grouped, store, nothing)
    a_video = 9 * 1280 * 2
    assert found.feature_bytes == a_video * (sum(sorted(counts.videos.tolist())[-4:]) + 2)
    ways = [sum(group.steps for group in groups_of(counts, phase, 1, 0, 2)) for phase in recipe.phases]
    assert [phase.steps for phase in found.phases] == ways


def test_more_captions_keep_more(recipe: Recipe) -> None:
    one, two = (
        rehearse(replace(recipe, scale=SCALE, phases=(replace(recipe.phases[0], captions=n),)), None, nothing)
        for n in (1, 2)
    )
    assert two.phases[0].activation_bytes > 1.2 * one.phases[0].activation_bytes


@pytest.mark.parametrize(
    ("name", "millions"), [("xlm-roberta-base", 278), ("bert-base-multilingual-cased", 178)]
)
def test_known_shapes_have_as_many_parameters_as_published(name: str, millions: int) -> None:
    settings = TextSettings(name, layer=12, freeze_below=13)
    shape = shape_of(settings, config_of(settings, nothing))
    # published with a pooler of 768 * 768 + 768
    whole = shape.embedded + parameters(shape.frozen) + parameters(shape.layers) + 768 * 768 + 768
    assert round(whole / 1e6) == millions


def test_the_large_shape_is_counted_by_hand() -> None:
    from transformers import AutoConfig, AutoModel

    config = config_of(TextSettings("xlm-roberta-large"), nothing)
    with torch.device("meta"):
        model = AutoModel.from_config(AutoConfig.for_model(**config))  # type: ignore[no-untyped-call]
    layer = 4 * (1024 * 1024 + 1024) + 4 * 1024 + 2 * 1024 * 4096 + 4096 + 1024
    assert parameters(model.encoder) == 24 * layer
    assert parameters(model.embeddings) == (250_002 + 514 + 1) * 1024 + 2 * 1024


def test_encoders_of_another_build_are_refused(tmp_path: Path) -> None:
    settings = TextSettings("odd")
    with pytest.raises(ConfigError, match="has no model_type"):
        shape_of(settings, {"hidden_size": 3})
    with pytest.raises(ConfigError, match="layer 12 of odd, which has 1 layers"):
        shape_of(settings, {**SHAPES["xlm-roberta-base"], "num_hidden_layers": 1, "vocab_size": 5})
    with pytest.raises(ConfigError, match=r"has no config\.json"):
        config_of(TextSettings(str(tmp_path)), nothing)


def test_the_command_says_it(tmp_path: Path, recipe: Recipe) -> None:
    path = tmp_path / "toy.yaml"
    scale = "scale: {videos: 100, clips: 1000, video_s: 10, feature_width: 8, features_per_s: 2}\n"
    path.write_text(path.read_text() + scale)
    done = CliRunner().invoke(command, ["--dry-run", str(path)], catch_exceptions=False)
    assert done.exit_code == 0
    assert "pre-training: 3 epochs of 125 steps of 8 clips" in done.output
    assert "trained, " in done.output
    missing = CliRunner().invoke(command, [str(path)])
    assert missing.exit_code == 2
    assert "--root" in missing.output

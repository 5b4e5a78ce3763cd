"""The model repository: it loads without multihowto, gives the run's vectors, and says what it was made from."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch
import yaml
from click.testing import CliRunner

from learning_toys import quiet
from multihowto.cli.export_model import export_model as command
from multihowto.errors import ConfigError
from multihowto.evaluation.evaluate import Protocol, evaluate
from multihowto.networks import modeling_mmp
from multihowto.publish.model_repository import Exported, compare, write_model
from multihowto.storage import Store
from multihowto.training import recipe as recipes
from multihowto.training.embedding import embed_videos
from multihowto.training.material import prepare
from searching.lab import Toy, make_toy, refuse

from .fake_hub import fake_hub
from .lab import CONTACT, contents, run

COMMAND = "from multihowto import cli; cli.main()"
# what a user writes, where multihowto, transformers and pyarrow cannot be imported
ALONE = """
import json, sys
for name in ("multihowto", "transformers", "pyarrow", "huggingface_hub"):
    sys.modules[name] = None
import numpy as np
sys.path.insert(0, folder := sys.argv[1])
from modeling_mmp import Mmp
model = Mmp.load(folder)
texts, videos = json.load(sys.stdin)
videos = [np.array(one, np.float32) for one in videos]
found = [model.embed_texts(texts).tolist(), model.embed_videos(videos).tolist()]
json.dump(found, sys.stdout)
"""
TEXTS = ["en3", "de7 zh1 en2", "", "unknown words \u202e", "zh4 " * 40]


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Toy:
    return make_toy(tmp_path_factory.mktemp("models"), epochs=2)


@pytest.fixture(scope="module")
def exported(toy: Toy, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return export(toy, tmp_path_factory.mktemp("exported") / "folder")


def export(toy: Toy, out: Path, license: str = "other") -> Exported:
    return write_model(toy.store, toy.open(), refuse, "org/name", out, CONTACT, license)


def test_a_fresh_process_without_multihowto_gives_the_same_vectors(toy: Toy, exported: Exported) -> None:
    material, trained = prepare(recipes.load(str(toy.recipe)), toy.store, quiet), toy.open()
    clips = material.clips
    features = [
        clips.features[f : f + n].tolist() for f, n in zip(clips.first[:4], clips.count[:4], strict=True)
    ]
    words = [sys.executable, "-I", "-B", "-W", "error", "-c", ALONE, str(exported.folder)]
    done = subprocess.run(words, input=json.dumps([TEXTS, features]), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    texts, videos = (np.array(part) for part in json.loads(done.stdout))
    np.testing.assert_allclose(texts, [trained.embed(text) for text in TEXTS], atol=1e-5)
    np.testing.assert_allclose(videos, embed_videos(trained.model, clips, np.arange(4)), atol=1e-5)
    assert exported.difference < 1e-5 and exported.texts > 5


def test_what_is_in_the_folder(toy: Toy, exported: Exported) -> None:
    files = contents(exported.folder)
    assert set(files) == {
        "README.md", "config.json", "model.safetensors", "modeling_mmp.py", "numbers.json", "tokenizer.json",
    }  # fmt: skip
    assert b"multihowto." not in files["modeling_mmp.py"].replace(b"of multihowto:", b"")
    assert len(files["modeling_mmp.py"].splitlines()) <= 150
    weights = safetensors.numpy.load(files["model.safetensors"])
    layers = {name.split(".")[2] for name in weights if name.startswith("encoder.layer.")}
    assert layers == {"0", "1"} and not any("pooler" in name for name in weights)
    # layer 2 was trained (freeze_below: 2), layer 1 was not
    mine = toy.open().model.state_dict()["encoder.layers.0.output.dense.weight"]
    before = safetensors.numpy.load_file(recipes.load(str(toy.recipe)).text.encoder + "/model.safetensors")
    np.testing.assert_array_equal(weights["encoder.layer.1.output.dense.weight"], mine)
    for layer, equal in ((0, True), (1, False)):
        name = f"encoder.layer.{layer}.output.dense.weight"
        assert np.array_equal(weights[name], before[name]) is equal


def test_many_and_none_at_a_time(toy: Toy, exported: Exported) -> None:
    model = modeling_mmp.Mmp.load(exported.folder)
    texts = [f"en{number % 20}" + " de1" * (number % 3) for number in range(150)]
    together = model.embed_texts(texts)
    assert torch.allclose(together[130], model.embed_texts([texts[130]])[0], atol=1e-5)
    assert model.embed_texts([]).shape == model.embed_videos([]).shape == (0, 64)


def xlmr(toy: Toy, folder: Path) -> Toy:
    """The same words and heads on an encoder of XLM-R's form, whose files have names as old as BERT's."""
    from transformers import XLMRobertaConfig, XLMRobertaModel

    old = Path(recipes.load(str(toy.recipe)).text.encoder)
    settings = json.loads((old / "config.json").read_text())
    torch.manual_seed(7)
    config = XLMRobertaConfig(
        vocab_size=settings["vocab_size"], hidden_size=32, num_hidden_layers=3, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=40, initializer_range=0.5, pad_token_id=1,
    )  # fmt: skip
    XLMRobertaModel(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(old / name, folder / name)
    weights = safetensors.numpy.load_file(folder / "model.safetensors")
    renamed = {
        "roberta."
        + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
            "LayerNorm.bias", "LayerNorm.beta"
        ): value
        for name, value in weights.items()
    }
    safetensors.numpy.save_file(renamed, folder / "model.safetensors", {"format": "pt"})
    return toy


@pytest.mark.parametrize("freeze_below", [1, 3])
def test_an_encoder_of_xlmr_s_form_is_the_same_too(toy: Toy, tmp_path: Path, freeze_below: int) -> None:
    from multihowto.publish.model_weights import config, tokenizer, weights
    from multihowto.training.model import Mmp
    from multihowto.training.text_encoder import open_encoder

    xlmr(toy, tmp_path / "xlmr")
    trained = toy.open()
    text = replace(
        trained.recipe.text, encoder=str(tmp_path / "xlmr"), freeze_below=freeze_below, prefix="en1 "
    )
    encoder = open_encoder(text)
    recipe = replace(trained.recipe, text=text)
    model = Mmp(recipe.model, encoder, 1280, 3).eval()
    other = replace(trained, recipe=recipe, encoder=encoder, model=model)
    folder = tmp_path / "out"
    folder.mkdir()
    settings = config(other, tmp_path / "xlmr")
    assert settings["encoder"]["padding"] == 1
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "model.safetensors").write_bytes(safetensors.torch.save(weights(other, tmp_path / "xlmr")))
    (folder / "tokenizer.json").write_text(tokenizer(tmp_path / "xlmr"))
    assert compare(other, folder, [*TEXTS, "[UNK] en1 [PAD] zh3"]) < 1e-5


def test_an_export_that_would_differ_is_not_written(toy: Toy, tmp_path: Path) -> None:
    trained = toy.open()
    other = Path(shutil.copytree(trained.recipe.text.encoder, tmp_path / "encoder"))
    tokenizer = (other / "tokenizer.json").read_text()
    # a tokenizer that is another one for `tokenizers` than for the run
    (other / "tokenizer.json").write_text(tokenizer.replace('"en3": ', '"en33": '))
    wrong = replace(
        trained, recipe=replace(trained.recipe, text=replace(trained.recipe.text, encoder=str(other)))
    )
    with pytest.raises(ConfigError, match="would give other vectors than the run"):
        write_model(toy.store, wrong, refuse, "org/name", tmp_path / "out", CONTACT, "other")
    assert not (tmp_path / "out").exists()
    old = replace(trained, fits=False)
    with pytest.raises(ConfigError, match="nobody could say what it is"):
        write_model(toy.store, old, refuse, "org/name", tmp_path / "out", CONTACT, "other")
    settings = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(settings | {"model_type": "deberta"}))
    with pytest.raises(ConfigError, match="is a deberta with gelu and absolute positions"):
        write_model(toy.store, wrong, refuse, "org/name", tmp_path / "out", CONTACT, "other")


def test_the_card_says_what_it_is_made_from_and_how_good_it_is(toy: Toy, tmp_path: Path) -> None:
    shutil.copytree(toy.store.root, tmp_path / "store")
    mine = Toy(Store(str(tmp_path / "store")), toy.recipe)
    export(mine, tmp_path / "out")
    assert "This seed has not been evaluated." in (tmp_path / "out" / "README.md").read_text()
    found = evaluate([recipes.load(str(toy.recipe))], mine.store, quiet, Protocol(split="train", draws=20))
    export(mine, tmp_path / "out", "cc-by-4.0")
    card = (tmp_path / "out" / "README.md").read_text()
    head = yaml.safe_load(card.split("---\n")[1])
    assert head["license"] == "cc-by-4.0" and {"en", "de", "zh"} <= set(head["language"])
    line = found["recipes"][0]["mean"]["text_to_video"]["zh"]
    assert f"| zh | {line['queries']:.0f} | {line['r1']:.3f} | " in card
    # videos 0 to 7 are for training; every other one states a licence
    assert "| 4 training videos and their captions | CC&#45;BY&#45;4&#46;0 |" in card
    assert "| 4 training videos and their captions | not stated |" in card
    assert "| training captions translated by toy | none |" in card
    assert "| features by toy | not stated |" in card
    numbers = json.loads((tmp_path / "out" / "numbers.json").read_text())
    assert numbers["results"]["mean"]["zh"]["r1"] == line["r1"]
    block = card.split("```python\n")[1].split("```")[0]
    assert len([line for line in block.splitlines() if line.strip()]) == 6 and "multihowto" not in block


def test_wrong_words_and_folders_that_are_not_ours_are_refused(toy: Toy, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--license is a name that the Hub knows"):
        export(toy, tmp_path / "out", "mit\nlanguage: xx")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("precious")
    with pytest.raises(ConfigError, match="publish did not write it"):
        export(toy, tmp_path / "mine")
    with pytest.raises(ConfigError, match="--to is org/name"):
        write_model(toy.store, toy.open(), refuse, "name", tmp_path / "out", CONTACT, "other")


def test_the_command_writes_and_uploads_only_if_asked(toy: Toy, tmp_path: Path) -> None:
    token, out = "hf_secret", tmp_path / "out"
    words = [f"{toy.recipe}/seed-1", "--root", toy.store.root, "--to", "org/name", "--contact", CONTACT]
    done = CliRunner().invoke(command, [*words, "--json"], catch_exceptions=False)
    assert json.loads(done.stdout)["folder"] == str(Path(toy.store.root).resolve() / "runs/toy/seed-1/export")
    assert json.loads(done.stdout)["uploaded"] is None
    with fake_hub(token) as hub:
        home = {
            "HF_HOME": str(tmp_path),
            "HF_HUB_DISABLE_XET": "1",
            "HF_ENDPOINT": hub.url,
            "HF_TOKEN": token,
            "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY", "PASSIVE"),
        }
        uploaded = run(
            COMMAND, "export-model", *words, "--out", str(out), "--upload", env=home, warnings="default"
        )
        assert uploaded.returncode == 0, uploaded.stderr
        assert hub.private is True and hub.files == contents(out)
        assert token not in uploaded.stdout + uploaded.stderr
        assert any(path == "/api/models/org/name/commit/main" for _, path in hub.asked)

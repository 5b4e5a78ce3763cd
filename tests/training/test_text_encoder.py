"""Hugging Face encoders: read-out layer, freezing, and outputs that are kept."""

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from learning_toys import make_encoder, quiet
from multihowto.errors import ConfigError
from multihowto.storage import Store
from multihowto.training.recipe import TextSettings
from multihowto.training.text_encoder import HuggingFaceEncoder, open_encoder
from multihowto.training.token_states import token_states

TEXTS = ["en1", "de2 en3 en4", "zh5 zh6", "unheard"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder"), extra=("query", ":"))


def encoder(folder: Path, layer: int = 2, freeze_below: int = 3, prefix: str = "") -> HuggingFaceEncoder:
    return open_encoder(TextSettings(str(folder), prefix, layer, freeze_below))


def reference(folder: Path, layer: int) -> torch.Tensor:
    """The layer's output by transformers itself, for the second text."""
    from transformers import AutoModel, AutoTokenizer

    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        output = model(**tokenizer(TEXTS[1], return_tensors="pt"), output_hidden_states=True)
    states: torch.Tensor = output.hidden_states[layer][0]
    return states


@pytest.mark.parametrize("layer", [1, 2])
@pytest.mark.parametrize("freeze_below", [1, 2, 3])
def test_frozen_and_trained_parts_together_are_the_layers_output(
    folder: Path, tmp_path: Path, layer: int, freeze_below: int
) -> None:
    text = encoder(folder, layer, freeze_below)
    states = token_states(text, TEXTS, 16, Store(str(tmp_path)), quiet)
    inner, mask = states.batch(np.array([0, 1]))
    assert mask.sum(1).tolist() == [3, 5]
    output = text.trained().eval()(inner, mask)[1]
    assert torch.allclose(output, reference(folder, layer), atol=5e-3)


def test_layers_below_are_frozen_and_the_others_are_trained(folder: Path) -> None:
    numbers = {
        freeze: sum(1 for _ in encoder(folder, 2, freeze).trained().parameters()) for freeze in (1, 2, 3, 12)
    }
    assert numbers[1] == 2 * numbers[2] > 0
    assert numbers[3] == numbers[12] == 0


def test_trained_parts_are_copies(folder: Path) -> None:
    text = encoder(folder, 2, 2)
    first, second = text.trained(), text.trained()
    with torch.no_grad():
        next(first.parameters()).zero_()
    assert next(second.parameters()).abs().sum() > 0


def test_outputs_are_kept_by_texts_and_encoder(folder: Path, tmp_path: Path) -> None:
    store = Store(str(tmp_path))

    def kept() -> list[str]:
        return store.files.names("runs/cache")

    first = token_states(encoder(folder), TEXTS, 16, store, quiet)
    assert len(kept()) == 1
    text = encoder(folder)
    again = token_states(text, TEXTS, 16, store, quiet)
    assert "_model" not in vars(text)  # the weights were not even loaded
    assert np.array_equal(first.rows, again.rows)
    token_states(encoder(folder), TEXTS[:2], 16, store, quiet)
    token_states(encoder(folder, layer=1), TEXTS, 16, store, quiet)
    token_states(encoder(folder), TEXTS, 4, store, quiet)
    token_states(encoder(folder, prefix="query: "), TEXTS, 16, store, quiet)
    assert len(kept()) == 5


class Crossing:
    """An encoder at whose second batch another one begins on the same texts, and waits until this one is done."""

    def __init__(self, inner: HuggingFaceEncoder, store: Store) -> None:
        self.inner, self.store = inner, store
        self.identity, self.width, self.tokens = inner.identity, inner.width, inner.tokens
        self.batches, self.begun, self.done = 0, threading.Event(), threading.Event()
        self.other = threading.Thread(target=self._other)

    def trained(self) -> torch.nn.Module:
        return self.inner.trained()

    def frozen(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        if threading.current_thread() is self.other:
            self.begun.set()
            assert self.done.wait(60)
        else:
            self.batches += 1
            if self.batches == 2:
                self.other.start()
                assert self.begun.wait(60)
        return self.inner.frozen(ids, mask)

    def _other(self) -> None:
        token_states(self, self.texts, 16, self.store, quiet)

    texts = tuple(f"en{number % 20} " * (number % 12) for number in range(1000))


def test_two_that_compute_the_same_at_once_do_not_spoil_each_others(folder: Path, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "both"))
    crossing = Crossing(encoder(folder), store)
    rows = token_states(crossing, crossing.texts, 16, store, quiet).rows
    alone = token_states(encoder(folder), crossing.texts, 16, Store(str(tmp_path / "alone")), quiet).rows
    kept = np.array(rows)
    crossing.done.set()
    crossing.other.join()
    assert crossing.batches > 1
    assert np.array_equal(kept, alone)
    [name] = store.files.names("runs/cache")
    assert np.array_equal(np.load(tmp_path / "both" / "runs" / "cache" / name), alone)
    assert store.files.names("tmp") == []


def test_a_store_that_is_not_local_keeps_them_in_memory(folder: Path, tmp_path: Path) -> None:
    far = token_states(encoder(folder), TEXTS, 16, Store("memory://states"), quiet)
    near = token_states(encoder(folder), TEXTS, 16, Store(str(tmp_path)), quiet)
    assert np.array_equal(far.rows, near.rows)


def test_texts_are_cut_and_prefixed(folder: Path) -> None:
    assert encoder(folder).tokens(TEXTS, 4)[1] == encoder(folder).tokens(["de2 en3"], 16)[0]
    assert encoder(folder, prefix="query: ").tokens(["en1"], 16) == encoder(folder).tokens(["query: en1"], 16)
    assert len(encoder(folder, prefix="query: ").tokens(["en1"], 16)[0]) == 5


def test_mistakes_say_what_would_be_right(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"layer 12 of .* which has 2 layers"):
        encoder(folder, layer=12)
    with pytest.raises(ConfigError, match=r"has no model\.safetensors"):
        encoder(tmp_path)
    with pytest.raises(ConfigError, match="no model 'mbert'"):
        open_encoder(TextSettings("mbert"))


def test_an_encoder_that_lacks_weights_is_refused(folder: Path, tmp_path: Path) -> None:
    weights = safetensors.torch.load_file(folder / "model.safetensors")
    del weights["encoder.layer.1.output.dense.bias"]
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    safetensors.torch.save_file(weights, tmp_path / "model.safetensors", {"format": "pt"})
    with pytest.raises(ConfigError, match=r"lacks 1 weights: encoder\.layer\.1\.output\.dense\.bias"):
        token_states(encoder(tmp_path), TEXTS, 8, Store("memory://lacking"), quiet)


def test_an_encoder_of_another_build_is_refused(folder: Path, tmp_path: Path) -> None:
    from transformers import DistilBertConfig, DistilBertModel

    config = DistilBertConfig(vocab_size=70, dim=8, n_layers=2, n_heads=2, hidden_dim=8)
    DistilBertModel(config).save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes())
    with pytest.raises(ConfigError, match="is a distilbert; it must have"):
        encoder(tmp_path)
    # one that names its sizes as BERT does, but is built otherwise
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"hidden_size": 8, "num_hidden_layers": 2}))
    with pytest.raises(ConfigError, match="is a DistilBertModel; it must have"):
        token_states(encoder(tmp_path), TEXTS, 8, Store("memory://other"), quiet)


def test_threads_may_cut_texts_at_different_lengths(folder: Path) -> None:
    text = encoder(folder)
    wrong: list[int] = []
    texts = ["en1 de2 zh3 " * 20] * 20

    def cut(length: int) -> None:
        for _ in range(50):
            wrong.extend(len(ids) for ids in text.tokens(texts, length) if len(ids) != length)

    threads = [threading.Thread(target=cut, args=(length,)) for length in (5, 6, 7, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong

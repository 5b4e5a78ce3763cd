"""A text encoder as a maker of sentence vectors, and the stage that asks for one."""

from pathlib import Path

import numpy as np
import pytest
import torch

from learning_toys import make_encoder
from multihowto import pipeline
from multihowto.errors import ConfigError
from multihowto.networks.sentence_encoder import SentenceEncoder
from multihowto.stages.match_timelines import MatchTimelines

TEXTS = ["en1", "de2 en3 en4", "zh5 zh6", "unheard", "de2 en3 en4"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder"), extra=("query", ":"))


def test_vectors_are_the_mean_of_the_last_layer(folder: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    encoder = SentenceEncoder(folder, "query: ", "cpu")
    vectors = encoder(TEXTS)
    encoder.close()
    model, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    for text, vector in zip(TEXTS, vectors, strict=True):
        with torch.inference_mode():
            states = model(**tokenizer("query: " + text, return_tensors="pt")).last_hidden_state[0]
        mean = states.mean(0)
        assert np.allclose(vector, (mean / mean.norm()).numpy(), atol=1e-5)
    assert np.array_equal(vectors[1], vectors[4])


def test_texts_are_read_in_batches_and_come_back_in_order(folder: Path) -> None:
    encoder = SentenceEncoder(folder, "", "cpu")
    many = encoder(TEXTS * 60)
    few = encoder(TEXTS)
    encoder.close()
    assert np.allclose(many, np.tile(few, (60, 1)), atol=1e-5)
    assert encoder([]).shape == (0, few.shape[1])


def test_threads_are_given_back(folder: Path) -> None:
    before = torch.get_num_threads()
    encoder = SentenceEncoder(folder, "", "cpu", threads=before + 1)
    assert torch.get_num_threads() == before + 1
    encoder.close()
    assert torch.get_num_threads() == before


def test_what_lacks_is_said(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no model.safetensors"):
        SentenceEncoder(tmp_path, "")
    if not torch.cuda.is_available():
        with pytest.raises(ConfigError, match="no GPU here"):
            SentenceEncoder(folder, "", "cuda")


def test_the_stage_needs_an_encoder_only_if_it_names_one() -> None:
    assert MatchTimelines().needs() == ()
    assert MatchTimelines(encoder="multilingual-e5-small").needs() == ("train",)
    assert pipeline.model_names(MatchTimelines()) == []
    assert pipeline.model_names(MatchTimelines(encoder="multilingual-e5-small")) == ["multilingual-e5-small"]


@pytest.mark.parametrize(
    ("encoder", "said"), [("lid.176.ftz", "is for language identification"), ("e5", "no model")]
)
def test_another_model_is_refused(tmp_path: Path, encoder: str, said: str) -> None:
    file = tmp_path / "own.yaml"
    text = pipeline.find("demo").read_text()
    assert "  - match_timelines\n" in text
    file.write_text(text.replace("  - match_timelines\n", f"  - match_timelines: {{encoder: {encoder}}}\n"))
    with pytest.raises(ConfigError, match=said):
        pipeline.load(str(file))

"""A small store with features and captions, a tiny random BERT with its tokenizer, and a recipe that fits both."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from multihowto import digests, tables
from multihowto.contract import close
from multihowto.files import Files
from multihowto.manifests import SPLITS
from multihowto.storage import Store

LANGUAGES = ("en", "de", "zh")
FEATURES = tables.FEATURES_EFFICIENTNET_LITE0
WIDTH = 1280
STEP_MS = 1000
CLIP_MS = 3000
RECIPE = """
features: features_efficientnet_lite0
text: {{encoder: {encoder}, layer: 2, freeze_below: {freeze_below}}}
model: {{layers: 1, heads: 2, width: 16, feed_forward: 32, dropout: 0.1, readout: cls}}
losses: {{temperature: 0.1}}
phases:
  - {{name: pre-training, languages: all, epochs: 3, batch_size: 8, learning_rate: 0.003, max_tokens: 8}}
  - {{name: fine-tuning, languages: [en], epochs: 2, batch_size: 8, learning_rate: 0.001, max_tokens: 6}}
seeds: [1, 2]
threads: 1
checkpoint_every_s: 0
"""


def word(language: str, concept: int) -> str:
    """What a concept is called."""
    return f"{language}{concept}"


def write_rows(store: Store, table: tables.Table, rows: pa.Table) -> None:
    """Writes the only shard of a table as the runner does."""
    rows = rows.sort_by("video_id").replace_schema_metadata(None).combine_chunks()
    accounts = [
        {"video_id": video, "input_hash": b"\0" * digests.SIZE, "rows_in": 1, "rejects": [], "flaws": []}
        for video in digests.video_slices(rows)
    ]
    stamp, full = close("recipe", "how", rows, accounts)
    store.write_shard(table, 0, rows, full, stamp)


def feature_rows(features: dict[str, np.ndarray[Any, np.dtype[np.float16]]], block: int = 512) -> pa.Table:
    """Rows of the features table: each video's (seconds, 1280), cut into blocks."""
    rows = []
    for video, values in features.items():
        for begin in range(0, len(values), block):
            rows.append(
                {
                    "block_id": f"{video}:{begin:06d}",
                    "video_id": video,
                    "start_ms": begin * STEP_MS,
                    "step_ms": STEP_MS,
                    "network": "toy",
                    "features": list(values[begin : begin + block]),
                }
            )
    return pa.Table.from_pylist(rows, schema=FEATURES.schema)


def make_store(root: Path, videos: int = 10, clips: int = 3, block: int = 512) -> Store:
    """A store of videos * clips clips; clip c of video v shows concept (v * clips + c) modulo 20, in three languages.

    The last two videos are validation and test. German is missing from every fifth clip, and is translated there;
    Chinese is missing from every seventh.
    """
    draw = np.random.default_rng(5)
    concepts = draw.normal(size=(20, WIDTH))
    store = Store(str(root))
    names = [f"v{number:02d}" for number in range(videos)]
    store.create("toy", 1, ["clips", "captions", "translations", FEATURES.name, "selection"])
    rows: dict[str, list[dict[str, Any]]] = {
        name: [] for name in ("clips", "captions", "translations", "selection")
    }
    features = {}
    for number, video in enumerate(names):
        shown = []
        for place in range(clips):
            index = number * clips + place
            concept = index % 20
            shown += [concepts[concept] + draw.normal(size=WIDTH) for _ in range(CLIP_MS // STEP_MS)]
            _add_clip(rows, video, place, index, concept, SPLITS[max(0, number - videos + 3)])
        features[video] = np.array(shown, dtype=np.float16)
    for name, its in rows.items():
        write_rows(store, tables.TABLES[name], pa.Table.from_pylist(its, schema=tables.TABLES[name].schema))
    write_rows(store, FEATURES, feature_rows(features, block))
    return store


def _add_clip(
    rows: dict[str, list[dict[str, Any]]], video: str, place: int, index: int, concept: int, split: str
) -> None:
    start, end = place * CLIP_MS, (place + 1) * CLIP_MS
    clip = f"{video}:{start:08d}-{end:08d}"
    common = {"clip_id": clip, "video_id": video}
    rows["clips"].append(
        {
            **common,
            "start_ms": start,
            "end_ms": end,
            "first_cue": place,
            "last_cue": place,
            "words_before": 0,
            "words_after": 0,
            "nearest": [],
        }
    )
    there = [
        code
        for code in LANGUAGES
        if not (code == "de" and index % 5 == 0) and not (code == "zh" and index % 7 == 0)
    ]
    for code in there:
        caption = {**common, "caption_id": f"{clip}/{code}", "language": code, "text": word(code, concept)}
        rows["captions"].append(
            {**caption, "origin": "manual", "track": code, "method": "pivot", "score": 1.0}
        )
    if "de" not in there:
        caption = {**common, "caption_id": f"{clip}/de", "language": "de", "text": word("de", concept)}
        origin = {
            "origin": "machine_translated",
            "source_language": "en",
            "model": "toy",
            "model_license": "none",
        }
        rows["translations"].append({**caption, **origin, "score": -0.5})
    rows["selection"].append({**common, "keep": True, "why_not": [], "languages": there, "split": split})


def make_encoder(folder: Path, extra: Sequence[str] = ()) -> Path:
    """A random BERT of two layers whose tokenizer knows every word of the store."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing
    from transformers import BertConfig, BertModel

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *extra]
    words += [word(code, concept) for code in LANGUAGES for concept in range(20)]
    vocabulary = {text: number for number, text in enumerate(words)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=32,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "unk_token": "[UNK]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    return folder


def write_recipe(path: Path, encoder: Path, freeze_below: int = 3) -> Path:
    """A recipe of two short phases; 3 freezes the whole encoder."""
    path.write_text(RECIPE.format(encoder=encoder, freeze_below=freeze_below))
    return path


def quiet(line: str) -> None:
    """Says nothing."""


class Broken(Files):
    """Writes so often, then no more."""

    def __init__(self, root: str, left: int) -> None:
        super().__init__(root)
        self.left = left

    def write_bytes(self, name: str, data: bytes) -> None:
        self.left -= 1
        if self.left < 0:
            raise OSError("the power is gone")
        super().write_bytes(name, data)

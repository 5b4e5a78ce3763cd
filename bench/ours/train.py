"""Trains the demo's model for some epochs, each time with another seed; its text encoder is a small random BERT."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

import material
from multihowto import tables
from multihowto.storage import Store
from multihowto.training import recipe as recipes

from multihowto.training.material import Material, folder_of, prepare as prepare_material  # isort: skip
from multihowto.training.train import train
from ours.parts import write

VIDEOS, CLIPS, EPOCHS = 100, 10, 4
CLIP_MS = 6000
WIDTH = 1280
EMPTY: dict[str, Any] = {"words_before": 0, "words_after": 0, "nearest": []}


def prepare(folder: Path) -> Callable[[], None]:
    """The work is to train."""
    recipe, store, shared = ready(folder)
    seed = len(store.files.names(folder_of(recipe, 0).rpartition("/")[0]))

    def work() -> None:
        train(recipe, store, seed, print, shared)

    return work


def ready(folder: Path) -> tuple[recipes.Recipe, Store, Material]:
    """Writes the store and the encoder, if they are not there yet, and runs the encoder."""
    store, encoder = Store(str(folder / "train-store")), folder / "encoder"
    if store.settings() is None:
        _write_encoder(encoder)
        write_store(store, VIDEOS, CLIPS * CLIP_MS // 1000)
    loaded = recipes.load("demo-mmp")
    text = replace(loaded.text, encoder=str(encoder), layer=1, freeze_below=2)
    recipe = replace(loaded, text=text, phases=(replace(loaded.phases[0], epochs=EPOCHS),))
    # with its first optimiser torch imports a compiler, which takes seconds, once: that is no part of a step
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    return recipe, store, prepare_material(recipe, store, print)


def write_store(store: Store, videos: int, seconds: int) -> None:
    """A store of videos that are so long, with ten clips each at their beginning."""
    captions = material.captions(videos, CLIPS)
    rows: list[dict[str, Any]] = [
        {
            "clip_id": clip,
            "video_id": clip.partition(":")[0],
            "start_ms": CLIP_MS * place,
            "end_ms": CLIP_MS * (place + 1),
        }
        for place, clip in _clips(captions)
    ]
    chosen = {"keep": True, "why_not": [], "languages": sorted(material.languages()), "split": "train"}
    clips = [{**row, "first_cue": 0, "last_cue": 0, **EMPTY} for row in rows]
    selection = [{**chosen, "clip_id": row["clip_id"], "video_id": row["video_id"]} for row in rows]
    features = tables.FEATURES_EFFICIENTNET_LITE0
    store.create("bench", 1, ["clips", "captions", "selection", features.name])
    write(store, tables.CAPTIONS, captions)
    for table, its in ((tables.CLIPS, clips), (tables.SELECTION, selection)):
        write(
            store,
            table,
            pa.Table.from_pylist(its, schema=table.schema).replace_schema_metadata(None).combine_chunks(),
        )
    write(store, features, _features(features, sorted({str(row["video_id"]) for row in rows}), seconds))


def _clips(captions: pa.Table) -> list[tuple[int, str]]:
    """The clips of all videos, in order, and each one's place in its video."""
    ids = sorted(set(captions["clip_id"].to_pylist()))
    return [(number % CLIPS, clip) for number, clip in enumerate(ids)]


def _features(table: tables.Table, videos: list[str], seconds: int) -> pa.Table:
    draw = np.random.default_rng(0)
    rows: list[dict[str, Any]] = [
        {
            "block_id": f"{video}:000000",
            "video_id": video,
            "start_ms": 0,
            "step_ms": 1000,
            "network": "bench",
            "features": list(draw.normal(size=(seconds, WIDTH)).astype(np.float16)),
        }
        for video in videos
    ]
    return pa.Table.from_pylist(rows, schema=table.schema).replace_schema_metadata(None).combine_chunks()


def _write_encoder(folder: Path) -> None:
    """As wide as multilingual-e5-small, one layer, and a tokenizer that knows characters."""
    from tokenizers import Regex, Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from transformers import BertConfig, BertModel

    characters = sorted(set("".join(text for texts in material.phrases().values() for text in texts)))
    vocabulary = {text: number for number, text in enumerate(["[PAD]", "[UNK]", *characters])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Split(Regex("."), "isolated")
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=384,
        num_hidden_layers=1,
        num_attention_heads=12,
        intermediate_size=1536,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "unk_token": "[UNK]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))

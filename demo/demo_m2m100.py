"""Models of M2M100's shape: made, written as a Hugging Face folder, converted for CTranslate2."""

import json
import shutil
from pathlib import Path
from typing import Any, Final

import ctranslate2
import sentencepiece
import transformers

from demo_plan import LANGUAGES

BOS, PAD, EOS, UNK = range(4)
MADE_UP_WORDS: Final = 8  # M2M100 has so many unused tokens after its languages
PIECES_FILE: Final = "sentencepiece.bpe.model"


def new_model(
    pieces: int,
    *,
    width: int,
    encoder_layers: int,
    decoder_layers: int,
    heads: int,
    feed_forward: int,
    init_std: float,
) -> Any:
    """An untrained M2M100; each language has a token after the pieces, in the order of LANGUAGES."""
    config = transformers.M2M100Config(
        vocab_size=pieces + len(LANGUAGES) + MADE_UP_WORDS,
        max_position_embeddings=256,
        d_model=width,
        encoder_layers=encoder_layers,
        decoder_layers=decoder_layers,
        encoder_attention_heads=heads,
        decoder_attention_heads=heads,
        encoder_ffn_dim=feed_forward,
        decoder_ffn_dim=feed_forward,
        init_std=init_std,
        dropout=0.0,
        attention_dropout=0.0,
        encoder_layerdrop=0.0,
        decoder_layerdrop=0.0,
    )
    return transformers.M2M100ForConditionalGeneration(config)


def parameters(model: Any) -> int:
    """How many parameters the model learns."""
    return sum(one.numel() for one in model.parameters() if one.requires_grad)


def write_model(model: Any, folder: Path) -> None:
    """A Hugging Face folder beside the sentencepiece model that is there.

    The tokenizer's settings list the language tokens: transformers 5 does not, and the converter would lack them.
    """
    model.save_pretrained(folder)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / PIECES_FILE))
    vocabulary = {pieces.id_to_piece(number): number for number in range(pieces.get_piece_size())}
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    settings = {
        "tokenizer_class": "M2M100Tokenizer",
        "bos_token": "<s>",
        "pad_token": "<pad>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "num_madeup_words": MADE_UP_WORDS,
        "additional_special_tokens": [f"__{code}__" for code in LANGUAGES],
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def convert(folder: Path, target: Path) -> None:
    """The CTranslate2 folder, in 8 bit, instead of what was there."""
    shutil.rmtree(target, ignore_errors=True)
    converter = ctranslate2.converters.TransformersConverter(str(folder), copy_files=[PIECES_FILE])
    converter.convert(str(target), quantization="int8")

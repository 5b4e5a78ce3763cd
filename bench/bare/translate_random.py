"""transformers alone, in float32, greedy with log-probabilities, on the same random model and sentences."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import transformers


def prepare(folder: Path) -> Callable[[], None]:
    """Loads the model and the sentences, padded; English is the first token after the pieces, German the next."""
    task = json.loads((folder / "random.json").read_text(encoding="utf-8"))
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "hf/sentencepiece.bpe.model"))
    rows = [[len(pieces), *text, 2] for text in pieces.encode(task["texts"])]
    sources = torch.tensor([row + [1] * (max(map(len, rows)) - len(row)) for row in rows])
    model: Any = transformers.M2M100ForConditionalGeneration.from_pretrained(folder / "hf")
    start = torch.tensor([[2, len(pieces) + 1]] * len(rows))
    length = {"min_new_tokens": task["tokens"], "max_new_tokens": task["tokens"]}
    scores = {"output_scores": True, "return_dict_in_generate": True, "num_beams": 1, "do_sample": False}

    def work() -> None:
        made = model.generate(
            sources, attention_mask=sources != 1, decoder_input_ids=start, **length, **scores
        )
        model.compute_transition_scores(made.sequences, made.scores, normalize_logits=True)

    return work

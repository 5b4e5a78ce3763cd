"""CTranslate2 as the adapter opens it, on a random model that is made to write so many tokens a sentence."""

import json
from collections.abc import Callable
from pathlib import Path

from multihowto.adapters.ctranslate2 import load


def prepare(folder: Path) -> Callable[[], None]:
    """Loads the model and the sentences."""
    task = json.loads((folder / "random.json").read_text(encoding="utf-8"))
    translator = load(folder / "ct2", ("en", "de"))
    length = 1 + task["tokens"]  # CTranslate2 counts the language
    sources = [["__en__", *text, "</s>"] for text in translator.pieces.encode(task["texts"], out_type=str)]

    def work() -> None:
        made = translator.engine.translate_batch(
            sources,
            [["__de__"]] * len(sources),
            beam_size=1,
            max_batch_size=translator.decoding.batch_tokens,
            batch_type="tokens",
            return_scores=True,
            min_decoding_length=length,
            max_decoding_length=length,
        )
        if {len(one.hypotheses[0]) for one in made} != {length}:
            raise RuntimeError(f"not every sentence has a language and {task['tokens']} tokens")

    return work

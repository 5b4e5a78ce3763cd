"""Sentences in any language as vectors that are alike if they mean the same: a text encoder's mean over its tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from multihowto.adapters.text_model import open_model
from multihowto.errors import ConfigError

_BATCH = 64
_MOST_TOKENS = 64


@dataclass(frozen=True)
class SentenceEncoder:
    """A loaded encoder; calling it embeds texts."""

    model: Any
    tokenizer: Any
    prefix: str
    threads_before: int

    def close(self) -> None:
        """Gives the process its number of threads back."""
        import torch

        torch.set_num_threads(self.threads_before)

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors (texts, width) of unit length; equal for equal calls."""
        import torch

        tokens = [self.tokenizer.encode(self.prefix + text) for text in texts]
        order = sorted(range(len(texts)), key=lambda number: (len(tokens[number].ids), number))
        vectors = np.zeros((len(texts), self.model.config.hidden_size), np.float32)
        with torch.inference_mode():
            for first in range(0, len(order), _BATCH):
                batch = order[first : first + _BATCH]
                vectors[batch] = self._batch([tokens[number].ids for number in batch])
        return vectors

    def _batch(self, ids: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        import torch

        longest = max(map(len, ids))
        padded = torch.tensor([[*one, *[0] * (longest - len(one))] for one in ids])
        mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in ids])
        padded, mask = padded.to(self.model.device), mask.to(self.model.device)
        states = self.model(input_ids=padded, attention_mask=mask).last_hidden_state
        mean = (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
        found: npt.NDArray[np.float32] = torch.nn.functional.normalize(mean, dim=1).cpu().numpy()
        return found


def load(folder: Path, prefix: str, device: str = "auto", threads: int = 1) -> SentenceEncoder:
    """The encoder in a folder in Hugging Face's form; `prefix` comes before every text.

    `device` is cpu, cuda, or auto: cuda where there is one. ConfigError if a file lacks, or there is no such device.
    """
    import torch
    from tokenizers import Tokenizer

    has_gpu = torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        raise ConfigError("device cuda: PyTorch finds no GPU here; use cpu or auto")
    model = open_model(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(_MOST_TOKENS)
    tokenizer.no_padding()
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    place = "cuda" if has_gpu and device != "cpu" else "cpu"
    return SentenceEncoder(model.to(place), tokenizer, prefix, before)

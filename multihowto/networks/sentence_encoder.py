"""Sentences in any language as vectors that are alike if they mean the same: a text encoder's mean over its tokens."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer

from multihowto.networks.devices import place
from multihowto.networks.text_model import open_model

_BATCH = 64
_MOST_TOKENS = 64


class SentenceEncoder:
    """A loaded encoder on its device, with the number of threads that it may use; calling it embeds texts."""

    def __init__(self, folder: Path, prefix: str, device: str = "auto", threads: int = 1) -> None:
        """From a folder in Hugging Face's form; `prefix` comes before every text.

        `device` as in `devices.place`. ConfigError if a file or a weight is missing, or there is no such device.
        """
        self.device = place(device)
        self._model = open_model(folder).to(self.device)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_MOST_TOKENS)
        self._tokenizer.no_padding()
        self._prefix = prefix
        self._threads_before = torch.get_num_threads()
        torch.set_num_threads(threads)

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Vectors (texts, width) of unit length; equal for equal calls."""
        ids = [self._tokenizer.encode(self._prefix + text).ids for text in texts]
        order = sorted(range(len(texts)), key=lambda number: (len(ids[number]), number))
        vectors = np.zeros((len(texts), self._model.config.hidden_size), np.float32)
        with torch.inference_mode():
            for first in range(0, len(order), _BATCH):
                batch = order[first : first + _BATCH]
                vectors[batch] = self._batch([ids[number] for number in batch])
        return vectors

    def close(self) -> None:
        """Gives the process its number of threads back."""
        torch.set_num_threads(self._threads_before)

    def _batch(self, ids: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        padded = torch.nn.utils.rnn.pad_sequence([torch.tensor(one) for one in ids], batch_first=True)
        lengths = torch.tensor([len(one) for one in ids])
        mask = (torch.arange(padded.shape[1]) < lengths[:, None]).long().to(self.device)
        states = self._model(input_ids=padded.to(self.device), attention_mask=mask).last_hidden_state
        mean = (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
        found: npt.NDArray[np.float32] = torch.nn.functional.normalize(mean, dim=1).cpu().numpy()
        return found

"""Outputs of a text encoder's frozen part: computed once for all texts of a store, kept beside its runs."""

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from multihowto import checksums
from multihowto.storage import Store
from multihowto.training.ragged import Floats, Ints, pad, pad_ids
from multihowto.training.text_encoder import TextEncoder

BATCH_TOKENS = 2048
SAY_EVERY_S = 5.0


@dataclass(frozen=True)
class TokenStates:
    """States of many texts' tokens, flat: rows (tokens, width) half floats; text i has `count[i]` from `first[i]`."""

    rows: Floats
    first: Ints
    count: Ints

    def batch(self, texts: Ints) -> tuple[Tensor, Tensor]:
        """States (texts, longest, width) and mask (texts, longest) of texts by number."""
        return pad(self.rows, self.first[texts], self.count[texts])


def token_states(
    encoder: TextEncoder, texts: Sequence[str], max_tokens: int, store: Store, say: Callable[[str], None]
) -> TokenStates:
    """The states of all texts, from `runs/cache/` where they are kept by a hash of texts and encoder."""
    tokens = encoder.tokens(texts, max_tokens) if texts else []
    count = np.array([len(ids) for ids in tokens], dtype=np.int64)
    first = np.cumsum(count) - count
    name = f"runs/cache/{checksums.of_values(encoder.identity, tokens)}.npy"
    if store.files.local is None:
        rows: Floats = np.zeros((int(count.sum()), encoder.width), dtype=np.float16)
        _fill(rows, encoder, tokens, first, say)
        return TokenStates(rows, first, count)
    if not (store.files.local / name).is_file():
        shape = (int(count.sum()), encoder.width)
        # A name of its own: of two that compute the same at once, none truncates what the other has computed.
        temporary = store.files.scratch() / f"{uuid.uuid4().hex}.npy"
        kept = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float16, shape=shape)
        _fill(kept, encoder, tokens, first, say)
        kept.flush()
        store.files.put(name, temporary)
    return TokenStates(_mapped(store.files.local / name), first, count)


@dataclass(frozen=True)
class ComputedStates(TokenStates):
    """States, and tokens before them, made when they are asked for, of texts too many to keep them; no row is held."""

    encoder: TextEncoder
    texts: Sequence[str]
    max_tokens: int

    def batch(self, texts: Ints) -> tuple[Tensor, Tensor]:
        ids, mask = pad_ids(self.encoder.tokens([self.texts[text] for text in texts], self.max_tokens))
        with torch.no_grad():
            return self.encoder.frozen(ids, mask), mask


def computed_states(encoder: TextEncoder, texts: Sequence[str], max_tokens: int) -> ComputedStates:
    """As `token_states`, without running anything yet."""
    rows: Floats = np.zeros((0, encoder.width), dtype=np.float16)
    none = np.zeros(0, dtype=np.int64)
    return ComputedStates(rows, none, none, encoder, texts, max_tokens)


def _mapped(path: Path) -> Floats:
    """The file as an array, read when needed; copy on write, since torch wants arrays that could be written."""
    rows: Floats = np.load(path, mmap_mode="c", allow_pickle=False)
    return rows


def _fill(
    rows: Floats, encoder: TextEncoder, tokens: list[list[int]], first: Ints, say: Callable[[str], None]
) -> None:
    """Runs the frozen part over the texts, those of like length together."""
    started = said = time.monotonic()
    done = 0
    for texts in _batches([len(ids) for ids in tokens]):
        ids, mask = pad_ids([tokens[text] for text in texts])
        with torch.inference_mode():
            states = encoder.frozen(ids, mask).to(torch.float16).numpy()
        for text, its in zip(texts, states, strict=True):
            rows[first[text] : first[text] + len(tokens[text])] = its[: len(tokens[text])]
        done += len(texts)
        now = time.monotonic()
        if now - said > SAY_EVERY_S:
            said, rate = now, done / (now - started)
            left_s = (len(tokens) - done) / rate
            say(f"text encoder: {done:,} of {len(tokens):,} texts, {rate:.0f}/s, {left_s:.0f} s left")


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Numbers of texts in batches of at most so many tokens with padding, shortest first."""
    batches: list[list[int]] = []
    for text in sorted(range(len(lengths)), key=lambda text: (lengths[text], text)):
        if batches and (len(batches[-1]) + 1) * lengths[text] <= BATCH_TOKENS:
            batches[-1].append(text)
        else:
            batches.append([text])
    return batches

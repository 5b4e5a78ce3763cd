"""MinHash signatures of texts, by rensa."""

from collections.abc import Iterator, Sequence

import numpy as np
import rensa

from multihowto.captions.signatures import SLOTS, Places, Signatures, of_characters

_CHARACTERS_AT_ONCE = 1 << 18
_TEXTS_AT_ONCE = 1 << 13
_SEED = 1


def signatures(texts: Sequence[str], length: int, seed: str) -> tuple[Signatures, Places]:
    """One row a text, of its n-grams of `length` characters, and how many n-grams it has; those of none mean nothing.

    Texts of another seed (a language) have no n-gram in common. Of each of rensa's 32-bit numbers the lower half is
    kept: two are the same by chance in 1 of 65,536.
    """
    made, counts = [np.empty((0, SLOTS), np.uint16)], [np.empty(0, np.int64)]
    for batch in _batches(texts):
        hashes, offsets = of_characters(batch, length, seed)
        matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, SLOTS, _SEED)
        made.append(np.array(matrix.to_rows(), np.uint32).astype(np.uint16))
        counts.append((offsets[1:] - offsets[:-1]).astype(np.int64))
    return np.concatenate(made), np.concatenate(counts)


def _batches(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Texts in turn, so many that a batch is small in memory; a longer text is a batch of its own."""
    begin = characters = 0
    for place, text in enumerate(texts):
        if place > begin and (
            characters + len(text) > _CHARACTERS_AT_ONCE or place - begin == _TEXTS_AT_ONCE
        ):
            yield texts[begin:place]
            begin, characters = place, 0
        characters += len(text)
    if begin < len(texts):
        yield texts[begin:]

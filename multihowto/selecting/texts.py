"""Measures of texts, many at a time: Arrow in, numpy out; NaN where a measure says nothing."""

import hashlib
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Hashes = npt.NDArray[np.uint64]

LENGTHS: Final[Mapping[str, float]] = {
    "en": 1.0,
    "de": 1.138,
    "fr": 1.125,
    "ru": 1.131,
    "es": 1.12,
    "cs": 0.952,
    "sw": 0.947,
    "zh": 0.263,
    "vi": 1.233,
}
"""Characters of a text for each one of its English: of the Universal Declaration of Human Rights, all 30 articles.

Measured by bench/text_lengths.py. The length of a text in a language that is not here says nothing.
"""
SLACK = 10
"""Own setting: English characters that are added to both lengths of a ratio, since short texts differ by chance."""
_BY_CHARACTER = ("zh", "ja")
_RUN, _RUN_OF_CHARACTERS = 3, 5
"""Own setting: words that make a run; Gopher's rules for whole documents (Rae et al. 2021) have 5 to 10. Five Chinese
characters stand for three words (bench/udhr.py)."""
_OF_BYTE: Final = np.array(
    [int.from_bytes(hashlib.blake2b(bytes([byte]), digest_size=4).digest()) for byte in range(256)],
    dtype=np.uint32,
)
_OF_BYTE[ord(" ")] = 0
_MIXED_BY: Final[Hashes] = np.frombuffer(
    hashlib.blake2b(b"run", digest_size=40).digest(), np.uint64
) | np.uint64(1)
_CAPTION_BITS = np.uint64(24)
"""Captions of one call, as bits of a key: 16 million."""


def words(texts: pa.Array, languages: pa.Array) -> Floats:
    """How many words clean texts have: between spaces; of Chinese, characters. None without a letter or digit."""
    spaces, chinese = _spaces(texts), by_character(languages)
    counts = np.where(chinese, numbers(pc.utf8_length(texts)) - spaces, spaces + 1)
    counts[~flags(pc.match_substring_regex(texts, r"[\p{L}\p{N}]"))] = 0
    return counts


def _spaces(texts: pa.Array) -> Floats:
    edges, data = _bytes(texts)
    # twice as fast as pc.count_substring
    return np.diff(np.searchsorted(np.flatnonzero(data == ord(" ")), edges)).astype(np.float64)


def lengths(texts: pa.Array, languages: pa.Array) -> Floats:
    """Lengths in characters, each divided by what its language needs for one English character."""
    expected = pa.array(list(LENGTHS.values())).take(pc.index_in(languages, value_set=pa.array(LENGTHS)))
    return numbers(pc.utf8_length(texts)) / numbers(expected)


def ratios(lengths: Floats, of_pivot: Floats) -> Floats:
    """How many times longer or shorter a text is than its pivot's, as far as lengths of these languages say; >= 1."""
    ratio = (lengths + SLACK) / (of_pivot + SLACK)
    return np.maximum(ratio, 1 / ratio)


def repetition(texts: pa.Array, languages: pa.Array) -> Floats:
    """Share of each text's words that repeat a run of three words it had before; of Chinese, five characters."""
    shares = np.zeros(len(texts))
    chinese = by_character(languages)
    for places, run in ((~chinese, _RUN), (chinese, _RUN_OF_CHARACTERS)):
        rows = np.flatnonzero(places)
        shares[rows] = _repeated(texts.take(pa.array(rows)), run, run == _RUN_OF_CHARACTERS)
    return shares


def _repeated(texts: pa.Array, run: int, characters: bool) -> Floats:
    """The share of words, or characters, of each text that a run said before covers."""
    shares = np.zeros(len(texts))
    owners, hashes = _hashed(texts, characters)
    grams, keys = _keys(owners, hashes, run)
    few = _suspects(keys, len(texts))[owners[grams]]
    if not few.any():
        return shares
    grams, keys = grams[few], keys[few]
    order = np.argsort(keys, kind="stable")
    again = order[1:][keys[order][1:] == keys[order][:-1]]
    covered = np.zeros(len(owners), dtype=bool)
    for step in range(run):
        covered[grams[again] + step] = True
    counts = np.bincount(owners, minlength=len(texts))
    said = np.bincount(owners, weights=covered, minlength=len(texts))
    return np.divide(said, counts, out=shares, where=counts > 0)


def _hashed(texts: pa.Array, characters: bool) -> tuple[Ints, Hashes]:
    """Each word of all texts, or each character that is no space: the number of its text, and a hash."""
    edges, data = _bytes(texts)
    if not len(data):
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    begins = np.ones(len(data), dtype=bool)
    if characters:
        begins = (data & 0xC0) != 0x80
    else:
        begins[1:] = data[:-1] == ord(" ")
        begins[edges[:-1][edges[:-1] < len(data)]] = True
    starts = np.flatnonzero(begins)
    owners = np.repeat(np.arange(len(texts)), np.diff(np.searchsorted(starts, edges)))
    # A word's hash is the sum of its bytes', modulo 2**32: differences of one sum over all.
    sums = np.cumsum(_OF_BYTE.take(data), dtype=np.uint32)[np.append(starts[1:], len(data)) - 1]
    hashes = np.diff(sums, prepend=np.uint32(0))
    there = hashes != 0
    return owners[there], hashes[there].astype(np.uint64)


def _bytes(texts: pa.Array) -> tuple[Ints, npt.NDArray[np.uint8]]:
    """Where the bytes of each text begin, and of the last end, and all of them."""
    texts = texts.cast(pa.large_string())
    _, offsets, buffer = texts.buffers()
    edges = np.frombuffer(offsets or bytes(8), np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = np.frombuffer(buffer or b"", np.uint8)[edges[0] : edges[-1]]
    return edges - edges[0], data


def _keys(owners: Ints, hashes: Hashes, run: int) -> tuple[Ints, Hashes]:
    """Where each run of words begins, and a key that is the same for the same run of the same text."""
    if len(owners) < run:
        return np.zeros(0, np.int64), np.zeros(0, np.uint64)
    last = len(owners) - run + 1
    mixed = np.zeros(last, dtype=np.uint64)
    for step in range(run):
        mixed += hashes[step : step + last] * _MIXED_BY[step]
    grams = np.flatnonzero(owners[:last] == owners[run - 1 :])
    of_text = owners[grams].astype(np.uint64) << (64 - _CAPTION_BITS)
    return grams, of_text | (mixed[grams] >> _CAPTION_BITS)


def _suspects(keys: Hashes, many: int) -> Flags:
    """Which of so many texts may say a run twice: all that do, and a few by chance."""
    bits = max(1, (many - 1).bit_length())
    # The number of the text and the first bits of the hash: half as long, so sorted twice as fast.
    ordered = np.sort((keys >> (32 - _CAPTION_BITS + np.uint64(bits))).astype(np.uint32))
    suspects = np.zeros(many, dtype=bool)
    suspects[ordered[1:][ordered[1:] == ordered[:-1]] >> np.uint32(32 - bits)] = True
    return suspects


def by_character(languages: pa.Array) -> Flags:
    """Whether the words of a language are its characters."""
    return flags(pc.is_in(languages, value_set=pa.array(_BY_CHARACTER)))


def numbers(values: pa.Array) -> Floats:
    """Arrow numbers as floats, NaN for null; they may be changed."""
    return np.array(values.cast(pa.float64()).to_numpy(zero_copy_only=False))


def flags(values: pa.Array) -> Flags:
    """Arrow booleans; null is False."""
    return np.array(pc.fill_null(values, False).to_numpy(zero_copy_only=False), dtype=bool)

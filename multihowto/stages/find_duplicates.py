"""Finds captions that are said again, exactly or nearly, in their video and in others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.adapters.signature_column import SIGNATURE, in_file, signature_column
from multihowto.captions import fingerprints
from multihowto.stage import Count, Gather, Share, World

if TYPE_CHECKING:
    from multihowto.captions.signatures import Places

_NONE = np.empty(0, np.int64)
_SKETCH = pa.schema(
    [
        ("caption_id", pa.string()),
        ("video_id", pa.string()),
        ("text", pa.uint64()),
        ("comparable", pa.bool_()),
        ("signature", SIGNATURE),
    ]
)


@dataclass(frozen=True)
class FindDuplicates(Gather):
    """Counts equal and nearly equal captions of one language; translations are not looked at.

    Takes about 0.2 kB of memory a caption (0.9 GB for four million, beside pages of files that the system may forget).
    """

    reads: ClassVar = (tables.CAPTIONS.only("language", "text"),)
    writes: ClassVar = tables.DUPLICATES
    extra: ClassVar = "duplicates"

    characters: Count = 3
    """Captions are compared by so many characters in a row; Chinese ones by half as many, at least 2."""
    min_characters: Count = 8
    """Shorter captions are compared as a whole only; of Chinese ones those shorter than half of it."""
    min_shared: Share = 0.8
    """Nearly equal captions share at least so much of what is in either (Jaccard, as MinHash estimates it)."""

    def sketch(self, inputs: Mapping[str, pa.Table], tools: Any) -> pa.Table:
        captions = inputs["captions"]
        languages = pc.unique(captions["language"]).to_pylist()
        parts = [self._of_language(captions, language) for language in languages]
        return pa.concat_tables([_SKETCH.empty_table(), *parts])

    def _of_language(self, captions: pa.Table, language: str) -> pa.Table:
        from multihowto.adapters import minhash

        mine = captions.filter(pc.equal(captions["language"], language))
        texts = mine["text"].to_pylist()
        plain = [fingerprints.plain(text) for text in texts]
        # Of signs alone nothing is left: such texts are equal if they are the same signs.
        hashes = [fingerprints.of_text(one or text, language) for one, text in zip(plain, texts, strict=True)]
        length = fingerprints.characters(language, self.characters)
        signatures, grams = minhash.signatures(plain, length, language)
        least = fingerprints.characters(language, self.min_characters) - length + 1
        columns = [
            mine["caption_id"],
            mine["video_id"],
            pa.array(hashes, pa.uint64()),
            pa.array(grams >= max(1, least)),
            signature_column(signatures),
        ]
        return pa.table(columns, schema=_SKETCH)

    def score(self, sketches: pa.Table, tools: World) -> pa.Table:
        from multihowto.captions.copies import count_copies

        videos = sketches["video_id"].dictionary_encode().unify_dictionaries()
        ids = sketches["caption_id"]
        found = count_copies(
            sketches["text"].to_numpy(),
            np.concatenate([_NONE, *(chunk.indices.to_numpy() for chunk in videos.chunks)]),
            pc.sort_indices(ids).to_numpy().astype("int64"),
            lambda rows: in_file(sketches["signature"], rows, tools.kept.scratch),
            sketches["comparable"].to_numpy(),
            self.min_shared,
        )
        numbers = [
            pa.array(column, pa.int32()) for column in (found.in_video, found.in_videos, found.near_videos)
        ]
        return pa.table(
            [ids, sketches["video_id"], *numbers, _taken(ids, found.nearest)],
            schema=tables.DUPLICATES.schema,
        )


def _taken(ids: pa.ChunkedArray, rows: "Places") -> pa.ChunkedArray:
    """The ids at some rows, one for each id: chunk by chunk, since one chunk holds no more than 2 GB."""
    others = np.unique(rows[rows != np.arange(len(rows))])
    starts = np.cumsum([0, *map(len, ids.chunks)])
    spans = list(zip(ids.chunks, starts.tolist(), strict=False))
    parts = [chunk.take(pa.array(_between(others, begin, len(chunk)) - begin)) for chunk, begin in spans]
    names = pa.concat_arrays([pa.array([], pa.string()), *parts])
    made = []
    for chunk, begin in spans:
        mine = rows[begin : begin + len(chunk)]
        place = np.arange(len(chunk))
        far = np.flatnonzero(mine != place + begin)
        place[far] = len(chunk) + np.arange(len(far))
        theirs = names.take(pa.array(np.searchsorted(others, mine[far])))
        made.append(pa.concat_arrays([chunk, theirs]).take(pa.array(place)))
    return pa.chunked_array(made, pa.string())


def _between(rows: "Places", begin: int, length: int) -> "Places":
    """Of sorted rows those of a chunk."""
    first, last = np.searchsorted(rows, [begin, begin + length])
    return rows[first:last]

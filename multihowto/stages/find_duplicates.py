"""Finds captions that are said again, exactly or nearly, in their video and in others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.adapters.signature_column import SIGNATURE, bytes_of, signature_column
from multihowto.captions import fingerprints
from multihowto.stage import Count, Gather, Share

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

    Takes about 0.8 kB of memory a caption: 3.2 GB were measured for four million.
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

    def score(self, sketches: pa.Table, tools: Any) -> pa.Table:
        from multihowto.captions.copies import count_copies
        from multihowto.captions.signatures import from_bytes

        # One chunk a column; of one chunk nothing is copied.
        sketches = sketches.combine_chunks()
        videos = sketches["video_id"].combine_chunks().dictionary_encode()
        ids = sketches["caption_id"]
        found = count_copies(
            sketches["text"].to_numpy(),
            videos.indices.to_numpy().astype("int64"),
            pc.sort_indices(ids).to_numpy().astype("int64"),
            from_bytes(bytes_of(sketches["signature"])),
            sketches["comparable"].to_numpy(),
            self.min_shared,
        )
        numbers = [
            pa.array(column, pa.int32()) for column in (found.in_video, found.in_videos, found.near_videos)
        ]
        return pa.table(
            [ids, sketches["video_id"], *numbers, ids.take(pa.array(found.nearest))],
            schema=tables.DUPLICATES.schema,
        )

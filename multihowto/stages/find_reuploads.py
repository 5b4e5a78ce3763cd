"""Finds videos that are the same one uploaded again: by title, length and what is said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.adapters.signature_column import SIGNATURE, bytes_of, signature_column
from multihowto.captions.fingerprints import characters, plain
from multihowto.stage import Count, Gather, NotNegative, Share

MOST_SAME = 1000
"""Own setting: each video of a larger group names so many others, since all together would be its square."""
_MOST_TITLE = 500
"""Own setting: of a longer title so many characters count."""
_TITLE_CHARACTERS = 3
_SKETCH = pa.schema(
    [
        ("video_id", pa.string()),
        ("duration_ms", pa.int32()),
        ("of", pa.string()),
        ("grams", pa.int64()),
        ("signature", SIGNATURE),
    ]
)


@dataclass(frozen=True)
class FindReuploads(Gather):
    """Takes two videos for the same one if their captions are alike, and their titles or lengths are too.

    Long captions that are the same are enough; without captions in a common language title and length have to do.
    """

    reads: ClassVar = (tables.VIDEOS.only("title", "duration_ms"), tables.TRACKS.only("language", "cues"))
    writes: ClassVar = tables.REUPLOADS
    extra: ClassVar = "duplicates"

    characters: Count = 12
    """Captions are compared by so many characters in a row, Chinese ones by half as many; titles by 3."""
    min_title: Share = 0.8
    """Titles that are alike share at least so much of what is in either (Jaccard, as MinHash estimates it)."""
    min_captions: Share = 0.5
    """Likewise captions that are alike."""
    enough_captions: Share = 0.8
    """Likewise captions that are the same."""
    long: Count = 1000
    """Captions are long from so many characters on, without spaces and punctuation."""
    fewest: Count = 10
    """Shorter titles and captions say nothing."""
    max_difference_ms: NotNegative = 2000
    """Lengths that differ by no more are alike."""
    max_difference: Share = 0.01
    """Likewise lengths that differ by no more than this share of the longer."""

    def sketch(self, inputs: Mapping[str, pa.Table], tools: Any) -> pa.Table:
        from multihowto.captions.reuploads import TITLE

        videos, tracks = inputs["videos"], inputs["tracks"]
        ids, titles = videos["video_id"].to_pylist(), videos["title"].to_pylist()
        texts = {TITLE: {video: plain(title[:_MOST_TITLE]) for video, title in zip(ids, titles, strict=True)}}
        for video, language, cues in _said(tracks):
            texts.setdefault(language, {})[video] = "".join(map(plain, cues))
        durations_ms = dict(zip(ids, videos["duration_ms"].to_pylist(), strict=True))
        return pa.concat_tables([self._of(of, its, durations_ms) for of, its in texts.items()])

    def _of(self, of: str, texts: Mapping[str, str], durations_ms: Mapping[str, int]) -> pa.Table:
        """The fingerprints of all titles, or of all captions in a language."""
        from multihowto.adapters import minhash
        from multihowto.captions.reuploads import TITLE

        length = _TITLE_CHARACTERS if of == TITLE else characters(of, self.characters)
        signatures, grams = minhash.signatures(list(texts.values()), length, of)
        columns = [
            list(texts),
            [durations_ms[video] for video in texts],
            [of] * len(texts),
            pa.array(grams),
            signature_column(signatures),
        ]
        return pa.table(columns, schema=_SKETCH)

    def score(self, sketches: pa.Table, tools: Any) -> pa.Table:
        from multihowto.captions.reuploads import TITLE, Fingerprints, Rule, find_same
        from multihowto.captions.signatures import from_bytes

        # Which of many similar rows are compared depends on their order.
        sketches = sketches.sort_by([("video_id", "ascending"), ("of", "ascending")])
        videos = sketches.filter(pc.equal(sketches["of"], TITLE))
        ids = videos["video_id"].combine_chunks()
        prints = Fingerprints(
            pc.index_in(sketches["video_id"], value_set=ids).to_numpy(),
            sketches["of"].to_pylist(),
            sketches["grams"].to_numpy(),
            from_bytes(bytes_of(sketches["signature"])),
        )
        rule = Rule(
            self.min_title,
            self.min_captions,
            self.enough_captions,
            self.long,
            self.fewest,
            self.max_difference_ms,
            self.max_difference,
        )
        found = find_same(videos["duration_ms"].to_pylist(), prints, rule)
        return _rows(ids.to_pylist(), found.original.tolist(), found.share.tolist())


def _said(tracks: pa.Table) -> Iterator[tuple[str, str, list[str]]]:
    """Video, language and the cues' texts of each track."""
    texts = pc.struct_field(pc.list_flatten(tracks["cues"]), "text").to_pylist()
    ends = list(accumulate(pc.list_value_length(tracks["cues"]).to_pylist()))
    videos, languages = tracks["video_id"].to_pylist(), tracks["language"].to_pylist()
    for video, language, begin, end in zip(videos, languages, [0, *ends], ends, strict=False):
        yield video, language, texts[begin:end]


def _rows(ids: list[str], originals: list[int], scores: list[float]) -> pa.Table:
    groups: dict[int, list[str]] = {}
    for video, original in zip(ids, originals, strict=True):
        groups.setdefault(original, []).append(video)
    columns = [
        ids,
        [ids[original] for original in originals],
        [len(groups[original]) for original in originals],
        [
            [other for other in groups[original][: MOST_SAME + 1] if other != video][:MOST_SAME]
            for video, original in zip(ids, originals, strict=True)
        ],
        scores,
    ]
    return pa.table(columns, schema=tables.REUPLOADS.schema)

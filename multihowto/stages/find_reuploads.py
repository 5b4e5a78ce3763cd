"""Finds videos that are the same one uploaded again: by title, length and what is said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.adapters.signature_column import SIGNATURE, in_file, signature_column
from multihowto.captions.fingerprints import characters, plain
from multihowto.selecting.splits import strictest
from multihowto.stage import Count, Gather, NotNegative, Share, World

MOST_SAME = 1000
"""Own setting: each video of a larger group names so many others, since all together would be its square."""
_MOST_TITLE = 500
"""Own setting: of a longer title so many characters count."""
_TITLE_CHARACTERS = 3
_SKETCH = pa.schema(
    [
        ("video_id", pa.string()),
        ("split", pa.string()),
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

    reads: ClassVar = (
        tables.VIDEOS.only("title", "duration_ms"),
        tables.TRACKS.only("language", "cues"),
        tables.SOURCES.only("split"),
    )
    writes: ClassVar = tables.REUPLOADS
    version: ClassVar = 2
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
        sources = inputs["sources"]
        splits = dict(zip(sources["video_id"].to_pylist(), sources["split"].to_pylist(), strict=True))
        known = {
            video: (splits.get(video), duration_ms)
            for video, duration_ms in zip(ids, videos["duration_ms"].to_pylist(), strict=True)
        }
        return pa.concat_tables([self._of(of, its, known) for of, its in texts.items()])

    def _of(self, of: str, texts: Mapping[str, str], known: Mapping[str, tuple[str | None, int]]) -> pa.Table:
        """The fingerprints of all titles, or of all captions in a language; `known` has split and length."""
        from multihowto.adapters import minhash
        from multihowto.captions.reuploads import TITLE

        length = _TITLE_CHARACTERS if of == TITLE else characters(of, self.characters)
        signatures, grams = minhash.signatures(list(texts.values()), length, of)
        columns = [
            list(texts),
            *([known[video][part] for video in texts] for part in range(2)),
            [of] * len(texts),
            pa.array(grams),
            signature_column(signatures),
        ]
        return pa.table(columns, schema=_SKETCH)

    def score(self, sketches: pa.Table, tools: World) -> pa.Table:
        from multihowto.captions.reuploads import TITLE, Fingerprints, Rule, find_same

        titles = sketches.drop_columns("signature").filter(pc.equal(sketches["of"], TITLE))
        titles = titles.sort_by("video_id").combine_chunks()
        # Which of many similar rows are compared depends on their order.
        order = pc.sort_indices(sketches, [("video_id", "ascending"), ("of", "ascending")])
        rows = order.filter(pc.greater_equal(sketches["grams"].take(order), self.fewest)).to_numpy()
        said = sketches.drop_columns("signature").take(rows)
        of = said["of"].combine_chunks().dictionary_encode()
        prints = Fingerprints(
            pc.index_in(said["video_id"], value_set=titles["video_id"].combine_chunks()).to_numpy(),
            np.array(of.dictionary.to_pylist(), object)[of.indices.to_numpy()].tolist(),
            said["grams"].to_numpy(),
            in_file(sketches["signature"], rows.astype(np.int64), tools.kept.scratch),
        )
        rule = Rule(
            self.min_title,
            self.min_captions,
            self.enough_captions,
            self.long,
            self.max_difference_ms,
            self.max_difference,
        )
        found = find_same(titles["duration_ms"].to_pylist(), prints, rule)
        return _rows(titles, found.original.tolist(), found.share.tolist())


def _said(tracks: pa.Table) -> Iterator[tuple[str, str, list[str]]]:
    """Video, language and the cues' texts of each track."""
    texts = pc.struct_field(pc.list_flatten(tracks["cues"]), "text").to_pylist()
    ends = list(accumulate(pc.list_value_length(tracks["cues"]).to_pylist()))
    videos, languages = tracks["video_id"].to_pylist(), tracks["language"].to_pylist()
    for video, language, begin, end in zip(videos, languages, [0, *ends], ends, strict=False):
        yield video, language, texts[begin:end]


def _rows(titles: pa.Table, originals: list[int], scores: list[float]) -> pa.Table:
    ids, fixed = titles["video_id"].to_pylist(), titles["split"].to_pylist()
    groups: dict[int, list[int]] = {}
    for place, original in enumerate(originals):
        groups.setdefault(original, []).append(place)
    splits = {original: strictest(fixed[place] for place in places) for original, places in groups.items()}
    # Only of the least ones: lists of all would be the square of a large group.
    least = {
        original: [ids[place] for place in places[: MOST_SAME + 1]] for original, places in groups.items()
    }
    columns = [
        ids,
        [ids[original] for original in originals],
        [len(groups[original]) for original in originals],
        [
            [other for other in least[original] if other != video][:MOST_SAME]
            for video, original in zip(ids, originals, strict=True)
        ],
        [splits[original] for original in originals],
        scores,
    ]
    return pa.table(columns, schema=tables.REUPLOADS.schema)

"""Finds what an evaluation set has too: the video, another upload of it, or the words of a caption."""

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa

from multihowto import tables
from multihowto.captions import fingerprints
from multihowto.manifests.evaluation import EvaluationSet, read_evaluation, read_listed
from multihowto.stage import Count, Map, Output, Share, World

_WHOLE = 0.6
"""Own setting: a text of fewer words than an n-gram is compared as a whole if it has this share of them."""


class Members(NamedTuple):
    """What an evaluation set has."""

    name: str
    videos: frozenset[str]
    grams: Sequence[int]
    """Hashes, sorted: eight bytes each, where a set of numbers takes sixty."""

    def has(self, gram: int) -> bool:
        """Whether a text of the set has it."""
        place = bisect_left(self.grams, gram)
        return place < len(self.grams) and self.grams[place] == gram


@dataclass(frozen=True)
class FindOverlaps(Map):
    """Names, for every caption, the evaluation sets that have its video, another upload of it, or its words."""

    reads: ClassVar = (tables.CAPTIONS.only("language", "text"), tables.REUPLOADS.only("same_ids"))
    writes: ClassVar = tables.OVERLAPS
    manifests: ClassVar = ("evaluation",)

    evaluation: str = "evaluation/sets.csv"
    """Manifest of the evaluation sets."""
    words: Count = 5
    """Captions are compared by so many words in a row; shorter ones, of at least 3 of 5 words, as a whole."""
    characters: Count = 8
    """Likewise Chinese ones by so many characters."""
    least: Share = 0.25
    """Least share of a caption's n-grams, of those that a set has, for which the set is named."""

    def open(self, world: World) -> list[Members]:
        return [self._members(one) for one in read_evaluation(world.manifest(self.evaluation))]

    def _members(self, one: EvaluationSet) -> Members:
        videos, grams = set[str](), array("Q")
        for listed in read_listed(one):
            videos.update([listed.video_id] if listed.video_id else [])
            grams.extend(self.grams(listed.text, listed.language))
        return Members(one.name, frozenset(videos), array("Q", sorted(grams)))

    def grams(self, text: str, language: str) -> list[int]:
        """A hash of each n-gram; of all words if they are few, and of none if they are too few to say anything."""
        length = self.words if fingerprints.has_spaces(language) else self.characters
        words = fingerprints.tokens(text, language)
        return fingerprints.of_words(words, length, language) if len(words) >= _WHOLE * length else []

    def run(self, inputs: Mapping[str, pa.Table], tools: list[Members]) -> Output:
        captions = inputs["captions"]
        others = {row["video_id"]: row["same_ids"] for row in inputs["reuploads"].to_pylist()}
        found = [
            list(self._found(row, others.get(row["video_id"], ()), tools)) for row in captions.to_pylist()
        ]
        columns = [captions["caption_id"], captions["video_id"], found]
        return Output(pa.table(columns, schema=tables.OVERLAPS.schema))

    def _found(
        self, caption: Mapping[str, Any], others: Collection[str], sets: Sequence[Members]
    ) -> Iterator[dict[str, Any]]:
        """What each set has of a caption, the surest way first."""
        grams = self.grams(caption["text"], caption["language"])
        for one in sets:
            if caption["video_id"] in one.videos:
                yield {"name": one.name, "by": "id", "share": 1.0}
            if not one.videos.isdisjoint(others):
                yield {"name": one.name, "by": "reupload", "share": 1.0}
            share = sum(map(one.has, grams)) / len(grams) if grams else 0.0
            if share >= self.least and share > 0:
                yield {"name": one.name, "by": "text", "share": share}

"""What the rules look at, of some videos: one number a caption, or a clip, for each measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from multihowto.selecting import texts
from multihowto.selecting.rules import Measures
from multihowto.selecting.texts import Flags, Floats, Ints, flags, numbers
from multihowto.selecting.words import Patterns, listed

Inputs = Mapping[str, pa.Table | None]
"""Tables by name; None of a table that the pipeline does not make."""


@dataclass(frozen=True)
class Measured:
    """The captions and clips of some videos, measured; captions and clips each in their table's order."""

    clips: pa.Table
    clip_of: Ints
    """The number of each caption's clip."""
    languages: pa.Array
    is_pivot: Flags
    of_captions: Measures
    of_clips: Measures
    listed: Flags
    """Captions that say a listed word."""
    evaluated: Flags
    """Captions of train whose video, or another upload of it, an evaluation set has."""
    licenses: pa.Array
    """The licence of each clip's video, or null."""
    splits: pa.Array
    """The split of each clip."""

    def count(self, captions: Flags) -> Floats:
        """How many of the captions each clip has."""
        return np.bincount(self.clip_of[captions], minlength=self.clips.num_rows).astype(np.float64)

    def licensed(self, allowed: Sequence[str], unlicensed: bool) -> Flags:
        """Whether each clip's licence is one of those allowed, or any if none is named; and what holds without one."""
        names = pa.array([name.casefold() for name in allowed], pa.string())
        named = (
            pc.is_in(pc.utf8_lower(self.licenses), value_set=names) if allowed else pc.is_valid(self.licenses)
        )
        return flags(named) | (flags(pc.is_null(self.licenses)) & unlicensed)


def measure(inputs: Inputs, pivot: str, splits: Mapping[str, str], patterns: Patterns) -> Measured:
    """Measures some videos: all rows of their tables, and the split of each."""
    clips, captions = _there(inputs, "clips"), _there(inputs, "captions").combine_chunks()
    clip_of = numbers(pc.index_in(_column(captions, "clip_id"), value_set=_column(clips, "clip_id"))).astype(
        int
    )
    split_of = _beside(_column(clips, "video_id"), pa.array(splits), pa.array(splits.values()))
    is_train = flags(pc.equal(split_of, "train"))[clip_of]
    language, text = _column(captions, "language"), _column(captions, "text")
    length_ms = numbers(pc.subtract(clips["end_ms"], clips["start_ms"]))
    is_pivot = flags(pc.equal(language, pivot))
    overlap, evaluated = _overlaps(captions, inputs.get("overlaps"), is_train)
    videos = _there(inputs, "videos")
    return Measured(
        clips=clips,
        clip_of=clip_of,
        languages=language,
        is_pivot=is_pivot,
        of_captions={
            **_languages(captions, _there(inputs, "languages")),
            "alignment": numbers(_column(captions, "score")),
            **_texts(text, language, clip_of, is_pivot, length_ms),
            **_duplicates(captions, inputs.get("duplicates")),
            **overlap,
        },
        of_clips={"length_ms": length_ms},
        listed=listed(text, language, patterns),
        evaluated=evaluated,
        licenses=_beside(_column(clips, "video_id"), _column(videos, "video_id"), _column(videos, "license")),
        splits=split_of,
    )


def _texts(
    text: pa.Array, language: pa.Array, clip_of: Ints, is_pivot: Flags, length_ms: Floats
) -> dict[str, Floats]:
    lengths = texts.lengths(text, language)
    of_pivot = np.full(len(length_ms), np.nan)
    of_pivot[clip_of[is_pivot]] = lengths[is_pivot]
    return {
        "words": texts.words(text, language),
        "ratio": texts.ratios(lengths, of_pivot[clip_of]),
        "repetition": texts.repetition(text, language),
        "density": lengths / (np.maximum(length_ms, 1)[clip_of] / 1000),
    }


def _languages(captions: pa.Table, found: pa.Table) -> dict[str, Floats]:
    """How probable another language is; certain for a caption of which nobody says."""
    measures = {}
    keys, language = _column(captions, "caption_id"), _column(captions, "language")
    for measure, detected, score in (
        ("other_track_score", "track_detected", "track_score"),
        ("other_score", "detected", "score"),
    ):
        code = _beside(keys, _column(found, "caption_id"), _column(found, detected))
        scores = numbers(_beside(keys, _column(found, "caption_id"), _column(found, score)))
        scores[flags(pc.or_(pc.equal(code, language), pc.equal(code, "und")))] = 0
        measures[measure] = np.nan_to_num(scores, nan=1.0)
    return measures


def _duplicates(captions: pa.Table, found: pa.Table | None) -> dict[str, Floats]:
    if found is None:
        return {}
    keys, known = _column(captions, "caption_id"), _column(found, "caption_id")
    return {
        name: numbers(_beside(keys, known, _column(found, name)))
        for name in ("in_video", "in_videos", "near_videos")
    }


def _overlaps(captions: pa.Table, found: pa.Table | None, is_train: Flags) -> tuple[dict[str, Floats], Flags]:
    """The greatest share that an evaluation set has of each caption of train, and whether one has its video.

    Of a caption of which nobody says, a set might have all.
    """
    none = np.zeros(captions.num_rows, dtype=bool)
    if found is None:
        return {}, none
    sets, known = _column(found, "sets"), _column(found, "caption_id")
    owners, one = np.asarray(pc.list_parent_indices(sets)), pc.list_flatten(sets)
    by_text = flags(pc.equal(pc.struct_field(one, "by"), "text"))
    shares, whole = np.zeros(len(sets)), np.zeros(len(sets), dtype=bool)
    np.maximum.at(shares, owners[by_text], numbers(pc.struct_field(one, "share"))[by_text])
    whole[owners[~by_text]] = True
    keys = _column(captions, "caption_id")
    share = np.nan_to_num(numbers(_beside(keys, known, pa.array(shares))), nan=1.0)
    video = flags(_beside(keys, known, pa.array(whole)))
    return {"overlap": np.where(is_train, share, np.nan)}, video & is_train


def _there(inputs: Inputs, name: str) -> pa.Table:
    table = inputs[name]
    assert table is not None
    return table


def _column(rows: pa.Table, name: str) -> pa.Array:
    column = rows[name]
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _beside(keys: pa.Array, known: pa.Array, values: pa.Array) -> pa.Array:
    """The value of each key; null for one that is not known. Tables sorted alike need no looking up."""
    return values if keys.equals(known) else values.take(pc.index_in(keys, value_set=known))

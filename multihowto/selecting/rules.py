"""The rules of `select_clips`: what each is called, what it means, what it measures, and its limit."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from multihowto.selecting.texts import Flags, Floats, Ints

Measures = Mapping[str, Floats]
"""One number a caption, or a clip, by the name of what is measured; NaN where it says nothing."""


class Limit(NamedTuple):
    """A rule that sets a limit: what is measured must not be less (`min_...`) or more (`max_...`) than a setting."""

    code: str
    setting: str
    measure: str
    meaning: str

    def broken(self, values: Any, limit: float) -> Any:
        """Whether each value breaks the rule; one that is NaN does not."""
        return values < limit if self.setting.startswith("min_") else values > limit


OF_CAPTIONS = (
    Limit("track_language", "max_other_track_score", "other_track_score", "its track is in another language"),
    Limit("language", "max_other_score", "other_score", "it is in another language"),
    Limit("alignment", "min_alignment", "alignment", "it is not sure that it says what is said in the clip"),
    Limit("few_words", "min_words", "words", "it has too few words"),
    Limit("many_words", "max_words", "words", "it has too many words"),
    Limit("length_ratio", "max_ratio", "ratio", "it is much longer or shorter than the pivot's caption"),
    Limit("repetition", "max_repetition", "repetition", "it says the same again and again"),
    Limit("sparse", "min_density", "density", "it says too little for the length of the clip"),
    Limit("dense", "max_density", "density", "it says too much for the length of the clip"),
    Limit("said_again", "max_in_video", "in_video", "its video says it too often"),
    Limit("common", "max_in_videos", "in_videos", "too many videos say it"),
    Limit("nearly_common", "max_near_videos", "near_videos", "too many videos say nearly the same"),
    Limit("evaluation_text", "max_overlap", "overlap", "it is in train, and an evaluation set has its text"),
)
"""A caption that breaks one of these leaves its language out of the clip."""

OF_CLIPS = (
    Limit("too_short", "min_ms", "length_ms", "shorter than min_ms"),
    Limit("too_long", "max_ms", "length_ms", "longer than max_ms"),
    Limit(
        "few_languages", "min_languages", "languages", "captions in fewer than min_languages languages pass"
    ),
)

_OTHERS = {
    "pivot_language": "the pivot's caption does not pass the rules for captions",
    "license": "its video has no licence that `licenses` and `unlicensed` allow",
    "listed_word": "one of its captions has a word of the list `words`",
    "evaluation_video": "it is in train, and an evaluation set has its video or another upload of it",
}

WHY_NOT = {limit.code: limit.meaning for limit in OF_CLIPS} | _OTHERS
"""Why a clip is not kept."""
WHY_NOT_LANGUAGE = {limit.code: limit.meaning for limit in OF_CAPTIONS}
"""Why a clip is kept, or not, without the caption of a language."""


def broken(limits: Sequence[Limit], measures: Measures, settings: Mapping[str, Any]) -> dict[str, Flags]:
    """For each rule, by its code, whether each caption or clip breaks it; rules without their measure are left out."""
    return {
        limit.code: limit.broken(measures[limit.measure], settings[limit.setting])
        for limit in limits
        if limit.measure in measures
    }


def lists(owners: Ints, values: pa.Array, many: int, kind: pa.ListType) -> pa.ListArray:
    """The values of each of `many` owners as a list; owners are numbers in order."""
    offsets = np.searchsorted(owners, np.arange(many + 1)).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=kind)


def codes(flags: Mapping[str, Flags], kind: pa.ListType) -> pa.ListArray:
    """The codes of the rules that each clip breaks."""
    matrix = np.stack(list(flags.values()), axis=1)
    owners, rules = np.nonzero(matrix)
    return lists(owners, pa.array(list(flags)).take(pa.array(rules)), len(matrix), kind)


class Place(NamedTuple):
    """Where captions belong: the number of each one's clip, its language, and how many clips there are."""

    clips: Ints
    languages: pa.Array
    many: int
    order: Ints
    """The captions by clip, then by language."""


def place(clips: Ints, languages: pa.Array, many: int) -> Place:
    """Captions sorted once for all lists of clips."""
    names = pa.array(sorted(languages.unique().to_pylist()), pa.string())
    ranks: Ints = np.asarray(pc.index_in(languages, value_set=names), dtype=np.int64)
    return Place(clips, languages, many, np.argsort(clips * len(names) + ranks, kind="stable"))


def failures(flags: Mapping[str, Flags], place: Place, kind: pa.ListType) -> pa.ListArray:
    """Language and code of each rule that a caption breaks, by the number of its clip, sorted by language."""
    rows, rules = np.nonzero(np.stack(list(flags.values()), axis=1)[place.order])
    captions = place.order[rows]
    fields = [kind.value_type.field(number) for number in range(kind.value_type.num_fields)]
    pairs = pa.StructArray.from_arrays(
        [place.languages.take(pa.array(captions)), pa.array(list(flags)).take(pa.array(rules))], fields=fields
    )
    return lists(place.clips[captions], pairs, place.many, kind)


def passing(flags: Mapping[str, Flags], place: Place, kind: pa.ListType) -> pa.ListArray:
    """The languages of captions that break no rule, by the number of their clip, sorted."""
    bad = np.logical_or.reduce(list(flags.values()))
    good = place.order[~bad[place.order]]
    return lists(place.clips[good], place.languages.take(pa.array(good)), place.many, kind)

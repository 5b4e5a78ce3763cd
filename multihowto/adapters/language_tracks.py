"""Languages of the captions of a track, the track first: pure functions of what a detector says."""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, NamedTuple, TypeVar

from multihowto.adapters.language_id import UNDECIDED, Detected, Detector, Distribution, best
from multihowto.adapters.language_script import letters_of

Key = TypeVar("Key", bound=Hashable)
OTHER = 0.025
"""Share of captions in any one language that is not the track's, before they are read: one is flagged that is 41
times as probable in another language (1 to 0.025) as in the track's."""
SURE = 0.9
MOST = 0.5
"""A language that is more probable than this is more probable than all others together."""
LETTERS = 200
"""Fewer letters do not say that a track's language is wrong: names and loan words alone look like another's."""


@dataclass(frozen=True)
class Identified(Generic[Key]):
    """Each caption as what it is in its track, alone as it would be elsewhere, and each track."""

    captions: list[Detected]
    alone: list[Detected]
    tracks: Mapping[Key, Detected]


class Verdict(NamedTuple):
    """What becomes of a track, in which language, and why."""

    decision: Literal["keep", "relabel", "undecided"]
    language: str
    """The language that it has from now on; the expected one unless it is relabelled."""
    score: float
    """Probability of the language that was found in the joined text."""
    letters: int
    """How many Latin letters the track is worth."""


def identify(detector: Detector, texts: Sequence[str], tracks: Sequence[Key]) -> Identified[Key]:
    """Detects tracks as a whole, captions alone, and captions given their track; one track's key for each text."""
    joined: dict[Key, list[str]] = {}
    for track, text in zip(tracks, texts, strict=True):
        joined.setdefault(track, []).append(text)
    whole = dict(
        zip(joined, detector.distributions([" ".join(lines) for lines in joined.values()]), strict=True)
    )
    found_tracks = {track: best(found) for track, found in whole.items()}
    alone, captions = [], []
    for found, track in zip(detector.distributions(texts), tracks, strict=True):
        alone.append(best(found))
        agrees = (
            alone[-1].language == found_tracks[track].language
        )  # the usual case: the track changes nothing
        captions.append(alone[-1] if agrees else in_track(found, whole[track]))
    return Identified(captions, alone, found_tracks)


def in_track(alone: Distribution, track: Distribution) -> Detected:
    """The language of a caption in a track: that of the greatest alone(l) * (track(l) + OTHER).

    The score is what the caption alone says for that language, so that an undecidable one comes out as the track's
    language with a low score, and one in another language with a high score.
    """
    if not alone:
        return UNDECIDED
    language = max(alone, key=lambda language: alone[language] * (track.get(language, 0.0) + OTHER))
    return Detected(language, alone[language])


def track_verdict(
    expected: str, texts: Sequence[str], alone: Sequence[Detected], track: Detected, least: int = LETTERS
) -> Verdict:
    """Whether a track is in the language that it claims, from its captions alone and joined.

    It is relabelled if its joined text is surely (0.9) in another language, captions that are in that language alone
    have more than twice as many letters as those in the expected one, and there are `least` letters or more;
    undecided if its joined text is in another language, and not all of that holds; else kept.
    """
    letters = Counter[str]()
    for text, found in zip(texts, alone, strict=True):
        letters[found.language] += letters_of(text)
    total = letters.total()
    if track.language == expected:
        return Verdict("keep", expected, track.score, total)
    clear = letters[track.language] > 2 * letters[expected]
    if track.score >= SURE and clear and total >= least:
        return Verdict("relabel", track.language, track.score, total)
    return Verdict("undecided", expected, track.score, total)


def verdict_anywhere(
    verdict: Verdict, expected: str, anywhere: Detected, ours: Collection[str], least: int = LETTERS
) -> Verdict:
    """The verdict on a track after its joined text was asked for in all languages that the model knows.

    If one that is not ours (all are if none is named) is more probable than all others together, and there are
    `least` letters or more, the track is in that one. Else it is relabelled only if the language that was found
    among ours is the most probable of all too.
    """
    if ours and anywhere.language not in ours and anywhere.score > MOST and verdict.letters >= least:
        return Verdict("relabel", anywhere.language, anywhere.score, verdict.letters)
    if verdict.decision == "relabel" and anywhere.language != verdict.language:
        return verdict._replace(decision="undecided", language=expected)
    return verdict

"""Worlds that no one wants: made of one that is sound, so that what belongs where is still known."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from . import bodies
from .faults import Faults
from .speech import Speech, Word, bounds, speak, words
from .texts import Page, Sentence
from .tracks import Cue
from .worlds import Track, Truth, World

MANY = 50_000


def with_track(world: World, language: str, cues: Sequence[Cue], said: Sequence[Cue] | None = None) -> World:
    """The world with other cues in one track, as WebVTT; `said` are those of its truth, the same if not given."""
    written = {**world.bodies, language: ("vtt", bodies.vtt(cues))}
    known = list(cues if said is None else said)
    if language == world.pivot_language:
        truth = replace(world.truth, pivot=replace(world.truth.pivot, cues=known))
    else:
        track = replace(world.truth.tracks[language], cues=known, faults=Faults())
        truth = replace(world.truth, tracks={**world.truth.tracks, language: track})
    return replace(world, bodies=written, truth=truth)


def cues_of(world: World, language: str) -> list[Cue]:
    """A track's cues that somebody says."""
    is_pivot = language == world.pivot_language
    track = world.truth.pivot if is_pivot else world.truth.tracks[language]
    return [cue for cue in track.cues if cue.words]


def moved(cue: Cue, start_ms: int, end_ms: int) -> Cue:
    """A cue at another time, without times of words."""
    return Cue(start_ms, end_ms, cue.texts, (), cue.words)


def empty(world: World, language: str) -> World:
    """A track without cues."""
    return with_track(world, language, [])


def one_cue(world: World, language: str) -> World:
    """A track with all its words in one cue."""
    cues = cues_of(world, language)
    texts = tuple(text for cue in cues for text in cue.texts)
    said = tuple(word for cue in cues for word in cue.words)
    return with_track(world, language, [Cue(cues[0].start_ms, cues[-1].end_ms, texts, (), said)])


def same_time(world: World, language: str) -> World:
    """A track whose cues are all shown at once."""
    return with_track(world, language, [moved(cue, 1000, 4000) for cue in cues_of(world, language)])


def overlapping(world: World, language: str) -> World:
    """A track whose cues all stay until the end."""
    cues = [moved(cue, cue.start_ms, world.duration_ms) for cue in cues_of(world, language)]
    return with_track(world, language, cues)


def reversed_file(world: World, language: str) -> World:
    """A track whose file has the last cue first, with its own times."""
    cues = [moved(cue, cue.start_ms, cue.end_ms) for cue in cues_of(world, language)]
    return with_track(world, language, cues[::-1], said=cues)


def backwards(world: World, language: str) -> World:
    """A track whose last words have the first times: none of it belongs anywhere."""
    cues = cues_of(world, language)
    pairs = zip(cues, reversed(cues), strict=True)
    return with_track(world, language, [moved(a, b.start_ms, b.end_ms) for a, b in pairs][::-1], said=[])


def stranger(world: World, language: str, other: World) -> World:
    """The track of another video: none of it belongs anywhere."""
    return with_track(world, language, cues_of(other, language), said=[])


def permuted(world: World) -> World:
    """The tracks in another order, which must change nothing."""
    return replace(world, bodies=dict(reversed(world.bodies.items())))


def of_many_cues(pages: Sequence[Page], cues: int = MANY) -> World:
    """German beside an English pivot, each with so many cues of one word, for sentences that come again and again."""
    pool = [sentence for page in pages for sentence in page if {"en", "de"} <= sentence.keys()]
    sentences: list[Sentence] = [pool[number % len(pool)] for number in range(cues // 3)]
    spoken = speak(random.Random(cues), "en", sentences, limit_ms=cues * 1000)
    assert len(spoken.words) > cues
    speech, places = Speech(spoken.words[:cues]), bounds("en", sentences)
    german = spoken.timed(words("de", sentences[: spoken.words[-1].sentence + 1], places))[:cues]
    tracks = {"en": _singles(speech.words), "de": _singles(german)}
    written = {language: ("vtt", bodies.vtt(track.cues)) for language, track in tracks.items()}
    pairs = list(pairwise(places[: speech.words[-1].sentence + 1]))
    return World(
        "en", speech.end_ms, written, truth=Truth(-1, speech, tracks["en"], {"de": tracks["de"]}, pairs)
    )


def _singles(said: list[Word]) -> Track:
    cues = [Cue(round(word.start_ms), round(word.end_ms), (word.text,), (), (word,)) for word in said]
    return Track("own", Faults(), said, cues)


WAYS: dict[str, Callable[[World, str], World]] = {
    "empty": empty,
    "one_cue": one_cue,
    "same_time": same_time,
    "overlapping": overlapping,
    "reversed_file": reversed_file,
    "backwards": backwards,
}
"""What can be wrong with one track, the pivot's too."""

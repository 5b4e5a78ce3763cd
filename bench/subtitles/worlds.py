"""A video's caption tracks whose truth is known, drawn from one seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from . import bodies, faults, tracks
from .faults import Class, Faults
from .speech import Speech, Word, bounds, speak, words
from .texts import LANGUAGES, Page, Sentence, languages
from .tracks import Cue

HELD_OUT = 1000
"""The first seed of worlds whose sentences, from the other half of the pages, nobody has tuned on."""
Kind = Literal["cues", "grown", "sentences", "own"]
KINDS: tuple[Kind, ...] = ("cues", "grown", "sentences")
"""Clips that are handed in: a cue of the pivot, whole cues that last five seconds or more, a sentence."""
GROWN_MS = 5000
MINUTES = (2, 20)
"""How long videos are, if there are sentences enough."""
MOST = 600
"""Sentences of a video: two seconds each are 20 minutes."""
ENOUGH = 0.6
"""The share of sentences that a language must have for a track of it."""
WISHES = {"sw": 4.0, "zh": 3.0, "vi": 3.0}
"""How often a world is made of sentences that have a language, beside 1: those of which there are few."""


@dataclass(frozen=True)
class Track:
    """The truth of one track: its class and faults, all words of its language, and its cues."""

    kind: Class
    faults: Faults
    words: list[Word]
    cues: list[Cue]

    @property
    def is_timed(self) -> bool:
        """Whether its file has the times of words."""
        return any(cue.stamps for cue in self.cues)


@dataclass(frozen=True)
class Truth:
    """What an aligner must not see: the speech, the tracks, and the places that each handed clip holds."""

    seed: int
    speech: Speech
    pivot: Track
    tracks: dict[str, Track]
    sentences: list[tuple[float, float]]
    kind: Kind = "own"
    holds: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class World:
    """What an aligner sees of a video, and the truth."""

    pivot_language: str
    duration_ms: int
    bodies: dict[str, tuple[str, str]]
    """By language: format and text of a track."""
    clips: tuple[tuple[int, int], ...] = ()
    """Start and end in milliseconds on the pivot's timeline; none if the aligner forms its own."""
    truth: Truth = field(kw_only=True, repr=False)

    def with_clips(self, kind: Kind) -> "World":
        """The same world with clips of a kind; `own` are none."""
        made = clips(self.truth, kind, self.duration_ms)
        times = tuple((start, end) for start, end, _ in made)
        truth = replace(self.truth, kind=kind, holds=tuple(places for _, _, places in made))
        return replace(self, clips=times, truth=truth)


def world(seed: int, pages: Sequence[Page]) -> World:
    """The world of a seed, without clips."""
    draw = random.Random(seed)
    pivot_language, sentences = choose(draw, pages, seed >= HELD_OUT)
    speech = speak(draw, pivot_language, sentences, draw.uniform(*MINUTES) * 60_000)
    sentences = sentences[: speech.words[-1].sentence + 1]
    duration = speech.end_ms + draw.randint(500, 10_000)
    mild = faults.draw_pivot(draw)
    pivot = Track("shared", mild, speech.words, tracks.render(draw, pivot_language, speech.words, mild))
    places = bounds(pivot_language, sentences)
    others: dict[str, Track] = {}
    written = {pivot_language: body(draw, pivot)}
    for language, share in languages(sentences).items():
        if language != pivot_language and share >= ENOUGH:
            own = speech.timed(words(language, sentences, places))
            others[language] = track(draw, language, own, pivot, duration)
            written[language] = body(draw, others[language])
    pairs = list(pairwise(places))
    return World(pivot_language, duration, written, truth=Truth(seed, speech, pivot, others, pairs))


def choose(draw: random.Random, pages: Sequence[Page], held_out: bool) -> tuple[str, list[Sentence]]:
    """A pivot's language and sentences that have it: enough for the longest video, if there are as many."""
    half = [page for number, page in enumerate(pages) if number % 2 == held_out]
    wish = draw.choices(LANGUAGES, [WISHES.get(code, 1.0) for code in LANGUAGES])[0]
    draw.shuffle(half)
    pool = [sentence for page in half for sentence in page if wish in sentence]
    shares = languages(pool)
    pivot = draw.choice([code for code in LANGUAGES if shares[code] >= ENOUGH])
    return pivot, [sentence for sentence in pool if pivot in sentence][:MOST]


def track(draw: random.Random, language: str, own: list[Word], pivot: Track, duration_ms: int) -> Track:
    """One track beside the pivot, of a drawn class."""
    kind = faults.draw_class(draw)
    if kind == "shared":
        return Track(kind, Faults(), own, translated(own, pivot.cues))
    drawn = faults.draw_faults(draw, duration_ms, kind)
    return Track(kind, drawn, own, tracks.render(draw, language, own, drawn))


def translated(own: Sequence[Word], cues: Sequence[Cue]) -> list[Cue]:
    """The pivot's cues with the words of another language that have their places."""
    found: list[Cue] = []
    number = 0
    for cue in cues:
        held: list[Word] = []
        while (
            cue.words and number < len(own) and (own[number].begin + own[number].end) / 2 < cue.words[-1].end
        ):
            held.append(own[number])
            number += 1
        if held:
            texts = tracks.written(held, plain=False)
            found.append(Cue(cue.start_ms, cue.end_ms, texts, (), tuple(held)))
    return found


def body(draw: random.Random, track: Track) -> tuple[str, str]:
    """A track's file in a drawn format; one with the times of words in one that carries them."""
    name = draw.choice(bodies.TIMED if track.is_timed else tuple(bodies.WRITERS))
    return name, bodies.WRITERS[name](track.cues, track.faults.rolling)


def clips(truth: Truth, kind: Kind, duration_ms: int) -> list[tuple[int, int, tuple[float, float]]]:
    """Clips of a kind: start and end in milliseconds, and the places that they hold."""
    if kind == "own":
        return []
    if kind == "sentences":
        at = truth.speech.at
        return [(round(at(a)), round(at(b, ending=True)), (a, b)) for a, b in truth.sentences]
    spoken = [cue for cue in truth.pivot.cues if cue.words]
    singles = [
        (cue.start_ms, min(cue.end_ms, after), (cue.words[0].begin, cue.words[-1].end))
        for cue, after in zip(spoken, [*(cue.start_ms for cue in spoken[1:]), duration_ms], strict=False)
    ]
    return singles if kind == "cues" else _grown(singles)


def _grown(
    singles: list[tuple[int, int, tuple[float, float]]],
) -> list[tuple[int, int, tuple[float, float]]]:
    grown: list[tuple[int, int, tuple[float, float]]] = []
    for start, end, (begin, finish) in singles:
        if grown and grown[-1][1] - grown[-1][0] < GROWN_MS:
            grown[-1] = (grown[-1][0], end, (grown[-1][2][0], finish))
        else:
            grown.append((start, end, (begin, finish)))
    return grown

"""Small worlds for tests of the judge of alignment."""

from collections.abc import Iterator
from functools import cache

from subtitles import bodies, speech, texts, worlds
from subtitles.faults import Faults
from subtitles.scoring import Listing
from subtitles.simple import Pair
from subtitles.speech import Speech, Word
from subtitles.tracks import Cue
from subtitles.worlds import Track, Truth, World

PAGES = texts.load(texts.SAMPLE)
SEEDS = range(12)


@cache
def small(seed: int) -> World:
    return worlds.world(seed, PAGES)


def true_pairs(world: World) -> Iterator[Pair]:
    """What an aligner that knew the truth would say."""
    for language, track in world.truth.tracks.items():
        listing = Listing(language, track)
        for number, held in enumerate(world.truth.holds):
            if listing.verdict(held, None).exists:
                words = [listing.names[unit] for unit in listing.belonging(*held)]
                yield number, language, " ".join(words), 1.0


def by_hand(
    german: str = "eins zwei drei vier", clips: tuple[tuple[float, float], ...] = ((0, 8), (8, 16))
) -> World:
    """A pivot of four words in two cues, each word four characters and one second long, and one German cue."""
    sentences = [{"en": "aaa bbb ccc ddd", "de": german}]
    places = speech.bounds("en", sentences)
    said = [
        Word(word.text, 0, word.begin, word.end, word.is_last, 1000.0 * n, 1000.0 * n + 1000)
        for n, word in enumerate(speech.words("en", sentences, places))
    ]
    spoken = Speech(said)
    other = spoken.timed(speech.words("de", sentences, places))
    pivot = [cue_of(said[:2]), cue_of(said[2:])]
    others = {"de": Track("own", Faults(), other, [cue_of(other)])}
    truth = Truth(
        0, spoken, Track("shared", Faults(), said, pivot), others, [(0, 16)], kind="cues", holds=clips
    )
    written = {"en": ("srt", bodies.srt(pivot)), "de": ("srt", bodies.srt(others["de"].cues))}
    return World("en", 4000, written, ((0, 2000), (2000, 4000)), truth=truth)


def cue_of(words: list[Word]) -> Cue:
    return Cue(
        round(words[0].start_ms), round(words[-1].end_ms), tuple(w.text for w in words), (), tuple(words)
    )

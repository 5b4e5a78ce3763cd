"""What can be reached by time: a way that is told each track's true clock, and cuts cues by characters."""

from collections.abc import Iterator, Sequence

from multihowto.captions.cues import Cue

from .faults import GAP_MS, READING_MS, SHORTEST_MS, Faults
from .scoring import units
from .simple import Pair, cues_of
from .worlds import World

Timed = list[tuple[float, str]]


def told(world: World) -> list[Pair]:
    """Each word goes to the clip spoken at its time on the pivot's clock; it reads the truth, so it is no aligner."""
    speech = world.truth.speech
    spans = [(speech.at(begin), speech.at(end, ending=True)) for begin, end in world.truth.holds]
    found: list[Pair] = []
    for language, cues in cues_of(world).items():
        if language != world.pivot_language:
            timed = list(_words(cues, world.truth.tracks[language].faults))
            for number, (start, end) in enumerate(spans):
                held = [word for ms, word in timed if start <= ms < end]
                if held:
                    found.append((number, language, " ".join(held), 1.0))
    return found


def _words(cues: Sequence[Cue], faults: Faults) -> Iterator[tuple[float, str]]:
    for number, cue in enumerate(cues):
        later = cues[number + 1].start_ms if number + 1 < len(cues) else cue.end_ms + READING_MS[1]
        for ms, word in _stamped(cue) if cue.words else _spread(cue, later, faults):
            yield clock(ms, faults), word


def _stamped(cue: Cue) -> Timed:
    ends = [word.start_ms for word in cue.words[1:]] + [cue.end_ms]
    return [
        ((word.start_ms + end) / 2, unit)
        for word, end in zip(cue.words, ends, strict=True)
        for unit in units(word.text)
    ]


def _spread(cue: Cue, later_ms: int, faults: Faults) -> Timed:
    """Words by characters; without the time for reading, unless the next cue has cut that off."""
    end = cue.end_ms
    if faults.reading and later_ms - end > 1.5 * GAP_MS:
        end = max(cue.start_ms + SHORTEST_MS, end - sum(READING_MS) // 2)
    found, at, words = [], 0.0, units(cue.text)
    for word in words:
        share = (at + len(word) / 2) / sum(map(len, words))
        found.append((cue.start_ms + (end - cue.start_ms) * share, word))
        at += len(word)
    return found


def clock(ms: float, faults: Faults) -> float:
    """A time of a track on the pivot's clock."""
    bare = (ms - faults.offset_ms) / faults.speed
    if bare < faults.jump_at_ms:
        return bare
    return max(bare - faults.jump_ms, faults.jump_at_ms)

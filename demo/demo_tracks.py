"""Caption tracks of the demo: cues, the ways in which tracks differ in their segmentation, and WebVTT."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import demo_chance as chance

Segmentation = Literal["shared", "split", "shifted", "merged", "rolling"]
OWN_SEGMENTATIONS: Final[tuple[Segmentation, ...]] = ("split", "shifted", "merged")

MIN_SHIFT_MS: Final = 100
MAX_SHIFT_MS: Final = 600
FILLER_MS: Final = 10  # YouTube closes every rolling line with a cue of this length
SPOKEN_SHARE: Final = 0.8  # of a rolling cue; the rest is silence


@dataclass(frozen=True)
class Cue:
    """A text and when it is shown, from the beginning of the video."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True)
class Track:
    """The captions of a video in one language; of a rolling track, the cues before they are rolled."""

    language: str
    segmentation: Segmentation
    cues: tuple[Cue, ...]

    def to_vtt(self) -> str:
        """The track as the site serves it."""
        if self.segmentation == "rolling":
            return rolling_vtt(self.language, self.cues)
        blocks = (_block(cue.start_ms, cue.end_ms, escape(cue.text)) for cue in self.cues)
        return "\n".join(["WEBVTT\n", *blocks])


def segment(cues: Sequence[Cue], segmentation: Segmentation, key: str) -> tuple[Cue, ...]:
    """The cues cut in another way; `key` seeds which of them change."""
    match segmentation:
        case "split":
            return _split(cues, key)
        case "shifted":
            return _shifted(cues, key)
        case "merged":
            return _merged(cues, key)
        case "shared" | "rolling":
            return tuple(cues)


def _split(cues: Sequence[Cue], key: str) -> tuple[Cue, ...]:
    """The first and about half of the other cues become two."""
    result: list[Cue] = []
    for index, cue in enumerate(cues):
        chosen = index == 0 or chance.draw("split", key, index) < 0.5
        result.extend(halves(cue) if chosen else (cue,))
    return tuple(result)


def halves(cue: Cue) -> tuple[Cue, Cue]:
    """The cue cut at the comma or colon nearest to its middle, its time shared by length of text."""
    text = cue.text
    borders = [index + 1 for index, mark in enumerate(text[:-1]) if mark in ",:" and text[index + 1] == " "]
    border = min(borders, key=lambda index: abs(index - len(text) / 2))
    middle_ms = cue.start_ms + round((cue.end_ms - cue.start_ms) * border / len(text))
    first = Cue(cue.start_ms, middle_ms, text[:border])
    return first, Cue(middle_ms, cue.end_ms, text[border:].strip())


def _shifted(cues: Sequence[Cue], key: str) -> tuple[Cue, ...]:
    """Borders between cues move by 100 to 600 ms either way, the outer ones inwards; cues never overlap."""
    last = len(cues)
    moves = []
    for index in range(last + 1):
        size = round(chance.between(MIN_SHIFT_MS, MAX_SHIFT_MS, "shift", key, index))
        inwards = index == 0 or (index < last and chance.draw("shift sign", key, index) < 0.5)
        moves.append(size if inwards else -size)
    return tuple(
        replace(cue, start_ms=cue.start_ms + moves[index], end_ms=cue.end_ms + moves[index + 1])
        for index, cue in enumerate(cues)
    )


def _merged(cues: Sequence[Cue], key: str) -> tuple[Cue, ...]:
    """The first and about half of the other pairs of neighbours become one cue of two lines."""
    result: list[Cue] = []
    for index in range(0, len(cues), 2):
        pair = cues[index : index + 2]
        chosen = index == 0 or chance.draw("merge", key, index) < 0.5
        if len(pair) == 2 and chosen:
            pair = (Cue(pair[0].start_ms, pair[1].end_ms, f"{pair[0].text}\n{pair[1].text}"),)
        result.extend(pair)
    return tuple(result)


def rolling_vtt(language: str, cues: Sequence[Cue]) -> str:
    """WebVTT as YouTube's speech recognition writes it: two lines roll, words carry their own times."""
    blocks = [f"WEBVTT\nKind: captions\nLanguage: {language}\n"]
    previous = " "
    for cue in cues:
        line, spoken_until = escape(cue.text), cue.end_ms - FILLER_MS
        position = " align:start position:0%"
        blocks.append(_block(cue.start_ms, spoken_until, f"{previous}\n{_timed_words(cue)}", position))
        blocks.append(_block(spoken_until, cue.end_ms, f"{line}\n ", position))
        previous = line
    return "\n".join(blocks)


def _timed_words(cue: Cue) -> str:
    """The words with inline timestamps, evenly spread over the spoken part of the cue."""
    first, *others = [escape(word) for word in cue.text.split()]
    spoken_ms = (cue.end_ms - cue.start_ms) * SPOKEN_SHARE
    starts = (cue.start_ms + round(spoken_ms * (i + 1) / (len(others) + 1)) for i in range(len(others)))
    timed = (f"<{timestamp(start)}><c> {word}</c>" for start, word in zip(starts, others, strict=True))
    return first + "".join(timed)


def escape(text: str) -> str:
    """Text as WebVTT wants it, where `<` would begin a tag."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def timestamp(time_ms: int) -> str:
    """`hh:mm:ss.ttt`."""
    seconds, rest_ms = divmod(time_ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{rest_ms:03}"


def _block(start_ms: int, end_ms: int, payload: str, settings: str = "") -> str:
    """One cue of a WebVTT file."""
    return f"{timestamp(start_ms)} --> {timestamp(end_ms)}{settings}\n{payload}\n"

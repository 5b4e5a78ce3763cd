"""Judges aligners on worlds: `python -m bench.subtitles.judge --seeds 0-49`, or `--held-out` for those of nobody."""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from . import simple, tables, texts
from .faults import Class
from .scoring import Listing, Verdict
from .simple import Pair
from .told import told
from .worlds import HELD_OUT, KINDS, Kind, World, world

Aligner = Callable[[World], Sequence[Pair]]
Clip = tuple[int, int]


@dataclass(frozen=True)
class Judged:
    """One pair of clip and language: where it is from, what was given, and what that is worth."""

    seed: int
    language: str
    format: str
    kind: Kind
    group: Class
    difficulty: float
    is_timed: bool
    is_pivot_timed: bool
    score: float | None
    """None if the aligner gave nothing."""
    verdict: Verdict


def judge(aligner: Aligner, worlds: Iterable[World]) -> list[Judged]:
    """What an aligner's pairs are worth: one for each pair of clip and language that exists or was given.

    Worlds with clips expect pairs with the numbers of clips. Those without expect pairs with (start, end) in
    milliseconds: each clip that the aligner formed is the one named in a pair of the pivot's language, whose text says
    which words it holds; if that text is not in one piece in the pivot, the words spoken within the times.
    Raises ValueError for a pair that is given twice, or of a language or clip that there is not.
    """
    return [judged for one in worlds for judged in judged_world(one, aligner(one))]


def judged_world(world: World, pairs: Sequence[Pair]) -> Iterator[Judged]:
    """The pairs of one world."""
    given: dict[tuple[str, int | Clip], tuple[str, float]] = {}
    for clip, language, text, score in pairs:
        if (language, clip) in given:
            raise ValueError(f"world {world.truth.seed}: two texts in {language} for clip {clip}")
        given[language, clip] = (text, score)
    holds = places(world, given)
    named = {*world.truth.tracks, world.pivot_language}
    for language, clip in given:
        if language not in named or clip not in holds:
            raise ValueError(f"world {world.truth.seed}: there is no clip {clip} in {language}")
    for language in sorted(world.truth.tracks):
        track = world.truth.tracks[language]
        listing = Listing(language, track)
        timed = track.is_timed, world.truth.pivot.is_timed
        for clip, held in holds.items():
            pair = given.get((language, clip))
            verdict = listing.verdict(held, pair and pair[0])
            if verdict.exists or pair:
                yield Judged(
                    world.truth.seed,
                    language,
                    world.bodies[language][0],
                    world.truth.kind,
                    track.kind,
                    track.faults.difficulty,
                    *timed,
                    pair and pair[1],
                    verdict,
                )


def places(
    world: World, given: dict[tuple[str, int | Clip], tuple[str, float]]
) -> dict[int | Clip, tuple[float, float]]:
    """Which places each clip holds: those handed in, or else the aligner's own."""
    if world.truth.kind != "own":
        return dict(enumerate(world.truth.holds))
    pivot = Listing(world.pivot_language, world.truth.pivot)
    found: dict[int | Clip, tuple[float, float]] = {}
    for clip in dict.fromkeys(clip for _, clip in given):
        if isinstance(clip, tuple):
            spoken = world.truth.speech.held(*clip)
            text = given.get((world.pivot_language, clip), ("", 0.0))[0]
            found[clip] = pivot.places(text, spoken) or spoken
    return found


def aligners() -> dict[str, Aligner]:
    """The simple ways, the bound of those that go by time and, if it is there, the package's own."""
    found: dict[str, Aligner] = {**simple.WAYS, "told": told}
    if find_spec(f"{__package__}.ours"):
        module = import_module(f"{__package__}.ours")
        found |= {"ours": module.ours, "meant": module.meant}
    return found


def span(text: str) -> range:
    """The seeds of `5` or `0-49`."""
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def main() -> None:
    """Prints the tables of each aligner asked for."""
    ways = aligners()
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--seeds", type=span, default=span("0-49"), help="worlds, as in 0-49")
    parser.add_argument("--held-out", action="store_true", help="seeds 1000-1049, that nobody tuned on")
    parser.add_argument(
        "--aligners", nargs="+", choices=list(ways), default=[name for name in ways if name != "meant"]
    )
    parser.add_argument("--clips", nargs="+", choices=[*KINDS, "own"], default=list(KINDS))
    parser.add_argument("--sentences", type=Path, default=Path("build/subtitles"), help="cache of the texts")
    options = parser.parse_args()
    seeds = range(HELD_OUT, HELD_OUT + 50) if options.held_out else options.seeds
    pages = texts.pages(options.sentences)
    found: dict[str, list[Judged]] = defaultdict(list)
    seconds: dict[str, float] = defaultdict(float)
    for seed in seeds:
        bare = world(seed, pages)
        for kind in options.clips:
            for name in options.aligners:
                asked = bare.with_clips(kind)
                begin = time.perf_counter()
                pairs = ways[name](asked)
                seconds[name] += time.perf_counter() - begin
                found[name] += judged_world(asked, pairs)
    print(f"worlds {seeds.start}-{seeds.stop - 1}, clips: {', '.join(options.clips)}")
    for name, judged in found.items():
        print(f"\n# {name}: {seconds[name] / len(seeds) / len(options.clips):.2f} s a world\n")
        print(tables.report(judged))


if __name__ == "__main__":
    main()

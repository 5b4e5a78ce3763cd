"""Fits the score of a text to what it is worth: `python -m bench.subtitles.fit --seeds 0-39`.

A logistic regression on the signs that `multihowto.captions.alignment.score_of` reads, on even seeds; how well it is
calibrated is shown on odd ones.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from multihowto.captions.alignment import Signs, signed
from multihowto.captions.speech import speech
from multihowto.stages.match_timelines import find

from . import texts
from .judge import span
from .ours import handed
from .scoring import Listing
from .simple import cues_of
from .worlds import KINDS, World, world

Floats = npt.NDArray[np.float64]
NAMES = (
    "constant",
    "1 - covered",
    "edges",
    "length",
    "cut",
    "cut / root of characters",
    "log-odds of timeline",
)


def main() -> None:
    """Prints the coefficients, and the share that is right by bands of the score on worlds that were left out."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--seeds", type=span, default=span("0-39"), help="worlds, as in 0-39")
    parser.add_argument("--sentences", type=Path, default=Path("build/subtitles"), help="cache of the texts")
    options = parser.parse_args()
    pages = texts.pages(options.sentences)
    rows = [row for seed in options.seeds for row in verdicts(world(seed, pages))]
    signs = features([sign for _, sign, _ in rows])
    right = np.array([is_right for *_, is_right in rows], np.bool_)
    is_even = np.array([seed % 2 == 0 for seed, *_ in rows])
    weights = fitted(signs[is_even], right[is_even])
    for name, weight in zip(NAMES, weights.tolist(), strict=True):
        print(f"{name:28}{weight:8.2f}")
    scores = 1 / (1 + np.exp(-signs[~is_even] @ weights))
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 0.9), (0.9, 0.95), (0.95, 1)):
        band = (scores >= low) & (scores < high)
        share = right[~is_even][band].mean() if band.any() else float("nan")
        print(f"score {low:.2f} to {high:.2f}: {band.sum():6} pairs, right {share:.4f}")


def verdicts(one: World) -> list[tuple[int, Signs, bool]]:
    """Seed, signs and whether it is right, of each text of tracks with a timeline of their own."""
    cues = cues_of(one)
    found = find(cues, one.pivot_language)
    pivot = speech(cues[one.pivot_language], one.pivot_language)
    rows = []
    for language, track in one.truth.tracks.items():
        if found[language].kind != "own":
            continue
        said, listing = speech(cues[language], language), Listing(language, track)
        for kind in KINDS:
            asked = one.with_clips(kind)
            given = signed(handed(asked, pivot), pivot, said, found[language])
            for held, text in zip(asked.truth.holds, given, strict=True):
                if text is not None:
                    verdict = listing.verdict(held, text[0])
                    if verdict.exists or not verdict.is_right:
                        rows.append((one.truth.seed, text[1], verdict.exists and verdict.is_right))
    return rows


def features(signs: list[Signs]) -> Floats:
    """What the regression reads of each text: float64 [n, 7]."""
    covered, edges, length, cut, timeline, characters = np.array(signs, np.float64).T
    sure = np.clip(timeline, 0.01, 0.99)
    return np.stack(
        [
            np.ones(len(signs)),
            1 - covered,
            np.minimum(edges, 20),
            np.minimum(length, 20),
            cut,
            cut / np.sqrt(characters + 5),
            np.log(sure / (1 - sure)),
        ],
        axis=1,
    )


def fitted(signs: Floats, right: npt.NDArray[np.bool_]) -> Floats:
    """The weights of a logistic regression, by Newton's method with a small ridge: float64 [7]."""
    weights = np.zeros(signs.shape[1])
    for _ in range(30):
        scores = 1 / (1 + np.exp(-signs @ weights))
        slope = signs.T @ (right - scores)
        curve = (signs * (scores * (1 - scores))[:, None]).T @ signs + np.eye(len(weights))
        weights += np.linalg.solve(curve, slope)
    return weights


if __name__ == "__main__":
    main()

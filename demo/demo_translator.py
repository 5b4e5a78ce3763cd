"""Measures the demo's translator on the caption table, and writes its card.

python demo/demo_translator.py
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from demo_chrf import chrf
from demo_plan import LANGUAGES, OTHERS, PIVOT, Concept, read_concepts
from multihowto.adapters.ctranslate2 import Job, Translator, load

HERE: Final = Path(__file__).parent
TRANSLATOR: Final = HERE / "translator"
SPLITS: Final = ("train", "validation", "test")

CARD: Final = """\
---
license: apache-2.0
language: [{languages}]
tags: [translation, ctranslate2, m2m_100]
---

# demo-translator: a toy translator for the demo of multihowto

An M2M100 of {millions:.1f} million parameters (one encoder and two decoder layers of width 192, 5,000 sentencepiece
pieces) in 8 bit for CTranslate2: {kilobytes:,} kB. **It is for the demo and its tests only.** It shows that the stage
`translate_captions` works from end to end without a hub; it has learnt one table by heart and cannot translate.

## What it was trained on

Words of [Unicode CLDR annotations](https://cldr.unicode.org) 48.2.0 (npm package `cldr-annotations-full`, licence
[Unicode-3.0](../licenses/Unicode-3.0.txt), copyright © 2004-2026 Unicode, Inc.):

- the captions of `captions.csv` whose split is `train` ({train} concepts, nine languages), 85 % of the pairs;
- captions made in the same way of CLDR's other characters (10 %), and the names alone of all of these (5 %).

A character that has a code point of a concept of `validation` or `test` was left out, of the sentencepiece model too.
The words of such a concept may still occur as keywords of others ("animal", "fruit"). 92 % of the pairs are from
English, 4 % to English, 4 % between two others.

## What it can do

chrF2 (Popović 2015; as sacrebleu's `chrF2|nc:6|nw:0|space:no`) from English, greedy, against the captions of
`captions.csv`. `train` is **memorised**, and says nothing about translating. `validation` and `test` were **held out**;
a caption's keywords differ from language to language, so no translator could reach 100 there. *Copied* is the chrF of
leaving the English of `test` as it is. *Exact* is the share of captions that are equal to the reference; *log p* the
mean log-probability a token, as in the column `score` of table `translations`.

{table}

## Again

`python demo/make_translator.py` makes it again ({minutes:.0f} CPU-minutes on one thread of an x86-64 server with AVX2);
equal versions and seed give an equal model. `python demo/demo_translator.py` prints the table above again. Made with
{versions}.

The weights are under Apache-2.0, like the rest of the repository; the words that they hold are CLDR's, see above.
"""


@dataclass(frozen=True)
class Quality:
    """How well one direction does on one split."""

    chrf: float
    exact: float
    """Share of translations that are equal to their reference."""
    score: float
    """Mean of the translations' log-probabilities a token."""
    copied: float
    """chrF of the untranslated source."""


def measure(translator: Translator, concepts: Sequence[Concept], source: str, target: str) -> Quality:
    """Translates the captions of some concepts and compares them with the table's."""
    texts = [concept.captions[source] for concept in concepts]
    wanted = [concept.captions[target] for concept in concepts]
    made = translator.translate([Job(text, source, target) for text in texts])
    said = ["" if one is None else one.text for one in made]
    return Quality(
        chrf(said, wanted),
        statistics.mean(one == other for one, other in zip(said, wanted, strict=True)),
        statistics.mean(one.score for one in made if one is not None),
        chrf(texts, wanted),
    )


def table(translator: Translator, concepts: Sequence[Concept]) -> str:
    """The card's table: a line for each language from English."""
    numbers = {split: sum(concept.split == split for concept in concepts) for split in SPLITS}
    head = [f"{split} ({numbers[split]}): chrF | exact | log p" for split in SPLITS]
    lines = [f"| to | {' | '.join(head)} | test copied |", "| --- |" + " ---: |" * (3 * len(SPLITS) + 1)]
    for target in OTHERS:
        its = [measure(translator, [c for c in concepts if c.split == s], PIVOT, target) for s in SPLITS]
        cells = [f"{one.chrf:.1f} | {one.exact:.2f} | {one.score:.2f}" for one in its]
        lines.append(f"| {target} | {' | '.join(cells)} | {its[-1].copied:.1f} |")
    return "\n".join(lines)


def write_card(folder: Path, parameters: int, cpu_s: float, versions: str) -> None:
    """Measures the model and writes README.md into its folder."""
    concepts = read_concepts(HERE / "captions.csv")
    text = CARD.format(
        languages=", ".join(LANGUAGES),
        millions=parameters / 1e6,
        kilobytes=round(sum(path.stat().st_size for path in folder.iterdir()) / 1000),
        train=sum(concept.split == "train" for concept in concepts),
        table=table(load(folder, LANGUAGES), concepts),
        minutes=cpu_s / 60,
        versions=versions,
    )
    (folder / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    print(table(load(TRANSLATOR, LANGUAGES), read_concepts(HERE / "captions.csv")))

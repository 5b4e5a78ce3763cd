"""chrF, the character n-gram F-score of translations (Popović 2015): pure, small, without a dependency."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

ORDERS: Final = range(1, 7)
BETA: Final = 2


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    """chrF2 of a corpus, 0 to 100: n-grams of 1 to 6 characters without whitespace, recall counts twice.

    Counts are summed over the corpus; precision and recall are means over the orders that both sides have.
    Equal to sacrebleu's `CHRF()` (`nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no`).
    """
    parts = []
    for order in ORDERS:
        pairs = zip(hypotheses, references, strict=True)
        counts = [overlap(hypothesis, reference, order) for hypothesis, reference in pairs]
        shared, made, wanted = (sum(count[part] for count in counts) for part in range(3))
        if made and wanted:
            parts.append((shared / made, shared / wanted))
    if not parts:
        return 0.0
    return 100 * f_score(*(sum(part) / len(parts) for part in zip(*parts, strict=True)))


def overlap(hypothesis: str, reference: str, order: int) -> tuple[int, int, int]:
    """N-grams of one order: those in both, those of the hypothesis, those of the reference.

    A hypothesis counts for nothing where its reference has no n-gram of that order, as in sacrebleu.
    """
    made, wanted = ngrams(hypothesis, order), ngrams(reference, order)
    return (made & wanted).total(), made.total() if wanted else 0, wanted.total()


def ngrams(text: str, order: int) -> Counter[str]:
    """How often each run of so many characters occurs, whitespace removed."""
    bare = "".join(text.split())
    return Counter(bare[start : start + order] for start in range(len(bare) - order + 1))


def f_score(precision: float, recall: float) -> float:
    """The F-score in which recall counts BETA times as much as precision."""
    total = BETA**2 * precision + recall
    return (1 + BETA**2) * precision * recall / total if total else 0.0

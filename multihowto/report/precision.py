"""How often captions say what is said in their clip: what people found, by language and band of the score."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.report.verdicts import VERDICTS, Verdict, latest, pairs, text_sha
from multihowto.storage import Store

EDGES = (0.5, 0.8, 0.9)
"""Where one band of the score ends and the next begins; a score on an edge is in the upper band."""
BANDS = ("0 to 0.5", "0.5 to 0.8", "0.8 to 0.9", "0.9 to 1")
ALL = ""
"""Stands for all languages together."""
Z = NormalDist().inv_cdf(0.975)

_SCORES = tables.CAPTIONS.only("clip_id", "language", "method", "score")


@dataclass(frozen=True, slots=True)
class Stratum:
    """One band of the score in one language."""

    language: str
    band: int
    captions: int
    """Captions of the store in it."""
    counts: Mapping[str, int]
    """Captions judged, by verdict."""
    outdated: int
    """Verdicts on texts that have changed since."""

    @property
    def judged(self) -> int:
        """Captions of which somebody could tell."""
        return sum(count for name, count in self.counts.items() if name != "cannot_tell")

    @property
    def right(self) -> int:
        return self.counts.get("right", 0)

    @property
    def interval(self) -> tuple[float, float]:
        """Of the share that is right."""
        return wilson(self.right, self.judged)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The precision of a language's captions, each band weighing as much as it has captions in the store."""

    language: str
    judged: int
    share: float
    low: float
    high: float
    covered: float
    """Share of the language's captions that are in bands of which something was judged."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two judges agree on the captions that both judged."""

    judges: tuple[str, str]
    both: int
    same: int
    kappa: float | None
    """None if chance alone would make them agree always."""


@dataclass(frozen=True, slots=True)
class Precision:
    """What people's verdicts say of a store."""

    strata: Sequence[Stratum]
    estimates: Sequence[Estimate]
    agreements: Sequence[Agreement]
    counting: int
    """Verdicts on texts as they are now."""
    outdated: int
    gone: frozenset[str]
    """Captions that were judged and are not in the store."""

    @property
    def is_there(self) -> bool:
        """Whether anybody judged anything."""
        return bool(self.counting or self.outdated or self.gone)


def precision(store: Store) -> Precision:
    """Reads verdicts and captions; equal stores give equal results. ConfigError if verdicts are damaged."""
    verdicts = latest(store)
    sizes: Counter[tuple[str, int]] = Counter()
    there: dict[str, tuple[str, int, str]] = {}
    wanted = pa.array(sorted({caption for caption, _ in verdicts}), pa.string())
    for shard in store.shards_of(tables.CAPTIONS.name):
        rows = banded(store, shard)
        for pair in rows.group_by(["language", "band"]).aggregate([([], "count_all")]).to_pylist():
            sizes[pair["language"], pair["band"]] += pair["count_all"]
        mine = rows.filter(pc.is_in(rows["caption_id"], wanted)).to_pylist()
        texts = pairs(store, shard, (row["clip_id"] for row in mine)) if mine else {}
        for row in mine:
            sha = text_sha(*texts[row["caption_id"]])
            there[row["caption_id"]] = (row["language"], row["band"], sha)
    return _summed(sizes, there, verdicts.values())


def banded(store: Store, shard: int) -> pa.Table:
    """The captions of a shard but the pivot's, with the `band` of their score: a place in `BANDS`."""
    rows = store.read_shard(_SCORES, shard)
    rows = rows.filter(pc.not_equal(rows["method"], "pivot"))
    band = pa.chunked_array([pa.repeat(pa.scalar(0, pa.int8()), rows.num_rows)])
    for edge in EDGES:
        above = pc.greater_equal(rows["score"], pa.scalar(edge, pa.float32()))
        band = pc.add(band, above.cast(pa.int8()))
    return rows.append_column("band", band)


def _summed(
    sizes: Mapping[tuple[str, int], int],
    there: Mapping[str, tuple[str, int, str]],
    verdicts: Iterable[Verdict],
) -> Precision:
    said: dict[str, dict[str, str]] = defaultdict(dict)
    outdated: Counter[tuple[str, int]] = Counter()
    gone = set()
    for one in verdicts:
        if one.caption_id not in there:
            gone.add(one.caption_id)
            continue
        language, band, sha = there[one.caption_id]
        if one.text_sha == sha:
            said[one.caption_id][one.judge] = one.verdict
        else:
            outdated[language, band] += 1
    counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for caption, by_judge in said.items():
        counts[there[caption][:2]][together(list(by_judge.values()))] += 1
    strata = [
        Stratum(language, band, size, dict(counts[language, band]), outdated[language, band])
        for (language, band), size in sorted(sizes.items())
    ]
    return Precision(
        strata,
        _estimates(strata),
        agreements(said.values()),
        sum(len(by_judge) for by_judge in said.values()),
        outdated.total(),
        frozenset(gone),
    )


def together(verdicts: Sequence[str]) -> str:
    """One verdict of several judges: what most say; the worse of two that as many say. Who cannot tell has no vote."""
    votes = Counter(one for one in verdicts if one != "cannot_tell")
    order = list(VERDICTS)
    return max(votes, key=lambda one: (votes[one], order.index(one)), default="cannot_tell")


def wilson(right: int, judged: int) -> tuple[float, float]:
    """The 95 % interval of a share, both in [0, 1]; (0, 1) of nothing.

    Wilson (1927), Probable inference, the law of succession, and statistical inference, J. Amer. Stat. Assoc. 22,
    209-212.
    """
    if not judged:
        return 0.0, 1.0
    share, more = right / judged, Z**2 / judged
    middle = (share + more / 2) / (1 + more)
    half = Z * math.sqrt(share * (1 - share) / judged + more / judged / 4) / (1 + more)
    # at the ends the root is exact on paper only
    low, high = (0.0 if not right else middle - half), (1.0 if right == judged else middle + half)
    return max(0.0, low), min(1.0, high)


def _estimates(strata: Sequence[Stratum]) -> list[Estimate]:
    """One of each language, and one of all; none of those of which nothing was judged."""
    languages = dict.fromkeys(one.language for one in strata)
    found = [_estimate(name, [one for one in strata if one.language == name]) for name in languages]
    return [one for one in [*found, _estimate(ALL, strata)] if one.judged]


def _estimate(language: str, strata: Sequence[Stratum]) -> Estimate:
    """A weighted mean of shares, with an interval recovered from those of the strata.

    Zou, Huang and Zhang (2009), A note on confidence interval estimation for a linear function of binomial
    proportions, Computational Statistics & Data Analysis 53, 1080-1085.
    """
    seen = [one for one in strata if one.judged]
    size = sum(one.captions for one in seen)
    weights = [one.captions / size for one in seen]
    shares = [one.right / one.judged for one in seen]
    share = math.fsum(weight * its for weight, its in zip(weights, shares, strict=True))
    below = [weight * (its - one.interval[0]) for weight, its, one in zip(weights, shares, seen, strict=True)]
    above = [weight * (one.interval[1] - its) for weight, its, one in zip(weights, shares, seen, strict=True)]
    return Estimate(
        language=language,
        judged=sum(one.judged for one in seen),
        share=share,
        low=max(0.0, share - math.hypot(*below)),
        high=min(1.0, share + math.hypot(*above)),
        covered=size / sum(one.captions for one in strata) if seen else 0.0,
    )


def agreements(said: Iterable[Mapping[str, str]]) -> list[Agreement]:
    """Each two judges who judged the same captions, from each caption's verdict by judge."""
    both: dict[tuple[str, str], Counter[tuple[str, str]]] = defaultdict(Counter)
    for by_judge in said:
        for first, second in combinations(sorted(by_judge), 2):
            both[first, second][by_judge[first], by_judge[second]] += 1
    return [
        Agreement(judges, its.total(), sum(n for (a, b), n in its.items() if a == b), kappa(its))
        for judges, its in sorted(both.items())
    ]


def kappa(both: Mapping[tuple[str, str], int]) -> float | None:
    """Agreement beyond chance, at most 1, from counts by (first, second) verdict; None where it is not defined.

    Cohen (1960), A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20, 37-46.
    """
    total = sum(both.values())
    firsts, seconds = Counter[str](), Counter[str]()
    for (first, second), count in both.items():
        firsts[first] += count
        seconds[second] += count
    same = sum(count for (first, second), count in both.items() if first == second)
    chance = sum(firsts[name] * seconds[name] for name in firsts)
    return (same * total - chance) / (total**2 - chance) if chance < total**2 else None

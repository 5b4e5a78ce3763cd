"""The way from the manifest to the kept clips: what each step was given, used and left out, and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from multihowto import tables
from multihowto.rejects import REASONS
from multihowto.report.charts import Part, percent
from multihowto.report.numbers import TableNumbers, grouped
from multihowto.selecting.rules import WHY_NOT_LANGUAGE
from multihowto.storage import Store

PATH = {
    "sources": ("Manifest", "rows", "videos are asked for"),
    "videos": ("Download", "videos", "videos were to be had"),
    "clips": ("Clips formed", "videos", "videos could be cut into clips"),
    "captions": ("Captions aligned", "clips", "clips have captions"),
}
"""The tables along the way: what a step is called, what it is given, and what its used rows are."""


_PAIR = ["code", "language"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows left out for one reason."""

    table: str
    code: str
    count: int
    share: float
    """Percent of the step's greatest reason: the length of its bar."""
    final: bool
    meaning: str
    cure: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `before` and `after` are the widths of the stream in percent of the most rows of its kind."""

    table: str
    name: str
    unit: str
    given: int
    used: int
    says: str
    before: float
    after: float
    reasons: tuple[LeftOut, ...]
    turns_into: str = ""
    """What the used rows became, where the next step counts another kind of rows."""

    @property
    def left_out(self) -> int:
        return self.given - self.used

    @property
    def kind(self) -> str:
        """Which stream it belongs to: clips, or videos (a manifest's row asks for one)."""
        return "clips" if self.unit == "clips" else "videos"


def funnel(
    numbers: Sequence[TableNumbers],
    kept: Mapping[str, int],
    why_not: Mapping[str, int],
    meanings: Mapping[str, str],
) -> list[Step]:
    """The steps that the store has, in order; `meanings` says what each code of `why_not` means."""
    by_table = {one.table: one for one in numbers}
    there = [(by_table[table], *words) for table, words in PATH.items() if table in by_table]
    most = {
        kind: max(
            (one.rows_in for one, _, unit, _ in there if (unit == "clips") == (kind == "clips")), default=0
        )
        for kind in ("videos", "clips")
    }
    steps = [_step(one, words, most["clips" if words[1] == "clips" else "videos"]) for one, *words in there]
    if "selection" in by_table:
        steps.append(_selection(by_table["selection"], kept, why_not, meanings, most["clips"]))
    return steps


def _step(one: TableNumbers, words: Sequence[str], most: int) -> Step:
    turns = {
        "clips": f"{one.videos_out:,} videos hold {one.rows_out:,} clips",
        "captions": "",
    }
    greatest = max(one.reasons.values(), default=0)
    reasons = tuple(left_out(one.table, code, count, greatest) for code, count in one.reasons.items())
    return Step(
        table=one.table,
        name=words[0],
        unit=words[1],
        given=one.rows_in,
        used=one.used,
        says=words[2],
        before=percent(one.rows_in, most),
        after=percent(one.used, most),
        reasons=reasons,
        turns_into=turns.get(one.table, ""),
    )


def left_out(table: str, code: str, count: int, greatest: int) -> LeftOut:
    """One reason with its words; a code of another version is shown as it is."""
    reason = REASONS.get(code)
    words = (reason.final, reason.meaning, reason.cure) if reason else (True, "", "")
    return LeftOut(table, code, count, percent(count, greatest), *words)


def _selection(
    one: TableNumbers,
    kept: Mapping[str, int],
    why_not: Mapping[str, int],
    meanings: Mapping[str, str],
    most: int,
) -> Step:
    used = sum(kept.values())
    greatest = max(why_not.values(), default=0)
    cure = "change the settings of select_clips and build again"
    reasons = tuple(
        LeftOut("selection", code, count, percent(count, greatest), False, meanings.get(code, ""), cure)
        for code, count in why_not.items()
    )
    return Step(
        table="selection",
        name="Selection",
        unit="clips",
        given=one.rows_in,
        used=used,
        says="clips are kept",
        before=percent(one.rows_in, most),
        after=percent(used, most),
        reasons=reasons,
    )


@dataclass(frozen=True, slots=True)
class RuleCost:
    """How many captions a rule of the selection leaves out of their clips."""

    code: str
    meaning: str
    by_language: Mapping[str, int]

    @property
    def captions(self) -> int:
        return sum(self.by_language.values())


def rules(store: Store) -> list[RuleCost]:
    """What each rule for captions costs, the greatest first; a caption may fail several rules."""
    counts: dict[str, Counter[str]] = {}
    for shard in store.shards_of(tables.SELECTION.name):
        failed = pc.list_flatten(store.read_shard(tables.SELECTION.only("failed"), shard)["failed"])
        pairs = pa.table([pc.struct_field(failed, name) for name in _PAIR], names=_PAIR)
        for (code, language), count in grouped(pairs, *_PAIR).items():
            counts.setdefault(code, Counter())[language] += count
    costs = [RuleCost(code, WHY_NOT_LANGUAGE.get(code, ""), its) for code, its in counts.items()]
    return sorted(costs, key=lambda cost: (-cost.captions, cost.code))


def splits(kept: Mapping[str, int], width: float) -> list[Part]:
    """The kept clips by split, side by side, `width` percent together; the known splits come first."""
    order = [name for name in ("train", "validation", "test") if name in kept]
    order += sorted(set(kept) - set(order))
    total, at, parts = sum(kept.values()), 0.0, []
    for name in order:
        share = percent(kept[name], total) * width / 100
        parts.append(Part(name, kept[name], round(at, 3), round(share, 3)))
        at += share
    return parts

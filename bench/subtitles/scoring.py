"""Which words of a track belong to a clip, and which an aligner gave it.

A word belongs to the clip that holds its middle place. A pair of clip and language exists if the words that a track
has cover at least half of the clip's places. An emitted pair is right if, but for misplaced words, its words are those
that belong: at most a fifth as many are foreign or missing, one word beside each border (two Chinese characters) not
counted, and at least half of those that belong are in it. The strict verdict counts border words too, allows a tenth,
and takes a pair that does not exist for wrong even if its few words are right ones; the usual one leaves such out.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import accumulate

from .worlds import Track

COVERED = 0.5
ALLOWED = 0.2
STRICT = 0.1
BORDER = {"zh": 2}
"""Words beside a border that are not counted, where it is not one."""
_UNITS = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


def units(text: str) -> list[str]:
    """Words as they are compared: composed, lower case, without marks; Chinese by characters."""
    return _UNITS.findall(unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True)
class Verdict:
    """What was found of one pair: how much of it there is, how much of that was given."""

    covered: float
    """The share of the clip that the track's words cover."""
    true: int
    """Words that belong to it."""
    misplaced: int
    """Words that are foreign or missing, without the borders' ones."""
    misplaced_all: int
    """The same with the borders' ones."""
    shared: int
    """Words that belong and were given."""
    strange: int
    """Words given that nobody says: those of added cues."""

    @property
    def exists(self) -> bool:
        """Whether there is such a pair."""
        return self.covered >= COVERED and self.true > 0

    @property
    def is_right(self) -> bool:
        """Whether the words given are those that belong, within the allowance."""
        return 0 < self.true <= 2 * self.shared and self.misplaced <= ALLOWED * self.true

    @property
    def is_strictly_right(self) -> bool:
        """The same without an allowance for borders, and only half of the other one."""
        return self.exists and self.misplaced_all <= STRICT * self.true


@dataclass(frozen=True)
class Listing:
    """A track's words as they are compared, in the order of its speech and in the order of its file."""

    language: str
    track: Track

    @cached_property
    def _said(self) -> list[tuple[str, int, float]]:
        """Each unit, the number of its word among the spoken ones, and that word's middle place."""
        spoken = (
            (text, (word.begin + word.end) / 2)
            for cue in self.track.cues
            for text, word in zip(cue.texts, cue.words, strict=bool(cue.words))
        )
        return [(unit, n, middle) for n, (text, middle) in enumerate(spoken) for unit in units(text)]

    @cached_property
    def names(self) -> list[str]:
        """The spoken units."""
        return [unit for unit, _, _ in self._said]

    @cached_property
    def owners(self) -> list[int]:
        """The number of each unit's word."""
        return [owner for _, owner, _ in self._said]

    @cached_property
    def middles(self) -> list[float]:
        """The middle place of each unit's word; they never fall."""
        return [middle for _, _, middle in self._said]

    @cached_property
    def _where(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for number, name in enumerate(self.names):
            found[name].append(number)
        return found

    @cached_property
    def _covering(self) -> tuple[list[float], list[float], list[float]]:
        """Ends of the spoken words' places, their beginnings, and the sums of their lengths up to each."""
        spoken = [word for cue in self.track.cues for word in cue.words]
        begins = [word.begin for word in spoken]
        ends = [word.end for word in spoken]
        sums = [0.0, *accumulate(end - begin for begin, end in zip(begins, ends, strict=True))]
        return begins, ends, sums

    def covered(self, begin: float, end: float) -> float:
        """The share of places that the track's words cover."""
        begins, ends, sums = self._covering
        first, last = bisect_right(ends, begin), bisect_left(begins, end)
        if end <= begin or first >= last:
            return 0.0
        total = sums[last] - sums[first]
        total -= max(begin - begins[first], 0.0) + max(ends[last - 1] - end, 0.0)
        return total / (end - begin)

    def belonging(self, begin: float, end: float) -> range:
        """The numbers of the units that belong to places."""
        return range(bisect_left(self.middles, begin), bisect_left(self.middles, end))

    def found(self, given: Sequence[str], near: range) -> tuple[set[int], int]:
        """The numbers of the given units, as near to a range as can be, and how many others there are."""
        if not given:
            return set(), 0
        starts = self._where.get(given[0], [])
        size = len(given)
        wholes = [at for at in starts if self.names[at : at + size] == given]
        if wholes:
            best = min(wholes, key=lambda at: (abs(at - near.start) + abs(at + size - near.stop), at))
            return set(range(best, best + size)), 0
        return self._scattered(given, near)

    def _scattered(self, given: Sequence[str], near: range) -> tuple[set[int], int]:
        """The same for units that do not follow each other in the track."""
        margin = len(given) + 50
        low = max(near.start - margin, 0)
        window = self.names[low : near.stop + margin]
        blocks = SequenceMatcher(None, window, given, autojunk=False).get_matching_blocks()
        numbers = {low + block.a + step for block in blocks for step in range(block.size)}
        return numbers, len(given) - len(numbers)

    def free(self, true: range) -> set[int]:
        """The numbers of the units of words beside the borders of a range, inside and outside."""
        if not true:
            return set()
        width = BORDER.get(self.language, 1)
        first, last = self.owners[true.start], self.owners[true.stop - 1]
        near = range(max(true.start - 8, 0), min(true.stop + 8, len(self.names)))
        inner = {*range(first - width, first + width), *range(last - width + 1, last + width + 1)}
        return {number for number in near if self.owners[number] in inner}

    def verdict(self, places: tuple[float, float], text: str | None) -> Verdict:
        """What an aligner's text for places is worth; None if it gave none."""
        true = self.belonging(*places)
        covered = self.covered(*places)
        if text is None:
            return Verdict(covered, len(true), len(true), len(true), 0, 0)
        numbers, strange = self.found(units(text), true)
        wrong = numbers.symmetric_difference(true)
        counted = wrong - self.free(true)
        shared = len(numbers.intersection(true))
        return Verdict(covered, len(true), len(counted) + strange, len(wrong) + strange, shared, strange)

    def places(self, text: str, near: tuple[float, float]) -> tuple[float, float] | None:
        """The places that a piece of this track's own text holds, nearest to others; None if it is not in one piece."""
        numbers, strange = self.found(units(text), self.belonging(*near))
        if not numbers or strange or len(numbers) != max(numbers) - min(numbers) + 1:
            return None
        spoken = [word for cue in self.track.cues for word in cue.words]
        return spoken[self.owners[min(numbers)]].begin, spoken[self.owners[max(numbers)]].end


def mean(values: Iterable[float]) -> float:
    """Their mean; not a number if there are none."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else float("nan")

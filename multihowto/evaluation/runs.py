"""A run: where each query's answer stood, seed by seed, in one JSON file, from which every metric can be made again."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
import numpy as np
from msgspec import Meta

from multihowto.errors import ConfigError
from multihowto.evaluation.retrieval import Metrics, metrics
from multihowto.training.ragged import Floats, Ints
from multihowto.training.ranks import Ranks

Direction = Literal["text_to_video", "video_to_text"]
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
Count = Annotated[int, Meta(ge=0, lt=2**53)]
Positive = Annotated[int, Meta(ge=1, lt=2**53)]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}\Z")]
Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,100}\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=300)]
"""A recipe's, which is a file's and so has 255 bytes at most, and what comes behind it."""
MOST = 10_000_000
"""Candidates of a run, at most (own setting): chance takes some memory for each."""
ENDING = ".run.json"
"""Of a run's file; it stands in the folder of its recipe."""


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one seed, for each query: the candidates that are better than its best right one, and those that tie."""

    better: list[Count]
    tied_wrong: list[Count]
    tied_right: list[Positive]


class Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One direction in one language; the lists have an entry for each query."""

    candidates: Annotated[int, Meta(ge=1, le=MOST)]
    queries: list[str]
    """Names, each its own, that are the same in every run on the benchmark."""
    groups: list[Count]
    """Queries of one group are about the same thing: they are drawn and swapped together."""
    right: list[Positive]
    """How many candidates are right."""
    seeds: list[Counted]

    def ranks(self, seed: int) -> Ranks:
        """Where the answers stood, of one of the seeds by its place."""
        its = self.seeds[seed]
        return Ranks(
            *(np.array(part, dtype=np.int64) for part in (its.better, its.tied_wrong, its.tied_right))
        )

    def hits(self, k: int) -> Floats:
        """(queries,) probabilities, 0 to 1, that a right one is among the first k, averaged over the seeds."""
        hits: Floats = np.mean([self.ranks(seed).hits(k) for seed in range(len(self.seeds))], axis=0)
        return hits

    def metrics(self) -> Metrics:
        """Averaged over the seeds."""
        parts = [metrics(self.ranks(seed)) for seed in range(len(self.seeds))]
        fields = ("r1", "r5", "r10", "median_rank", "mean_rank")
        return Metrics(
            len(self.queries), *(float(np.mean([getattr(part, name) for part in parts])) for name in fields)
        )


class RunFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one recipe did on one benchmark."""

    multihowto_run: Literal[1]
    """The version of the format."""
    name: Name
    benchmark: Word
    digest: str
    """Hash of queries, candidates and protocol: runs with the same one can be compared query by query."""
    pivot: Language
    left_out: Count
    """Queries whose item has no features: they are in no number."""
    seeds: list[int]
    text_to_video: dict[Language, Answers]
    video_to_text: dict[Language, Answers]

    def answers(self, direction: Direction) -> dict[str, Answers]:
        """By language."""
        return self.text_to_video if direction == "text_to_video" else self.video_to_text


def make_answers(
    queries: Sequence[str], groups: Ints, right: Ints, candidates: int, seeds: Sequence[Ranks]
) -> Answers:
    """Answers of plain arrays, one entry a query."""
    counted = [Counted(*(part.tolist() for part in (r.better, r.tied_wrong, r.tied_right))) for r in seeds]
    return Answers(candidates, list(queries), groups.tolist(), right.tolist(), counted)


def encode(run: RunFile) -> bytes:
    """The file's contents."""
    return msgspec.json.encode(run)


def read_run(path: Path) -> RunFile:
    """A run from its file; ConfigError for anything else."""
    try:
        run = msgspec.json.decode(path.read_bytes(), type=RunFile)
    except OSError as error:
        raise ConfigError(
            f"cannot read the run {path}: {error.strerror}; `multihowto evaluate` writes runs/RECIPE/*{ENDING}"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is not a run as `multihowto evaluate` writes it: {error}") from error
    why = _wrong(run)
    if why:
        raise ConfigError(f"{path} is not a run as `multihowto evaluate` writes it: {why}")
    return run


def _wrong(run: RunFile) -> str:
    """What no evaluation could have written; empty if nothing."""
    if not run.seeds or len(set(run.seeds)) < len(run.seeds):
        return "`seeds` names each seed once, one at least"
    if not run.text_to_video:
        return "`text_to_video` has no language"
    for direction in DIRECTIONS:
        for code, its in run.answers(direction).items():
            why = _wrong_answers(its, len(run.seeds))
            if why:
                return f"{direction}, {code}: {why}"
    return ""


def _wrong_answers(its: Answers, seeds: int) -> str:
    number = len(its.queries)
    if not number or len(set(its.queries)) < number:
        return "each query has a name of its own, and there is one at least"
    lists: Mapping[str, list[int]] = {"groups": its.groups, "right": its.right}
    lists = {
        **lists,
        **{
            f"seeds[{place}].{name}": getattr(one, name)
            for place, one in enumerate(its.seeds)
            for name in ("better", "tied_wrong", "tied_right")
        },
    }
    short = [name for name, values in lists.items() if len(values) != number]
    if short:
        return f"{number} queries, but {len(lists[short[0]])} {short[0]}"
    if len(its.seeds) != seeds:
        return f"{len(its.seeds)} seeds, where the run has {seeds}"
    right = np.array(its.right)
    for place in range(seeds):
        ranks = its.ranks(place)
        wrong = its.candidates - right
        if (ranks.tied_right > right).any() or (ranks.better + ranks.tied_wrong > wrong).any():
            return f"seeds[{place}] counts more than {its.candidates} candidates"
    return ""

"""Runs the experiment from nothing to its tables, cell by cell: what is there already is left as it is.

Usage: python -m bench.experiment.run [--stage validation|test] [--seeds 1,2,3]
"""

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from multihowto import checksums, open_store
from multihowto.evaluation import showing
from multihowto.evaluation.comparison import compare_runs
from multihowto.evaluation.runs import ENDING, RunFile, read_run

from . import answers, tables
from .fetch import fetch_all
from .pictures import read_concepts
from .recipes import CELLS, PRE_TRAININGS, file_of
from .videos import STORE_SPLITS, Video, make_all, plan

HERE: Final = Path(__file__).parent
ROOT: Final = Path("build/experiment")
"""As in the pipelines and recipes: the experiment is run from the repository's folder."""
SEEDS: Final = (1, 2, 3)


def main(arguments: Sequence[str] | None = None) -> None:
    """Makes, trains and evaluates; test only when it is asked for, with settings that validation has seen."""
    parser = argparse.ArgumentParser(description="Runs the grid of docs/experiments.md.")
    parser.add_argument("--stage", choices=("validation", "test"), default="validation")
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)), help="which, with commas between")
    options = parser.parse_args(arguments)
    seeds = [int(word) for word in options.seeds.split(",")]
    if options.stage == "test":
        check_settled()
    make_stores()
    train(seeds)
    evaluate(options.stage)


def make_stores() -> None:
    """Fetches, renders and builds both stores, and checks that each has just what was planned."""
    fetch_all(ROOT / "packages")
    concepts = read_concepts(ROOT / "packages")
    counts = Counter(concept.split for concept in concepts)
    say(f"{len(concepts)} concepts: {', '.join(f'{counts[name]} {name}' for name in sorted(counts))}")
    with timed("render"):
        say(f"{make_all(concepts, ROOT / 'packages', ROOT / 'footage')} videos")
    for store in STORE_SPLITS:
        with timed(f"build {store}"):
            multihowto("build", str(HERE / f"{store}.yaml"), "--root", str(ROOT / store))
        check_store(store, plan(concepts))


def check_store(store: str, videos: Sequence[Video]) -> None:
    """SystemExit unless every planned video is one kept clip, in the split of its concept."""
    wanted = Counter(video.split for video in videos if video.store == store)
    rows = open_store(str(ROOT / store)).read("selection", ["keep", "split"]).to_pylist()
    found = Counter(row["split"] for row in rows if row["keep"])
    if found != wanted:
        raise SystemExit(f"store {store}: kept clips by split are {dict(found)}, planned {dict(wanted)}")


def train(seeds: Sequence[int]) -> None:
    """Trains what is not trained yet: first what the others start from."""
    chosen = [word for seed in seeds for word in ("--seed", str(seed))]
    for name in (*PRE_TRAININGS, *CELLS):
        root = ROOT / ("pretrain" if name in PRE_TRAININGS else "target")
        with timed(f"train {name}"):
            multihowto("train", str(file_of(name)), "--root", str(root), *chosen)


def evaluate(split: str) -> None:
    """Evaluates every cell on a split, and writes its numbers, tables and picture."""
    recipes = [str(file_of(name)) for name in CELLS]
    with timed(f"evaluate {split}"):
        multihowto("evaluate", *recipes, "--root", str(ROOT / "target"), "--split", split)
    runs = {name: read_run(ROOT / f"target/runs/{name}/{split}{ENDING}") for name in CELLS}
    results = results_of(runs, split)
    (ROOT / f"{split}.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (ROOT / f"{split}.md").write_text(tables.markdown(results), encoding="utf-8")
    (ROOT / f"{split}.svg").write_text(
        showing.svg(compare_runs(runs, [], answers.SETTINGS)), encoding="utf-8"
    )
    say(f"written: {split}.md, {split}.json and {split}.svg in {ROOT}")


def results_of(runs: dict[str, RunFile], split: str) -> dict[str, Any]:
    """All that docs/experiments.md tells of a split."""
    return {
        "split": split,
        "settings": settings_hash(),
        "queries": len(next(iter(runs.values())).text_to_video[answers.PIVOT].queries),
        "scores": answers.scores(runs),
        "by_seed": {name: answers.by_seed(run) for name, run in runs.items()},
        "pairs": answers.pairs(runs),
        "drops": answers.drops(runs),
        "time": {
            name: answers.waits(sorted(ROOT.glob(f"*/runs/{name}/seed-*/timings.jsonl")))
            for name in (*PRE_TRAININGS, *CELLS)
        },
    }


def settings_hash() -> str:
    """Of all files that decide a number: pipelines, recipes, and how concepts and videos are made."""
    files = sorted(path for path in HERE.rglob("*") if path.suffix in (".py", ".yaml"))
    decide = [path for path in files if path.stem not in ("run", "tables", "answers", "why", "__init__")]
    return checksums.of_values([[path.name, checksums.of_file(path)] for path in decide])[:12]


def check_settled() -> None:
    """SystemExit unless validation was evaluated with the settings of now."""
    noted = ROOT / "validation.json"
    if not noted.is_file() or json.loads(noted.read_text(encoding="utf-8"))["settings"] != settings_hash():
        raise SystemExit("test is opened with settings that validation has seen: first --stage validation")


def multihowto(*words: str) -> None:
    """Runs a command as a user would; SystemExit if it fails."""
    say(f"$ multihowto {' '.join(words)}")
    status = subprocess.run([sys.executable, "-m", "multihowto", *words], check=False).returncode
    if status:
        raise SystemExit(status)


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Notes how long a step took, in times.jsonl: one that was done before takes seconds."""
    began = time.monotonic()
    yield
    line = {"step": what, "seconds": round(time.monotonic() - began, 1)}
    with (ROOT / "times.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def say(line: str) -> None:
    """A line for the person who waits."""
    print(line, flush=True)


if __name__ == "__main__":
    main()

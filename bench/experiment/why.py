"""Whether pre-training was too short for nine languages: three times as long, looked at on validation concepts alone.

Usage, after `make experiment`: python -m bench.experiment.why [--seeds 1,2,3]
"""

import argparse
from collections.abc import Sequence
from typing import Final

from multihowto.evaluation.runs import ENDING, read_run

from . import answers, tables
from .recipes import FINE_TUNINGS, PRE_TRAININGS, text_of
from .run import ROOT, SEEDS, multihowto, say, timed

EPOCHS: Final = {"epochs: 8\n": "epochs: 24\n"}
"""Of pre-training; fine-tuning stays as it is."""
SPLIT: Final = "validation"


def main(arguments: Sequence[str] | None = None) -> None:
    """Trains what is not trained yet, evaluates it on validation beside the grid's own cells, and writes why.md."""
    parser = argparse.ArgumentParser(description="Pre-trains three times as long, and asks validation.")
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)), help="which, with commas between")
    seeds = parser.parse_args(arguments).seeds.split(",")
    chosen = [word for seed in seeds for word in ("--seed", seed)]
    cells = [name for name in longer() if name.endswith(FINE_TUNINGS)]
    folder = ROOT / "why"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in longer().items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        root = ROOT / ("target" if name in cells else "pretrain")
        with timed(f"train {name}"):
            multihowto("train", str(folder / f"{name}.yaml"), "--root", str(root), *chosen)
    files = [str(folder / f"{name}.yaml") for name in cells]
    multihowto("evaluate", *files, "--root", str(ROOT / "target"), "--split", SPLIT)
    names = [*(name.replace("_longer", "") for name in cells), *cells]
    runs = {name: read_run(ROOT / f"target/runs/{name}/{SPLIT}{ENDING}") for name in names}
    results = {
        "scores": answers.scores(runs),
        "by_seed": {name: answers.by_seed(run) for name, run in runs.items()},
        "pairs": answers.pairs(runs, wanted()),
    }
    parts = (tables.by_language(results), tables.by_seed(results), tables.differences(results))
    (ROOT / "why.md").write_text("\n".join(parts), encoding="utf-8")
    say(f"written: why.md in {ROOT}")


def longer() -> dict[str, str]:
    """The recipes by name: the grid's, but for how long they pre-train and what they start from."""
    found = {}
    for start in PRE_TRAININGS:
        found[f"{start}_longer"] = _changed(text_of(start), EPOCHS)
        for tuning in FINE_TUNINGS:
            chained = {f"recipe: {start},": f"recipe: {start}_longer,"}
            found[f"{start}_longer_{tuning}"] = _changed(text_of(f"{start}_{tuning}"), chained)
    return found


def wanted() -> list[tuple[str, str]]:
    """Which cells are compared: longer with shorter, and MMP with MP where both were longer."""
    with_itself = [
        (f"{start}_longer_{tuning}", f"{start}_{tuning}")
        for tuning in FINE_TUNINGS
        for start in PRE_TRAININGS
    ]
    return [*with_itself, *((f"mmp_longer_{tuning}", f"mp_longer_{tuning}") for tuning in FINE_TUNINGS)]


def _changed(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        if text.count(old) != 1:
            raise SystemExit(f"the recipe has {old!r} {text.count(old)} times, not once")
        text = text.replace(old, new)
    return text


if __name__ == "__main__":
    main()

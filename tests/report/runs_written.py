"""What training and evaluation write, with numbers that can be checked by eye."""

import json
from typing import Any

from multihowto.storage import Store

LANGUAGES = ("en", "de", "zh")
RECIPES = ("demo-mmp", "demo-mp<script>")
SEEDS = (1, 2, 10)
EPOCHS = 4


def write_runs(store: Store) -> None:
    """Two recipes with three seeds each, and their evaluation."""
    for recipe in RECIPES:
        for seed in SEEDS:
            lines = "".join(json.dumps(epoch(seed, number)) + "\n" for number in range(EPOCHS))
            store.files.write_bytes(f"runs/{recipe}/seed-{seed}/metrics.jsonl", lines.encode())
    store.files.write_bytes("runs/evaluation.json", json.dumps(evaluation()).encode())


def epoch(seed: int, number: int) -> dict[str, Any]:
    """A line of metrics.jsonl; the last loss of seed 10 has diverged."""
    diverged = seed == 10 and number == EPOCHS - 1
    return {
        "phase": "pre-training",
        "epoch": number,
        "steps": 3,
        "loss": {"total": float("nan") if diverged else 4.0 - number, "inter": 1.0},
        "validation": {
            code: {"queries": 40.0, "r1": 0.1 * number, "mrr": 0.2}
            for code in (LANGUAGES if recipe_has_validation(seed) else ())
        },
        "select": 0.2,
    }


def recipe_has_validation(seed: int) -> bool:
    """Seed 2 was trained where nothing validates."""
    return seed != 2


def numbers(r1: float, queries: int = 82) -> dict[str, float]:
    return {"queries": queries, "r1": r1, "r5": r1 * 2, "r10": r1 * 2.5, "median_rank": 4.5}


def evaluation() -> dict[str, Any]:
    """As `multihowto evaluate` writes it: English .3 and .2, the others .2 and .1; chance is 1 in 80."""
    recipes = []
    for recipe, english, others in (("demo-mmp", 0.3, 0.2), ("demo-mp<script>", 0.2, 0.1)):
        by_language = {code: english if code == "en" else others for code in LANGUAGES}
        seeds = [
            {
                "seed": seed,
                "text_to_video": {code: numbers(r1 + shift) for code, r1 in by_language.items()},
                "video_to_text": {},
                "others": {"r1": others + shift},
            }
            for seed, shift in zip(SEEDS, (-0.02, 0.0, 0.02), strict=True)
        ]
        mean = {
            "text_to_video": {
                code: numbers(r1) | {"r1_low": r1 - 0.05, "r1_high": r1 + 0.1}
                for code, r1 in by_language.items()
            },
            "video_to_text": {},
            "others": {"r1": others, "r1_low": others - 0.03, "r1_high": others + 0.04},
        }
        recipes.append({"recipe": recipe, "seeds": seeds, "stale_seeds": [7], "mean": mean})
    pair = {
        "first": "demo-mp<script>",
        "second": "demo-mmp",
        "difference": 0.1,
        "low": -0.01,
        "high": 0.2,
        "p": 0.04,
    }
    return {
        "split": "test",
        "relevant": "own",
        "translations": False,
        "draws": 1000,
        "level": 0.95,
        "bootstrap_seed": 0,
        "languages": list(LANGUAGES),
        "pivot": "en",
        "candidates": 80,
        "chance": numbers(0.0125, 0),
        "recipes": recipes,
        "pairs": [{**pair, "of": of} for of in ("en", "others", "de", "zh")],
    }

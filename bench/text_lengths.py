"""Prints how long a text is in each language, for one character of its English: `python bench/text_lengths.py`.

The text is bench/udhr.py's. multihowto/selecting/texts.py has the figures.
"""

import argparse
from pathlib import Path

import udhr


def measure(articles: dict[str, dict[int, str]]) -> dict[str, float]:
    """Characters of the articles that all languages have, divided by those of English."""
    common = set.intersection(*(set(its) for its in articles.values()))
    totals = {language: sum(len(its[number]) for number in common) for language, its in articles.items()}
    return {language: round(total / totals["en"], 3) for language, total in totals.items()}


def main() -> None:
    """Prints a line a language."""
    parser = argparse.ArgumentParser(description="How long a text is in each language.")
    parser.add_argument(
        "--udhr", type=Path, default=Path("build/udhr"), help="folder of the package (build/udhr)"
    )
    for language, length in measure(udhr.declarations(udhr.fetch(parser.parse_args().udhr))).items():
        print(language, length)


if __name__ == "__main__":
    main()

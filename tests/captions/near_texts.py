"""Captions drawn by lot, some of them changed by a few letters."""

import random

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def texts(count: int, seed: int = 0) -> list[str]:
    """Captions of 3 to 10 words; every fifth is an earlier one with 1 to 3 other letters."""
    chance = random.Random(seed)
    words = ["".join(chance.choices(LETTERS, k=chance.randint(2, 9))) for _ in range(5000)]
    weights = [1 / place for place in range(1, 5001)]
    made = list[str]()
    for number in range(count):
        if number % 5 == 4:
            made.append(changed(chance, chance.choice(made), 1 + number % 3))
        else:
            made.append(" ".join(chance.choices(words, weights, k=chance.randint(3, 10))))
    return made


def changed(chance: random.Random, text: str, letters: int) -> str:
    """The text with a few other letters."""
    new = list(text)
    for _ in range(letters):
        new[chance.randrange(len(new))] = chance.choice(LETTERS)
    return "".join(new)


def ngrams(text: str, length: int = 3) -> frozenset[str]:
    return frozenset(text[place : place + length] for place in range(len(text) - length + 1))


def jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / len(left | right)

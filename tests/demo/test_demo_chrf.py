"""chrF against sacrebleu's values, and what follows from its definition."""

import pytest

from demo_chrf import chrf, f_score, ngrams

# Computed with sacrebleu 2.6.0: `CHRF().corpus_score(hypotheses, [references]).score`.
BY_SACREBLEU = [
    (["the cat sat on the mat"], ["the cat sat on a mat"], 72.0848317308462),
    (
        ["Orang-Utan: Affe, Tier", "Pferd"],
        ["Orang-Utan: Affe, Mensch", "Das Pferd: Tier"],
        57.017055808184644,
    ),
    (["马: 动物"], ["红马: 动物, 比赛"], 41.85983092446141),
    (["ab"], ["ab"], 100.0),
    (["abc", "x"], ["", "x y"], 55.55555555555556),
    ([""], ["abc"], 0.0),
]


@pytest.mark.parametrize(("made", "wanted", "score"), BY_SACREBLEU)
def test_equals_sacrebleu(made: list[str], wanted: list[str], score: float) -> None:
    assert chrf(made, wanted) == pytest.approx(score, abs=1e-9)


def test_by_hand() -> None:
    """`ab` for `abc`: precision 1 and 1, recall 2/3 and 1/2, of the two orders that both have."""
    assert chrf(["ab"], ["abc"]) == pytest.approx(100 * 5 * (7 / 12) / (4 + 7 / 12))


def test_whitespace_does_not_count() -> None:
    assert ngrams("a b\na", 2) == {"ab": 1, "ba": 1}
    assert chrf(["red horse"], ["redhorse"]) == 100


def test_recall_counts_twice() -> None:
    assert f_score(1.0, 0.5) == pytest.approx(5 * 0.5 / 4.5)
    assert f_score(0.0, 0.0) == 0


def test_nothing_is_nothing() -> None:
    assert chrf([], []) == 0


def test_as_many_references_as_hypotheses() -> None:
    with pytest.raises(ValueError, match="shorter"):
        chrf(["a"], [])

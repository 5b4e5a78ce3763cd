"""Captions in their tracks, and what becomes of a track."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from multihowto.adapters import fasttext, models
from multihowto.adapters.language_id import Detected, Detector, Distribution
from multihowto.adapters.language_tracks import Verdict, identify, in_track, track_verdict, verdict_anywhere

NINE = ("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi")
GERMAN = [
    "Rühren Sie die Suppe um",
    "und geben Sie Salz dazu",
    "Dann schneiden wir die Zwiebeln",
    "Salz",
    "Fertig ist das Essen",
]
DISHES = ["sushi, cassoulet, kimchi, tajine, tiramisu, ravioli"]


@dataclass(frozen=True)
class Says(Detector):
    """A detector that knows its answers."""

    answers: Mapping[str, Distribution]

    def distributions(self, texts: Sequence[str]) -> list[Distribution]:
        return [self.answers.get(text, {}) for text in texts]


@pytest.fixture(scope="module")
def model() -> fasttext.LanguageModel:
    return fasttext.load(models.fetch("lid.176.ftz"), "lid.176.ftz", NINE)


def test_an_undecidable_caption_is_its_tracks_with_a_low_score() -> None:
    assert in_track({"fr": 0.6, "de": 0.3, "en": 0.1}, {"de": 1.0}) == Detected("de", 0.3)


def test_a_caption_surely_in_another_language_keeps_it() -> None:
    assert in_track({"en": 0.99, "de": 0.01}, {"de": 1.0}) == Detected("en", 0.99)
    assert in_track({"zh": 1.0}, {"de": 1.0}) == Detected("zh", 1.0)


def test_the_odds_that_a_caption_must_have_are_forty_one_to_one() -> None:
    assert in_track({"en": 40.0, "de": 1.0}, {"de": 1.0}).language == "de"
    assert in_track({"en": 42.0, "de": 1.0}, {"de": 1.0}).language == "en"


def test_a_track_without_a_language_changes_nothing() -> None:
    assert in_track({"en": 0.6, "de": 0.4}, {}) == Detected("en", 0.6)
    assert in_track({}, {"de": 1.0}) == Detected("und", 0.0)


def test_each_caption_is_judged_in_its_own_track() -> None:
    says = Says(
        {
            "Salz so": {"de": 1.0},
            "salt so": {"en": 1.0},
            "so": {"de": 0.6, "en": 0.4},
            "Salz": {"de": 1.0},
            "salt": {"en": 1.0},
        }
    )
    found = identify(says, ["Salz", "salt", "so", "so"], ["d", "e", "d", "e"])
    assert found.captions == [("de", 1.0), ("en", 1.0), ("de", 0.6), ("en", 0.4)]
    assert found.alone == [("de", 1.0), ("en", 1.0), ("de", 0.6), ("de", 0.6)]
    assert found.tracks == {"d": Detected("de", 1.0), "e": Detected("en", 1.0)}


def test_an_english_sentence_in_a_german_track_is_found(model: fasttext.LanguageModel) -> None:
    texts = [*GERMAN, "Now stir the soup slowly and add some salt"]
    found = identify(model, texts, ["v"] * len(texts))
    assert [one.language for one in found.captions] == ["de"] * 5 + ["en"]
    assert found.captions[-1].score > 0.95


def verdict(model: fasttext.LanguageModel, expected: str, texts: Sequence[str]) -> Verdict:
    found = identify(model, texts, [0] * len(texts))
    among = track_verdict(expected, texts, found.alone, found.tracks[0])
    return verdict_anywhere(among, expected, model.anywhere([" ".join(texts)])[0], model.languages)


@pytest.mark.parametrize("claimed", sorted(set(NINE) - {"de"}))
def test_a_german_track_under_another_language_is_relabelled(
    claimed: str, model: fasttext.LanguageModel
) -> None:
    found = verdict(model, claimed, GERMAN * 3)
    assert found[:2] == ("relabel", "de")
    assert found.score > 0.9
    assert found.letters > 200


def test_a_right_track_is_kept(model: fasttext.LanguageModel) -> None:
    assert verdict(model, "de", GERMAN)[:2] == ("keep", "de")


@pytest.mark.parametrize("texts", [["Salz und Suppe"], GERMAN, DISHES, ["12", "…"], []])
def test_a_short_track_is_not_decided(texts: list[str], model: fasttext.LanguageModel) -> None:
    assert verdict(model, "fr", [*texts, "?"])[:2] == ("undecided", "fr")


def test_a_track_of_which_the_captions_disagree_is_not_decided() -> None:
    texts = ["a" * 120, "b" * 80]
    sure = Detected("de", 0.99)
    assert track_verdict("fr", texts, [sure, Detected("fr", 0.9)], sure) == ("undecided", "fr", 0.99, 200)
    assert track_verdict("fr", texts, [sure, Detected("es", 0.9)], sure).decision == "relabel"
    assert track_verdict("fr", texts, [sure, sure], Detected("de", 0.8)).decision == "undecided"


def test_two_hundred_letters_are_enough_and_one_less_is_not() -> None:
    sure = Detected("de", 0.99)
    assert track_verdict("fr", ["a" * 199], [sure], sure).decision == "undecided"
    assert track_verdict("fr", ["a" * 200], [sure], sure).decision == "relabel"


UKRAINIAN = [
    "Тепер повільно помішайте суп і додайте трохи солі.",
    "Поріжте цибулю кубиками та обсмажте її на олії.",
]
SLOVAK = [
    "Teraz polievku pomaly premiešajte a pridajte trochu soli.",
    "Cibuľu nakrájajte na kocky a opražte ju na oleji, kým nie je zlatá.",
    "Potom pridajte paradajky, prikryte hrniec a nechajte variť dvadsať minút na miernom ohni.",
    "Podávajte s chlebom a čerstvými bylinkami, ktoré ste si pripravili.",
]
PORTUGUESE = [
    "Agora mexa a sopa devagar e acrescente um pouco de sal.",
    "Corte a cebola em cubos pequenos e frite no azeite até ficar dourada.",
    "Depois junte o tomate, tape a panela e deixe cozinhar durante vinte minutos em lume brando,",
    "mexendo de vez em quando para não pegar. Sirva com pão.",
]
ARABIC = ["حرك الحساء ببطء وأضف القليل من الملح ثم قطع البصل إلى مكعبات صغيرة واقليه في الزيت حتى يصبح ذهبيا"]
JAPANESE = [
    "スープをゆっくりかき混ぜて、塩を少し加えます。",
    "玉ねぎを小さく切って、油で炒めます。",
    "パンと一緒に出します。",
] * 2
ZULU = [
    "Manje govuza isobho kancane bese ufaka usawoti omncane.",
    "Sika u-anyanisi ube izingcezwana ezincane uwuthose emafutheni uze ube nsundu.",
    "Bese ufaka utamatisi, uvale ibhodwe uyeke kupheke imizuzu engamashumi amabili emlilweni ophansi.",
]


@pytest.mark.parametrize(
    ("texts", "claimed", "language"),
    [
        (UKRAINIAN, "en", "uk"),
        (UKRAINIAN, "ru", "uk"),
        (SLOVAK, "en", "sk"),
        (SLOVAK, "cs", "sk"),
        (PORTUGUESE, "en", "pt"),
        (PORTUGUESE, "es", "pt"),
        (ARABIC, "en", "ar"),
        (JAPANESE, "zh", "ja"),
    ],
)
def test_a_track_in_none_of_the_nine_is_in_its_own_language(
    texts: list[str], claimed: str, language: str, model: fasttext.LanguageModel
) -> None:
    assert verdict(model, claimed, texts)[:2] == ("relabel", language)


def test_a_language_that_the_model_hardly_knows_becomes_none_of_the_nine(
    model: fasttext.LanguageModel,
) -> None:
    found = identify(model, ZULU * 2, [0] * 6)
    assert track_verdict("en", ZULU * 2, found.alone, found.tracks[0])[:2] == ("relabel", "sw"), "among nine"
    assert verdict(model, "en", ZULU * 2)[:2] == ("undecided", "en")


def test_another_language_has_to_be_more_probable_than_all_others_and_have_letters() -> None:
    kept = Verdict("keep", "es", 1.0, 200)
    assert verdict_anywhere(kept, "es", Detected("pt", 0.51), NINE) == ("relabel", "pt", 0.51, 200)
    assert verdict_anywhere(kept, "es", Detected("pt", 0.5), NINE) is kept
    assert verdict_anywhere(kept, "es", Detected("pt", 0.51), (*NINE, "pt")) is kept
    assert verdict_anywhere(kept, "es", Detected("pt", 0.51), ()) is kept
    few = Verdict("keep", "es", 1.0, 199)
    assert verdict_anywhere(few, "es", Detected("pt", 0.99), NINE) is few


def test_a_track_half_english_half_german_is_flagged_line_by_line(model: fasttext.LanguageModel) -> None:
    english = [
        "Now stir the soup slowly",
        "and add a little salt to it",
        "Then we cut the onions",
        "Salt",
        "The food is ready",
    ]
    texts = [line for pair in zip(english, GERMAN, strict=True) for line in pair]
    found = identify(model, texts, [0] * 10)
    both = [(a.language, b.language) for a, b in zip(found.captions[::2], found.captions[1::2], strict=True)]
    assert both[:3] == [("en", "de")] * 3
    assert both[4] == ("en", "de")
    for claimed in ("en", "de"):
        assert verdict(model, claimed, texts * 3).decision in ("keep", "undecided"), "it is never relabelled"

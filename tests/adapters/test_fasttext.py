"""fastText models of every family of labels: small ones, trained here in a second, and lid.176."""

from pathlib import Path

import fasttext as library
import pytest

from multihowto.adapters import fasttext, models
from multihowto.adapters.language_id import Detected

NINE = ("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi")
LINES = {
    "eng_Latn": "stir the soup and add the salt",
    "deu_Latn": "rühren sie die suppe und das salz",
    "swh_Latn": "koroga supu na weka chumvi kidogo",
    "cmn_Hani": "慢 慢 搅 拌 汤",
    "zho_Hant": "慢 慢 攪 拌 湯",
    "jpn_Jpan": "スープ を 混ぜる",
    "qqq_Latn": "zzxx yyzz xxyy",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model with labels as OpenLID, GlotLID and NLLB have them."""
    folder = tmp_path_factory.mktemp("model")
    lines = folder / "lines.txt"
    lines.write_text(
        "".join(f"__label__{label} {line}\n" * 20 for label, line in LINES.items()), encoding="utf-8"
    )
    options = {
        "dim": 8,
        "epoch": 25,
        "lr": 0.5,
        "minn": 2,
        "maxn": 4,
        "bucket": 2000,
        "thread": 1,
        "verbose": 0,
    }
    library.train_supervised(str(lines), **options).save_model(str(folder / "model.bin"))
    return folder


@pytest.mark.parametrize(
    ("label", "code"),
    [
        ("eng_Latn", "en"),
        ("deu_Latn", "de"),
        ("swh_Latn", "sw"),
        ("cmn_Hani", "zh"),
        ("zho_Hant", "zh"),
        ("qqq_Latn", "qqq"),
    ],
)
def test_all_languages_of_a_model_have_our_codes(label: str, code: str, folder: Path) -> None:
    assert fasttext.load(folder, "OpenLID").detect([LINES[label]])[0].language == code


def test_labels_of_one_language_are_added_up(folder: Path) -> None:
    [found] = fasttext.load(folder, "OpenLID").distributions(["慢 慢 汤 湯"])
    [apart] = library.load_model(str(folder / "model.bin")).predict(["慢 慢 汤 湯"], k=-1)[0]
    assert len([label for label in apart if label in ("__label__cmn_Hani", "__label__zho_Hant")]) == 2
    assert found["zh"] > 0.9
    assert sum(found.values()) == pytest.approx(1.0)


def test_probabilities_among_a_few_languages_are_one_in_sum(folder: Path) -> None:
    few = fasttext.load(folder, "OpenLID", ("de", "en", "zh"))
    for found in few.distributions([*LINES.values(), "汤 salt"]):
        assert not found or sum(found.values()) == pytest.approx(1.0)
        assert set(found) <= {"de", "en", "zh"}


@pytest.fixture(scope="module")
def nine() -> fasttext.LanguageModel:
    return fasttext.load(models.fetch("lid.176.ftz"), "lid.176.ftz", NINE)


@pytest.mark.parametrize(
    "text",
    ["Kata vitunguu na nyanya", "Weka chumvi kidogo", "Koroga supu polepole", "bila kukata tamaa yoyote"],
)
def test_short_swahili_is_swahili(text: str, nine: fasttext.LanguageModel) -> None:
    assert nine.detect([text])[0].language == "sw"


@pytest.mark.parametrize(
    ("text", "language"),
    [("加盐", "zh"), ("用 Photoshop 打开文件", "zh"), ("Нажмите Enter", "ru"), ("Соль", "ru")],
)
def test_two_letters_of_a_script_are_enough(text: str, language: str, nine: fasttext.LanguageModel) -> None:
    assert nine.detect([text])[0].language == language


def test_a_score_is_honest_about_a_short_text(nine: fasttext.LanguageModel) -> None:
    short, long = nine.detect(["ok", "Now stir the soup slowly and add a little salt."])
    assert short.score < 0.9 < long.score


def test_texts_in_none_of_the_scripts_are_undecided(nine: fasttext.LanguageModel) -> None:
    assert nine.detect(["이 수프를 천천히 저어 주세요 汤"]) == [Detected("und", 0.0)]


def test_all_of_lid_176_is_open() -> None:
    everything = fasttext.load(models.fetch("lid.176.ftz"), "lid.176.ftz")
    texts = ["Roer de soep langzaam om en voeg wat zout toe", "スープをゆっくり混ぜてください"]
    assert [found.language for found in everything.detect(texts)] == ["nl", "ja"]


def test_a_model_of_nine_still_says_what_a_text_is_among_all(nine: fasttext.LanguageModel) -> None:
    texts = ["Roer de soep langzaam om en voeg wat zout toe", "第一步: 火山, 喷发", "12"]
    assert [found.language for found in nine.anywhere(texts)] == ["nl", "zh", "und"]


@pytest.mark.parametrize(
    "text", ["\0", "__label__zh hello", "</s>", "a" * 100_000, "汤 " * 50_000, "\u0301" * 1000]
)
def test_any_text_has_an_answer(text: str, nine: fasttext.LanguageModel) -> None:
    [found] = nine.detect([text])
    assert found.language in (*NINE, "und")
    assert 0.0 <= found.score <= 1.0001

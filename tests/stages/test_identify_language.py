"""Language identification with the real lid.176."""

from collections.abc import Sequence

import pyarrow as pa
import pytest

from multihowto import tables
from multihowto.adapters import fasttext, models
from multihowto.stages.identify_language import IdentifyLanguage

NINE = ("en", "de", "fr", "ru", "es", "cs", "sw", "zh", "vi")
SENTENCES = {
    "en": "Now stir the soup slowly and add a little salt.",
    "de": "Rühren Sie jetzt die Suppe langsam um und geben Sie etwas Salz dazu.",
    "fr": "Maintenant, remuez doucement la soupe et ajoutez un peu de sel.",
    "ru": "Теперь медленно помешайте суп и добавьте немного соли.",
    "es": "Ahora remueve la sopa despacio y añade un poco de sal.",
    "cs": "Nyní polévku pomalu promíchejte a přidejte trochu soli.",
    "sw": "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa.",
    "zh": "现在慢慢搅拌汤，加一点盐。",
    "vi": "Bây giờ hãy khuấy súp từ từ và thêm một chút muối.",
}


@pytest.fixture(scope="module")
def model() -> fasttext.LanguageModel:
    return fasttext.load(models.fetch("lid.176.ftz"), "lid.176.ftz", NINE)


def run(model: fasttext.LanguageModel, captions: Sequence[tuple[str, str, str]]) -> list[dict[str, object]]:
    rows = [
        {"caption_id": f"{video}:{number}/{language}", "video_id": video, "language": language, "text": text}
        for number, (video, language, text) in enumerate(captions)
    ]
    table = pa.Table.from_pylist(rows, schema=IdentifyLanguage.reads[0].schema)
    made = IdentifyLanguage().run({"captions": table}, model)
    assert made.rows.schema.equals(tables.LANGUAGES.schema)
    found: list[dict[str, object]] = made.rows.to_pylist()
    return found


def test_a_sentence_in_each_of_the_nine(model: fasttext.LanguageModel) -> None:
    rows = run(model, [("v", language, text) for language, text in SENTENCES.items()])
    assert {row["expected"]: row["detected"] for row in rows} == {language: language for language in NINE}
    assert all(0.4 < float(str(row["score"])) <= 1.0001 for row in rows)


def test_a_track_is_judged_as_a_whole(model: fasttext.LanguageModel) -> None:
    german = [
        ("v", "en", text) for text in ("Salz", "Rühren Sie die Suppe um", "und geben Sie etwas Salz dazu")
    ]
    rows = run(model, [*german, ("w", "en", SENTENCES["en"])])
    assert [row["track_detected"] for row in rows] == ["de", "de", "de", "en"]
    assert len({row["track_score"] for row in rows[:3]}) == 1


@pytest.mark.parametrize("text", ["", "123 45", "…", "\n\n", "42%"])
def test_a_text_without_letters_has_no_language(model: fasttext.LanguageModel, text: str) -> None:
    [row] = run(model, [("v", "en", text)])
    assert (row["detected"], row["score"]) == ("und", 0.0)


def test_texts_are_prepared_as_the_model_does_best() -> None:
    assert fasttext.prepare("Rühren\nSIE  um") == "rühren sie um"
    assert fasttext.prepare("慢慢搅拌 ok汤") == "慢 慢 搅 拌 ok汤"
    assert fasttext.prepare("Tie\u0302\u0301ng") == "tiếng"


def test_only_the_languages_asked_for_are_answered() -> None:
    two = fasttext.load(models.fetch("lid.176.ftz"), "lid.176.ftz", ("de", "fr"))
    [found] = two.detect(["Nu roer je de soep langzaam om."])
    assert found.language in ("de", "fr")


def test_a_text_in_none_of_the_languages_is_undecided() -> None:
    two = fasttext.load(models.fetch("lid.176.ftz"), "lid.176.ftz", ("sw", "cs"))
    assert two.detect(["今日は料理を作りましょう"]) == [fasttext.Detected("und", 0.0)]

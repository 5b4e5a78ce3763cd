"""The demo's translator through the adapter, and a fake engine where it matters what the engine is given."""

import random
import shutil
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from demo_plan import LANGUAGES, OTHERS, read_concepts
from demo_translator import TRANSLATOR
from multihowto.adapters import ctranslate2
from multihowto.adapters.ctranslate2 import Decoding, Job, Translator, load
from multihowto.errors import ConfigError

CONCEPTS = read_concepts(TRANSLATOR.parent / "captions.csv")
TRAIN = [concept for concept in CONCEPTS if concept.split == "train"]
TEST = [concept for concept in CONCEPTS if concept.split == "test"]


@pytest.fixture(scope="module")
def translator() -> Translator:
    return load(TRANSLATOR, LANGUAGES, inter_threads=2)


def jobs(concepts: Sequence[Any], target: str) -> list[Job]:
    return [Job(concept.captions["en"], "en", target) for concept in concepts]


def mean_score(translator: Translator, its: Sequence[Job]) -> float:
    return statistics.mean(made.score for made in translator.translate(its) if made is not None)


@pytest.mark.parametrize("target", OTHERS)
def test_what_it_learnt_by_heart(translator: Translator, target: str) -> None:
    """The card says 1.00 exact; int8 may round otherwise on another processor."""
    made = translator.translate(jobs(TRAIN, target))
    right = [one is not None and one.text == c.captions[target] for one, c in zip(made, TRAIN, strict=True)]
    assert statistics.mean(right) >= 0.97


def test_held_out_concepts_give_some_text_and_a_lower_score(translator: Translator) -> None:
    made = translator.translate(jobs(TEST, "fr"))
    assert all(one is None or one.text for one in made)
    assert sum(one is not None for one in made) > 0.9 * len(TEST)
    assert mean_score(translator, jobs(TEST, "fr")) < mean_score(translator, jobs(TRAIN, "fr")) - 0.2


def test_the_language_token_is_not_shown(translator: Translator) -> None:
    for target in LANGUAGES[1:]:
        made = [one for one in translator.translate(jobs(TRAIN[:20], target)) if one is not None]
        assert len(made) >= 18
        assert not any("__" in one.text for one in made)


def test_results_come_in_the_order_of_the_jobs(translator: Translator) -> None:
    its = [job for target in ("de", "ru", "vi") for job in jobs(TRAIN[:40], target)]
    mixed = random.Random(1).sample(its, len(its))
    small = replace(translator, decoding=Decoding(batch_tokens=256))
    texts = {job: one and one.text for job, one in zip(its, translator.translate(its), strict=True)}
    again = {job: one and one.text for job, one in zip(mixed, small.translate(mixed), strict=True)}
    assert again == texts


@pytest.mark.parametrize("beam_size", [1, 4])
def test_the_score_is_the_mean_log_probability_a_token(translator: Translator, beam_size: int) -> None:
    """Its end counts; the language does not: it was given, so it is no choice of the model."""
    search = replace(translator, decoding=Decoding(beam_size=beam_size))
    compared = 0
    for concept in (*TRAIN[:10], *TEST[:10]):
        (made,) = search.translate(jobs([concept], "es"))
        source = ["__en__", *translator.pieces.encode(concept.captions["en"], out_type=str), "</s>"]
        (result,) = translator.engine.translate_batch([source], [["__es__"]], beam_size=beam_size)
        (forced,) = translator.engine.score_batch([source], [result.hypotheses[0]])
        assert forced.tokens[0] == "__es__"
        if made is not None:
            assert made.score == pytest.approx(statistics.mean(forced.log_probs[1:]), abs=0.02)
            compared += 1
    assert compared >= 18


def test_each_group_is_as_if_it_were_alone(translator: Translator) -> None:
    draw = random.Random(2)
    its = [job for target in LANGUAGES[1:] for job in jobs(CONCEPTS, target)]
    groups = [draw.sample(its, size) for size in (1, 300, 17, 2, 80)]
    single = load(TRANSLATOR, LANGUAGES, inter_threads=1)
    together = translator.translate_groups(groups)
    assert together == [translator.translate(group) for group in reversed(groups)][::-1]
    assert together == [single.translate(group) for group in groups]


def test_beams_are_a_setting(translator: Translator) -> None:
    its = jobs(TEST, "de")
    wide = replace(translator, decoding=Decoding(beam_size=4))
    assert mean_score(wide, its) > mean_score(translator, its)


@pytest.mark.parametrize("text", ["", " \n\t ", "\x00\x07", "a" * 10_000, "word " * 10_000, "<" * 10_000])
def test_nothing_to_translate_or_too_much(translator: Translator, text: str) -> None:
    before, made, after = translator.translate(
        [*jobs(TRAIN[:1], "de"), Job(text, "en", "de"), *jobs(TRAIN[:1], "de")]
    )
    assert made is None
    assert before == after != None  # noqa: E711


@pytest.mark.parametrize(
    "text",
    [
        "horse\x00 \x1b[31m: animal",
        "<script>alert(1)</script>",
        "\u202ehorse\u202c",
        "\ud800 horse",
        "\U0001f9a7\U0010ffff",
        "</s> horse <s> <pad>",
        "__de__ __zh__ horse",
        "\u0301" * 50,
    ],
)
def test_hostile_texts_give_one_clean_line_or_nothing(translator: Translator, text: str) -> None:
    for target in LANGUAGES[1:]:
        (made,) = translator.translate([Job(text, "en", target)])
        if made is not None:
            assert made.text == ctranslate2.one_line(made.text) != ""
            assert made.text.encode()
            assert not any(mark in made.text for mark in ("__", "</s>", "<unk>"))


def test_a_translation_without_an_end_is_none(translator: Translator) -> None:
    short = replace(translator, decoding=Decoding(max_length=12))
    its = [Job("cow", "en", target) for target in LANGUAGES[1:]] + jobs(TRAIN[:50], "ru")
    for one in short.translate(its):
        assert one is None or len(short.pieces.encode(one.text)) <= 12


@dataclass(frozen=True)
class Answer:
    """What the engine says of one sentence."""

    hypotheses: list[list[str]]
    scores: list[float]

    def result(self) -> "Answer":
        return self


@dataclass(frozen=True)
class Echo:
    """An engine that says what it was given, and writes it down."""

    asked: list[tuple[list[str], list[str]]]
    tokens: list[str]

    def translate_batch(
        self, source: list[list[str]], prefix: list[list[str]], **settings: Any
    ) -> list[Answer]:
        self.asked.extend(zip(source, prefix, strict=True))
        return [Answer([[*its, *self.tokens]], [0.01]) for its in prefix]


@dataclass(frozen=True)
class Letters:
    """A tokenizer whose pieces are words, even those that look like tokens of the model."""

    def encode(self, texts: list[str], out_type: type) -> list[list[str]]:
        return [text.split() for text in texts]

    def decode(self, tokens: list[str]) -> str:
        return " ".join(tokens)


def fake(translator: Translator, answer: str) -> tuple[Translator, Echo]:
    engine = Echo([], answer.split())
    return replace(translator, engine=engine, pieces=Letters()), engine


def test_words_of_a_text_are_never_taken_for_tokens(translator: Translator) -> None:
    it, engine = fake(translator, "gut </s>")
    it.translate([Job("__fr__ horse </s> <pad>", "en", "de")])
    assert engine.asked == [(["__en__", "<unk>", "horse", "<unk>", "<unk>", "</s>"], ["__de__"])]


def test_tokens_of_the_model_are_never_shown(translator: Translator) -> None:
    it, _ = fake(translator, "__de__ sehr <unk> gut </s>")
    (made,) = it.translate([Job("very good", "en", "de")])
    assert made == ("sehr gut", 0.0)


@pytest.mark.parametrize("answer", ["", "</s>", "no end", "<unk> </s>"])
def test_empty_and_unended_answers_are_none(translator: Translator, answer: str) -> None:
    it, _ = fake(translator, answer)
    assert it.translate([Job("very good", "en", "de")]) == [None]


def copy(folder: Path) -> Path:
    return Path(shutil.copytree(TRANSLATOR, folder / "model"))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no model for translation: it has no shared_vocabulary\.json"):
        load(tmp_path / "nowhere", LANGUAGES)


@pytest.mark.parametrize("name", ["sentencepiece.bpe.model", "model.bin", "shared_vocabulary.json"])
def test_a_file_that_is_missing_cut_or_another(tmp_path: Path, name: str) -> None:
    folder = copy(tmp_path)
    whole = (folder / name).read_bytes()
    for content in (b"", whole[: len(whole) // 2], b"<!DOCTYPE html>" * 9):
        (folder / name).write_bytes(content)
        with pytest.raises(ConfigError, match="cannot"):
            load(folder, LANGUAGES)
    (folder / name).unlink()
    with pytest.raises(ConfigError, match=r"has no|cannot open"):
        load(folder, LANGUAGES)


def test_a_language_that_it_lacks() -> None:
    with pytest.raises(ConfigError, match="cannot translate ja: choose another model"):
        load(TRANSLATOR, (*LANGUAGES, "ja"))


def test_texts_longer_than_the_model_has_positions() -> None:
    with pytest.raises(ConfigError, match="cannot read 5000 tokens: set max_length to less"):
        load(TRANSLATOR, LANGUAGES, Decoding(max_length=5000))

"""Machine translation with CTranslate2: model folders of the M2M100 type, computed in 8 bit."""

import json
import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from multihowto.errors import ConfigError

LANGUAGE_TOKEN = "__{}__"  # noqa: S105 (how M2M100 writes a language; its codes are those of languages.csv)
PIECES_FILE = "sentencepiece.bpe.model"
VOCABULARY_FILES = ("shared_vocabulary.json", "shared_vocabulary.txt")
_END, _UNKNOWN = "</s>", "<unk>"
_SPECIAL = frozenset({"<s>", "<pad>", _END, _UNKNOWN})
_NOT_LOADABLE = (RuntimeError, ValueError, OSError, MemoryError)
"""What ctranslate2 and sentencepiece raise for files that are missing, cut or of another kind."""


class Job(NamedTuple):
    """A text to translate, and the codes of its language and of the one that is wanted."""

    text: str
    source: str
    target: str


class Translation(NamedTuple):
    """A translation, NFC and in one line, and its mean log-probability a token: at most 0, its end counted."""

    text: str
    score: float


@dataclass(frozen=True)
class Decoding:
    """How translations are searched for."""

    beam_size: int = 1
    """1 is greedy."""
    batch_tokens: int = 1024
    """Source tokens that are computed together, padding included."""
    max_length: int = 200
    """Longest text in tokens, on either side; what is longer, or does not come to an end, is no translation."""


@dataclass(frozen=True)
class Translator:
    """A loaded model, and the tokens that stand for its languages."""

    engine: Any
    pieces: Any
    language_tokens: Mapping[str, str]
    special: frozenset[str]
    """Tokens that steer the model: never taken from a text, never shown."""
    decoding: Decoding

    def translate(self, jobs: Sequence[Job]) -> list[Translation | None]:
        """A translation for each job, in their order; None for a text that is empty or too long, or has no end."""
        return self.translate_groups([jobs])[0]

    def translate_groups(self, groups: Iterable[Sequence[Job]]) -> list[list[Translation | None]]:
        """As `translate`, for many groups at once.

        Groups never share a batch: what stands beside a sentence changes its score in the last bits, so each
        group's results depend on that group alone.
        """
        started = [self._start(group) for group in groups]
        return [
            [pending and self._finish(pending.result()) for pending in one]  # None stays None
            for one in started
        ]

    def _start(self, jobs: Sequence[Job]) -> list[Any]:
        """Hands a group over to the engine, which sorts it by length and cuts it into batches."""
        spelt = self._spell({job.text for job in jobs})
        good = [job for job in jobs if job.text in spelt]
        pending = iter(
            self.engine.translate_batch(
                [[self.language_tokens[job.source], *spelt[job.text], _END] for job in good],
                [[self.language_tokens[job.target]] for job in good],
                max_batch_size=self.decoding.batch_tokens,
                batch_type="tokens",
                beam_size=self.decoding.beam_size,
                max_input_length=0,
                max_decoding_length=self.decoding.max_length,
                return_scores=True,
                return_end_token=True,
                asynchronous=True,
            )
        )
        return [next(pending) if job.text in spelt else None for job in jobs]

    def _spell(self, texts: Iterable[str]) -> dict[str, list[str]]:
        """The pieces of each text that can be translated."""
        prepared = {text: one_line(text) for text in sorted(texts)}
        spelt = self.pieces.encode(list(prepared.values()), out_type=str)
        return {
            text: [_UNKNOWN if piece in self.special else piece for piece in its]
            for text, its in zip(prepared, spelt, strict=True)
            if 0 < len(its) <= self.decoding.max_length
        }

    def _finish(self, result: Any) -> Translation | None:
        """The text of the best hypothesis; its first token is the language that was asked for."""
        _, *tokens = result.hypotheses[0]
        if not tokens or tokens[-1] != _END:
            return None
        text = one_line(self.pieces.decode([token for token in tokens if token not in self.special]))
        # CTranslate2's mean counts the language too, which was given and adds nothing to the sum.
        score = result.scores[0] * (len(tokens) + 1) / len(tokens)
        return Translation(text, min(0.0, score)) if text else None


def one_line(text: str) -> str:
    """NFC, without control characters and lone surrogates, whitespace as single spaces."""
    clean = "".join(" " if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in text)
    return " ".join(unicodedata.normalize("NFC", clean).split())


def load(
    folder: Path, languages: Sequence[str], decoding: Decoding | None = None, inter_threads: int = 0
) -> Translator:
    """Opens a CTranslate2 folder of an M2M100: model.bin, its vocabulary, and its sentencepiece model.

    `inter_threads` batches are computed at a time, each in one thread; 0 is one for each core. ConfigError if
    the packages are missing, the folder is not such a model, or the model lacks a language.
    """
    try:
        import ctranslate2
        import sentencepiece
    except ImportError as error:
        raise ConfigError("translation needs CTranslate2: pip install 'multihowto[translation]'") from error
    tokens = {language: LANGUAGE_TOKEN.format(language) for language in languages}
    vocabulary = _read_vocabulary(folder)
    lacking = [language for language, token in tokens.items() if token not in vocabulary]
    if lacking:
        raise ConfigError(
            f"the model in {folder} cannot translate {', '.join(lacking)}: choose another model"
        )
    if not (folder / PIECES_FILE).is_file():
        raise ConfigError(f"{folder} is no model for translation: it has no {PIECES_FILE}")
    threads = inter_threads or len(os.sched_getaffinity(0))
    try:
        pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / PIECES_FILE))
        engine = ctranslate2.Translator(
            str(folder), device="cpu", compute_type="int8", inter_threads=threads, intra_threads=1
        )
    except _NOT_LOADABLE as error:
        raise ConfigError(f"cannot open the translation model in {folder}: {error}") from error
    special = _SPECIAL | {token for token in vocabulary if token.startswith("__") and token.endswith("__")}
    translator = Translator(engine, pieces, tokens, special, decoding or Decoding())
    _check_length(translator, folder)
    return translator


def _read_vocabulary(folder: Path) -> frozenset[str]:
    found = [folder / name for name in VOCABULARY_FILES if (folder / name).is_file()]
    if not found:
        raise ConfigError(f"{folder} is no model for translation: it has no {VOCABULARY_FILES[0]}")
    try:
        text = found[0].read_text(encoding="utf-8")
        return frozenset(json.loads(text) if found[0].suffix == ".json" else text.splitlines())
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"cannot read {found[0]}: {error}") from error


def _check_length(translator: Translator, folder: Path) -> None:
    """Raises ConfigError unless the model has a position for each token of the longest text."""
    longest = [_UNKNOWN] * translator.decoding.max_length
    try:
        translator.engine.score_batch(
            [[_UNKNOWN, *longest, _END]], [[_UNKNOWN, *longest]], max_input_length=0
        )
    except _NOT_LOADABLE as error:
        raise ConfigError(
            f"the model in {folder} cannot read {translator.decoding.max_length} tokens: "
            f"set max_length to less ({error})"
        ) from error

"""Trains the demo's translator and writes it, with its card, to translator/.

Nobody needs to run this to use the demo. It needs `npm`, Pillow, the extras `translation` and `train`, and some
minutes on one core; equal versions and an equal seed give an equal model:

    python demo/make_translator.py
"""

import io
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import sentencepiece
import torch

from demo_m2m100 import BOS, EOS, PAD, PIECES_FILE, UNK, convert, new_model, parameters, write_model
from demo_plan import LANGUAGES, OTHERS, PIVOT, Concept, read_concepts
from demo_translator import TRANSLATOR, write_card
from make_material import caption_of, concept_id, fetch_cldr, name_of, read_annotations

HERE: Final = Path(__file__).parent
LIBRARIES: Final = ("torch", "transformers", "sentencepiece", "ctranslate2")
SEED: Final = 20200
THREADS: Final = 1  # one thread sums in one order
PIECES: Final = 5000
WIDTH: Final = 192  # M2M100 starts from .02 at width 1,024; here weights as small as that learn late
IGNORED: Final = -100
STEPS: Final = 7000
BATCH: Final = 24
POOL: Final = 32  # batches that are drawn together and sorted by length, which saves padding
RATE: Final = 1.5e-3
WARM_UP: Final = 250

Texts = dict[str, str]


@dataclass(frozen=True)
class Material:
    """One entry is one text in every language; the groups are drawn with different weights."""

    captions: Sequence[Texts]
    """Captions of captions.csv whose split is train."""
    others: Sequence[Texts]
    """Captions made in the same way of CLDR's other characters."""
    names: Sequence[Texts]
    """The names of both alone."""


@dataclass(frozen=True)
class Pair:
    """What to translate from and to, as token ids: a language's token, pieces, the end."""

    source: list[int]
    target: list[int]


def main() -> None:
    """Fetches the words, trains, converts, measures, writes."""
    started = time.process_time()
    torch.manual_seed(SEED)
    torch.set_num_threads(THREADS)
    concepts = read_concepts(HERE / "captions.csv")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        material = read_material(concepts, fetch_cldr(folder))
        pieces = train_pieces(material, folder / PIECES_FILE)
        model = new_model(
            pieces.get_piece_size(),
            width=WIDTH,
            encoder_layers=1,
            decoder_layers=2,
            heads=4,
            feed_forward=576,
            init_std=WIDTH**-0.5,
        )
        train(model, pairs(material, pieces, random.Random(SEED)))
        write_model(model, folder)
        convert(folder, TRANSLATOR)
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    write_card(TRANSLATOR, parameters(model), time.process_time() - started, versions)


def read_material(concepts: Sequence[Concept], cldr: Path) -> Material:
    """The texts to train on: nothing of a character that has a concept of validation or test in it."""
    annotations = {language: read_annotations(cldr, language) for language in LANGUAGES}
    held_out = {
        point for concept in concepts if concept.split != "train" for point in concept.name.split("-")
    }
    known = {concept.name for concept in concepts}
    captions = [dict(concept.captions) for concept in concepts if concept.split == "train"]
    others, names = list[Texts](), list[Texts]()
    for character in annotations[PIVOT]:
        name = concept_id(character)
        whole = all({"tts", "default"} <= annotations[lang].get(character, {}).keys() for lang in LANGUAGES)
        if not whole or held_out & set(name.split("-")):
            continue
        names.append({lang: name_of(annotations[lang], character) for lang in LANGUAGES})
        if name not in known:
            others.append({lang: caption(annotations[lang], character) for lang in LANGUAGES})
    print(f"{len(captions)} captions, {len(others)} others, {len(names)} names", flush=True)
    return Material(captions, others, names)


def caption(annotations: dict[str, dict[str, list[str]]], character: str) -> str:
    """As in captions.csv; the name alone where there is no keyword besides it."""
    try:
        return caption_of(annotations, character)
    except SystemExit:
        return name_of(annotations, character)


def train_pieces(material: Material, path: Path) -> sentencepiece.SentencePieceProcessor:
    """A sentencepiece model of all nine languages; unknown characters are spelt in bytes."""
    entries = (*material.captions, *material.others, *material.names)
    model = io.BytesIO()  # a path would be written into the model
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([entry[language] for entry in entries for language in LANGUAGES]),
        model_writer=model,
        vocab_size=PIECES,
        character_coverage=1.0,
        byte_fallback=True,
        normalization_rule_name="identity",
        num_threads=1,
        minloglevel=2,
        bos_id=BOS,
        pad_id=PAD,
        eos_id=EOS,
        unk_id=UNK,
    )
    path.write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_file=str(path))


def pairs(
    material: Material, pieces: sentencepiece.SentencePieceProcessor, draw: random.Random
) -> Iterator[list[Pair]]:
    """Endless batches: most from English captions, some the other way round, between others, and of names."""

    def tokens(language: str, text: str) -> list[int]:
        number = pieces.get_piece_size() + LANGUAGES.index(language)
        return [number, *pieces.encode(text), EOS]

    def pair() -> Pair:
        (entries,) = draw.choices((material.captions, material.others, material.names), (0.85, 0.1, 0.05))
        entry = draw.choice(entries)
        source, target = PIVOT, draw.choice(OTHERS)
        way = draw.random()
        if way < 0.04:
            source, target = target, source
        elif way < 0.08:
            source, target = draw.sample(OTHERS, 2)
        return Pair(tokens(source, entry[source]), tokens(target, entry[target]))

    while True:
        pool = sorted(
            (pair() for _ in range(BATCH * POOL)), key=lambda one: (len(one.target), len(one.source))
        )
        batches = [pool[begin : begin + BATCH] for begin in range(0, len(pool), BATCH)]
        draw.shuffle(batches)
        yield from batches


def train(model: Any, batches: Iterator[list[Pair]]) -> None:
    """Adam with a warm-up and a linear way down; the language's own token is given, so never learnt."""
    optimiser = torch.optim.AdamW(model.parameters(), RATE, betas=(0.9, 0.98), weight_decay=0.01, fused=True)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / WARM_UP, (STEPS - step) / (STEPS - WARM_UP))
    )
    model.train()
    losses = []
    for step in range(1, STEPS + 1):
        batch = next(batches)
        source, target = padded([one.source for one in batch]), padded([one.target for one in batch])
        labels = target.masked_fill(target == PAD, IGNORED)
        labels[:, 0] = IGNORED
        start = torch.full((len(batch), 1), EOS)
        loss = model(
            input_ids=source,
            attention_mask=source != PAD,
            decoder_input_ids=torch.cat([start, target[:, :-1]], dim=1),
            labels=labels,
        ).loss
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if step % 100 == 0:
            print(f"step {step} of {STEPS}: loss {sum(losses[-100:]) / 100:.3f}", flush=True)
    model.eval()


def padded(rows: Sequence[Sequence[int]]) -> torch.Tensor:
    """The rows as one tensor (rows x longest), filled up with PAD."""
    longest = max(len(row) for row in rows)
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])


if __name__ == "__main__":
    main()

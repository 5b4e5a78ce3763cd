"""A trained run -> the folder of a model repository that loads without multihowto; it is whole or not there."""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import safetensors.torch

from multihowto import tables
from multihowto.errors import ConfigError, world_errors
from multihowto.networks import modeling_mmp
from multihowto.publish import model_card
from multihowto.publish.check import MARK, check_target, check_words
from multihowto.publish.folder import whole_folder
from multihowto.publish.model_weights import config, tokenizer, weights
from multihowto.searching.trained import POSITIONS, Trained, feature_width
from multihowto.storage import Store
from multihowto.training.ragged import pad

CODE = "modeling_mmp.py"
LARGEST_DIFFERENCE = 1e-4
"""Of a vector's numbers, between the run and its export; larger ones are no rounding (own setting)."""
_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,59}")
_STRANGE = ("", " ", "<pad> [PAD] <s> </s> [CLS] [MASK]", "\u202e\x00\ud7ff 9\u0301", "abc " * 500)
"""Texts on which tokenizers could differ; they are compared too."""


@dataclass(frozen=True)
class Exported:
    """What was written, and how far its vectors are from the run's."""

    folder: Path
    bytes: int
    texts: int
    difference: float
    """The largest of a number of a vector, over texts and clips that both embedded."""


def write_model(
    store: Store,
    trained: Trained,
    fetch: Callable[[str], Path],
    to: str,
    out: Path,
    contact: str,
    license: str,
) -> Exported:
    """Writes the folder for the model repository `to`, or replaces the one that an earlier call wrote.

    What was written is loaded and compared with the run before it takes its place. ConfigError if `to`, `out`,
    `contact` or `license` will not do, if the run does not fit its recipe and data any more, if the encoder is of an
    unknown form, or if the export's vectors differ from the run's.
    """
    out = out.resolve()
    check_words(to, contact)
    if not _LICENSE.fullmatch(license):
        raise ConfigError(
            f"--license is a name that the Hub knows, as apache-2.0 or cc-by-4.0; not {license!r:.80}"
        )
    check_target(out)
    if not trained.fits:
        raise ConfigError(
            f"{trained.folder} was trained on other data than {store.root} holds now, or with another recipe or text "
            "encoder: nobody could say what it is, so it is not exported; train it again, or put them back"
        )
    path = Path(trained.recipe.text.encoder)
    encoder = path if path.is_dir() else fetch(trained.recipe.text.encoder)
    settings = config(trained, encoder)
    with world_errors(f"writing {out}"), whole_folder(out) as part:
        (part / "config.json").write_text(json.dumps(settings, indent=1), encoding="utf-8")
        safetensors.torch.save_file(weights(trained, encoder), part / "model.safetensors")
        # safetensors lets nobody but the owner read it
        (part / "model.safetensors").chmod((part / "config.json").stat().st_mode)
        (part / "tokenizer.json").write_text(tokenizer(encoder), encoding="utf-8")
        shutil.copyfile(modeling_mmp.__file__, part / CODE)
        texts = [*_STRANGE, *some_captions(store)]
        difference = compare(trained, part, texts)
        facts = model_card.facts(store, trained)
        (part / MARK).write_text(json.dumps(asdict(facts), ensure_ascii=False, indent=1), encoding="utf-8")
        card = model_card.text(trained, settings, facts, to, contact, license)
        (part / "README.md").write_text(card, encoding="utf-8")
        size = sum(file.stat().st_size for file in part.iterdir())
    return Exported(out, size, len(texts), difference)


def some_captions(store: Store, most: int = 5) -> list[str]:
    """A few captions of each language that the first shard with captions has."""
    for shard in store.shards_of(tables.CAPTIONS.name):
        rows = store.read_shard(tables.CAPTIONS.only("language", "text"), shard)
        found: dict[str, list[str]] = {}
        for language, text in zip(rows["language"].to_pylist(), rows["text"].to_pylist(), strict=True):
            mine = found.setdefault(language, [])
            if len(mine) < most:
                mine.append(text)
        if found:
            return [text for mine in found.values() for text in mine]
    return []


def compare(trained: Trained, folder: Path, texts: Sequence[str]) -> float:
    """The largest difference between the run's vectors and those of the export, of texts and of made-up clips."""
    try:
        exported = modeling_mmp.Mmp.load(folder)
        there = exported.embed_texts(texts).numpy()
    except KeyError as error:
        raise ConfigError(
            f"the text encoder {trained.recipe.text.encoder} lacks the weights {error}; it cannot be exported"
        ) from error
    here = np.stack([trained.embed(text) for text in texts])
    steps = len(trained.model.state_dict()[POSITIONS])
    rows = np.random.default_rng(0).random((2 * steps, feature_width(trained.recipe)), np.float32)
    firsts, counts = np.array([0, steps]), np.array([steps, max(1, steps // 2)])
    clips = exported.embed_videos([rows[i : i + n] for i, n in zip(firsts, counts, strict=True)]).numpy()
    ours = trained.model.video_head(*pad(rows, firsts, counts)).detach().numpy()
    difference = float(max(np.abs(here - there).max(), np.abs(ours - clips).max()))
    if not difference <= LARGEST_DIFFERENCE:
        raise ConfigError(
            f"the export of {trained.folder} would give other vectors than the run (by {difference:.1e}), so nothing "
            f"is written: its text encoder or tokenizer does something that {CODE} does not know"
        )
    return difference

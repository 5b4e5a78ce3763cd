"""A run's weights and settings in the form that the exported model reads."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors
from tokenizers import Tokenizer

from multihowto import __version__
from multihowto.errors import ConfigError
from multihowto.searching.trained import POSITIONS, Trained, feature_width

_FORMS = {"bert": False, "roberta": True, "xlm-roberta": True}
"""Forms of encoders that the exported model knows, and whether their positions begin after the padding's number."""
_OLD = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
"""Names in files of the first BERTs."""
_EMBEDDINGS = "embeddings.word_embeddings.weight"
_ENCODER = re.compile(
    r"embeddings\.(word_embeddings|position_embeddings|token_type_embeddings|LayerNorm)\.(weight|bias)"
    r"|encoder\.layer\.(?P<layer>[0-9]+)\..+"
)
_TRAINED = re.compile(r"encoder\.layers\.(?P<layer>[0-9]+)\.(?P<rest>.+)")


def config(trained: Trained, encoder: Path) -> dict[str, Any]:
    """What config.json holds. ConfigError if the encoder is of a form that the exported model does not know."""
    found = json.loads((encoder / "config.json").read_text(encoding="utf-8"))
    form, text, heads = found.get("model_type"), trained.recipe.text, trained.recipe.model
    plain = (found.get("hidden_act", "gelu"), found.get("position_embedding_type") or "absolute")
    if form not in _FORMS or plain != ("gelu", "absolute"):
        raise ConfigError(
            f"the text encoder {text.encoder} is a {form} with {plain[0]} and {plain[1]} positions; a model is "
            f"exported with one of {', '.join(_FORMS)}, gelu and absolute positions"
        )
    return {
        "model_type": "multihowto-mmp",
        "multihowto": __version__,
        "text": {"encoder": Path(text.encoder).name, "prefix": text.prefix, "max_tokens": trained.max_tokens},
        "encoder": {
            "layers": text.layer,
            "heads": found["num_attention_heads"],
            "epsilon": found["layer_norm_eps"],
            "padding": found["pad_token_id"] if _FORMS[form] else None,
        },
        "heads": {name: getattr(heads, name) for name in ("layers", "heads", "width", "readout")},
        "video": {
            "features": trained.recipe.features,
            "width": feature_width(trained.recipe),
            "steps": len(trained.model.state_dict()[POSITIONS]),
        },
    }


def weights(trained: Trained, encoder: Path) -> dict[str, Any]:
    """Tensors by the names that the exported model knows: the encoder up to its read layer, and the heads.

    The encoder's are in there even if it was frozen: a pointer to a public one would need the network and another
    library to load, and the one of models.toml may have been packed, so that its vectors would differ.
    """
    mine = trained.model.state_dict()
    heads = {name: value for name, value in mine.items() if not name.startswith("encoder.")}
    layers: dict[str, Any] = {}
    own = [found for name in mine if (found := _TRAINED.fullmatch(name))]
    first = trained.recipe.text.layer - len({found["layer"] for found in own})
    for found in own:
        layers[f"encoder.layer.{first + int(found['layer'])}.{found['rest']}"] = mine[found[0]]
    tensors = {**_frozen(encoder, trained.recipe.text.layer, layers), **layers, **heads}
    return {name: value.contiguous() for name, value in tensors.items()}


def _frozen(encoder: Path, layers: int, trained: Mapping[str, Any]) -> dict[str, Any]:
    """The encoder's own weights, but for those that were trained further."""
    found = {}
    with safetensors.safe_open(encoder / "model.safetensors", framework="pt") as file:
        names = list(file.keys())
        prefix = next((name for name in names if name.endswith(_EMBEDDINGS)), "").removesuffix(_EMBEDDINGS)
        for name in names:
            ours = name.removeprefix(prefix)
            for old, new in _OLD.items():
                ours = ours.removesuffix(old) + new if ours.endswith(old) else ours
            wanted = _ENCODER.fullmatch(ours) if name.startswith(prefix) else None
            if wanted and int(wanted["layer"] or 0) < layers and ours not in trained:
                found[ours] = file.get_tensor(name)
    return found


def tokenizer(encoder: Path) -> str:
    """What tokenizer.json holds; special tokens that only tokenizer_config.json names are special there too."""
    found = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    other = encoder / "tokenizer_config.json"
    named = json.loads(other.read_text(encoding="utf-8")) if other.is_file() else {}
    known = {str(token.content) for token in found.get_added_tokens_decoder().values()}
    special = [value for name, value in named.items() if name.endswith("_token") and isinstance(value, str)]
    found.add_special_tokens([token for token in dict.fromkeys(special) if token not in known])
    return found.to_str()

"""Opens a text encoder in Hugging Face's form: from its folder alone, whole, and without what its library prints."""

from pathlib import Path
from typing import Any

import torch

from multihowto.errors import ConfigError

FILES = ("model.safetensors", "tokenizer.json", "config.json")


def check_files(folder: Path) -> None:
    """ConfigError if a file is missing."""
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ConfigError(f"the text encoder {folder} has no {missing[0]}; it needs: {', '.join(FILES)}")


def open_model(folder: Path) -> Any:
    """The whole model in float32, in evaluation mode. ConfigError if a file or a weight is missing."""
    from transformers import AutoModel  # late: it takes seconds
    from transformers.utils import logging

    check_files(folder)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    verbosity = logging.get_verbosity()
    # instead of its report of missing weights there is ours, below
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    model, report = AutoModel.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, dtype=torch.float32, output_loading_info=True
    )
    logging.set_verbosity(verbosity)
    missing = sorted(name for name in report["missing_keys"] if not name.startswith("pooler."))
    if missing:
        raise ConfigError(f"the text encoder {folder} lacks {len(missing)} weights: {missing[0]}")
    return model.eval()

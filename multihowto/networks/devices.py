"""Where a network runs."""

import torch

from multihowto.errors import ConfigError


def place(device: str) -> str:
    """`cpu` or `cuda` for cpu, cuda, or auto: cuda where there is one. ConfigError if one is asked for in vain."""
    found = torch.cuda.is_available()
    if device == "cuda" and not found:
        raise ConfigError("device cuda: PyTorch finds no GPU here; use cpu or auto")
    return "cuda" if found and device != "cpu" else "cpu"

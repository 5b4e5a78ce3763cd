"""The extras of pyproject.toml, and which modules show that they are installed."""

from importlib.util import find_spec

from multihowto.errors import ConfigError

EXTRAS: dict[str, tuple[str, ...]] = {
    "youtube": ("yt_dlp", "webvtt", "av", "imageio_ffmpeg", "ffmpeg"),
    "language": ("fasttext",),
    "lingua": ("lingua",),
    "duplicates": ("rensa",),
    "translation": ("ctranslate2", "sentencepiece"),
    "features": ("av", "imageio_ffmpeg", "ffmpeg", "torch"),
    "train": ("torch", "transformers", "safetensors"),
    "tensorboard": ("tensorboard",),
    "ray": ("ray",),
    "hub": ("datasets", "huggingface_hub"),
    "s3": ("s3fs",),
}


def missing(extra: str) -> list[str]:
    """Modules of an extra that are not installed; looks without importing."""
    return [module for module in EXTRAS[extra] if find_spec(module) is None]


def require(extra: str, needed_by: str) -> None:
    """Raises ConfigError, with the command that mends it, if an extra is not installed."""
    lacking = missing(extra)
    if lacking:
        raise ConfigError(f"{needed_by} needs {', '.join(lacking)}: pip install 'multihowto[{extra}]'")

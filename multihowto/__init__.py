"""Builds, curates and publishes MultiHowTo100M; here is its face for notebooks.

import multihowto
store = multihowto.open_store("build/demo")
store.read("captions").to_pandas()
store.join("captions", "clips", "selection")
for clip in multihowto.clips(store, language="sw"): print(clip.start_ms, clip.texts["sw"])
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Clip", "clips", "open_store", "search"]

if TYPE_CHECKING:
    from multihowto.reading import Clip, clips, open_store, search


def __getattr__(name: str) -> Any:
    """Loads the readers when they are first used, so that `multihowto --help` starts at once."""
    if name not in __all__:
        raise AttributeError(f"module 'multihowto' has no attribute {name!r}")
    from multihowto import reading

    return getattr(reading, name)

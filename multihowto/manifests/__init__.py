"""Reads manifests/: videos, languages, models, exclusions; and says which shard a video belongs to."""

from multihowto.manifests.addresses import bare_url, id_of_url
from multihowto.manifests.lists import read_exclusions, read_languages, why_excluded
from multihowto.manifests.models import (
    Address,
    Folder,
    Hub,
    Model,
    ModelFile,
    ModelSource,
    Wheel,
    model,
    read_models,
)
from multihowto.manifests.places import as_note, find, find_videos, meant, of_note, shipped
from multihowto.manifests.videos import (
    ID,
    SPLITS,
    Source,
    check_row,
    checksum,
    numbered,
    read_videos,
    shard_of,
    unit,
)
from multihowto.manifests.words import read_words

__all__ = [
    "ID",
    "SPLITS",
    "Address",
    "Folder",
    "Hub",
    "Model",
    "ModelFile",
    "ModelSource",
    "Source",
    "Wheel",
    "as_note",
    "bare_url",
    "check_row",
    "checksum",
    "find",
    "find_videos",
    "id_of_url",
    "meant",
    "model",
    "numbered",
    "of_note",
    "read_exclusions",
    "read_languages",
    "read_models",
    "read_videos",
    "read_words",
    "shard_of",
    "shipped",
    "unit",
    "why_excluded",
]

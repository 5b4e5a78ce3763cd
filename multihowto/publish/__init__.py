"""Writes the folder that goes to the Hugging Face Hub: Parquet by configuration and split, and the card."""

from multihowto.publish.folder import write_folder
from multihowto.publish.settings import OPEN_LICENSES, Published, Settings

__all__ = ["OPEN_LICENSES", "Published", "Settings", "write_folder"]

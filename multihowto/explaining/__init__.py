"""The story of one clip, from its line in the manifest to the decision."""

from multihowto.explaining.known import Known, known
from multihowto.explaining.story import Section, story

__all__ = ["Known", "Section", "known", "story"]

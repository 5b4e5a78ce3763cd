"""From the bytes that a site sends to a caption's text; the rule is `captions.encodings`'."""

from multihowto.captions.encodings import decode_caption

__all__ = ["decode_caption"]

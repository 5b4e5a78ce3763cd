"""A worker's site for loopback pages."""

from typing import Any

from multihowto.adapters.youtube import Fetched, Options, Site
from multihowto.rejects import Reject

from .fault_server import Answer, KeptFolder

VTT = Answer(b"WEBVTT\n\n00:00.000 --> 00:02.000\nhello\n", type="text/vtt")
GERMAN = "WEBVTT\n\n00:00.000 --> 00:02.000\nfünf\n"


def options_of(**changes: Any) -> Options:
    """Settings for loopback pages."""
    defaults: dict[str, Any] = {"languages": ("en", "de", "fr"), "pacing": "off", "allow_private": True}
    return Options(**(defaults | {"deadline_s": 20} | changes))


def site_on(kept: KeptFolder, **changes: Any) -> Site:
    """A worker's site for loopback pages."""
    return Site(kept, options_of(**changes), robots=kept.root.with_name(f"{kept.root.name}-robots"))


def fetch(kept: KeptFolder, url: str, **changes: Any) -> Fetched | Reject:
    """One fetch by a worker of its own."""
    site = site_on(kept, **changes)
    try:
        return site.fetch("v1", url)
    finally:
        site.close()


def code(result: Fetched | Reject) -> str:
    return result.code if isinstance(result, Reject) else "fetched"

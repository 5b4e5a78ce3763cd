"""Which licences that a page states are Creative Commons, and what YouTube needs to be asked to state one."""

import re
from collections.abc import Mapping, Sequence

_CREATIVE_COMMONS = re.compile(
    r"(?:licensed under )?(?:the |a )?(?:creative[ -]commons\b|cc(?:[ -](?:by|zero)|[ -]?0)\b|public[ -]domain\b)"
    r"|https?://(?:www\.)?creativecommons\.org/(?:licenses|publicdomain)/"
    # Vimeo and Jamendo say by-nc-sa; PeerTube and Flickr say Attribution - Share Alike.
    r"|by(?:-nc)?(?:-sa|-nd)?\Z"
    r"|attribution(?: ?- ?(?:non ?commercial|share ?alike|no ?derivs|no ?derivatives))*\Z",
    re.IGNORECASE,
)


def is_creative_commons(stated: str) -> bool:
    """Whether a licence begins as one of Creative Commons or as public domain does; one that is not known is none."""
    return _CREATIVE_COMMONS.match(" ".join(stated.split())) is not None


def hides_license(arguments: Mapping[str, Mapping[str, Sequence[str]]]) -> str | None:
    """The extractor argument under which yt-dlp finds no licence on YouTube's pages; None if none is given."""
    youtube = arguments.get("youtube", {})
    for key, skipped in (("player_skip", "webpage"), ("webpage_skip", "initial_data")):
        if skipped in youtube.get(key, ()):
            return f"{key}={skipped}"
    # It looks for the English word.
    languages = [language for language in youtube.get("lang", ()) if language not in ("", "en")]
    return f"lang={languages[0]}" if languages else None

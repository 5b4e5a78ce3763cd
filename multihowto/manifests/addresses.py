"""What an address says: the id of its video, and as much of it as others may read."""

import hashlib
import re

ADDRESS = re.compile(r"https?://(?:\[[0-9A-Fa-f:.]+\]|[^\s/@?#:\[\]]+)(?::\d{0,5})?(?:[/?#]\S*)?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_YOUTUBE = re.compile(
    r"https?://(?:(?:\w+\.)?youtube(?:-nocookie|kids)?\.com|youtube\.googleapis\.com|(?P<short>(?:www\.)?youtu\.be))"
    r"\.?(?::\d*)?/+",
    re.IGNORECASE,
)
_VIDEO_ID = r"(?!videoseries|live_stream)([A-Za-z0-9_-]{11})"
_SHORT = re.compile(_VIDEO_ID)
_LONG = re.compile(
    r"(?:(?:v|e|embed|shorts|live)/|(?:(?:watch|movie)(?:_popup)?(?:\.php)?/?)?[?#]!?(?:\S*?[&;?#])??v=)"
    + _VIDEO_ID
)


def id_of_url(url: str) -> str:
    """YouTube's own id of a YouTube URL, in each spelling that yt-dlp takes; of any other, `u-` and a hash of it."""
    lead = _YOUTUBE.match(url)
    match = None
    if lead:
        # an old address names its page behind the fragment's mark
        rest = url[lead.end() :].rpartition("#/")[2]
        match = (_SHORT if lead["short"] else _LONG).match(rest)
    return match[1] if match else "u-" + hashlib.blake2b(url.encode(), digest_size=8).hexdigest()


def bare_url(url: str) -> str:
    """A URL, in order or not, without user, password, query and fragment."""
    lead, mark, rest = url.partition("://")
    if not mark or not _SCHEME.fullmatch(lead):
        lead, mark, rest = "", "", url
    place = re.split(r"[?#;]", rest, maxsplit=1)[0]
    host, slash, path = place.partition("/")
    # a password that holds / or ? ends before its @ does
    if ":" in host.rpartition("@")[2] and "@" in rest[len(host) :]:
        return f"{lead}{mark}(hidden)"
    return f"{lead}{mark}{host.rpartition('@')[2]}{slash}{path}"


def told(entry: str) -> str:
    """An entry that should be an id, for messages: somebody may have put a URL with a password there."""
    return bare_url(entry) if "://" in entry or "@" in entry else entry
